"""Which threshold a cascade of two judges may have: replayed over judgements and votes that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.journey.column_options import ColumnOptions
from hone.journey.options import OptionForm
from hone.journey.stored import Ratings, project_store, ratings_source
from hone.measuring import Collected, Reading, read_ratings, read_with_judged
from hone.measuring.cascade import (
    CascadeReplay,
    CascadeRule,
    SureScores,
    replayed,
    scores_by_votes,
    scores_of_judgements,
)
from hone.project import Project
from hone.report.cascade import cascade_page
from hone.report.page import write_page
from hone.spelling import option
from hone.stats import Level
from hone.tables.shape import FileColumns


class CascadeOptions(ColumnOptions):
    """What may be set for `judge cascade`."""

    verb = "judge cascade"
    file: Annotated[Path | None, OptionForm(positional=True, metavar="[RATINGS]")] = None
    first: Annotated[tuple[str, ...], OptionForm(metavar="JUDGE")] = ()
    """Who is asked first: a judge of RATINGS, again for each of its votes; in a project, the judge's spec."""
    then: Annotated[tuple[str, ...], OptionForm(metavar="JUDGE")] = ()
    """Who is asked what the first is unsure of: the same."""
    judged: tuple[Path, ...] = ()
    """What `hone label` wrote, or ratings with the votes of judges; again for each other."""
    wrong: float = Field(default=0.1, gt=0, lt=1)
    """The share of wrong scores that is to be borne, of those that the first judge decides alone."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often all bounds together are to hold."""
    below: tuple[float, ...] = ()
    """A threshold to try; again for more.  [default: every share of the votes, or 0.5 to 0.99]"""
    cost: Annotated[tuple[float, float] | None, OptionForm(metavar="FIRST THEN")] = None
    """What one reply costs by each judge, in any unit."""
    level: Level | None = None
    """Labels, an order, or distances.  [default: the rubric's scale, else guessed and said]"""
    rubric: str | None = None
    """The rubric that the scores are on: a file, a library name, v1, v2, … or working."""
    html: Annotated[Path | None, OptionForm(path="file")] = None
    """Write one self-contained page."""

    @field_validator("below")
    @classmethod
    def _shares(cls, below: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0 < one <= 1 for one in below):
            raise ValueError("a threshold is a probability: above 0 and at most 1")
        return below

    @property
    def rule(self) -> CascadeRule:
        """What is to be shown of a threshold."""
        return CascadeRule(self.wrong, self.confidence, self.below, self.cost)


def replay_cascade(  # noqa: PLR0913 - one keyword a choice, as the command has them
    ratings: Ratings,
    *,
    first: Sequence[str] | str,
    then: Sequence[str] | str,
    judged: Sequence[Path | str] = (),
    rubric: Rubric | str | None = None,
    level: Level | None = None,
    columns: FileColumns | None = None,
    rater_column: Sequence[str] = (),
    rule: CascadeRule | None = None,
) -> CascadeReplay:
    """What a cascade of two judges would do at each threshold, and which are shown to be safe; nobody is asked.

    Args:
        ratings: People's ratings in any form that `agree` reads, or a project, whose store and label runs are read.
        first: Who is asked first. In a file, raters of kind `judge`: several are one judge's votes. In a project,
            the spec of a judge that labelled the rated replies, by probabilities or with several votes.
        then: Who is asked what the first is unsure of: the same.
        judged: What `label` wrote, a file a vote, or files with the votes of judges of any form that ratings have.
        rubric: The rubric that the scores are on; in a project also a version's name. There, by default, the latest.
        level: What scores mean; from the rubric's scale, else guessed, by default.
        columns: What the columns of the file are, where their headings do not say it.
        rater_column: The columns of the file that are raters; by their headings by default.
        rule: What is to be shown, and which thresholds are tried.

    Raises:
        ProjectError: There is nothing to read, or no judge of that name.
        FileFormatError: A row does not read; the message names its line.
    """
    names = [(one,) if isinstance(one, str) else tuple(one) for one in (first, then)]
    if not all(names):
        raise ProjectError(f"name two judges, with {option('first')} and {option('then')}")
    rule = rule or CascadeRule()
    source, current, _ = ratings_source(ratings, rubric)
    if isinstance(ratings, Project) and current is not None:
        return _of_project(ratings, read_ratings(source, Reading(rubric=current)), current, names, rule)
    reading = Reading(level, current, raters=tuple(rater_column), columns=columns or FileColumns())
    collected = read_with_judged(source, reading, [Path(path) for path in judged])
    scores = [_by_votes(collected, one) for one in names]
    return _replay(collected, scores, [_called(one) for one in names], rule, ())


def _called(names: Sequence[str]) -> str:
    """What a judge is called whose votes have these names."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more votes"


def write_cascade(found: CascadeReplay, file: Path) -> None:
    """Write what was found as one page that stands alone.

    Raises:
        ProjectError: It cannot be written.
    """
    write_page(file, cascade_page(found))


def _by_votes(collected: Collected, names: Sequence[str]) -> dict[str, SureScores]:
    there = collected.ratings.judge_names
    if missing := [name for name in names if name not in there]:
        known = ", ".join(there) or "none: rows of a judge have the kind judge"
        raise ProjectError(f"there is no judge {missing[0]!r} in these ratings; the judges are: {known}")
    return scores_by_votes(collected, names)


def _of_project(
    project: Project, collected: Collected, current: Rubric, judges: Sequence[Sequence[str]], rule: CascadeRule
) -> CascadeReplay:
    """The same over the store, and over the judgements of label runs."""
    from hone.measuring.join import judgements_by, judges_of_runs  # noqa: PLC0415 - loads SQLAlchemy

    values = current.scale.values
    ruled = {one.name for one in current.criteria if one.rule is not None}
    names, scores, notes = [" + ".join(specs) for specs in judges], [], []
    with project_store(project, readonly=True) as store:
        for name in names:
            found = judgements_by(project, store, current, name)
            if not found:
                known = ", ".join(judges_of_runs(project, current)) or "none yet"
                raise ProjectError(
                    f"{name} judged none of the rated replies under this rubric; the judges of runs are: {known}; "
                    "let it label them: hone label"
                )
            notes.append(f"{name}: judgements of {len(found):,} rated replies, out of runs of hone label")
            by_criterion = scores_of_judgements(collected, found, values)
            scores.append({one: made for one, made in by_criterion.items() if one not in ruled})
    return _replay(collected, scores, names, rule, notes)


def _replay(
    collected: Collected,
    scores: Sequence[dict[str, SureScores]],
    names: Sequence[str],
    rule: CascadeRule,
    notes: Sequence[str],
) -> CascadeReplay:
    criteria = replayed(collected, scores[0], scores[1], rule)
    if not criteria:
        raise ProjectError(f"there is no criterion that people, {names[0]} and {names[1]} all scored")
    found = CascadeReplay(names[0], names[1], rule, criteria)
    return replace(found, notes=(*notes, *collected.notes()))
