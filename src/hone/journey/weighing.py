"""How much each criterion of a rubric counts in people's overall rating."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hone.domain.rubric import Rubric
from hone.journey.column_options import ColumnOptions
from hone.journey.options import OptionForm
from hone.journey.stored import Ratings, read_rated
from hone.measuring.overall import OverallWeights, overall_weights
from hone.stats import BootstrapOptions
from hone.stats.criterion_weights import MARGIN_OF_WEIGHT


class WeightsOptions(ColumnOptions):
    """What may be set for `rubric weights`."""

    verb = "rubric weights"
    file: Annotated[Path | None, OptionForm(positional=True)] = None
    overall: Annotated[str | None, OptionForm(metavar="NAME")] = None
    """The criterion that is the overall rating.  [default: the one called overall]"""
    rubric: str | None = None
    """The rubric that the scores are on: a file, a library name, v1, v2, … or working."""
    margin: float = Field(default=MARGIN_OF_WEIGHT, gt=0, le=1)
    """A criterion that moves the overall rating by less of its scale adds next to nothing."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often all intervals together are to hold the truth."""
    seed: int = Field(default=0, ge=0)


def weigh_criteria(
    ratings: Ratings, options: WeightsOptions | None = None, *, rubric: Rubric | str | None = None
) -> OverallWeights:
    """Fit weights of 0 or more to people's overall ratings, and say what each criterion is shown to add.

    Args:
        ratings: A file that `agree` reads, or a project.
        options: Anything that `hone rubric weights` can be told but its file and its rubric.
        rubric: The rubric that the scores are on; in a project also a version's name. There, by default, the latest.

    Raises:
        ProjectError: There is nothing to read.
        FileFormatError: A row does not read, or there is no overall rating.
        StatsError: There are too few items.
    """
    said = options or WeightsOptions()
    read = read_rated(ratings, rubric, said)
    bootstrap = BootstrapOptions(confidence=said.confidence, seed=said.seed)
    made = overall_weights(read.collected, read.path, said.overall, said.margin, bootstrap)
    return replace(made, notes=(*read.notes, *made.notes))
