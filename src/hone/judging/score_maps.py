"""The file of maps from a judge's scores to people's: made by measuring, read where replies are labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, FiniteFloat, model_validator

from hone.domain.base import Frozen
from hone.domain.evidence import Judgement
from hone.errors import FileFormatError
from hone.files import write_whole
from hone.project.files import read_text
from hone.spelling import option
from hone.stats.score_map import MapKind

Knots = Annotated[tuple[FiniteFloat, ...], Field(min_length=1, max_length=100_000)]


class CriterionMap(Frozen):
    """The map of one criterion."""

    kind: MapKind
    scores: Knots
    """The judge's scores, rising."""
    values: Knots
    """What each comes to; straight between, level beyond."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if (
            len(self.scores) != len(self.values)
            or (np.diff(self.scores) <= 0).any()
            or (np.diff(self.values) < 0).any()
        ):
            raise ValueError("the scores of a map rise, and its values, as many, do not fall")
        return self


class JudgeMaps(Frozen):
    """The maps of one judge under one rubric."""

    hone_map: Literal[1] = 1
    judge: str = Field(min_length=1, max_length=1_000)
    """As it stands in judgements."""
    rubric: str | None = None
    """The rubric's digest; none where the ratings were read without a rubric."""
    criteria: dict[str, CriterionMap] = Field(min_length=1)
    """By name, of the criteria whose map is shown to bring the judge nearer to people."""

    def check(self, judge: str, rubric: str, path: Path) -> None:
        """Refuse another judge, or another rubric, than it was measured for.

        Raises:
            FileFormatError: It is another.
        """
        if judge != self.judge:
            problem = f"it was measured for the judge {self.judge}, not for {judge}"
        elif self.rubric is not None and rubric != self.rubric:
            problem = f"it was measured under another rubric ({self.rubric}, now {rubric})"
        else:
            return
        raise FileFormatError(path, f"{problem}; make another with: hone judge calibrate ({option('out')})")

    def mapped(self, judgement: Judgement) -> dict[str, float]:
        """By criterion that has a map, the score that people are expected to give."""
        return {
            score.criterion: float(np.interp(score.value, one.scores, one.values))
            for score in judgement.scores
            if (one := self.criteria.get(score.criterion)) is not None
        }


def read_maps(path: Path) -> JudgeMaps:
    """Read such a file.

    Raises:
        FileFormatError: It is not one, or does not fit.
    """
    try:
        return JudgeMaps.model_validate_json(read_text(path))
    except ValueError as error:
        raise FileFormatError(path, "this is no file that `hone judge calibrate` wrote") from error


def write_maps(maps: JudgeMaps, path: Path) -> None:
    """Write it, whole or not at all."""
    write_whole(path, maps.model_dump_json(indent=2) + "\n")
