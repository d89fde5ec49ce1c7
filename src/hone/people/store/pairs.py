"""Pairs of replies: which of the two is better. Sides are drawn once for each rater and pair, and recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, insert, literal, or_, select, update

from hone.domain.base import digest
from hone.errors import FeedbackError
from hone.people.store.database import Database, alone
from hone.people.store.log import ValueChange, author, is_repeat, moment, stamp
from hone.people.store.rating import save_changes
from hone.people.store.schema import choices, pairs
from hone.people.store.subjects import PRIME, drawn, present
from hone.people.store.values import NewPair, Pair, PairAnswer, Saved, Side
from hone.text import identifier, name, storable

_HAND_OUT = 4
_WINNERS: dict[tuple[str, Side], str] = {
    ("AB", "left"): "A",
    ("AB", "right"): "B",
    ("BA", "left"): "B",
    ("BA", "right"): "A",
    ("AB", "tie"): "tie",
    ("BA", "tie"): "tie",
}
_STATE = ("winner", "state", "reason", "note", "ended")


class PairsPart:
    """The part of the store that hands out pairs and takes verdicts on them."""

    database: Database
    clock: Callable[[], datetime]
    seed: int

    def add_pairs(self, rows: Iterable[NewPair]) -> list[str]:
        """Put pairs up for comparison; those that are there already stay as they are.

        Returns:
            The pairs' ids, in the order of the rows.

        Raises:
            FeedbackError: A row has no item or a reply without text.
        """
        rows, at = list(rows), stamp(self.clock())
        for row in rows:
            if not (identifier(row.item) and row.a.strip() and row.b.strip()):
                raise FeedbackError(f"item {row.item!r}: a pair needs an item's id and two replies with a text")
        return self.database.write(lambda connection: paired(connection, rows, at, seed=self.seed))

    def next_pair(self, rater: str, *, per_item: int = 2, lock: float = 30.0) -> Pair | None:
        """The pair that a rater is to compare now: the one in hand, else the next; none where all is done.

        Args:
            rater: The rater's id.
            per_item: How many people are to compare each pair.
            lock: For how many minutes the pair is held for the rater.

        Raises:
            FeedbackError: The rater is not known or was withdrawn.
        """
        now = self.clock()
        at, until = stamp(now), stamp(now + timedelta(minutes=lock))

        def work(connection: Connection) -> Pair | None:
            author(connection, rater, at)
            alone(connection, _HAND_OUT)
            found = _needed(connection, rater, at, per_item, drawn(self.seed, f"rater {rater}"))
            if found is None:
                return None
            order = "AB" if drawn(self.seed, f"sides {rater} {found}") % 2 else "BA"
            _hold(connection, found, rater, {"expires": until, "started": at}, order)
            return _as_pair(_choice(connection, rater, found))

        return self.database.write(work)

    def pair(self, rater: str, pair: str) -> PairAnswer | None:
        """A pair as this rater was given it, with the verdict; none where it was never handed to the rater."""
        row = self.database.read(lambda connection: _choice(connection, rater, pair))
        return None if row is None else _answer(row)

    def choose(self, rater: str, pair: str, side: Side, *, note: str = "", key: str | None = None) -> Saved:
        """Save which side is better. The store knows which reply stood there.

        Raises:
            FeedbackError: The rater is not known, or was never handed this pair; or the side is none.
        """
        if side not in ("left", "right", "tie"):
            raise FeedbackError(f"{side!r} is not a side; write left, right or tie")
        said = {"state": "done", "reason": "", "note": storable(note).strip()}
        return self._settle(rater, pair, lambda order: said | {"winner": _WINNERS[order, side]}, "choose", key)

    def skip_pair(self, rater: str, pair: str, reason: str, *, key: str | None = None) -> Saved:
        """Pass over a pair for good, saying why.

        Raises:
            FeedbackError: The rater is not known, was never handed this pair, or gives no reason.
        """
        if not reason.strip():
            raise FeedbackError("say why this pair is skipped")
        values = {"winner": None, "state": "skipped", "reason": storable(reason).strip(), "note": ""}
        return self._settle(rater, pair, lambda _: values, "skip pair", key)

    def my_pairs(self, rater: str) -> list[PairAnswer]:
        """Every pair that this rater was handed, the latest first."""
        rows = self.database.read(
            lambda c: c.execute(
                _joined().where(choices.c.rater == rater).order_by(choices.c.started.desc(), pairs.c.id)
            ).all()
        )
        return [_answer(row) for row in rows]

    def _settle(
        self, rater: str, pair: str, values: Callable[[str], dict[str, Any]], kind: str, key: str | None
    ) -> Saved:
        at = stamp(self.clock())

        def work(connection: Connection) -> Saved:
            by = author(connection, rater, at, key)
            row = _choice(connection, rater, pair)
            if row is None:
                raise FeedbackError(f"the pair {pair!r} was never handed to {by.by}")
            if is_repeat(connection, by):
                return Saved(row.winner is not None, repeated=True)
            old = {name: getattr(row, name) for name in _STATE}
            new = {**values(row.order), "ended": at}
            if {**new, "ended": old["ended"]} == old:
                new = old
            save_changes(connection, by, kind, [ValueChange("choices", pair, "", old, new)])
            return Saved(complete=True)

        return self.database.write(work)


def paired(connection: Connection, rows: list[NewPair], at: str, *, seed: int, active: bool = True) -> list[str]:
    """Enter pairs within a transaction; gives their ids."""
    rows = [_storable(row) for row in rows]
    ids = [digest([row.item, row.prompt, row.a, row.b]) for row in rows]
    there = present(connection, pairs.c.id, ids)
    new = {
        id_: {
            "id": id_,
            "item": row.item,
            "prompt": row.prompt,
            "a": row.a,
            "b": row.b,
            "a_writer": row.a_writer,
            "b_writer": row.b_writer,
            "group": row.group,
            "draw": drawn(seed, id_),
            "active": active,
            "added": at,
        }
        for id_, row in zip(ids, rows, strict=True)
        if id_ not in there
    }
    if new:
        connection.execute(insert(pairs), list(new.values()))
    return ids


def _storable(row: NewPair) -> NewPair:
    return NewPair(
        storable(identifier(row.item)),
        storable(row.prompt),
        storable(row.a),
        storable(row.b),
        storable(name(row.a_writer)),
        storable(name(row.b_writer)),
        storable(name(row.group)) or None,
    )


def _as_pair(row: Any) -> Pair:
    """A row as its rater is given it."""
    left, right = (row.a, row.b) if row.order == "AB" else (row.b, row.a)
    return Pair(row.id, row.item, row.prompt, left, right)


def _joined() -> Any:
    own = [column for column in choices.c if column.name not in ("pair", "rater")]
    return select(pairs, *own).join(choices, choices.c.pair == pairs.c.id)


def _choice(connection: Connection, rater: str, pair: str) -> Any:
    return connection.execute(_joined().where(choices.c.pair == pair, choices.c.rater == rater)).first()


def _answer(row: Any) -> PairAnswer:
    sides = {winner: side for (order, side), winner in _WINNERS.items() if order == row.order}
    at = row.ended or row.started
    return PairAnswer(_as_pair(row), row.state, sides.get(row.winner), row.note, row.reason, at and moment(at))


def _needed(connection: Connection, rater: str, at: str, per_item: int, multiplier: int) -> str | None:
    """The pair in hand, else the one that fewest have compared or hold."""
    counts = or_(choices.c.state == "done", and_(choices.c.state == "open", choices.c.expires > at))
    others = (
        select(choices.c.pair, func.count().label("given"))
        .where(choices.c.rater != rater, counts)
        .group_by(choices.c.pair)
        .subquery()
    )
    mine = choices.alias("mine")
    given = func.coalesce(others.c.given, 0)
    held = and_(mine.c.state == "open", mine.c.expires > at)
    return connection.scalar(
        select(pairs.c.id)
        .outerjoin(others, others.c.pair == pairs.c.id)
        .outerjoin(mine, and_(mine.c.pair == pairs.c.id, mine.c.rater == rater))
        .where(pairs.c.active, or_(mine.c.state.is_(None), mine.c.state == "open"), or_(given < per_item, held))
        .order_by(case((mine.c.state == "open", 0), else_=1), given, (pairs.c.draw * literal(multiplier)) % PRIME)
        .limit(1)
    )


def _hold(connection: Connection, pair: str, rater: str, times: dict[str, str], order: str) -> None:
    own = {"pair": pair, "rater": rater}
    if connection.execute(update(choices).filter_by(**own).values(expires=times["expires"])).rowcount == 0:
        row = own | {"order": order, "state": "open", "reason": "", "note": ""} | times
        connection.execute(insert(choices), row)
