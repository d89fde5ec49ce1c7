"""What is decided after rating: on advice, and where people differ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from hone.domain.evidence import Decision
from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.people.store.asked import RatedRubric
from hone.people.store.database import Database, alone
from hone.people.store.log import Author, ValueChange, record, stamp
from hone.people.store.schema import adjudications, decisions, raters, ratings, subjects
from hone.people.store.subjects import as_subject
from hone.people.store.values import Disagreement
from hone.text import storable

_DECIDE = 5


class ReviewPart:
    """The part of the store that keeps decisions and adjudications."""

    database: Database
    clock: Callable[[], datetime]
    questions: Callable[[Rubric], RatedRubric]

    def decide(self, decision: Decision) -> None:
        """Keep what a person did with a piece of advice; a later decision on the same advice takes its place.

        The project's decision log stays what frozen versions are made from; this is who decided what on the page.
        """
        keys = {"rubric": decision.before, "advice": decision.advice.id}
        row = {"data": decision.model_dump_json(), "by": decision.by, "at": stamp(decision.at)}
        by = Author(None, decision.by, stamp(self.clock()))
        about, before = decision.advice.id, decision.before
        self.database.write(lambda one: _put(one, decisions, keys, row, by, "decide", about, before))

    def decisions(self, rubric: str | None = None) -> list[Decision]:
        """Current decisions, oldest first: on the rubric with a digest, or on any."""
        wanted = select(decisions.c.data).order_by(decisions.c.at, decisions.c.advice)
        if rubric is not None:
            wanted = wanted.where(decisions.c.rubric == rubric)
        rows = self.database.read(lambda c: c.scalars(wanted).all())
        return [Decision.model_validate_json(data) for data in rows]

    def adjudicate(self, subject: str, rubric: Rubric, criterion: str, value: float, *, by: str, reason: str) -> None:
        """Settle a criterion on which people differ. Their ratings stay as they are.

        Raises:
            FeedbackError: Reply or criterion is not known, the score not on the scale, or name or reason is missing.
        """
        questions = self.questions(rubric)
        questions.check(criterion, value)
        if not by.strip() or not reason.strip():
            raise FeedbackError("an adjudication names who made it and why")
        definition, at = questions.definition(criterion), stamp(self.clock())
        row = {
            "criterion": criterion,
            "rubric": questions.rubric,
            "value": float(value),
            "by": storable(by).strip(),
            "reason": storable(reason).strip(),
            "at": at,
        }

        def work(connection: Connection) -> None:
            if connection.scalar(select(subjects.c.id).where(subjects.c.id == subject)) is None:
                raise FeedbackError(f"there is no reply {subject!r} to adjudicate")
            keys = {"subject": subject, "definition": definition}
            author = Author(None, by.strip(), at)
            _put(connection, adjudications, keys, row, author, "adjudicate", subject, definition)

        self.database.write(work)

    def disagreements(self, rubric: Rubric) -> list[Disagreement]:
        """Where people gave different scores under this rubric, the widest apart first."""
        questions = self.questions(rubric)
        return self.database.read(lambda connection: _disagreements(connection, questions))


def _put(
    connection: Connection,
    table: Table,
    keys: dict[str, str],
    values: dict[str, Any],
    by: Author,
    kind: str,
    about: str,
    definition: str,
) -> None:
    """Make a row's values what they are to be, and record what they were."""
    alone(connection, _DECIDE)
    names = [table.c[name] for name in values]
    found = connection.execute(select(*names).filter_by(**keys)).mappings().first()
    old = None if found is None else dict(found)
    if old == values:
        return
    if old is None:
        connection.execute(insert(table), keys | values)
    else:
        connection.execute(update(table).filter_by(**keys).values(values))
    record(connection, by, kind, [ValueChange(table.name, about, definition, old, values)])


def _disagreements(connection: Connection, questions: RatedRubric) -> list[Disagreement]:
    rows = connection.execute(
        select(ratings, raters.c.name)
        .join(raters, raters.c.id == ratings.c.rater)
        .where(ratings.c.definition.in_(list(questions.definitions.values())), raters.c.role != "judge")
        .order_by(raters.c.name)
    ).all()
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        cells.setdefault((row.subject, row.criterion), {})[row.name] = row.value
    apart = {cell: scores for cell, scores in cells.items() if len(set(scores.values())) > 1}
    settled = {
        (row.subject, row.criterion): row
        for row in connection.execute(
            select(adjudications).where(adjudications.c.definition.in_(list(questions.definitions.values())))
        )
    }
    wanted = {subject for subject, _ in apart}
    texts = {row.id: as_subject(row) for row in connection.execute(select(subjects)) if row.id in wanted}
    found = [_disagreement(texts[cell[0]], cell[1], scores, settled.get(cell)) for cell, scores in apart.items()]
    return sorted(found, key=lambda one: (-one.spread, one.subject.item, one.subject.id, one.criterion))


def _disagreement(subject: Any, criterion: str, scores: dict[str, float], settled: Any) -> Disagreement:
    spread = max(scores.values()) - min(scores.values())
    if settled is None:
        return Disagreement(subject, criterion, scores, spread)
    return Disagreement(subject, criterion, scores, spread, settled.value, settled.by, settled.reason)
