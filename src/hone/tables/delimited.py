"""CSV and TSV as RFC 4180 has them, with a header, in UTF-8.

Cells stay as they are written: text. The apostrophe that keeps a spreadsheet from running a cell is taken away.
An empty cell is None, because the form cannot tell it from an empty text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from hone.errors import FileFormatError
from hone.tables.base import Row, RowProblem, Table, unreadable
from hone.tables.cells import read_cell

DELIMITERS = ",;\t"
LONGEST_CELL = 100_000_000
"""Characters. A limit at all, so that a quotation mark that is never closed does not swallow a large file."""

_SAMPLE_RECORDS = 20
_LONGEST_NAME = 200


class Delimited(Table):
    """A CSV or TSV file.

    Args:
        path: The file.
        delimiter: What parts the cells; found in the file where it is not given.

    Raises:
        FileFormatError: There is no header, or a name stands in it twice.
    """

    form = "csv"

    def __init__(self, path: Path, delimiter: str = "") -> None:
        self.path = path
        # Set here and not at import, as the limit is the whole process's.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
        try:
            self._delimiter = delimiter or _sniff(path)
            with _text(path) as stream:
                header, self._header_line = _header(path, csv.reader(stream, delimiter=self._delimiter, strict=True))
        except OSError as error:
            raise unreadable(path, error) from error
        # A data frame's index and a spreadsheet's stray columns come without a name.
        self.columns = tuple(name or f"column {place}" for place, name in enumerate(header, 1))
        check_header(path, self.columns, self._header_line)

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and the line it starts on."""
        try:
            with _text(self.path) as stream:
                reader = csv.reader(stream, delimiter=self._delimiter, strict=True)
                _header(self.path, reader)
                yield from self._records(reader)
        except OSError as error:
            raise unreadable(self.path, error) from error

    def count(self) -> int:
        """Records, in one pass."""
        return sum(1 for _ in self.rows())

    def _records(self, reader: Any) -> Iterator[tuple[int, Row | RowProblem]]:
        columns, width = self.columns, len(self.columns)
        while True:
            number = reader.line_num + 1
            try:
                record = next(reader)
                if not record:
                    continue
                "".join(record).encode()
            except StopIteration:
                return
            except csv.Error as error:
                yield number, RowProblem(number, _in_words(error))
            except UnicodeEncodeError:
                yield number, RowProblem(number, "bytes that are not UTF-8; save the file as UTF-8")
            else:
                if len(record) == width:
                    yield number, {name: read_cell(cell) or None for name, cell in zip(columns, record, strict=True)}
                else:
                    yield number, RowProblem(number, f"{len(record)} cells where the header has {width}")


def _text(path: Path) -> TextIO:
    # Bytes that are not UTF-8 come through as surrogates, so that they spoil one row and not the file.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _sniff(path: Path) -> str:
    """The delimiter under which the most of the first records are as wide as the header, a comma if in doubt."""
    best, delimiter = (0, 1), ","
    for candidate in DELIMITERS:
        with _text(path) as stream:
            reader = csv.reader(stream, delimiter=candidate, strict=True)
            try:
                widths = [len(record) for record in islice(reader, _SAMPLE_RECORDS) if record]
            except csv.Error:
                widths = []
        if widths and widths[0] > 1:
            fit = (widths.count(widths[0]), widths[0])
            if fit > best:
                best, delimiter = fit, candidate
    return delimiter


def _header(path: Path, reader: Any) -> tuple[list[str], int]:
    """The first record that is not blank, and its line."""
    try:
        for record in reader:
            if any(record):
                return [read_cell(name.strip()) for name in record], int(reader.line_num)
    except csv.Error as error:
        raise FileFormatError(path, f"the header does not read: {_in_words(error)}", line=1) from error
    raise FileFormatError(path, "the file is empty; its first line must name the columns")


def check_header(path: Path, columns: tuple[str, ...], line: int) -> None:
    """A header that is one.

    Raises:
        FileFormatError: It holds no UTF-8, only numbers, a whole text, or a name twice.
    """
    twice = next((name for name in columns if columns.count(name) > 1), None)
    remedy = "the first line must name the columns, each by its own name"
    if not _is_utf8("".join(columns)):
        raise FileFormatError(path, "not UTF-8 text; save the file as UTF-8", line=line)
    if twice is not None:
        raise FileFormatError(path, f"the column {twice[:60]!r} stands twice; {remedy}", line=line)
    if all(_is_number(name) for name in columns):
        raise FileFormatError(path, f"there is no header, only numbers; {remedy}", line=line)
    if any(len(name) > _LONGEST_NAME or "\n" in name for name in columns):
        raise FileFormatError(path, f"there is no header, but a text; {remedy}", line=line)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quotation mark is opened here and never closed"
    if "expected after" in text:
        return 'text after a closing quotation mark; write a quotation mark inside a quoted cell as ""'
    if "field larger" in text:
        return f"a cell of more than {LONGEST_CELL:,} characters; a quotation mark may not be closed"
    return text
