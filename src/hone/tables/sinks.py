"""Where a writer's rows go, one class for each form. A sink opens its file, takes values in order, and closes."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import orjson

from hone.files import make_folder, open_new, write_whole
from hone.tables.arrow import arrow
from hone.tables.base import utf8
from hone.tables.cells import safe_cell
from hone.text import whole_text

_BUFFER = 1 << 18
_GROUP_ROWS = 10_000
_GROUP_CHARACTERS = 16 << 20
"""A Parquet row group is written at so many rows, or at so much text: what a writer holds in memory at most."""
_FILE_ROWS = 100_000
CARD_MARK = "rows, written by Hone."
"""How a folder that a writer made is told from a person's own."""
_CARD = """\
---
configs:
- config_name: default
  data_files:
  - split: train
    path: data-*.parquet
---

# {title}

{rows:,} {mark} Load them with `datasets.load_dataset("{title}")`.

| column | type |
|---|---|
{columns}
"""


class Sink(Protocol):
    """Takes rows."""

    def add(self, values: Sequence[Any]) -> None:
        """Take one row's values, in the order of the columns."""

    def close(self) -> None:
        """Write what is left, and close."""


class JsonSink:
    """JSON Lines, or with `array` one JSON array with an object a line."""

    def __init__(self, path: Path, columns: Mapping[str, type], *, array: bool = False) -> None:
        self._stream = open_new(path, buffering=_BUFFER)
        self._names = list(columns)
        self._before = b"[\n" if array else b""
        self._between = b",\n" if array else b""
        self._after, self._end = (b"", b"\n]\n") if array else (b"\n", b"")

    def add(self, values: Sequence[Any]) -> None:
        """Write one object."""
        row = dict(zip(self._names, values, strict=True))
        try:
            line = orjson.dumps(row)
        except TypeError:  # half a character
            line = utf8(json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
        self._stream.write(self._before + line + self._after)
        self._before = self._between

    def close(self) -> None:
        """Close the file."""
        try:
            # An array that got no element has not been opened either.
            self._stream.write(self._before + self._end if self._before == b"[\n" else self._end)
            sync(self._stream)
        finally:
            self._stream.close()


class CsvSink:
    """CSV as RFC 4180 has it: commas (or tabs), CRLF, quotation marks where they are needed; no cell is a formula."""

    def __init__(self, path: Path, columns: Mapping[str, type], *, delimiter: str = ",") -> None:
        self._stream = open_new(path, buffering=_BUFFER)
        # The header is quoted throughout, so that a semicolon in a name is not taken for the delimiter.
        csv.writer(self, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerow(map(safe_cell, columns))
        self._writer = csv.writer(self, delimiter=delimiter)

    def write(self, line: str) -> None:
        """Take a line from the `csv` module."""
        self._stream.write(utf8(line))

    def add(self, values: Sequence[Any]) -> None:
        """Write one record; None is an empty cell, a flag `true` or `false`, and no text a formula."""
        self._writer.writerow(map(_cell, values))

    def close(self) -> None:
        """Close the file."""
        try:
            sync(self._stream)
        finally:
            self._stream.close()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_cell(value)
    return ("true" if value else "false") if isinstance(value, bool) else value


class ParquetSink:
    """One Parquet file, written a row group at a time."""

    def __init__(self, path: Path, columns: Mapping[str, type]) -> None:
        pa = arrow()
        types = {str: pa.string(), float: pa.float64(), int: pa.int64(), bool: pa.bool_()}
        self._schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
        self._texts = [place for place, kind in enumerate(columns.values()) if kind is str]
        self._stream = open_new(path)
        self._writer = arrow("parquet").ParquetWriter(self._stream, self._schema)
        self._rows: list[Sequence[Any]] = []
        self._characters = 0

    def add(self, values: Sequence[Any]) -> None:
        """Keep one row until its group is full."""
        self._rows.append(values)
        for place in self._texts:
            self._characters += len(values[place] or "")
        if len(self._rows) >= _GROUP_ROWS or self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def close(self) -> None:
        """Write the last group and the footer."""
        try:
            self._flush()
        finally:
            try:
                self._writer.close()
                sync(self._stream)
            finally:
                self._stream.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        arrays = [_array(values, field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._writer.write_batch(arrow().record_batch(arrays, schema=self._schema))
        self._rows, self._characters = [], 0


class FolderSink:
    """A folder for `datasets.load_dataset`: Parquet files of 100,000 rows each, and a data set card."""

    def __init__(self, path: Path, columns: Mapping[str, type], *, title: str) -> None:
        make_folder(path, new=True)
        self._path, self._columns, self._title = path, columns, title
        self._count = 0
        self._file = self._next()

    def add(self, values: Sequence[Any]) -> None:
        """Write one row, into the next file where this one is full."""
        if self._count and self._count % _FILE_ROWS == 0:
            self._file.close()
            self._file = self._next()
        self._file.add(values)
        self._count += 1

    def close(self) -> None:
        """Close the last file and write the card."""
        self._file.close()
        lines = (f"| {name.replace('|', chr(92) + '|')} | {kind.__name__} |" for name, kind in self._columns.items())
        card = _CARD.format(title=self._title, mark=CARD_MARK, rows=self._count, columns="\n".join(lines))
        write_whole(self._path / "README.md", utf8(card))

    def _next(self) -> ParquetSink:
        return ParquetSink(self._path / f"data-{self._count // _FILE_ROWS:05d}.parquet", self._columns)


def sync(stream: Any) -> None:
    """Have the disk hold the file before it gets its name."""
    stream.flush()
    os.fsync(stream.fileno())


def _array(values: Sequence[Any], kind: Any) -> Any:
    pa = arrow()
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array([None if value is None else whole_text(value) for value in values], kind)
