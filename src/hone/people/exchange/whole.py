"""Everything in the store as JSON lines: one line that says what follows, then one line a row, table by table.

Read into an empty store it gives the same store, history and all. Hashes of invitations are among it, tokens are not.
A damaged database is written as far as it can be read, and the first line then says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Boolean, Connection, Float, Integer, Table, delete, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.schema import CallableColumnDefault

from hone.errors import FileFormatError, StoreError
from hone.files import write_whole
from hone.people.store.database import Database
from hone.people.store.failures import SALVAGE
from hone.people.store.migrations.versions.spelt_one_way import respell
from hone.people.store.opening import known_revisions, revision_of
from hone.people.store.schema import HEAD, metadata, opened, openings
from hone.project.files import read_text
from hone.spelling import option

MARK = "hone feedback"
_KINDS: dict[type, tuple[type, ...]] = {Boolean: (bool,), Float: (int, float), Integer: (int,)}


def write_store(database: Database, path: Path, *, whole: bool = False) -> tuple[dict[str, int], list[str]]:
    """Write every row of every table, by primary key.

    Args:
        database: Open for reading at least; its schema need not be the newest.
        path: The file, which is replaced as a whole.
        whole: Write nothing where some cannot be read.

    Returns:
        How many rows each table gave, and what could not be read.

    Raises:
        StoreError: The database fails, or some of it cannot be read and all was wanted.
    """
    rows, notes = database.read(_everything)
    if whole and notes:
        raise StoreError(
            f"{database.name}: damaged, so this would not be a whole backup ({notes[0]}); save what can be read: "
            f"{SALVAGE} {option('form', 'store')}"
        )
    revision = _revision(database)
    counts = {name: len(found) for name, found in rows.items()}
    head: dict[str, Any] = {MARK: 1, "schema": revision, "rows": counts}
    if notes:
        head["damaged"] = notes
    lines = [json.dumps(head, ensure_ascii=False)]
    for name, found in rows.items():
        lines += [json.dumps({"table": name, **row}, ensure_ascii=False) for row in found]
    write_whole(path, "\n".join(lines) + "\n")
    return counts, notes


def read_store(database: Database, path: Path, *, replace: bool = False) -> tuple[dict[str, int], list[str]]:
    """Read such a file into an empty store, in one transaction.

    Args:
        database: Open for writing.
        path: The file.
        replace: Take out what the store holds, in the same transaction.

    Returns:
        How many rows each table got, and what was changed in those of an earlier version.

    Raises:
        FileFormatError: The file is not whole, of a newer schema, or a row does not fit.
        StoreError: The store is not empty.
    """
    lines = read_text(path).split("\n")
    head = _head(path, lines[0])
    rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in metadata.sorted_tables}
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            name, row = _row(path, number, line)
            rows[name].append(row)
    counts = {name: len(found) for name, found in rows.items() if found}
    if counts != {name: count for name, count in head["rows"].items() if count}:
        raise FileFormatError(
            path, "the file is not complete: its rows are not those that its first line names", line=1
        )

    def work(connection: Connection) -> list[str]:
        kept: dict[Table, list[dict[str, Any]]] = {}
        if replace:
            # What a gate has spent stays spent: a copy from before would make old ratings pass for fresh ones.
            known = {row["run"] for row in rows[openings.name]}
            kept = {
                table: [dict(row) for row in connection.execute(select(table)).mappings() if row["run"] not in known]
                for table in (openings, opened)
            }
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        _fill(connection, rows, database.name)
        for table, left in kept.items():
            if left:
                connection.execute(insert(table), left)
        return respell(connection).lines() if head["schema"] < "0003" else []

    return counts, database.write(work)


def is_empty(database: Database) -> bool:
    """Whether no table holds a row."""
    return database.read(_filled) is None


def is_store(line: str) -> bool:
    """Whether a file with this first line is such an export."""
    return line.lstrip("\ufeff").startswith(f'{{"{MARK}"')


def _everything(connection: Connection) -> tuple[dict[str, list[dict[str, Any]]], list[str]]:
    inspect(connection).get_table_names()  # raises where nothing at all can be read
    found: dict[str, list[dict[str, Any]]] = {}
    notes: list[str] = []
    for table in metadata.sorted_tables:
        columns = _columns(connection, table, notes)
        if not columns:
            continue
        try:
            ordered = select(*columns).order_by(*table.primary_key)
            found[table.name] = [dict(row) for row in connection.execute(ordered).mappings()]
        except SQLAlchemyError:
            if connection.dialect.name != "sqlite":
                raise
            found[table.name] = _salvaged(connection, table, [column.name for column in columns])
            count = len(found[table.name])
            notes.append(f"{table.name}: {count:,} rows could be read, others could not")
    return found, notes


def _columns(connection: Connection, table: Table, notes: list[str]) -> list[Any]:
    """The columns that the database has of a table; an older schema may lack some."""
    try:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    except SQLAlchemyError:
        notes.append(f"{table.name}: cannot be read")
        return []
    return [column for column in table.columns if column.name in there]


def _salvaged(connection: Connection, table: Table, names: list[str]) -> list[dict[str, Any]]:
    """The rows before the first damaged page, and those after the last, by reading from either end."""
    keys = [column.name for column in table.primary_key]
    quoted = ", ".join(f'"{name}"' for name in names)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for order in ("", " ORDER BY rowid DESC"):
        statement = f'SELECT {quoted} FROM "{table.name}" NOT INDEXED{order}'  # noqa: S608 - names of our own
        try:
            for values in connection.exec_driver_sql(statement):
                row = {name: _typed(table, name, value) for name, value in zip(names, values, strict=True)}
                rows.setdefault(tuple(row[key] for key in keys), row)
        except (SQLAlchemyError, UnicodeDecodeError):
            continue
    return [rows[key] for key in sorted(rows, key=repr)]


def _typed(table: Table, name: str, value: Any) -> Any:
    return bool(value) if isinstance(table.c[name].type, Boolean) and value is not None else value


def _revision(database: Database) -> str:
    try:
        return database.read(revision_of) or HEAD
    except StoreError:
        return HEAD


def _head(path: Path, line: str) -> Mapping[str, Any]:
    try:
        head = json.loads(line.lstrip("\ufeff"))
        schema, rows = str(head["schema"]), dict(head["rows"])
    except (ValueError, TypeError, KeyError) as error:
        raise FileFormatError(
            path, "this is not an export of a whole store: its first line does not say so", line=1
        ) from error
    if schema not in known_revisions():
        problem = f"its schema {schema} is newer than this version of Hone, which knows {HEAD}; update Hone"
        raise FileFormatError(path, problem, line=1)
    return {"schema": schema, "rows": rows}


def _row(path: Path, number: int, line: str) -> tuple[str, dict[str, Any]]:
    try:
        row = dict(json.loads(line))
        table = metadata.tables[row.pop("table")]
    except (ValueError, TypeError, KeyError) as error:
        raise FileFormatError(path, "not a row of one of the store's tables", line=number) from error
    for name, value in row.items():
        column = table.columns.get(name)
        if column is None:
            raise FileFormatError(path, f"the table {table.name} has no column {name!r}", line=number)
        if value is None and column.nullable:
            continue
        wanted = next((kinds for kind, kinds in _KINDS.items() if isinstance(column.type, kind)), (str,))
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            raise FileFormatError(path, f"{name}: {value!r} does not fit there", line=number, key=table.name)
    lacking = [c.name for c in table.columns if not c.nullable and c.default is None and c.name not in row]
    if lacking:
        raise FileFormatError(path, f"the row of {table.name} has no {lacking[0]!r}", line=number)
    return table.name, row


def _filled(connection: Connection) -> str | None:
    """The first table that holds a row; none where the store is empty."""
    held = (
        table.name for table in metadata.sorted_tables if connection.scalar(select(func.count()).select_from(table))
    )
    return next(held, None)


def _fill(connection: Connection, rows: Mapping[str, list[dict[str, Any]]], name: str) -> None:
    if filled := _filled(connection):
        raise StoreError(
            f"{name}: this store holds feedback already (in {filled}); read the file into a new one with "
            f"{option('database')}, or add ratings alone in their long form"
        )
    for table in metadata.sorted_tables:
        for start in range(0, len(rows[table.name]), 1000):
            chunk = rows[table.name][start : start + 1000]
            connection.execute(insert(table), [_whole(table, row) for row in chunk])
    if connection.dialect.name == "postgresql" and rows["saves"]:
        last = max(row["id"] for row in rows["saves"])
        connection.execute(text("SELECT setval(pg_get_serial_sequence('saves', 'id'), :last)"), {"last": last})


def _whole(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with every column; an export of an older schema lacks some, which then get what a new row has."""
    made = {
        column.name: column.default.arg(cast("Any", None))
        for column in table.columns
        if isinstance(column.default, CallableColumnDefault) and column.name not in row
    }
    return {column.name: row.get(column.name) for column in table.columns} | made
