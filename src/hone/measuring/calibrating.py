"""Maps from a judge's scores to people's, criterion by criterion, each with what it is worth on unseen items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hone.errors import FileFormatError, StatsError
from hone.judging.score_maps import CriterionMap, JudgeMaps
from hone.measuring.arranging import mean_an_item
from hone.measuring.collected import Collected
from hone.measuring.judged import choose_judge
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.score_map import MappedScores, mapped_scores


@dataclass(frozen=True)
class JudgeCalibration:
    """What came of it."""

    judge: str
    rubric: str | None
    criteria: Mapping[str, MappedScores]
    refused: Mapping[str, str]
    """By criterion, why no map was fitted."""
    notes: tuple[str, ...] = ()

    @property
    def maps(self) -> JudgeMaps | None:
        """The maps that are shown to bring the judge nearer to people; none where there is none."""
        kept = {
            name: CriterionMap(kind=one.fitted.kind, scores=one.fitted.scores, values=one.fitted.values)
            for name, one in self.criteria.items()
            if one.nearer
        }
        return JudgeMaps(judge=self.judge, rubric=self.rubric, criteria=kept) if kept else None

    def as_dict(self) -> dict[str, Any]:
        """As `hone judge calibrate --json` prints it."""
        found = {
            name: {
                "map": one.fitted.kind,
                "nearer": one.nearer,
                "mapped": one.beside.first.as_dict(),
                "as_it_is": one.beside.second.as_dict(),
                "difference": one.beside.difference.as_dict(),
            }
            for name, one in self.criteria.items()
        }
        return {"judge": self.judge, "rubric": self.rubric, "criteria": found, "refused": dict(self.refused)}


def calibrate_judge(
    collected: Collected,
    path: Path,
    judge: str | None = None,
    rubric: str | None = None,
    options: BootstrapOptions | None = None,
) -> JudgeCalibration:
    """Fit the maps.

    Args:
        collected: People's ratings and the judge's.
        path: Where they come from, for messages.
        judge: Whose scores; the only judge there is by default.
        rubric: The rubric's digest, where there is one.
        options: The confidence and the seed.

    Raises:
        FileFormatError: There is no such judge, or scores are labels without an order.
    """
    ratings = collected.ratings
    if ratings.level == "nominal":
        raise FileFormatError(path, "the scores are labels without an order, which no map can bring nearer")
    name = choose_judge(path, ratings.judge_names, judge)
    place = list(ratings.judge_names).index(name)
    found: dict[str, MappedScores] = {}
    refused: dict[str, str] = {}
    for criterion, given in ratings.people.items():
        scores = np.asarray(given, dtype=np.float64)
        people, said = mean_an_item(scores), np.asarray((ratings.judges or {})[criterion], dtype=np.float64)[:, place]
        rows = np.flatnonzero(~np.isnan(people) & ~np.isnan(said))
        known = scores[~np.isnan(scores)]
        levels = ratings.levels or (known.tolist() or [0.0])
        try:
            found[criterion] = mapped_scores(
                said[rows],
                people[rows],
                [(ratings.clusters or collected.items)[at] for at in rows.tolist()],
                (float(min(levels)), float(max(levels))),
                None if ratings.weights is None else np.asarray(ratings.weights, dtype=np.float64)[rows],
                options,
            )
        except StatsError as error:
            refused[criterion] = str(error)
    notes = (
        ("weights count in the fit; in what a map is worth each item counts once",)
        if ratings.weights is not None
        else ()
    )
    return JudgeCalibration(name, rubric, found, refused, notes)
