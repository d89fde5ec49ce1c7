"""What raters are asked under a rubric: criteria as they read and the scale, each known by a digest.

A rating is current as long as the rubric asks for its criterion in the same words, with the same anchors, on the same
scale; scored examples are for judges and change nothing for people.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, func, insert, select

from hone.domain.base import digest
from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.people.store.database import Database, alone
from hone.people.store.schema import assignments, ratings, rubrics

_REGISTER = 2


@dataclass(frozen=True, slots=True)
class RatedRubric:
    """A rubric as far as people see it."""

    rubric: str
    """The rubric's digest."""
    definitions: Mapping[str, str]
    """By criterion's name, the digest of its words, anchors and scale."""
    values: tuple[float, ...]
    data: str
    """The rubric as JSON."""

    def definition(self, criterion: str) -> str:
        """The digest of a criterion.

        Raises:
            FeedbackError: The rubric has none of that name.
        """
        if criterion not in self.definitions:
            there = ", ".join(self.definitions) or "none"
            raise FeedbackError(f"the rubric has no criterion {criterion!r}; there are {there}")
        return self.definitions[criterion]

    def check(self, criterion: str, value: float) -> None:
        """Refuse a score that a person cannot give.

        Raises:
            FeedbackError: The rubric lacks the criterion, or its scale the value.
        """
        self.definition(criterion)
        if value not in self.values:
            levels = ", ".join(f"{level:g}" for level in self.values)
            raise FeedbackError(f"{criterion}: {value!r} is not on the scale ({levels})")


def asked(rubric: Rubric) -> RatedRubric:
    """What a rubric asks of people."""
    data = rubric.model_dump(mode="json")
    definitions = {one["name"]: digest({"criterion": one, "scale": data["scale"]}) for one in data["criteria"]}
    return RatedRubric(
        digest(data), definitions, rubric.scale.values, json.dumps(data, ensure_ascii=False, sort_keys=True)
    )


def register(database: Database, questions: RatedRubric, at: str) -> None:
    """Enter a rubric the first time it is used, and carry over what is complete under it already.

    A rubric that drops a criterion, or only changes its examples, must not send people over everything again.
    """
    known = database.read(lambda c: c.scalar(select(rubrics.c.digest).where(rubrics.c.digest == questions.rubric)))
    if known is None and not database.readonly:
        database.write(partial(_enter_rubric, questions=questions, at=at))


def _enter_rubric(connection: Connection, questions: RatedRubric, at: str) -> None:
    """The same within a transaction."""
    alone(connection, _REGISTER)
    if connection.scalar(select(rubrics.c.digest).where(rubrics.c.digest == questions.rubric)) is not None:
        return
    row = {"digest": questions.rubric, "data": questions.data, "seen": at}
    connection.execute(insert(rubrics), row)
    same = ratings.c.definition.in_(list(questions.definitions.values()))
    complete = (
        select(ratings.c.subject, ratings.c.rater, func.max(ratings.c.at).label("ended"))
        .where(same)
        .group_by(ratings.c.subject, ratings.c.rater)
        .having(func.count() == len(questions.definitions))
    )
    skipped = (
        select(
            assignments.c.subject,
            assignments.c.rater,
            func.max(assignments.c.ended).label("ended"),
            func.max(assignments.c.reason).label("reason"),
        )
        .where(assignments.c.state == "skipped")
        .group_by(assignments.c.subject, assignments.c.rater)
    )
    rows = [{**one, "state": "done", "reason": ""} for one in connection.execute(complete).mappings()]
    there = {(row["subject"], row["rater"]) for row in rows}
    rows += [
        {**one, "state": "skipped"}
        for one in connection.execute(skipped).mappings()
        if (one["subject"], one["rater"]) not in there
    ]
    if rows:
        same_round = {"rubric": questions.rubric, "started": None, "expires": None}
        connection.execute(insert(assignments), [{**row, **same_round} for row in rows])
