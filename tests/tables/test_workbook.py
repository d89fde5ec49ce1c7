"""Excel workbooks as tables, and what is said of one that does not read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hone.errors import FileFormatError, ProjectError
from hone.tables import RowProblem, open_table

SHEET = "xl/worksheets/sheet1.xml"


def book(path: Path, *sheets: tuple[str, Sequence[Sequence[Any]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    made.save(path)
    return path


def rewritten(path: Path, name: str, data: bytes) -> Path:
    """The workbook with one part replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in (parts | {name: data}).items():
            archive.writestr(part, text)
    return path


def test_cells_keep_their_types_dates_are_iso_text_and_empty_rows_are_dropped(tmp_path: Path) -> None:
    rows = [
        ("id", "prompt", "when", "score"),
        (7, "Say A.", date(2026, 1, 5), 1.5),
        (None, None, None, None),
        ("008", "Say B.", datetime(2026, 1, 5, 9, 30), True),
        ("9", "", time(9, 30), None),
    ]
    table = open_table(book(tmp_path / "a.xlsx", ("one", rows)))
    assert (table.form, table.columns) == ("xlsx", ("id", "prompt", "when", "score"))
    assert list(table.rows()) == [
        (2, {"id": 7, "prompt": "Say A.", "when": "2026-01-05", "score": 1.5}),
        (4, {"id": "008", "prompt": "Say B.", "when": "2026-01-05T09:30:00", "score": True}),
        (5, {"id": "9", "prompt": None, "when": "09:30:00", "score": None}),
    ]
    assert table.count() == 3


def test_a_sheet_is_named_behind_the_file_and_is_else_the_first_that_is_shown(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ("old", [("a",), (1,)]), ("new #1", [("b",), (2,)]))
    assert open_table(path).columns == ("a",)
    assert open_table(tmp_path / "a.xlsx#new #1").columns == ("b",)
    with pytest.raises(FileFormatError, match=r"there is no sheet 'no'; the sheets are: old, new #1"):
        open_table(tmp_path / "a.xlsx#no")
    made = openpyxl.load_workbook(path)
    made["old"].sheet_state = "hidden"
    made.save(path)
    assert open_table(path).columns == ("b",)


def test_a_formula_is_the_value_that_was_stored_for_it(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ("one", [("a",), (3,)]))
    with zipfile.ZipFile(path) as archive:
        text = archive.read(SHEET)
    path = rewritten(path, SHEET, text.replace(b"<v>3</v>", b"<f>1+4</f><v>5</v>"))
    assert list(open_table(path).rows()) == [(2, {"a": 5})]


def test_the_header_may_stand_lower_and_a_value_without_a_column_is_a_problem(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ("one", [(None,), ("a", None, "c", None), (1, 2, 3, None), (1, 2, 3, 4)]))
    table = open_table(path)
    assert table.columns == ("a", "column 2", "c")
    (first, row), (second, problem) = table.rows()
    assert (first, row, second) == (3, {"a": 1, "column 2": 2, "c": 3}, 4)
    assert isinstance(problem, RowProblem)
    assert "right of the last column that has a name" in problem.reason


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "it has no rows"),
        ([("a", "a"), (1, 2)], r":1: the column 'a' stands twice"),
        ([(1, 2), (3, 4)], r":1: there is no header, only numbers"),
    ],
)
def test_a_sheet_without_a_header_is_one_line(tmp_path: Path, rows: list[tuple[Any, ...]], why: str) -> None:
    path = book(tmp_path / "a.xlsx", ("one", rows))
    with pytest.raises(FileFormatError, match=why) as error:
        open_table(path)
    assert "\n" not in str(error.value)


def archive_of(**parts: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"id,prompt\n1,a\n", "not an Excel workbook; remove its password, or save it again as .xlsx"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "not an Excel workbook"),
        (archive_of(a=b"b"), "the workbook does not read"),
    ],
)
def test_what_is_no_workbook_is_one_line(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(data)
    with pytest.raises(FileFormatError, match=why) as error:
        open_table(tmp_path / "a.xlsx")
    assert "\n" not in str(error.value)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = rewritten(book(tmp_path / "a.xlsx", ("one", [("a",), (1,)])), "xl/more.xml", b" " * 450_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileFormatError, match=r"unpacks to 450,\d{3},\d{3} bytes.*save the sheet as CSV"):
        open_table(path)


def test_entities_and_rows_without_end_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", ("one", [("a",), (1,)]))
    with zipfile.ZipFile(path) as archive:
        text = archive.read(SHEET)
    rewritten(path, SHEET, b'<!DOCTYPE x [<!ENTITY a "b">]>' + text)
    with pytest.raises(FileFormatError, match="declares entities"):
        open_table(path)
    rewritten(path, SHEET, text.replace(b'<row r="2"', b'<row r="999999999999"').replace(b'r="A2"', b""))
    with pytest.raises(FileFormatError, match="the sheet has more than 1,048,576 rows"):
        open_table(path)
    rewritten(path, SHEET, text.replace(b'r="A2"', b'r="XFD2"'))
    with pytest.raises(FileFormatError, match="more than 1,048,576 rows or 2,000 columns"):
        open_table(path)


def test_an_old_workbook_says_what_to_save_it_as(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(ProjectError, match=r"save it as \.xlsx or CSV"):
        open_table(tmp_path / "a.xls")
