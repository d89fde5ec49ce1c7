"""The long form of the design: one row a rating, or a verdict on a pair. CSV, JSONL or Parquet by the suffix.

Wide tables, and Excel workbooks, are read through `tables.wide` and `tables.workbook`; only the long form is written.

It holds current ratings of people and judges. It does not hold texts, notes, skips, invitations or the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from hone.domain.rubric import Rubric
from hone.errors import FeedbackError, FileFormatError
from hone.people.exchange.entries import FeedbackEntry, ImportTally
from hone.people.store import NewPair, RatingRow
from hone.people.store.log import Author, ValueChange, stamp
from hone.people.store.pairs import paired
from hone.people.store.raters import entered_rater
from hone.people.store.rating import save_changes
from hone.people.store.schema import choices, pairs
from hone.people.store.store import Store
from hone.tables import Table, Taken, filled_rows, id_reader, open_writer
from hone.tables.wide import columns_told
from hone.text import identifier
from hone.text import name as named

RATINGS: Mapping[str, type] = {
    "item": str,
    "criterion": str,
    "rater": str,
    "score": float,
    "kind": str,
    "group": str,
    "time": str,
}
PAIRS: Mapping[str, type] = {
    "item": str,
    "rater": str,
    "order": str,
    "winner": str,
    "kind": str,
    "group": str,
    "time": str,
}
_MORE = ("kind", "prompt", "reply", "writer", "group", "time")
"""Columns of ratings that may be there."""


def write_ratings(store: Store, path: Path, rubric: Rubric, *, current_only: bool, blind: bool) -> int:
    """Write ratings; gives how many. With stale ones, a column says which they are; drawn ones have their weight."""
    rows = store.ratings(rubric, current_only=current_only, blind=blind)
    columns = {**rating_columns(rows), **({} if current_only else {"stale": bool})}
    with open_writer(path, columns) as writer:
        for row in rows:
            values = {name: getattr(row, name) for name in columns}
            writer.write(values | {"time": stamp(row.time)})
    return len(rows)


def rating_columns(rows: Iterable[RatingRow]) -> dict[str, type]:
    """The columns of ratings: also the weight, where some have one."""
    return {**RATINGS, **({"weight": float} if any(row.weight is not None for row in rows) else {})}


def write_pairs(store: Store, path: Path) -> int:
    """Write verdicts on pairs; gives how many."""
    rows = store.choices()
    with open_writer(path, PAIRS) as writer:
        for row in rows:
            writer.write({name: getattr(row, name) for name in PAIRS} | {"time": stamp(row.time)})
    return len(rows)


def read_entries(table: Table, taken: Taken) -> Iterator[FeedbackEntry]:
    """Ratings as entries.

    Args:
        table: The rows.
        taken: Filled in with the columns that are read.

    Raises:
        FileFormatError: A row does not read; the message names its line.
    """
    for number, row in _rows(table, ("item", "criterion", "rater", "score"), _MORE, taken):
        yield FeedbackEntry(
            f"line {number}",
            _text(row, "item"),
            _text(row, "rater"),
            _kind(row),
            _text(row, "criterion"),
            row.get("score"),
            str(row.get("prompt") or ""),
            str(row.get("reply") or ""),
            _text(row, "writer"),
            _text(row, "group") or None,
            time=_time(row, table.path, number),
        )


def read_choices(store: Store, table: Table, taken: Taken) -> ImportTally:
    """Write verdicts on pairs into the store in one transaction; the last of duplicates wins.

    Args:
        store: The store.
        table: The rows.
        taken: Filled in with the columns that are read.

    Raises:
        FileFormatError: A row does not read, or names a pair that is not clear.
    """
    rows = list(_rows(table, ("item", "rater", "order", "winner"), ("kind", "group", "time"), taken))
    now = stamp(store.clock())

    def work(connection: Connection) -> ImportTally:
        tally = ImportTally()
        for number, row in rows:
            tally.rows += 1
            try:
                _enter_choice(connection, store, row, now, _time(row, table.path, number), tally)
            except FeedbackError as error:
                raise FileFormatError(table.path, str(error), line=number) from error
        return tally

    return store.database.write(work)


def _enter_choice(
    connection: Connection,
    store: Store,
    row: Mapping[str, Any],
    now: str,
    time: datetime | None,
    tally: ImportTally,
) -> None:
    orders, winners = {"ab": "AB", "ba": "BA"}, {"a": "A", "b": "B", "tie": "tie"}
    order, winner = orders.get(_text(row, "order").lower()), winners.get(_text(row, "winner").lower())
    if order is None:
        raise FeedbackError(f"order {row.get('order')!r} is not known; write AB or BA")
    if winner is None:
        if _text(row, "winner"):
            raise FeedbackError(f"winner {row.get('winner')!r} is not known; write A, B or tie")
        tally.missing += 1
        return
    role: Any = "judge" if _kind(row) == "judge" else "rater"
    rater = entered_rater(connection, _text(row, "rater"), role, now, any_person=True)
    pair = _pair(connection, store, row, now, tally)
    own = (choices.c.pair == pair) & (choices.c.rater == rater.id)
    found = connection.execute(select(choices).where(own)).mappings().first()
    at = now if time is None else stamp(time)
    new = {
        "order": order,
        "winner": winner,
        "state": "done",
        "reason": "",
        "note": found["note"] if found else "",
        "started": found["started"] if found else None,
        "expires": None,
        "ended": at,
    }
    old = {name: found[name] for name in new} if found else None
    save_changes(
        connection, Author(rater.id, rater.name, now), "import", [ValueChange("choices", pair, "", old, new)]
    )


def _pair(connection: Connection, store: Store, row: Mapping[str, Any], now: str, tally: ImportTally) -> str:
    item = _text(row, "item")
    found = list(connection.scalars(select(pairs.c.id).where(pairs.c.item == item)))
    if not found and "/" in item:
        name, _, id_ = item.rpartition("/")
        found = list(connection.scalars(select(pairs.c.id).where(pairs.c.item == name, pairs.c.id == id_)))
    if len(found) > 1:
        raise FeedbackError(f"item {item!r} has {len(found)} pairs; write ITEM/PAIR, as an export does")
    if found:
        return str(found[0])
    if not item:
        raise FeedbackError("the column 'item' is empty; write a name there")
    tally.strange += 1
    new = NewPair(item, "", "", "", group=_text(row, "group") or None)
    return paired(connection, [new], now, seed=store.seed, active=False)[0]


def _rows(
    table: Table, required: tuple[str, ...], optional: tuple[str, ...], taken: Taken
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows, with their columns' names in small letters, and the items' ids as text."""
    there = {name.strip().lower(): name for name in reversed(table.columns)}
    missing = [name for name in required if name not in there]
    if missing:
        raise FileFormatError(
            table.path, f"there is no column {missing[0]!r}; the columns are: {', '.join(table.columns)}"
        )
    taken.take(columns_told(table, {name: there.get(name) for name in (*required, *optional)}))
    id_of = id_reader(table, there["item"], taken)
    for number, row in filled_rows(table, taken):
        yield (
            number,
            {name: row.get(column) for name, column in there.items()} | {"item": id_of(row.get(there["item"]))},
        )


def _text(row: Mapping[str, Any], name: str) -> str:
    return identifier(row.get(name)) if name == "item" else named(row.get(name))


def _kind(row: Mapping[str, Any]) -> str:
    kind = _text(row, "kind").lower() or "human"
    if kind not in ("human", "judge"):
        raise FeedbackError(f"kind {row.get('kind')!r} is not known; write human or judge")
    return kind


def _time(row: Mapping[str, Any], path: Path, number: int) -> datetime | None:
    value = row.get("time")
    if value is None or value == "":
        return None
    try:
        return value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise FileFormatError(path, f"time {value!r} is none; write 2026-01-31T12:00:00Z", line=number) from error
