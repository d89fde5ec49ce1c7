"""One sheet of an Excel workbook (XLSX), read row by row.

A formula is the value that Excel last stored for it, a date is ISO text. Rows without any value are passed over, as a
sheet has thousands of them below its last line. A workbook is a zip archive that somebody sent: how much it may
unpack to is limited, and entities, which only an attack would declare, are refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from hone.errors import FileFormatError, HoneError, ProjectError
from hone.extras import library
from hone.tables.base import Row, RowProblem, Table, unreadable
from hone.tables.delimited import check_header
from hone.text import identifier, whole_text

SUFFIXES = (".xlsx", ".xlsm")
MOST_BYTES = 400_000_000
"""Bytes that all parts of a workbook may unpack to: about two million cells with text."""
MOST_PARTS = 5_000
MOST_ROWS = 1_048_576
"""As many as Excel has."""
MOST_COLUMNS = 2_000
_ROOM = "; save the sheet as CSV"
_NAMELESS = "a value right of the last column that has a name; name that column in the first row, or empty the cell"
_HEAD = 4_096
"""Bytes at the start of a part, where a declaration would stand."""


class Workbook(Table):
    """A sheet of a workbook; rows are numbered as Excel does.

    Args:
        path: The file; ``FILE.xlsx#SHEET`` names a sheet, by default it is the first.

    Raises:
        FileFormatError: It is no workbook, has no such sheet, is too large, or its first row names no columns.
        MissingExtraError: openpyxl is not installed.
    """

    form = "xlsx"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file, self._sheet = split_sheet(path)
        _check_archive(path, self._file)
        # Where nothing stands above the rows, columns have no names; the first row with a value must name them.
        self._header_row, header = next(self._filled(), (1, ()))
        names = [identifier(_plain(value)) for value in header]
        while names and not names[-1]:
            names.pop()
        self.columns = tuple(name or f"column {place}" for place, name in enumerate(names, 1))
        if self.columns:
            check_header(path, self.columns, self._header_row)

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row that holds a value, and its number in the sheet."""
        width = len(self.columns)
        for number, cells in self._filled():
            if number == self._header_row:
                continue
            values = [_plain(value) for value in cells]
            if any(value is not None for value in values[width:]):
                yield number, RowProblem(number, _NAMELESS)
                continue
            values += [None] * (width - len(values))
            yield number, dict(zip(self.columns, values, strict=False))

    def count(self) -> int:
        """Rows that hold a value, in one pass."""
        return sum(1 for _ in self.rows())

    def _filled(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        with _reading(self.path), self._opened() as sheet:
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
                    most = f"more than {MOST_ROWS:,} rows or {MOST_COLUMNS:,} columns"
                    raise FileFormatError(self.path, f"the sheet has {most}{_ROOM}", line=number)
                if any(value is not None and value != "" for value in cells):
                    yield number, cells

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        openpyxl = library("openpyxl", "data", use="Excel workbooks")
        with self._file.open("rb") as stream:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            try:
                sheet = _chosen(self.path, book, self._sheet)
                # What a sheet says of its own size may be wrong; without it, rows end where their cells do.
                sheet.reset_dimensions()
                yield sheet
            finally:
                book.close()


def split_sheet(path: Path) -> tuple[Path, str]:
    """The file and the sheet that ``FILE.xlsx#SHEET`` names; no sheet where none is named."""
    name, mark, sheet = path.name.partition("#")
    if mark and not path.exists() and Path(name).suffix.lower() in SUFFIXES:
        return path.with_name(name), sheet
    return path, ""


def _chosen(path: Path, book: Any, name: str) -> Any:
    """The sheet of a name, or the first that is not hidden."""
    there = {sheet.title: sheet for sheet in book.worksheets}
    if name and name not in there:
        raise FileFormatError(path, f"there is no sheet {name!r}; the sheets are: {', '.join(there)}")
    shown = [sheet for sheet in there.values() if sheet.sheet_state == "visible"]
    if not there:
        raise FileFormatError(path, "the workbook has no sheet with cells")
    return there[name] if name else (shown or list(there.values()))[0]


def _check_archive(path: Path, file: Path) -> None:
    """Refuse what would fill the memory, before anything is unpacked.

    Raises:
        FileFormatError: It is no workbook, or unpacks to too much.
    """
    with _reading(path), zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        size = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or size > MOST_BYTES:
            what = f"{size:,} bytes in {len(parts):,} parts"
            raise FileFormatError(path, f"the workbook unpacks to {what}; {MOST_BYTES:,} bytes are the most{_ROOM}")
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                with archive.open(part) as stream:
                    head = stream.read(_HEAD).replace(b"\0", b"").upper()
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    raise FileFormatError(path, f"{part.filename} declares entities, which no workbook needs")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What goes wrong inside the archive, in one line; the library lets out whatever its own parts raise."""
    try:
        yield
    except (HoneError, GeneratorExit):
        raise
    except zipfile.BadZipFile as error:
        remedy = "remove its password, or save it again as .xlsx (an old .xls file under this name is none)"
        raise FileFormatError(path, f"not an Excel workbook; {remedy}") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except Exception as error:
        what = " ".join(str(error).split())[:150] or type(error).__name__
        raise FileFormatError(path, f"the workbook does not read ({what}); save it again as .xlsx or CSV") from error


def _plain(value: Any) -> Any:
    """A cell's value as the other forms have it: text, number, yes or no, nothing."""
    if isinstance(value, str):
        return whole_text(value) or None
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value


def refuse_old(path: Path) -> ProjectError:
    """The error for a workbook of Excel before 2007."""
    return ProjectError(f"{path}: workbooks of Excel before 2007 are not read; save it as .xlsx or CSV")
