"""What a rater says of a reply: scores as they are given, a note, a skip; and undoing the last of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, insert, select, update

from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.people.store.asked import RatedRubric
from hone.people.store.database import Database
from hone.people.store.log import Author, ValueChange, author, is_repeat, record, stamp
from hone.people.store.schema import assignments, changes, choices, notes, ratings, saves, second_looks, subjects
from hone.people.store.values import Saved
from hone.text import storable

UNDOABLE = ("rate", "skip", "choose", "skip pair")
_STATE = ("state", "reason", "started", "expires", "ended")
_SCORE = ("criterion", "rubric", "value", "at")

# Statements that every save runs are built once: building one costs more than running it.
_SUBJECT = select(subjects.c.id).where(subjects.c.id == bindparam("subject"))
_SCORES = select(ratings.c.definition, *(ratings.c[name] for name in _SCORE)).where(
    ratings.c.subject == bindparam("subject"), ratings.c.rater == bindparam("rater")
)
_SEEN = (
    select(second_looks.c.subject)
    .where(second_looks.c.subject == bindparam("subject"), second_looks.c.rater == bindparam("rater"))
    .limit(1)
)
_NOTE = select(notes.c.text, notes.c.at).where(
    notes.c.subject == bindparam("subject"), notes.c.rater == bindparam("rater")
)
_ASSIGNMENT = select(*(assignments.c[name] for name in _STATE)).where(
    assignments.c.subject == bindparam("subject"),
    assignments.c.rater == bindparam("rater"),
    assignments.c.rubric == bindparam("rubric"),
)
_KEYS = {
    "ratings": ("subject", "rater", "definition"),
    "assignments": ("subject", "rater", "rubric"),
    "notes": ("subject", "rater"),
    "choices": ("pair", "rater"),
}
"""What a row of each table that raters write is known by: what it is about, the rater, and what else there is."""


def _own(table: Table) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"own_{name}") for name in _KEYS[table.name]]


_STATEMENTS: dict[str, dict[str, Any]] = {
    table.name: {
        "insert": insert(table),
        "update": update(table).where(*_own(table)),
        "delete": delete(table).where(*_own(table)),
    }
    for table in (ratings, assignments, notes, choices)
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One rater's answer to one reply under one rubric."""

    rater: str
    subject: str
    questions: RatedRubric


class RatingPart:
    """The part of the store that takes what raters say of replies."""

    database: Database
    clock: Callable[[], datetime]
    questions: Callable[[Rubric], RatedRubric]

    def rate(
        self,
        rater: str,
        subject: str,
        rubric: Rubric,
        scores: Mapping[str, float | None],
        *,
        note: str | None = None,
        key: str | None = None,
    ) -> Saved:
        """Save scores, one criterion or several. When this returns they are on the disk.

        Args:
            rater: The rater's id.
            subject: The subject's id.
            rubric: The rubric that the rater saw.
            scores: A level's value by criterion's name; none takes a score back. Criteria that are absent stay.
            note: Replaces the rater's note on this reply; absent, it stays.
            key: The request's id. The same id sent again saves nothing a second time.

        Raises:
            FeedbackError: Rater, reply or criterion is not known, a score not on the scale, or the rater has seen the
                judge's reasons; nothing is saved.
            StoreError: The database failed; nothing is saved.
        """
        cell = Cell(rater, subject, self.questions(rubric))
        for criterion, value in scores.items():
            cell.questions.definition(criterion) if value is None else cell.questions.check(criterion, value)
        at = stamp(self.clock())

        def work(connection: Connection) -> Saved:
            by = author(connection, rater, at, key)
            found = current(connection, cell)
            if is_repeat(connection, by):
                return Saved(is_complete(found, cell), repeated=True)
            check_unseen(connection, subject, rater)
            steps = scored(found, cell, scores, at)
            steps += noted(connection, cell, note, at)
            found |= {step.definition: step.new for step in steps if step.place == "ratings"}
            complete = is_complete(found, cell)
            steps += moved(connection, cell, "done" if complete else "open", "", at)
            save_changes(connection, by, "rate", steps)
            return Saved(complete)

        return self.database.write(work)

    def skip(self, rater: str, subject: str, rubric: Rubric, reason: str, *, key: str | None = None) -> Saved:
        """Pass over a reply for good, saying why. Scores that were given for it stay.

        Raises:
            FeedbackError: Rater or reply is not known, or there is no reason.
        """
        reason = storable(reason).strip()
        if not reason:
            raise FeedbackError("say why this reply is skipped")
        cell, at = Cell(rater, subject, self.questions(rubric)), stamp(self.clock())

        def work(connection: Connection) -> Saved:
            by = author(connection, rater, at, key)
            complete = is_complete(current(connection, cell), cell)
            if is_repeat(connection, by):
                return Saved(complete, repeated=True)
            save_changes(connection, by, "skip", moved(connection, cell, "skipped", reason, at))
            return Saved(complete)

        return self.database.write(work)

    def undo(self, rater: str, *, key: str | None = None) -> str | None:
        """Take back the rater's last save that still stands, and the one before it when called again.

        Returns:
            The id of the subject or pair that it was about; none where there is nothing to undo.

        Raises:
            FeedbackError: The rater is not known.
        """
        at = stamp(self.clock())

        def work(connection: Connection) -> str | None:
            by = author(connection, rater, at, key)
            if is_repeat(connection, by):
                return None
            undone = saves.alias("undone")
            last = (
                select(saves.c.id)
                .where(saves.c.rater == rater, saves.c.kind.in_(UNDOABLE))
                .where(~select(undone.c.id).where(undone.c.undoes == saves.c.id).exists())
                .where(select(changes.c.step).where(changes.c.save == saves.c.id).exists())
                .order_by(saves.c.id.desc())
                .limit(1)
            )
            number = connection.scalar(last)
            if number is None:
                return None
            rows = connection.execute(
                select(changes).where(changes.c.save == number).order_by(changes.c.step.desc())
            ).all()
            steps = [
                ValueChange(
                    row.place, row.about, row.definition, *(text and json.loads(text) for text in (row.new, row.old))
                )
                for row in rows
            ]
            for step in steps:
                if step.place == "ratings":
                    check_unseen(connection, step.about, rater)
                apply(connection, rater, step)
            record(connection, by, "undo", steps, undoes=number)
            return steps[0].about

        return self.database.write(work)


def check_unseen(connection: Connection, subject: str, rater: str) -> None:
    """Refuse to change a rating once its rater has seen what the judge said of the reply.

    Raises:
        FeedbackError: The rater has seen it.
    """
    if has_looked(connection, subject, rater):
        raise FeedbackError(
            "you have seen the judge's reasons on this reply, so your rating stays as it was; say what you think of "
            "it now on the page of second looks"
        )


def has_looked(connection: Connection, subject: str, rater: str) -> bool:
    """Whether a rater has seen what the judge said of a reply."""
    return connection.scalar(_SEEN, {"subject": subject, "rater": rater}) is not None


def save_changes(connection: Connection, by: Author, kind: str, steps: list[ValueChange]) -> None:
    """Apply steps and record them; where nothing changes, only a request id is worth an entry."""
    steps = [step for step in steps if step.old != step.new]
    for step in steps:
        apply(connection, by.rater or "", step)
    if steps or by.key is not None:
        record(connection, by, kind, steps)


def apply(connection: Connection, rater: str, step: ValueChange) -> None:
    """Make a value what a step says it is from now on."""
    known_by = _KEYS[step.place]
    own = dict(zip(known_by, (step.about, rater, step.definition), strict=False))
    statements = _STATEMENTS[step.place]
    if step.new is None:
        connection.execute(statements["delete"], {f"own_{name}": value for name, value in own.items()})
    elif step.old is None:
        connection.execute(statements["insert"], {**own, **step.new})
    else:
        connection.execute(
            statements["update"], {**{f"own_{name}": value for name, value in own.items()}, **step.new}
        )


def noted(connection: Connection, cell: Cell, note: str | None, at: str) -> list[ValueChange]:
    """The step that makes a note what it is to be; none where it stays."""
    if note is None:
        return []
    note = storable(note)
    row = connection.execute(_NOTE, {"subject": cell.subject, "rater": cell.rater}).mappings().first()
    if note.strip() == (row["text"] if row else ""):
        return []
    new = {"text": note.strip(), "at": at} if note.strip() else None
    return [ValueChange("notes", cell.subject, "", dict(row) if row else None, new)]


def moved(connection: Connection, cell: Cell, state: str, reason: str, at: str) -> list[ValueChange]:
    """The step that brings the rater's assignment into a state; none where it is in it."""
    own = {"subject": cell.subject, "rater": cell.rater, "rubric": cell.questions.rubric}
    row = connection.execute(_ASSIGNMENT, own).mappings().first()
    old = dict(row) if row else None
    if old and (old["state"], old["reason"]) == (state, reason):
        return []
    new = {
        "state": state,
        "reason": reason,
        "started": old["started"] if old else at,
        "expires": old["expires"] if old else at,
        "ended": None if state == "open" else at,
    }
    return [ValueChange("assignments", cell.subject, cell.questions.rubric, old, new)]


def scored(found: Mapping[str, Any], cell: Cell, scores: Mapping[str, float | None], at: str) -> list[ValueChange]:
    """The steps that give criteria these scores; none for those that have them."""
    steps = []
    for criterion, value in scores.items():
        definition = cell.questions.definitions[criterion]
        old = found.get(definition)
        if value == (None if old is None else old["value"]):
            continue
        new = (
            None
            if value is None
            else {"criterion": criterion, "rubric": cell.questions.rubric, "value": float(value), "at": at}
        )
        steps.append(ValueChange("ratings", cell.subject, definition, old, new))
    return steps


def current(connection: Connection, cell: Cell) -> dict[str, Any]:
    """The rater's scores of the reply, by criterion's digest.

    Raises:
        FeedbackError: There is no such reply.
    """
    rows = connection.execute(_SCORES, {"subject": cell.subject, "rater": cell.rater}).mappings().all()
    if not rows and connection.scalar(_SUBJECT, {"subject": cell.subject}) is None:
        raise FeedbackError(f"there is no reply {cell.subject!r} to rate")
    return {row["definition"]: {name: row[name] for name in _SCORE} for row in rows}


def is_complete(found: Mapping[str, Any], cell: Cell) -> bool:
    """Whether every criterion has a score."""
    return all(found.get(definition) is not None for definition in cell.questions.definitions.values())
