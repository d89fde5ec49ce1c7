"""A writer gives a file its name only when it is whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hone.errors import MissingExtraError, ProjectError
from hone.tables import open_table, open_writer

NAMES = ["out.jsonl", "out.json", "out.csv", "out.tsv", "out.parquet", "out"]


def fill(path: Path, value: int) -> None:
    with open_writer(path, {"a": int}) as writer:
        writer.write({"a": value})


@pytest.mark.parametrize("name", NAMES)
def test_an_error_leaves_what_was_there_and_nothing_else(tmp_path: Path, name: str) -> None:
    def fail(path: Path) -> None:
        with open_writer(path, {"a": int}) as writer:
            writer.write({"a": 2})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    fill(tmp_path / name, 1)
    with pytest.raises(KeyboardInterrupt):
        fail(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [row for _, row in open_table(tmp_path / name).rows()] in ([{"a": 1}], [{"a": "1"}])


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_replaces_the_first_and_the_part_that_a_killed_one_of_0_1_left(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / f".{name}.part").write_text("half")
    fill(tmp_path / name, 1)
    fill(tmp_path / name, 2)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert [row for _, row in open_table(tmp_path / name).rows()] in ([{"a": 2}], [{"a": "2"}])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_stands_under_the_name_before_the_end(tmp_path: Path, name: str) -> None:
    with open_writer(tmp_path / "new" / name, {"a": int}) as writer:
        writer.write({"a": 1})
        assert not (tmp_path / "new" / name).exists()
    assert (tmp_path / "new" / name).exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_table_without_rows_is_written(tmp_path: Path, name: str) -> None:
    with open_writer(tmp_path / name, {"a": int}):
        pass
    with pytest.raises(ProjectError, match=r"no rows|is empty"):
        open_table(tmp_path / name)


def test_what_is_written_in_each_column(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with open_writer(path, {"t": str, "f": float, "i": int, "b": bool}) as writer:
        writer.write({"t": ["ü", 1], "f": 3, "i": 4.0, "b": True})
        writer.write({"t": "a\nb\ud800", "f": float("inf")})
    assert path.read_text(encoding="utf-8") == (
        '{"t":"[\\"ü\\", 1]","f":3.0,"i":4,"b":true}\n{"t":"a\\nb\ufffd","f":null,"i":null,"b":null}\n'
    )


def test_csv_is_written_as_the_standard_has_it(tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.csv", {"t": str, "b": bool}) as writer:
        writer.write({"t": '=1+"2",\n', "b": False})
        writer.write({"t": "a\rb"})
    assert (tmp_path / "a.csv").read_bytes() == b'"t","b"\r\n"\'=1+""2"",\n",false\r\n"a\rb",\r\n'


@pytest.mark.parametrize(
    ("column", "value"),
    [("f", "1"), ("f", True), ("f", 10**400), ("i", 1.5), ("i", "1"), ("i", 2**63), ("i", float("nan")), ("b", 1)],
)
def test_a_value_that_does_not_fit_its_column_names_it(tmp_path: Path, column: str, value: object) -> None:
    with (
        pytest.raises(TypeError, match=f"column '{column}'"),
        open_writer(tmp_path / "a.jsonl", {"t": str, "f": float, "i": int, "b": bool}) as writer,
    ):
        writer.write({column: value})


def test_a_column_that_the_table_does_not_have_is_a_bug_and_named(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="no column \\['x'\\]"),
        open_writer(tmp_path / "a.csv", {"a": int}) as writer,
    ):
        writer.write({"a": 1, "x": 2})
    with pytest.raises(ValueError, match="at least one column"):
        open_writer(tmp_path / "a.csv", {})
    with pytest.raises(TypeError, match="it can be str"):
        open_writer(tmp_path / "a.csv", {"a": list})


def test_a_place_that_is_taken_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, said in (("notes", "did not write"), ("file", "this is a file"), ("a.xlsx", "not known")):
        with pytest.raises(ProjectError, match=said):
            open_writer(tmp_path / name, {"a": int})
    with pytest.raises(ProjectError, match="cannot be written"), open_writer(tmp_path / "file" / "a.csv", {"a": int}):
        pass


def test_without_pyarrow_the_extra_is_named_and_json_and_csv_still_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    for path in (tmp_path / "b.parquet", tmp_path / "folder"):
        with pytest.raises(MissingExtraError, match=r'pip install "hone-llm\[data\]"'):
            open_writer(path, {"a": int})
    with pytest.raises(MissingExtraError):
        open_table(tmp_path / "a.parquet")
    fill(tmp_path / "a.jsonl", 1)
    fill(tmp_path / "a.csv", 1)
