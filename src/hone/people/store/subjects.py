"""What is up for rating, and who is handed what next.

A reply goes to `per_item` people; where some were drawn (`draws`), only these do. Whoever asks is handed the reply
that fewest have rated or hold, none twice; replies of equal need come in an order of each rater's own, so that no
reply is always the one that fresh eyes see. What is handed out is held for a while; after that it goes to others, and
comes back to its rater if nobody took it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from hone.domain.rubric import Rubric
from hone.domain.task import reply_digest
from hone.errors import FeedbackError
from hone.people.store.asked import RatedRubric, asked, register
from hone.people.store.database import Database, alone
from hone.people.store.draws import handed_out
from hone.people.store.log import author, stamp
from hone.people.store.schema import assignments, second_looks, subjects, writers
from hone.people.store.values import NewSubject, Subject
from hone.text import identifier, name, storable

PRIME = 2_147_483_647
"""The modulus of draws: multiplying by a number below a prime only changes the order, and 2^62 fits into 64 bits."""
_HAND_OUT = 3
_CHUNK = 500


def unseen(rater: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a rater has not seen a judge's reasons on a reply: who has cannot rate it blindly in any words."""
    looked_at = select(second_looks.c.subject)
    return ~looked_at.where(second_looks.c.subject == subjects.c.id, second_looks.c.rater == rater).exists()


def _chosen() -> Select[Any]:
    """The reply with the fewest ratings that a rater may still give one, those that expired in hand first."""
    rater, rubric, at = bindparam("rater", type_=Text), bindparam("rubric", type_=Text), bindparam("at", type_=Text)
    counts = or_(assignments.c.state == "done", and_(assignments.c.state == "open", assignments.c.expires > at))
    others = (
        select(assignments.c.subject, func.count().label("given"))
        .where(assignments.c.rubric == rubric, assignments.c.rater != rater, counts)
        .group_by(assignments.c.subject)
        .subquery()
    )
    mine = assignments.alias("mine")
    own = and_(mine.c.subject == subjects.c.id, mine.c.rater == rater, mine.c.rubric == rubric)
    given = func.coalesce(others.c.given, 0)
    order = (subjects.c.draw * bindparam("multiplier", type_=BigInteger)) % PRIME
    return (
        select(subjects.c.id)
        .outerjoin(others, others.c.subject == subjects.c.id)
        .outerjoin(mine, own)
        .where(handed_out(), or_(mine.c.state.is_(None), mine.c.state == "open"))
        .where(given < bindparam("per_item", type_=Integer), unseen(rater))
        .order_by(case((mine.c.state == "open", 0), else_=1), given, order, subjects.c.id)
        .limit(1)
    )


# Statements that every handing out runs are built once: building one costs more than running it.
_CHOSEN = _chosen()
_SUBJECT = select(subjects).where(subjects.c.id == bindparam("subject"))
_HELD = (
    select(subjects)
    .join(assignments, assignments.c.subject == subjects.c.id)
    .where(assignments.c.rater == bindparam("rater", type_=Text), assignments.c.rubric == bindparam("rubric"))
    .where(assignments.c.state == "open", assignments.c.expires > bindparam("at"), subjects.c.active)
    .where(unseen(bindparam("rater", type_=Text)))
    .order_by(assignments.c.started, subjects.c.id)
    .limit(1)
)
_EXTEND = update(assignments).where(
    assignments.c.subject == bindparam("own_subject"),
    assignments.c.rater == bindparam("own_rater"),
    assignments.c.rubric == bindparam("own_rubric"),
)
_ASSIGN = insert(assignments)


class SubjectsPart:
    """The part of the store that hands out replies."""

    database: Database
    clock: Callable[[], datetime]
    seed: int
    _known: set[str]

    def questions(self, rubric: Rubric) -> RatedRubric:
        """What a rubric asks of people, entered in the store where it is new."""
        questions = asked(rubric)
        if questions.rubric not in self._known:
            register(self.database, questions, stamp(self.clock()))
            self._known.add(questions.rubric)
        return questions

    def add_subjects(self, rows: Iterable[NewSubject]) -> list[str]:
        """Put replies up for rating; those that are there already stay as they are.

        Returns:
            The subjects' ids, in the order of the rows.

        Raises:
            FeedbackError: A row has no item or no reply.
        """
        rows, at = list(rows), stamp(self.clock())
        for row in rows:
            if not identifier(row.item) or not row.reply.strip():
                raise FeedbackError(f"item {row.item!r}: a reply to rate needs an item's id and a text")

        def work(connection: Connection) -> list[str]:
            return entered_replies(connection, rows, at, seed=self.seed)

        return self.database.write(work)

    def subject(self, subject: str) -> Subject | None:
        """The reply with an id, or none."""
        row = self.database.read(lambda c: c.execute(_SUBJECT, {"subject": subject}).first())
        return None if row is None else as_subject(row)

    def up_for_rating(self) -> list[Subject]:
        """Every reply that is up for rating, by item."""
        rows = select(subjects).where(subjects.c.active).order_by(subjects.c.item, subjects.c.id)
        return self.database.read(lambda connection: [as_subject(row) for row in connection.execute(rows)])

    def next_subject(self, rater: str, rubric: Rubric, *, per_item: int = 2, lock: float = 30.0) -> Subject | None:
        """The reply that a rater is to rate now: the one in hand, else the next; none where all is done.

        Args:
            rater: The rater's id.
            rubric: What is asked. Replies that are complete under it are not handed out again.
            per_item: How many people are to rate each reply.
            lock: For how many minutes the reply is held for the rater.

        Raises:
            FeedbackError: The rater is not known or was withdrawn.
        """
        questions, now = self.questions(rubric), self.clock()
        at, until = stamp(now), stamp(now + timedelta(minutes=lock))
        late = stamp(now + timedelta(minutes=lock / 2))
        held = self.database.read(lambda connection: _held(connection, rater, questions.rubric, late))
        if held is not None:
            return as_subject(held)

        def work(connection: Connection) -> Subject | None:
            author(connection, rater, at)
            alone(connection, _HAND_OUT)
            ask = (rater, questions.rubric, at)
            row = _held(connection, *ask)
            if row is not None:
                _hold(connection, row.id, ask, {"expires": until})
                return as_subject(row)
            row = _needed(connection, ask, per_item, _multiplier(rater, self.seed))
            if row is None:
                return None
            _hold(connection, row.id, ask, {"expires": until, "started": at})
            return as_subject(row)

        return self.database.write(work)

    def textless(self) -> frozenset[str]:
        """Replies of which the store knows no text: their ratings came from a file that names items alone."""
        wanted = select(subjects.c.id).where(subjects.c.reply == "")
        return frozenset(self.database.read(lambda c: c.scalars(wanted).all()))

    def writers(self) -> dict[str, tuple[str, ...]]:
        """Who wrote each reply, by subject's id. For results: never to be shown to raters."""
        found: dict[str, list[str]] = {}
        for row in self.database.read(lambda c: c.execute(select(writers).order_by(writers.c.writer)).all()):
            found.setdefault(row.subject, []).append(row.writer)
        return {subject: tuple(names) for subject, names in found.items()}


def entered_replies(
    connection: Connection, rows: list[NewSubject], at: str, *, seed: int, active: bool = True
) -> list[str]:
    """Enter replies within a transaction; gives their ids."""
    rows = [_storable(row) for row in rows]
    ids = [reply_digest(row.item, row.prompt, row.reply) for row in rows]
    there = present(connection, subjects.c.id, ids)
    new = {
        id_: {
            "id": id_,
            "item": row.item,
            "prompt": row.prompt,
            "reply": row.reply,
            "group": row.group,
            "draw": drawn(seed, id_),
            "active": active,
            "added": at,
        }
        for id_, row in zip(ids, rows, strict=True)
        if id_ not in there
    }
    if new:
        connection.execute(insert(subjects), list(new.values()))
    wrote = {(id_, row.writer) for id_, row in zip(ids, rows, strict=True) if row.writer}
    known = {
        (row.subject, row.writer)
        for start in range(0, len(ids), _CHUNK)
        for row in connection.execute(select(writers).where(writers.c.subject.in_(ids[start : start + _CHUNK])))
    }
    added = [{"subject": subject, "writer": writer} for subject, writer in sorted(wrote - known)]
    if added:
        connection.execute(insert(writers), added)
    return ids


def _storable(row: NewSubject) -> NewSubject:
    return NewSubject(
        storable(identifier(row.item)),
        storable(row.prompt),
        storable(row.reply),
        storable(name(row.writer)),
        storable(name(row.group)) or None,
    )


def present(connection: Connection, column: ColumnElement[Any], values: list[str]) -> set[str]:
    """Which of these values a column has."""
    return {
        found
        for start in range(0, len(values), _CHUNK)
        for found in connection.scalars(select(column).where(column.in_(values[start : start + _CHUNK])))
    }


def drawn(seed: int, name: str) -> int:
    """A number from 1 to PRIME - 1 that looks random and is always the same for a seed and a name."""
    return 1 + int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()) % (PRIME - 1)


def as_subject(row: Any) -> Subject:
    """A row as raters are given it."""
    return Subject(row.id, row.item, row.prompt, row.reply)


def _multiplier(rater: str, seed: int) -> int:
    return drawn(seed, f"rater {rater}")


def _held(connection: Connection, rater: str, rubric: str, after: str) -> Any:
    """The reply that the rater holds beyond a time."""
    return connection.execute(_HELD, {"rater": rater, "rubric": rubric, "at": after}).first()


def _needed(connection: Connection, ask: tuple[str, str, str], per_item: int, multiplier: int) -> Any:
    """The reply with the fewest ratings that still needs one from this rater."""
    rater, rubric, at = ask
    values = {"rater": rater, "rubric": rubric, "at": at, "per_item": per_item, "multiplier": multiplier}
    found = connection.scalar(_CHOSEN, values)
    return None if found is None else connection.execute(_SUBJECT, {"subject": found}).one()


def _hold(connection: Connection, subject: str, ask: tuple[str, str, str], times: dict[str, str]) -> None:
    rater, rubric, _ = ask
    own = {"subject": subject, "rater": rater, "rubric": rubric}
    known_by = {f"own_{name}": value for name, value in own.items()}
    if connection.execute(_EXTEND, known_by | times).rowcount == 0:
        connection.execute(_ASSIGN, own | {"state": "open", "reason": ""} | times)
