"""What people and judges said, as arrays for figures: out of the store and the latest labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hone.domain.base import digest
from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.feedback.store import RatingRow
from hone.judging.dataset import Columns, survey
from hone.project import Project, Run
from hone.stats import Ratings
from hone.tables import open_table


@dataclass(frozen=True)
class Gathered:
    """Scores by subject."""

    ratings: Ratings
    subjects: tuple[str, ...]
    """The subjects' ids, in the order of the arrays' rows."""


def gather(rows: Sequence[RatingRow], judged: Sequence[RatingLike], rubric: Rubric) -> Gathered | None:
    """Arrays of current ratings; none before the first.

    Args:
        rows: What the store holds, of people and judges.
        judged: What the latest labels say of the same subjects.
        rubric: Whose criteria and scale they are on.
    """
    cells = [RatingLike(row.subject, row.criterion, row.rater, row.score, row.kind == "judge") for row in rows]
    groups = {row.subject: row.group for row in rows}
    rated = {cell.subject for cell in cells if not cell.judge}
    if not rated:
        return None
    cells += [one for one in judged if one.subject in rated]
    subjects = sorted(rated)
    places = {subject: place for place, subject in enumerate(subjects)}
    people = sorted({cell.rater for cell in cells if not cell.judge})
    judges = sorted({cell.rater for cell in cells if cell.judge})
    arrays = {
        judge: {name: np.full((len(subjects), len(names)), np.nan) for name in rubric.names}
        for judge, names in ((False, people), (True, judges))
    }
    for cell in cells:
        if cell.subject in places and cell.criterion in arrays[cell.judge]:
            names = judges if cell.judge else people
            arrays[cell.judge][cell.criterion][places[cell.subject], names.index(cell.rater)] = cell.score
    return Gathered(
        Ratings(
            people=arrays[False],
            raters=people,
            level="ordinal",
            judges=arrays[True],
            judge_names=judges,
            clusters=[groups.get(subject) or subject for subject in subjects],
            levels=rubric.scale.values,
        ),
        tuple(subjects),
    )


@dataclass(frozen=True, slots=True)
class RatingLike:
    """One score, whoever gave it."""

    subject: str
    criterion: str
    rater: str
    score: float
    judge: bool


def latest_labels(project: Project, rubric: Rubric) -> list[RatingLike]:
    """The judge's scores, where the latest labels are of the replies that are rated, by this rubric."""
    labels, replies = project.latest_run("label"), project.latest_run("reply")
    if labels is None or replies is None or labels.config.get("rubric") != rubric.model_dump(mode="json"):
        return []
    if labels.config.get("data") != _data_digest(replies):
        return []
    subjects = {one.item: digest([one.item, one.prompt, one.text]) for one in replies.read(Reply)}
    return [
        RatingLike(subjects[one.item], score.criterion, one.judge, score.value, judge=True)
        for one in labels.read(Judgement)
        if one.item in subjects
        for score in one.scores
    ]


def _data_digest(run: Run) -> str:
    table = open_table(run.results)
    return survey(table, Columns.of(table)).digest
