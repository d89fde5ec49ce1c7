"""Where the scores of a file lie, said by whoever knows the file: which columns, and which fields inside them.

A field inside a column is named with points: ``scores.coherence``. ``*`` stands for every key of an object, each an
item of its own (``replies.*.scores``: the replies of several writers in one row). A field that holds an object has
one criterion for each key, one that holds a list one for each place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hone.tables.base import Row, Table
from hone.text import identifier
from hone.text import name as named

_JOINED = " "


@dataclass(frozen=True)
class FileColumns:
    """What the columns of a file of ratings are; whatever is not said is taken from their headings."""

    raters: tuple[str, ...] = ()
    """Columns, or fields inside them, that are people's scores."""
    judges: tuple[str, ...] = ()
    """The same for judges."""
    item: str = ""
    """The column of the item's id; several that make it up together as ``A+B``."""
    criterion: str = ""
    group: str = ""
    system: str = ""
    """The column that says what wrote the reply."""
    judge_name: str = ""
    """The columns that name the judge, as ``A+B``; by default the heading of its scores."""
    total: bool = False
    """Whether a score that has parts counts as their sum."""

    @property
    def said(self) -> bool:
        """Whether anything is said at all."""
        return self != FileColumns()

    def of_scores(self, table: Table) -> tuple[str, ...]:
        """The fields of scores that this table has."""
        return tuple(path for path in (*self.raters, *self.judges) if has(table, path))


def has(table: Table, path: str) -> bool:
    """Whether a table has a column, or the column that a field lies in."""
    return path in table.columns or path.partition(".")[0] in table.columns


def text_columns(table: Table, paths: str) -> bool:
    """Whether a table has a column, or all of several that are named ``A+B``."""
    return paths in table.columns or all(has(table, part.strip()) for part in paths.split("+"))


def text_of(row: Row, paths: str) -> str:
    """What stands in a column, or in several that are named ``A+B``, as one text."""
    parts = [paths] if paths in row else paths.split("+")
    found = [identifier(value) for part in parts for _, value in values_at(row, part.strip())]
    return _JOINED.join(part for part in found if part)


def values_at(row: Row, path: str) -> Iterator[tuple[str, Any]]:
    """Each value at a path, with the keys that `*` stood for, joined by ``/``; nothing where it is missing."""
    if path in row:
        yield "", row[path]
        return
    yield from _within(row, path.split("."), "")


def _within(value: Any, path: list[str], keys: str) -> Iterator[tuple[str, Any]]:
    if not path:
        yield keys, value
    elif isinstance(value, dict) and path[0] == "*":
        for key, part in value.items():
            yield from _within(part, path[1:], f"{keys}/{named(key)}".lstrip("/"))
    elif isinstance(value, dict) and path[0] in value:
        yield from _within(value[path[0]], path[1:], keys)


def parts_of(value: Any, *, total: bool) -> list[tuple[str, Any]]:
    """The scores that a field holds, each with the criterion that it names, which is empty for one score alone."""
    if isinstance(value, dict):
        found = [(named(key), part) for key, part in value.items()]
    elif isinstance(value, list):
        found = [(str(place), part) for place, part in enumerate(value, 1)]
    else:
        return [("", value)]
    if not total:
        return found
    numbers = [part for _, part in found if isinstance(part, int | float)]
    return [("", sum(numbers) if found and len(numbers) == len(found) else None)]


def field_name(path: str) -> str:
    """What a field of scores is called: its last part but `*`, or the one before where that is a criterion."""
    parts = [part for part in path.split(".") if part != "*"]
    return named(parts[-1] if len(parts) < 2 or "*" in path else parts[-2])
