"""What the store tells: ratings and verdicts in long form, what one rater said, how far all are, the history."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hone.domain.rubric import Rubric
from hone.people.store.asked import RatedRubric
from hone.people.store.database import Database
from hone.people.store.draws import handed_out, weights_of_rated
from hone.people.store.log import moment
from hone.people.store.raters import id_of
from hone.people.store.schema import (
    assignments,
    changes,
    choices,
    notes,
    pairs,
    raters,
    ratings,
    saves,
    second_looks,
    subjects,
)
from hone.people.store.subjects import as_subject
from hone.people.store.values import Answer, ChoiceRow, HistoryEntry, Progress, RatingRow

_LATEST = 200
"""How many of the latest ratings the pace is taken from."""


class ReadingPart:
    """The part of the store that tells what is in it."""

    database: Database
    clock: Callable[[], datetime]
    questions: Callable[[Rubric], RatedRubric]

    def mine(self, rater: str, rubric: Rubric) -> list[Answer]:
        """What a rater said of every reply that was handed to them, the latest first."""
        questions = self.questions(rubric)
        return self.database.read(lambda connection: _answers(connection, rater, questions))

    def answer(self, rater: str, subject: str, rubric: Rubric) -> Answer | None:
        """What a rater said of one reply, empty before the first score; none where there is no such reply."""
        questions = self.questions(rubric)

        def work(connection: Connection) -> Answer | None:
            found = _answers(connection, rater, questions, subject)
            if found:
                return found[0]
            row = connection.execute(select(subjects).where(subjects.c.id == subject)).first()
            return None if row is None else Answer(as_subject(row), "open", {})

        return self.database.read(work)

    def place(self, rater: str, rubric: Rubric) -> Answer | None:
        """Where a rater was: the reply of the last save, or the one in hand; none before the first."""
        found = self.mine(rater, rubric)
        return found[0] if found else None

    def progress(self, rubric: Rubric, rater: str | None = None, *, per_item: int = 2) -> Progress:
        """How far a rater is, or, without one, how far all people are together."""
        questions = self.questions(rubric)

        def work(connection: Connection) -> Progress:
            rows = connection.execute(
                select(assignments.c.subject, assignments.c.rater, assignments.c.state)
                .join(subjects, subjects.c.id == assignments.c.subject)
                .where(assignments.c.rubric == questions.rubric, handed_out())
            ).all()
            total = connection.scalar(select(func.count()).select_from(subjects).where(handed_out())) or 0
            # Nobody rates a reply whose reasons they have seen under other words.
            looked = select(second_looks.c.subject).where(second_looks.c.rater == rater)
            seen = set(
                connection.scalars(looked.join(subjects, subjects.c.id == second_looks.c.subject).where(handed_out()))
            )
            return _progress(list(rows), total, rater, per_item, _pace(connection, questions.rubric, rater), seen)

        return self.database.read(work)

    def ratings(self, rubric: Rubric, *, current_only: bool = True, blind: bool = False) -> list[RatingRow]:
        """Ratings of people and judges in long form, by item, criterion and rater.

        Args:
            rubric: Which criteria count as current.
            current_only: Leave out stale ratings; with them, rows say which are stale.
            blind: "rater 1", "rater 2", … in place of people's names, in an order that tells nothing.
        """
        current = set(self.questions(rubric).definitions.values())

        def work(connection: Connection) -> list[RatingRow]:
            several = {
                item
                for item, count in Counter(connection.scalars(select(subjects.c.item)).all()).items()
                if count > 1
            }
            rows = connection.execute(
                select(ratings, subjects.c.item, subjects.c.group, raters.c.name, raters.c.role)
                .join(subjects, subjects.c.id == ratings.c.subject)
                .join(raters, raters.c.id == ratings.c.rater)
                .order_by(subjects.c.item, subjects.c.id, ratings.c.criterion, raters.c.name, ratings.c.at)
            )
            return _weighted(
                connection, [_row(row, row.item in several, current) for row in rows], self.database.name
            )

        found = [row for row in self.database.read(work) if not (current_only and row.stale)]
        return _blinded(found) if blind else found

    def choices(self) -> list[ChoiceRow]:
        """Verdicts on pairs in long form, by item and rater."""

        def work(connection: Connection) -> list[ChoiceRow]:
            several = {
                item for item, count in Counter(connection.scalars(select(pairs.c.item)).all()).items() if count > 1
            }
            rows = connection.execute(
                select(choices, pairs.c.item, pairs.c.group, raters.c.name, raters.c.role)
                .join(pairs, pairs.c.id == choices.c.pair)
                .join(raters, raters.c.id == choices.c.rater)
                .where(choices.c.winner.is_not(None))
                .order_by(pairs.c.item, pairs.c.id, raters.c.name)
            )
            return [_choice(row, row.item in several) for row in rows]

        return self.database.read(work)

    def history(self, *, about: str | None = None, rater: str | None = None, limit: int = 1000) -> list[HistoryEntry]:
        """What was changed, the latest first.

        Args:
            about: One subject's, pair's, advice's or rater's id.
            rater: One rater's id.
            limit: The most entries.
        """
        wanted = select(changes, saves.c.at, saves.c.by, saves.c.kind, saves.c.rater)
        wanted = wanted.join(saves, saves.c.id == changes.c.save)
        if about is not None:
            wanted = wanted.where(changes.c.about == about)
        if rater is not None:
            wanted = wanted.where(saves.c.rater == rater)
        ordered = wanted.order_by(changes.c.save.desc(), changes.c.step.desc()).limit(limit)
        return [_change(row) for row in self.database.read(lambda c: c.execute(ordered).all())]


def _answers(connection: Connection, rater: str, questions: RatedRubric, subject: str | None = None) -> list[Answer]:
    own = assignments.c.rater == rater
    of_one = subject is not None
    rows = connection.execute(
        select(subjects, assignments.c.state, assignments.c.reason, assignments.c.started, assignments.c.ended)
        .join(assignments, assignments.c.subject == subjects.c.id)
        .where(own, assignments.c.rubric == questions.rubric, *([subjects.c.id == subject] if of_one else []))
    ).all()
    scores: dict[str, list[Any]] = {}
    for row in connection.execute(
        select(ratings).where(ratings.c.rater == rater, *([ratings.c.subject == subject] if of_one else []))
    ):
        scores.setdefault(row.subject, []).append(row)
    said = {
        row.subject: row
        for row in connection.execute(
            select(notes).where(notes.c.rater == rater, *([notes.c.subject == subject] if of_one else []))
        )
    }
    found = [_answer(row, scores.get(row.id, []), said.get(row.id), questions) for row in rows]
    return sorted(found, key=lambda one: (one.at.timestamp() if one.at else 0.0, one.subject.id), reverse=True)


def _answer(row: Any, scores: list[Any], note: Any, questions: RatedRubric) -> Answer:
    names = {definition: name for name, definition in questions.definitions.items()}
    latest = sorted(scores, key=lambda one: one.at)
    times = [row.started, row.ended, *(one.at for one in latest), note and note.at]
    return Answer(
        subject=as_subject(row),
        state=row.state,
        scores={names[one.definition]: one.value for one in latest if one.definition in names},
        stale={one.criterion: one.value for one in latest if one.definition not in names},
        note=note.text if note else "",
        reason=row.reason,
        at=moment(max(time for time in times if time)) if any(times) else None,
    )


def _progress(
    rows: list[Any], total: int, rater: str | None, per_item: int, pace: float | None, seen: set[str]
) -> Progress:
    mine = [row for row in rows if rater is None or row.rater == rater]
    done = sum(row.state == "done" for row in mine)
    skipped = sum(row.state == "skipped" for row in mine)
    given = Counter(row.subject for row in rows if row.state == "done" and (rater is None or row.rater != rater))
    full = sum(min(count, per_item) for count in given.values())
    if rater is None:
        return Progress(total, done, skipped, total * per_item - full, pace)
    settled = {row.subject for row in mine if row.state != "open"} | seen
    taken = {subject for subject, count in given.items() if count >= per_item}
    return Progress(total, done, skipped, total - len(settled | taken), pace)


def _pace(connection: Connection, rubric: str, rater: str | None) -> float | None:
    """The median seconds of the latest ratings; a rating that took over an hour was left lying."""
    wanted = select(assignments.c.started, assignments.c.ended).where(
        assignments.c.rubric == rubric, assignments.c.state == "done", assignments.c.started.is_not(None)
    )
    if rater is not None:
        wanted = wanted.where(assignments.c.rater == rater)
    rows = connection.execute(wanted.order_by(assignments.c.ended.desc()).limit(_LATEST)).all()
    spans = [(moment(row.ended) - moment(row.started)).total_seconds() for row in rows if row.ended]
    spans = [span for span in spans if 0 < span <= 3600]
    return statistics.median(spans) if spans else None


def _row(row: Any, several: bool, current: set[str]) -> RatingRow:
    return RatingRow(
        item=f"{row.item}/{row.subject}" if several else row.item,
        criterion=row.criterion,
        rater=row.name,
        score=row.value,
        kind="judge" if row.role == "judge" else "human",
        group=row.group or (row.item if several else None),
        time=moment(row.at),
        subject=row.subject,
        rubric=row.rubric,
        stale=row.definition not in current,
    )


def _weighted(connection: Connection, rows: list[RatingRow], name: str) -> list[RatingRow]:
    """People's current ratings with what their replies stand for."""
    own = {row.subject for row in rows if row.kind == "human" and not row.stale}
    weights = weights_of_rated(connection, own, name)
    if not weights:
        return rows
    return [
        replace(row, weight=weights.get(row.subject)) if row.kind == "human" and not row.stale else row
        for row in rows
    ]


def _choice(row: Any, several: bool) -> ChoiceRow:
    return ChoiceRow(
        item=f"{row.item}/{row.pair}" if several else row.item,
        rater=row.name,
        order=row.order,
        winner=row.winner,
        kind="judge" if row.role == "judge" else "human",
        group=row.group or (row.item if several else None),
        time=moment(row.ended),
        pair=row.pair,
    )


def _blinded(rows: list[RatingRow]) -> list[RatingRow]:
    people = sorted({row.rater for row in rows if row.kind == "human"}, key=id_of)
    names = {name: f"rater {place}" for place, name in enumerate(people, 1)}
    return [replace(row, rater=names[row.rater]) if row.kind == "human" else row for row in rows]


def _change(row: Any) -> HistoryEntry:
    old, new = (None if text is None else json.loads(text) for text in (row.old, row.new))
    criterion = str((new or old or {}).get("criterion", ""))
    return HistoryEntry(row.save, moment(row.at), row.by, row.kind, row.place, row.about, criterion, old, new)
