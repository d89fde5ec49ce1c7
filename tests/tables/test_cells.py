"""No cell that Hone writes is a formula to a spreadsheet, and each is read back as the text that it was."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.tables import open_table, open_writer
from hone.tables.cells import read_cell, safe_cell


@given(st.text("=+-@'\t\r\n1.e a", max_size=8) | st.text())
def test_a_cell_is_read_back_as_it_was(text: str) -> None:
    assert read_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "@SUM(1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "'=1", "＝1"])
def test_a_text_that_begins_like_a_formula_is_guarded(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "+2.5", "-1e-3", "a=b", "", "-", "'-", "'tis", "5-3"])
def test_other_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text
    assert read_cell(text) == text


def test_a_file_holds_no_formula_and_gives_the_texts_back(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    row = {"rater": "=cmd|' /C calc'!A0", "@note": "-", "score": -1.0}
    with open_writer(path, {"rater": str, "@note": str, "score": float}) as writer:
        writer.write(row)
    with path.open(newline="") as stream:
        assert not any(cell[:1] in "=@" for record in csv.reader(stream) for cell in record if cell)
    table = open_table(path)
    assert [row for _, row in table.rows()] == [{"rater": row["rater"], "@note": "-", "score": "-1.0"}]
