"""Fits maps from a judge's scores to people's, and keeps those that are shown to bring it nearer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hone.domain.rubric import Rubric
from hone.journey.column_options import ColumnOptions
from hone.journey.options import OptionForm
from hone.journey.stored import Ratings, read_rated
from hone.judging.score_maps import write_maps
from hone.measuring.calibrating import JudgeCalibration, calibrate_judge
from hone.stats import BootstrapOptions


class CalibrateOptions(ColumnOptions):
    """What may be set for `judge calibrate`."""

    verb = "judge calibrate"
    file: Annotated[Path | None, OptionForm(positional=True, metavar="[RATINGS]")] = None
    judged: tuple[Path, ...] = ()
    """What `hone label` wrote of the rated replies; again for more."""
    judge: str | None = None
    """Whose scores, where there are several judges."""
    out: Annotated[Path | None, OptionForm(path="file")] = None
    """Write the maps that bring the judge nearer to people, for `hone label`."""
    rubric: str | None = None
    """The rubric that the scores are on: a file, a library name, v1, v2, … or working."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often an interval is to hold the truth."""
    seed: int = Field(default=0, ge=0)


def calibrate(
    ratings: Ratings, options: CalibrateOptions | None = None, *, rubric: Rubric | str | None = None
) -> JudgeCalibration:
    """Fit a map from a judge's scores to people's for each criterion, and write those that are shown to help.

    Args:
        ratings: A file that `agree` reads, or a project.
        options: Anything that `hone judge calibrate` can be told but its file and its rubric.
        rubric: The rubric that the scores are on; in a project also a version's name. There, by default, the latest.

    Raises:
        ProjectError: There is nothing to read, or the file of maps cannot be written.
        FileFormatError: A row does not read, or there is no such judge.
    """
    said = options or CalibrateOptions()
    read = read_rated(ratings, rubric, said, said.judged)
    bootstrap = BootstrapOptions(2_000, said.seed, said.confidence)
    digest = read.rubric.digest if read.rubric else None
    made = calibrate_judge(read.collected, read.path, said.judge, digest, bootstrap)
    if said.out is not None and made.maps is not None:
        write_maps(made.maps, said.out)
    return replace(made, notes=(*read.notes, *made.notes))
