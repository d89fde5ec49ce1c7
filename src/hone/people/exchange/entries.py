"""What every form but our own comes down to: who gave which score to which reply. Written into the store at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from hone.domain.rubric import Rubric
from hone.errors import FeedbackError, FileFormatError, HoneError
from hone.people.store import NewSubject
from hone.people.store.asked import RatedRubric
from hone.people.store.log import Author, stamp
from hone.people.store.raters import entered_rater
from hone.people.store.rating import Cell, current, has_looked, is_complete, moved, noted, save_changes, scored
from hone.people.store.schema import subjects
from hone.people.store.store import Store
from hone.people.store.subjects import entered_replies
from hone.tables.coding import MOST_FAULTS, as_score, labels_of, told_at_once


@dataclass(frozen=True, slots=True)
class FeedbackEntry:
    """One score, note or skip as a file has it."""

    place: str
    """Where it stands in the file, for messages: ``line 12``, ``task 3``."""
    item: str
    """The item's id, or ``ITEM/SUBJECT``."""
    rater: str
    kind: str
    criterion: str = ""
    score: Any = None
    """A number, a level's label, or empty."""
    prompt: str = ""
    reply: str = ""
    writer: str = ""
    group: str | None = None
    note: str | None = None
    skipped: str = ""
    time: datetime | None = None


@dataclass
class ImportTally:
    """What came of an import."""

    rows: int = 0
    missing: int = 0
    strange: int = 0
    """Replies that were not in the store: entered, but without their text they are not handed out."""


def enter_feedback(store: Store, entries: Iterable[FeedbackEntry], rubric: Rubric, path: Any) -> ImportTally:
    """Write entries into the store in one transaction: all of them, or none.

    Raises:
        FileFormatError: A score or a name does not fit; the message names its place in the file.
    """
    questions, now, entries = store.questions(rubric), stamp(store.clock()), list(entries)
    labels = labels_of(rubric.scale)

    def work(connection: Connection) -> ImportTally:
        tally = ImportTally()
        known = _Replies(connection, store, now, tally)
        cells: dict[tuple[str, str], _Said] = {}
        faults: list[str] = []
        for entry in entries:
            tally.rows += 1
            try:
                role: Any = "judge" if entry.kind == "judge" else None
                rater = known.rater(entry.rater, role)
                said = cells.setdefault((rater, known.subject(entry)), _Said(entry.rater, entry.kind))
                said.add(entry, questions, labels, tally)
            except HoneError as error:
                faults.append(f"{entry.place}: {error}")
        if faults:
            raise FileFormatError(path, told_at_once(faults[:MOST_FAULTS], len(faults)))
        for (rater, subject), said in cells.items():
            said.write(connection, Cell(rater, subject, questions), now)
        return tally

    return store.database.write(work)


class _Replies:
    """Raters and replies by the names that a file has for them."""

    def __init__(self, connection: Connection, store: Store, now: str, tally: ImportTally) -> None:
        self._connection, self._store, self._now, self._tally = connection, store, now, tally
        self._raters: dict[tuple[str, str | None], str] = {}
        self._by_item: dict[str, list[str]] = {}
        for row in connection.execute(select(subjects.c.item, subjects.c.id).order_by(subjects.c.id)):
            self._by_item.setdefault(row.item, []).append(row.id)
            self._by_item.setdefault(f"{row.item}/{row.id}", []).append(row.id)

    def rater(self, name: str, role: Any) -> str:
        """The rater of a name. Whoever is entered already, as an owner perhaps, stays what they are."""
        key = (name, role)
        if key not in self._raters:
            self._raters[key] = entered_rater(self._connection, name, role or "rater", self._now, any_person=True).id
        return self._raters[key]

    def subject(self, entry: FeedbackEntry) -> str:
        """The reply that an entry is about, entered where the store has none.

        Raises:
            FeedbackError: The item has several replies and the entry does not say which.
        """
        if entry.reply:
            new = NewSubject(entry.item, entry.prompt, entry.reply, entry.writer, entry.group)
            return self._add(new, active=True)
        found = self._by_item.get(entry.item, [])
        if len(found) > 1:
            raise FeedbackError(
                f"item {entry.item!r} has {len(found)} replies; write ITEM/SUBJECT, as an export does"
            )
        if found:
            return found[0]
        self._tally.strange += 1
        return self._add(NewSubject(entry.item, entry.prompt, "", entry.writer, entry.group), active=False)

    def _add(self, new: NewSubject, *, active: bool) -> str:
        id_ = entered_replies(self._connection, [new], self._now, seed=self._store.seed, active=active)[0]
        if id_ not in self._by_item.setdefault(new.item, []):
            self._by_item[new.item].append(id_)
        return id_


class _Said:
    """All that one rater says of one reply in a file; the last of duplicate scores wins."""

    def __init__(self, name: str, kind: str) -> None:
        self._name, self._judge = name, kind == "judge"
        self._scores: dict[str, tuple[float, datetime | None]] = {}
        self._note: str | None = None
        self._skipped = ""

    def add(self, entry: FeedbackEntry, questions: RatedRubric, labels: dict[str, float], tally: ImportTally) -> None:
        """Take in an entry.

        Raises:
            FeedbackError: The criterion is not known, or the score not on the scale.
        """
        self._note = entry.note if entry.note is not None else self._note
        self._skipped = entry.skipped or self._skipped
        if not entry.criterion:
            return
        questions.definition(entry.criterion)
        value = as_score(entry.score, labels)
        if value is None:
            raise FeedbackError(f"score {entry.score!r} is neither a number nor the label of a level")
        if value != value:  # noqa: PLR0124 - an empty score is NaN
            tally.missing += 1
            self._scores.pop(entry.criterion, None)
            return
        if not self._judge:
            questions.check(entry.criterion, value)
        self._scores[entry.criterion] = (value, entry.time)

    def write(self, connection: Connection, cell: Cell, now: str) -> None:
        """Save it all, with the times that the file gives."""
        found = current(connection, cell)
        steps = []
        for criterion, (value, time) in self._scores.items():
            steps += scored(found, cell, {criterion: value}, now if time is None else stamp(time))
        if any(step.old is not None for step in steps) and has_looked(connection, cell.subject, cell.rater):
            raise FeedbackError(
                f"{self._name} has seen the judge's reasons on reply {cell.subject}, so the rating in the "
                "store stays; leave these rows out"
            )
        found |= {step.definition: step.new for step in steps}
        steps += noted(connection, cell, self._note, now)
        if not self._judge:
            state = "done" if is_complete(found, cell) else "skipped" if self._skipped else "open"
            if steps or state == "skipped":
                steps += moved(connection, cell, state, self._skipped if state == "skipped" else "", now)
        save_changes(connection, Author(cell.rater, self._name, now), "import", steps)
