"""Raters and items that earlier versions kept in several spellings become one; the newest answer stays current."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from hone.domain.base import digest
from hone.people.store.respelt import Respelt
from hone.text import identifier, name

_SHORTENED = re.compile(r"-?\d(\.\d+)?e[+-]\d+")

revision = "0003"
down_revision = "0002"

# The tables as they are at this revision: a later schema must not change what this migration does.
_KEYS = {
    "ratings": ("subject", "rater", "definition"),
    "assignments": ("subject", "rater", "rubric"),
    "notes": ("subject", "rater"),
    "choices": ("pair", "rater"),
    "writers": ("subject", "writer"),
    "adjudications": ("subject", "definition"),
}
_NEWEST = {"ratings": "at", "notes": "at", "adjudications": "at", "assignments": "ended", "choices": "ended"}
_ABOUT = {"subjects": "subject", "pairs": "pair", "raters": "rater"}


def upgrade() -> None:
    """Give every rater, reply and pair its one id."""
    config = op.get_context().environment_context.config  # type: ignore[union-attr]
    config.attributes["respelt"] = respell(op.get_bind())


def respell(connection: sa.Connection) -> Respelt:
    """The same for rows that an export of an earlier store brought in; gives what was changed."""
    tables = sa.MetaData()
    tables.reflect(connection)
    lost: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    counts = dict.fromkeys(_ABOUT, 0)
    for table in ("raters", "subjects", "pairs"):
        moved = list(_respelt(connection, tables.tables[table]))
        counts[table] = len(moved)
        for old, new in moved:
            _enter(connection, tables.tables[table], old, new)
        _repoint(connection, tables, _ABOUT[table], {old["id"]: new["id"] for old, new in moved}, lost)
        for old, new in moved:
            if old["id"] != new["id"]:
                rows = tables.tables[table]
                connection.execute(sa.delete(rows).where(rows.c.id == old["id"]))
    _record(connection, tables, lost)
    items = {
        *connection.scalars(sa.select(tables.tables["subjects"].c.item)),
        *connection.scalars(sa.select(tables.tables["pairs"].c.item)),
    }
    short = sorted(item for item in items if _SHORTENED.fullmatch(item))
    return Respelt(counts["subjects"], counts["pairs"], counts["raters"], len(lost), tuple(short))


def _respelt(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row that is spelt otherwise today, before and after."""
    for row in connection.execute(sa.select(table)).mappings().all():
        old = dict(row)
        new = old | {"group": name(old["group"]) or None} if "group" in old else dict(old)
        if table.name == "raters":
            new["name"] = name(old["name"]) or old["name"]
            plain = name(new["name"].casefold())
            new["id"] = digest(["judge", plain] if old["role"] == "judge" else plain)
        else:
            new["item"] = identifier(old["item"]) or old["item"]
            texts = ("prompt", "reply") if table.name == "subjects" else ("prompt", "a", "b")
            if new["item"] != old["item"]:
                new["id"] = digest([new["item"], *(old[text] for text in texts)])
        if new != old:
            yield old, new


def _enter(connection: sa.Connection, table: sa.Table, old: dict[str, Any], new: dict[str, Any]) -> None:
    here = table.c.id == new["id"]
    there = connection.execute(sa.select(table).where(here)).mappings().first()
    if there is None:
        connection.execute(sa.insert(table), new)
    elif new["id"] == old["id"]:
        connection.execute(sa.update(table).where(here).values(new))
    elif new["active"] and not there["active"]:
        connection.execute(sa.update(table).where(here).values(active=True))


def _repoint(
    connection: sa.Connection,
    tables: sa.MetaData,
    column: str,
    ids: dict[str, str],
    lost: list[tuple[str, dict[str, Any], dict[str, Any]]],
) -> None:
    """Let all rows that name an old id name the new one; of two answers to one question the newest stays."""
    for table in tables.sorted_tables:
        if column not in table.c or table.name == "raters":
            continue
        keys = _KEYS.get(table.name)
        for old, new in ids.items():
            if old == new:
                continue
            for row in connection.execute(sa.select(table).where(table.c[column] == old)).mappings().all():
                if keys is None:  # invitations and saves: nobody's answers
                    _point(connection, table, dict(row), {column: new})
                else:
                    _merge(connection, table, keys, (dict(row), dict(row) | {column: new}), lost)
    about = tables.tables["changes"]
    for old, new in ids.items():
        connection.execute(sa.update(about).where(about.c.about == old).values(about=new))


def _point(connection: sa.Connection, table: sa.Table, row: dict[str, Any], new: dict[str, str]) -> None:
    own = sa.and_(*(column == row[column.name] for column in table.primary_key))
    if row.get("key") is not None:
        same = sa.select(table.c.id).where(table.c.rater == new["rater"], table.c.key == row["key"])
        new = new | ({"key": f"{row['key']} {row['id']}"} if connection.scalar(same) is not None else {})
    connection.execute(sa.update(table).where(own).values(**new))


def _merge(
    connection: sa.Connection,
    table: sa.Table,
    keys: Sequence[str],
    change: tuple[dict[str, Any], dict[str, Any]],
    lost: list[tuple[str, dict[str, Any], dict[str, Any]]],
) -> None:
    old, new = change
    there = connection.execute(sa.select(table).where(*(table.c[key] == new[key] for key in keys))).mappings().first()
    connection.execute(sa.delete(table).where(*(table.c[key] == old[key] for key in keys)))
    newest = _NEWEST.get(table.name)
    if there is None:
        connection.execute(sa.insert(table), new)
    elif newest is not None:
        kept, left = (new, dict(there)) if (new[newest] or "") > (there[newest] or "") else (dict(there), new)
        connection.execute(sa.update(table).where(*(table.c[key] == new[key] for key in keys)).values(kept))
        lost.append((table.name, left, kept))


def _record(
    connection: sa.Connection, tables: sa.MetaData, lost: list[tuple[str, dict[str, Any], dict[str, Any]]]
) -> None:
    """Put what is no longer current into the history."""
    if not lost:
        return
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    row = {"rater": None, "by": "", "key": None, "kind": "merge", "at": at, "undoes": None}
    saves = tables.tables["saves"]
    number = connection.execute(sa.insert(saves).values(row).returning(saves.c.id)).scalar_one()
    written = [
        {
            "save": number,
            "step": step,
            "place": place,
            "about": left.get("subject") or left["pair"],
            "definition": left.get("definition") or left.get("rubric") or "",
            "old": _json(left),
            "new": _json(kept),
        }
        for step, (place, left, kept) in enumerate(lost)
    ]
    connection.execute(sa.insert(tables.tables["changes"]), written)


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)
