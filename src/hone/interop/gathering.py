"""What was said of each reply under a rubric, as the forms of other tools want it: reply by reply, rater by rater."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from hone.domain.rubric import Rubric
from hone.people.store.schema import assignments, notes, raters, ratings, subjects, writers
from hone.people.store.store import Store


@dataclass
class Voice:
    """One rater on one reply."""

    name: str
    judge: bool
    scores: dict[str, float] = field(default_factory=dict)
    """By criterion's name."""
    note: str = ""
    skipped: str = ""
    time: str = ""
    """The last save."""


@dataclass
class Gathered:
    """One reply and what was said of it."""

    id: str
    item: str
    prompt: str
    reply: str
    group: str | None
    writers: list[str] = field(default_factory=list)
    voices: dict[str, Voice] = field(default_factory=dict)
    """By rater's id."""


def replies_with_voices(store: Store, rubric: Rubric) -> list[Gathered]:
    """Every reply, by item, with the current scores, notes and skips."""
    questions = store.questions(rubric)
    definitions = list(questions.definitions.values())

    def work(connection: Connection) -> list[Gathered]:
        found = {
            row.id: Gathered(row.id, row.item, row.prompt, row.reply, row.group)
            for row in connection.execute(select(subjects).order_by(subjects.c.item, subjects.c.id))
        }
        for row in connection.execute(select(writers).order_by(writers.c.writer)):
            found[row.subject].writers.append(row.writer)
        people = {row.id: row for row in connection.execute(select(raters).order_by(raters.c.name))}
        said = select(ratings).where(ratings.c.definition.in_(definitions)).order_by(ratings.c.at)
        for row, voice in _voices(connection, said, found, people):
            voice.scores[row.criterion] = row.value
            voice.time = max(voice.time, row.at)
        for row, voice in _voices(connection, select(notes), found, people):
            voice.note, voice.time = row.text, max(voice.time, row.at)
        passed = select(assignments).where(assignments.c.state == "skipped", assignments.c.rubric == questions.rubric)
        for row, voice in _voices(connection, passed, found, people):
            voice.skipped, voice.time = row.reason, max(voice.time, row.ended or "")
        return list(found.values())

    return store.database.read(work)


def _voices(
    connection: Connection, wanted: Any, found: dict[str, Gathered], people: dict[str, Any]
) -> Iterator[tuple[Any, Voice]]:
    for row in connection.execute(wanted):
        rater = people[row.rater]
        yield row, found[row.subject].voices.setdefault(rater.id, Voice(rater.name, rater.role == "judge"))
