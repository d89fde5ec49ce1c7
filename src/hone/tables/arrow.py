"""The door to pyarrow, and Arrow's batches as rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from hone.errors import FileFormatError
from hone.extras import library
from hone.tables.base import Row, RowProblem

BATCH = 256
"""Rows made into Python values at a time: few enough for replies of a megabyte."""


def arrow(module: str = "") -> Any:
    """The package `pyarrow`, or one of its modules.

    Raises:
        MissingExtraError: It is not installed.
    """
    name = f"pyarrow.{module}" if module else "pyarrow"
    return library(name, "data", use="Parquet files and `datasets` folders")


def failures() -> tuple[type[Exception], ...]:
    """What pyarrow raises over a file or a value that it cannot read; a file that has gone is an OSError."""
    return (arrow().ArrowException, OSError, ValueError, OverflowError)


def unique(path: Path, names: Iterable[str]) -> tuple[str, ...]:
    """A schema's column names, which Arrow lets stand twice and a row cannot.

    Raises:
        FileFormatError: There are none, or one stands twice.
    """
    columns = tuple(names)
    if not columns:
        raise FileFormatError(path, "it has no columns")
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise FileFormatError(path, f"the column {twice!r} stands twice; rename one")
    return columns


def rows_of(batches: Callable[[], Iterator[Any]]) -> Iterator[tuple[int, Row | RowProblem]]:
    """The rows of record batches, numbered from 1. What follows a batch that does not read is one problem."""
    number = 1
    source = batches()
    while True:
        try:
            batch = next(source, None)
        except failures() as error:
            yield number, RowProblem(number, f"the file cannot be read from here on ({brief(error)})")
            return
        if batch is None:
            return
        for start in range(0, batch.num_rows, BATCH):
            for row in _rows(batch.slice(start, BATCH), number):
                yield number, row
                number += 1


def brief(error: Exception) -> str:
    """An error's first line, cut to fit into a message."""
    return str(error).split("\n", 1)[0].strip(" .")[:200]


def _rows(batch: Any, first: int) -> Iterator[Row | RowProblem]:
    names = batch.schema.names
    try:
        columns = [_values(column) for column in batch.columns]
    except failures():  # some value in it: find out which, row by row
        for place in range(batch.num_rows):
            yield _row(batch, place, first + place)
        return
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _row(batch: Any, place: int, number: int) -> Row | RowProblem:
    row = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            row[name] = _values(column.slice(place, 1))[0]
        except failures() as error:
            return RowProblem(number, f"column {name!r} cannot be read ({brief(error)})")
    return row


def _values(column: Any) -> list[Any]:
    types = arrow("types")
    values: list[Any] = column.to_pylist()
    if types.is_floating(column.type) or types.is_nested(column.type):
        return [_without_nan(value) for value in values]
    return values


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, dict):
        return {key: _without_nan(part) for key, part in value.items()}
    return [_without_nan(part) for part in value] if isinstance(value, list) else value
