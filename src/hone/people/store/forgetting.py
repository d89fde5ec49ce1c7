"""Takes a person out of a store: their name everywhere, or with it all that they said."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from hone.domain.base import digest
from hone.errors import StoreError
from hone.people.store.database import Database
from hone.people.store.raters import id_of, user_id
from hone.people.store.schema import (
    adjudications,
    assignments,
    changes,
    choices,
    decisions,
    invitations,
    notes,
    raters,
    ratings,
    saves,
    second_looks,
)
from hone.text import name as named

NAMING = frozenset({"rater", "by", "annotator", "first_name", "email"})
"""Keys and columns that hold people's names in what Hone writes."""
_OWN_WORDS = ("text", "note", "reason")
_SAID: tuple[Table, ...] = (ratings, assignments, notes, choices, second_looks)


@dataclass(frozen=True)
class Renamer:
    """Puts an alias where a person's name stands as a whole, in any case, and a new id where their id does.

    Args:
        name: The person's name.
        alias: What stands there then.
        ids: What takes the place of ids that were made from the name.
    """

    name: str
    alias: str
    ids: Mapping[str, str] = field(default_factory=dict)

    def rows(self, rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of a whole store, each with its table's name: also without the words that the person wrote."""
        own: set[int] = set()
        cleaned = []
        for row in rows:
            theirs = row.get("rater") in self.ids
            if theirs and row.get("table") == "saves":
                own.add(row["id"])
            now = self(row)
            if theirs and row.get("table") in {table.name for table in _SAID}:
                now |= {word: "" for word in _OWN_WORDS if now.get(word)}
            if row.get("table") == "changes" and row.get("save") in own:
                now |= {key: _without_words(now[key]) for key in ("old", "new") if now.get(key)}
            cleaned.append(now)
        return cleaned

    def is_name(self, value: Any) -> bool:
        """Whether a value is the person's name."""
        return isinstance(value, str) and named(value.casefold()) == named(self.name.casefold())

    def names(self, column: str) -> bool:
        """Whether a column or key holds people's names, as far as Hone writes such."""
        return column.strip().lower() in NAMING or column.startswith("user ")

    def within(self, text: str) -> bool:
        """Whether a text, in small letters, holds the name as words of their own."""
        return re.search(rf"(?<!\w){re.escape(named(self.name.casefold()))}(?!\w)", text) is not None

    def _key(self, key: str) -> str:
        """A key as it is, but for one that holds the person's id, as Argilla's ``user ID``."""
        start, space, end = key.rpartition(" ")
        return f"{start}{space}{self.ids.get(end, end)}"

    def _is_annotation(self, value: Mapping[str, Any]) -> bool:
        """Whether this is an annotation of the person's in the form of Label Studio."""
        by = value.get("completed_by")
        return isinstance(by, dict) and any(self.is_name(by.get(key)) for key in ("first_name", "email"))

    def _without_words(self, result: Any) -> Any:
        if not isinstance(result, dict):
            return result
        said = {"value": {"text": [""]}} if result.get("type") == "textarea" else {}
        return result | {"id": digest([self.alias, result.get("from_name")])} | said

    def __call__(self, value: Any, key: str = "") -> Any:
        """The value without the name: dicts and lists with all that is in them, JSON in a text, too."""
        if isinstance(value, dict) and self._is_annotation(value):
            value = value | {"result": [self._without_words(one) for one in value.get("result") or []]}
        if isinstance(value, dict) and key == "people_split":  # who stands in which camp, in a run of refining
            camps = {name: value[name] for name in ("first", "second") if isinstance(value.get(name), list)}
            value = value | {
                name: [self.alias if self.is_name(one) else one for one in camp] for name, camp in camps.items()
            }
        if isinstance(value, dict):
            if key == "note" and value.get("user_id") in self.ids:
                value = value | {"value": ""}
            person = "role" in value  # a row of people holds the name as `name`
            return {
                self._key(inner): self(one, "by" if inner == "name" and person else inner)
                for inner, one in value.items()
            }
        if isinstance(value, list):
            return [self(one, key) for one in value]
        if not isinstance(value, str):
            return value
        if value in self.ids:
            return self.ids[value]
        if self.names(key) and self.is_name(value):
            return self.alias
        if key in {"data", "old", "new"} and value.startswith(("{", "[")):
            with contextlib.suppress(ValueError):
                was = json.loads(value)
                now = self(was)
                return value if now == was else json.dumps(now, ensure_ascii=False)
        return value


@dataclass(frozen=True)
class Forgotten:
    """What was done in a store."""

    renamer: Renamer
    counts: Mapping[str, int]
    """Rows that were changed or removed, by table."""
    wrote: bool = False
    """Whether the store held words of their own."""
    note: str = ""
    """What of the old content may be left in the file; empty where nothing is."""


def forget_rater(database: Database, name: str, *, remove: bool = False) -> Forgotten:
    """Put an alias in place of a person, and take out their own words, links and sessions.

    Scores and verdicts stay under the alias, unless they are to be removed as well. The new id says nothing of the
    name: the old one was made from it.

    Args:
        database: Open for writing.
        name: The person's name, in any case.
        remove: Take out their scores, verdicts and history, too.

    Returns:
        What was done; no counts where the store knows nobody of that name.

    Raises:
        StoreError: The database fails.
    """
    mark, old = secrets.token_hex(4), id_of(name)
    alias, row = f"person {mark}", select(raters.c.name).where(raters.c.id == old)
    spelt = database.read(lambda connection: connection.scalar(row)) or name
    ids = {old: f"{mark}{secrets.token_hex(4)}", user_id(spelt): user_id(alias)}
    renamer = Renamer(spelt, alias, ids)
    wrote = database.read(lambda connection: _wrote(connection, old))
    counts = database.write(lambda connection: _forget(connection, renamer, old, remove=remove))
    return Forgotten(renamer, counts, wrote, _shred(database) if counts else "")


def _wrote(connection: Connection, rater: str) -> bool:
    """Whether a person wrote a note, or something about a judge's reason."""
    said = (
        select(table.c.rater).where(table.c.rater == rater, table.c.text != "").limit(1)
        for table in (notes, second_looks)
    )
    return any(connection.scalar(one) is not None for one in said)


def _forget(connection: Connection, renamer: Renamer, old: str, *, remove: bool) -> dict[str, int]:
    counts: dict[str, int] = {}
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what is taken out is written over at once
    row = connection.execute(select(raters).where(raters.c.id == old)).mappings().first()
    own = list(connection.scalars(select(saves.c.id).where(saves.c.rater == old)))
    if row is not None:
        new = renamer.ids[old]
        connection.execute(insert(raters), {**row, "id": new, "name": renamer.alias, "active": False})
        connection.execute(delete(invitations).where(invitations.c.rater == old))
        for table in _SAID:
            here = table.c.rater == old
            counts[table.name] = connection.scalar(select(func.count()).select_from(table).where(here)) or 0
            connection.execute(delete(table).where(here) if remove else update(table).where(here).values(rater=new))
        connection.execute(update(saves).where(saves.c.rater == old).values(rater=new))
        if not remove:
            connection.execute(delete(notes).where(notes.c.rater == new))
            connection.execute(update(choices).where(choices.c.rater == new).values(note="", reason=""))
            connection.execute(update(assignments).where(assignments.c.rater == new).values(reason=""))
            connection.execute(update(second_looks).where(second_looks.c.rater == new).values(text=""))
        connection.execute(delete(raters).where(raters.c.id == old))
        counts["raters"] = 1
    counts["changes"] = _rewrite_history(connection, renamer, set(own))
    for table, keys in (
        (saves, ("id",)),
        (decisions, ("rubric", "advice")),
        (adjudications, ("subject", "definition")),
    ):
        counts[table.name] = _rewrite(connection, table, keys, renamer)
    if remove and row is not None:
        _take_out(connection, own, renamer.ids[old])
        counts["saves"] += len(own)
    return counts if any(counts.values()) else {}


def _rewrite(connection: Connection, table: Table, keys: tuple[str, ...], clean: Callable[[Any], Any]) -> int:
    """Clean every row of a table; gives how many changed."""
    changed = 0
    for row in connection.execute(select(table)).mappings().all():
        was, now = dict(row), clean(dict(row))
        if now != was:
            same = [table.c[key] == was[key] for key in keys]
            connection.execute(
                update(table).where(*same).values({key: now[key] for key in now if now[key] != was[key]})
            )
            changed += 1
    return changed


def _rewrite_history(connection: Connection, renamer: Renamer, own: set[int]) -> int:
    """Clean the history; of the person's own saves the words that they wrote go, too."""

    def clean(row: dict[str, Any]) -> Any:
        now = renamer(row)
        if row["save"] in own:
            now |= {key: _without_words(now[key]) for key in ("old", "new") if now[key]}
        return now

    return _rewrite(connection, changes, ("save", "step"), clean)


def _without_words(values: str) -> str:
    """The values of a change without what a person wrote in words of their own."""
    with contextlib.suppress(ValueError):
        found = json.loads(values)
        if isinstance(found, dict) and any(found.get(word) for word in _OWN_WORDS):
            found |= {word: "" for word in _OWN_WORDS if found.get(word)}
            return json.dumps(found, ensure_ascii=False, sort_keys=True)
    return values


def _take_out(connection: Connection, own: list[int], alias: str) -> None:
    """Remove a person's saves with their values, and the row that they were entered by."""
    entries = list(
        connection.scalars(select(changes.c.save).where(changes.c.place == "raters", changes.c.about == alias))
    )
    for start in range(0, len(own), 500):
        some = own[start : start + 500]
        connection.execute(delete(changes).where(changes.c.save.in_(some)))
        connection.execute(update(saves).where(saves.c.undoes.in_(some)).values(undoes=None))
    connection.execute(delete(changes).where(changes.c.place == "raters", changes.c.about == alias))
    for start in range(0, len(own), 500):
        connection.execute(delete(saves).where(saves.c.id.in_(own[start : start + 500])))
    for number in entries:
        if not connection.scalar(select(func.count()).select_from(changes).where(changes.c.save == number)):
            connection.execute(delete(saves).where(saves.c.id == number))
    connection.execute(delete(raters).where(raters.c.id == alias))


def _shred(database: Database) -> str:
    """Write an SQLite file anew, so that no free page and no log holds what was taken out; says if it could not."""
    try:
        database.directly("VACUUM")
        log = database.directly("PRAGMA wal_checkpoint(TRUNCATE)")
    except StoreError as error:
        return f"the file could not be rewritten ({error}); its log may hold the name until the pages are closed"
    # SQLite does not fail where somebody reads; the first number says that the log is still there.
    if log and log[0]:
        return f"{database.name}: somebody reads it, so its log may hold the name until the pages are closed"
    return ""
