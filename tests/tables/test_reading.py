"""What each form gives, and what it says of a row or a file that does not read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hone.errors import FileFormatError, ProjectError
from hone.tables import RowProblem, open_table
from hone.tables.arrow import arrow

pa, pq = arrow(), arrow("parquet")


def read(path: Path, data: bytes | str) -> list[tuple[int, Any]]:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    table = open_table(path)
    found = list(table.rows())
    assert table.count() == len(found)
    return found


def reasons(found: list[tuple[int, Any]]) -> dict[int, str]:
    assert all(row.line == number for number, row in found if isinstance(row, RowProblem))
    return {number: row.reason for number, row in found if isinstance(row, RowProblem)}


def test_json_lines_are_numbered_by_line_and_blank_lines_passed_over(tmp_path: Path) -> None:
    found = read(tmp_path / "a.jsonl", '\ufeff{"a": 1}\r\n\n  \n{"a": "ü\u2028x", "b": null}')
    assert found == [(1, {"a": 1}), (4, {"a": "ü\u2028x", "b": None})]
    assert open_table(tmp_path / "a.jsonl").columns == ("a", "b")
    assert open_table(tmp_path / "a.jsonl").form == "jsonl"


def test_json_lines_that_do_not_read_are_problems_and_the_rest_is_read(tmp_path: Path) -> None:
    bad = [
        b'{"a": 1', b'{"a": "\xe9"}', b"[1, 2]", b"\x00", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a": 1}{"a": 2}', b"null", b"\xff\xfe\x00",
    ]  # fmt: skip
    found = read(tmp_path / "a.jsonl", b"\n".join([b'{"a": 1}', *bad, b'{"a": 2}']))
    assert [number for number, row in found if not isinstance(row, RowProblem)] == [1, len(bad) + 2]
    assert set(reasons(found)) == set(range(2, len(bad) + 2))
    assert reasons(found)[3] == "bytes that are not UTF-8 (0xe9 at byte 8)"
    assert "not valid JSON" in reasons(found)[2]


def test_figures_that_are_no_json_are_missing_and_lone_surrogates_replaced(tmp_path: Path) -> None:
    found = read(tmp_path / "a.jsonl", '{"a": NaN, "b": ["\\ud800x", {"\\uD83D\\uDE00": "\\udc00"}]}')
    assert found == [(1, {"a": None, "b": ["\ufffdx", {"😀": "\ufffd"}]})]


def test_an_array_with_a_broken_element_gives_what_stands_before_it(tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", '[\n{"a": 1},\n3,\n{"a": 2},\n{"a": tru\n},{"a": 4}]')
    assert [row for _, row in found if not isinstance(row, RowProblem)] == [{"a": 1}, {"a": 2}]
    assert list(reasons(found)) == [3, 5]
    assert "what follows cannot be read" in reasons(found)[5]


@pytest.mark.parametrize("tail", ["", ",", "]x", '{"a": 2}', ',{"a": "'])
def test_half_an_array_is_a_problem_at_its_end(tmp_path: Path, tail: str) -> None:
    found = read(tmp_path / "a.json", '[{"a": 1}' + tail)
    assert found[0] == (1, {"a": 1})
    assert len(reasons(found[1:])) == 1


def test_an_array_with_bytes_that_are_not_utf8_loses_one_row(tmp_path: Path) -> None:
    found = read(tmp_path / "a.json", b'[{"a": "\xe9"}, {"a": "\\ud800"}, {"a": 1}]')
    assert isinstance(found[0][1], RowProblem)
    assert [row for _, row in found[1:]] == [{"a": "\ufffd"}, {"a": 1}]


def test_a_json_file_may_hold_json_lines(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", '{"a": 1}\n{"a": 2}\n') == [(1, {"a": 1}), (2, {"a": 2})]


def test_csv_rows_are_numbered_by_the_line_they_start_on(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", '\ufeffid, text \r\n1,"two\r\nlines, ""quoted"""\r\n\r\n2,\r\n3,nul\0\r\n')
    assert found == [
        (2, {"id": "1", "text": 'two\r\nlines, "quoted"'}),
        (5, {"id": "2", "text": None}),
        (6, {"id": "3", "text": "nul\0"}),
    ]
    assert open_table(tmp_path / "a.csv").columns == ("id", "text")


@pytest.mark.parametrize(
    "text",
    [
        "id;text\n1;a, b, c\n2;3,5\n",
        "id\ttext\n1\ta, b, c; d; e\n2\t3,5\n",
        'id,text\n1,"a, b, c"\n2,"3,5"\n',
        '"id","text"\n1,"a; b; c"\n2,a;b;c\n',
    ],
)
def test_the_delimiter_is_found(tmp_path: Path, text: str) -> None:
    found = read(tmp_path / "a.csv", text)
    assert [(row["id"], len(row)) for _, row in found] == [("1", 2), ("2", 2)]


def test_csv_rows_that_do_not_read_are_problems_and_the_rest_is_read(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", b'a,b\n1,2\n1\n1,2,3\n\xe9,2\n"x"y,2\n3,4\n5,"never\nclosed\n')
    assert [row for _, row in found if not isinstance(row, RowProblem)] == [
        {"a": "1", "b": "2"},
        {"a": "3", "b": "4"},
    ]
    assert reasons(found)[3] == "1 cells where the header has 2"
    assert "UTF-8" in reasons(found)[5]
    assert "closing quotation mark" in reasons(found)[6]
    assert "never closed" in reasons(found)[8]


def test_a_cell_of_a_megabyte_is_read(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "a,b\n1," + "x" * 1_000_000 + "\n")
    assert len(found[0][1]["b"]) == 1_000_000


def test_unnamed_csv_columns_get_a_name(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", ",text\n0,a\n") == [(2, {"column 1": "0", "text": "a"})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3\n4,5,6\n", "no header"),
        ("a,a\n1,2\n", "'a' stands twice"),
        ("x" * 300 + ",b\n1,2\n", "no header"),
        ("\n\n", "empty"),
    ],
)
def test_a_csv_without_a_header_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(FileFormatError, match=said):
        read(tmp_path / "a.csv", text)


def test_nan_in_parquet_is_missing_and_nested_values_are_kept(tmp_path: Path) -> None:
    table = pa.table({"x": [1.5, float("nan")], "y": [[float("nan"), 2.0], None], "z": ["a", "b"]})
    pq.write_table(table, tmp_path / "a.parquet")
    opened = open_table(tmp_path / "a.parquet")
    assert list(opened.rows()) == [(1, {"x": 1.5, "y": [None, 2.0], "z": "a"}), (2, {"x": None, "y": None, "z": "b"})]
    assert (opened.columns, opened.count(), opened.form) == (("x", "y", "z"), 2, "parquet")


def test_a_parquet_value_that_is_no_utf8_spoils_one_row(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 3, pa.array([b"ok", b"\xff", b"ok"], pa.binary()).buffers())
    pq.write_table(pa.table({"a": broken}), tmp_path / "a.parquet")
    found = list(open_table(tmp_path / "a.parquet").rows())
    assert [number for number, row in found if not isinstance(row, RowProblem)] == [1, 3]
    assert "column 'a' cannot be read" in reasons(found)[2]


def test_a_damaged_parquet_file_ends_in_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"a": [f"{n * 7919 % 100_003}" for n in range(50_000)]})
    pq.write_table(table, path, row_group_size=10_000, use_dictionary=False, compression="zstd")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5000] = b"\0" * 5000
    path.write_bytes(bytes(data))
    found = list(open_table(path).rows())
    assert 0 < len(found) < 50_001
    assert "cannot be read from here on" in reasons(found)[len(found)]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.jsonl", b"", "the file is empty"),
        ("a.jsonl", b"\n \n", "it has no rows"),
        ("a.jsonl", b"{}\n", "no columns"),
        ("a.jsonl", b"prompt,reply\na,b\n", r"a.jsonl:1: not valid JSON"),
        ("a.jsonl", "a\n".encode("utf-16"), "save it as UTF-8"),
        ("a.json", b"{\n}\n", "write one array of objects"),
        ("a.json", b"[]", "it has no rows"),
        ("a.csv", b"a,b\n", "it has no rows"),
        ("a.parquet", b"PAR1 but no more", "not a whole Parquet file"),
        ("a.xlsx", b"PK", "not an Excel workbook"),
        ("a.ods", b"PK", "'.ods' is not known; known are .jsonl"),
        ("a", b"x", "the suffix '' is not known"),
    ],
)
def test_a_file_without_a_table_is_refused_with_the_reason(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ProjectError, match=said):
        open_table(tmp_path / name)


def test_a_parquet_file_without_rows_or_columns_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.string())}), tmp_path / "a.parquet")
    pq.write_table(pa.table({}), tmp_path / "b.parquet")
    for name, said in (("a", "it has no rows"), ("b", "it has no columns"), ("c", "there is no such file")):
        with pytest.raises(ProjectError, match=said):
            open_table(tmp_path / f"{name}.parquet")


def test_a_table_can_be_read_twice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    table = open_table(tmp_path / "a.csv")
    assert Counter(number for _ in range(2) for number, _ in table.rows()) == {2: 2}
