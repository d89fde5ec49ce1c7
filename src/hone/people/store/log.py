"""The history: every save adds one row to `saves` and one row a changed value to `changes`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from hone.errors import FeedbackError
from hone.people.store.schema import changes, raters, saves
from hone.text import storable

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that a save changes."""

    place: str
    """The table."""
    about: str
    """The subject's, pair's, advice's or rater's id."""
    definition: str
    """The criterion's digest, or what else the row is known by."""
    old: Values | None
    new: Values | None


@dataclass(frozen=True, slots=True)
class Author:
    """Who saves, when, and under which request id."""

    rater: str | None
    by: str
    at: str
    key: str | None = None


# Statements that every save runs are built once: building one costs more than running it.
_SAME_REQUEST = select(saves.c.id).where(saves.c.rater == bindparam("rater"), saves.c.key == bindparam("key"))
_AUTHOR = (
    select(raters.c.name, raters.c.active).where(raters.c.id == bindparam("rater")).with_for_update(key_share=True)
)
_SAVE = insert(saves).returning(saves.c.id)
_CHANGE = insert(changes)


def author(connection: Connection, rater: str, at: str, key: str | None = None) -> Author:
    """A rater as the author of a save; saves of one rater wait for each other from here on.

    Raises:
        FeedbackError: There is no such rater, or the rater's invitation was withdrawn.
    """
    found = connection.execute(_AUTHOR, {"rater": rater}).first()
    if found is None:
        raise FeedbackError(f"there is no rater {rater!r}")
    if not found.active:
        raise FeedbackError(f"{found.name} was withdrawn from rating; ask the owner")
    return Author(rater, found.name, at, None if key is None else storable(key))


def is_repeat(connection: Connection, by: Author) -> bool:
    """Whether this author's request id has been saved before."""
    if by.key is None:
        return False
    return connection.scalar(_SAME_REQUEST, {"rater": by.rater, "key": by.key}) is not None


def record(
    connection: Connection, by: Author, kind: str, steps: Iterable[ValueChange], undoes: int | None = None
) -> int:
    """Add a save with the values that it changed; gives its number."""
    row = {"rater": by.rater, "by": storable(by.by), "key": by.key, "kind": kind, "at": by.at, "undoes": undoes}
    number: int = connection.execute(_SAVE, row).scalar_one()
    rows = [
        {
            "save": number,
            "step": place,
            "place": step.place,
            "about": step.about,
            "definition": step.definition,
            "old": _history_values(step.old),
            "new": _history_values(step.new),
        }
        for place, step in enumerate(steps)
    ]
    if rows:
        connection.execute(_CHANGE, rows)
    return number


def _history_values(values: Values | None) -> str | None:
    """Values as the history keeps them."""
    return None if values is None else json.dumps(dict(values), ensure_ascii=False, sort_keys=True)


def stamp(moment: datetime) -> str:
    """A time as the store keeps it: UTC, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """The time of a stamp."""
    return datetime.fromisoformat(text)
