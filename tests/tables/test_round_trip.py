"""Rows come back as they were written, in each form."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.errors import ProjectError
from hone.tables import RowProblem, open_table, open_writer

COLUMNS: dict[str, type] = {"prompt; à part": str, "score": float, "n": int, "passed": bool, "reply\twith tab": str}
TYPED = ["out.jsonl", "out.ndjson", "out.json", "out.parquet", "out"]
TEXT = ["out.csv", "out.tsv"]

texts = st.text(st.characters(), max_size=40) | st.sampled_from(
    ['"', '""', "\r", "\n", "\0", "a;b\tc,d", "\ufeff", "null"]
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "prompt; à part": st.none() | texts,
            "score": st.none() | st.floats(),
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "passed": st.none() | st.booleans(),
            "reply\twith tab": st.none() | texts,
        }
    ),
    min_size=1,
    max_size=8,
)


def written(path: Path, columns: Mapping[str, type], wanted: Sequence[Mapping[str, Any]]) -> list[Any]:
    with open_writer(path, columns) as writer:
        for row in wanted:
            writer.write(row)
    table = open_table(path)
    assert table.columns == tuple(columns)
    assert table.count() == len(wanted)
    return [row for _, row in table.rows()]


def kept(value: Any) -> Any:
    """The value as any file can hold it."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return None if isinstance(value, float) and not math.isfinite(value) else value


def cell(value: Any) -> str | None:
    """The value as a CSV cell holds it."""
    value = kept(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value) or None


@pytest.mark.parametrize("name", TYPED)
@settings(deadline=None, max_examples=60)
@given(wanted=rows)
def test_rows_of_any_type_come_back_equal(name: str, wanted: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        back = written(Path(folder) / name, COLUMNS, wanted)
    assert back == [{key: kept(value) for key, value in row.items()} for row in wanted]


@pytest.mark.parametrize("name", TEXT)
@settings(deadline=None, max_examples=150)
@given(wanted=rows)
def test_rows_come_back_from_csv_as_the_text_of_their_cells(name: str, wanted: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        back = written(Path(folder) / name, COLUMNS, wanted)
    assert back == [{key: cell(value) for key, value in row.items()} for row in wanted]


@pytest.mark.parametrize("name", TYPED + TEXT)
@settings(deadline=None, max_examples=40)
@given(wanted=st.lists(texts.filter(bool), min_size=1, max_size=30))
def test_a_single_column_comes_back_equal(name: str, wanted: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        back = written(Path(folder) / name, {"a;b;c": str}, [{"a;b;c": text} for text in wanted])
    assert back == [{"a;b;c": kept(text)} for text in wanted]


@settings(deadline=None, max_examples=100)
@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_an_array_is_read_alike_however_it_is_laid_out(value: Any) -> None:
    wanted = [{"value": value, "more": [1.5, "]"]}] * 3
    with tempfile.TemporaryDirectory() as folder:
        for indent in (None, 2):
            path = Path(folder) / "data.json"
            path.write_text(json.dumps(wanted, indent=indent), encoding="utf-8")
            assert [row for _, row in open_table(path).rows()] == wanted


def test_an_array_longer_than_a_chunk_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    wanted = [
        {"id": place, "reply": "wort " * (place % 50_000)} for place in [1, 40_000, 13_107, 49_999, *range(2000)]
    ]
    path.write_text("\n " + json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    table = open_table(path)
    assert [row for _, row in table.rows()] == wanted
    assert next(iter(table.rows()))[0] == 3
    assert table.count() == len(wanted)


def test_a_folder_is_rolled_into_several_files(tmp_path: Path) -> None:
    wanted = [{"n": place} for place in range(100_001)]
    assert written(tmp_path / "set", {"n": int}, wanted) == wanted
    assert sorted(path.name for path in (tmp_path / "set").iterdir()) == [
        "README.md",
        "data-00000.parquet",
        "data-00001.parquet",
    ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet"])
@settings(deadline=None, max_examples=100)
@given(cut=st.integers(0, 1500), into=st.binary(max_size=6), skipped=st.integers(0, 40))
def test_a_damaged_file_is_refused_or_read_with_problems_and_never_crashes(
    name: str, cut: int, into: bytes, skipped: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with open_writer(path, {"id": int, "reply": str}) as writer:
            for number in range(30):
                writer.write({"id": number, "reply": f'größe "{number}",\n' * 2})
        data = path.read_bytes()
        path.write_bytes(data[:cut] + into + data[cut + skipped :])
        try:
            table = open_table(path)
        except ProjectError:
            return
        for number, row in table.rows():
            assert row.line == number if isinstance(row, RowProblem) else str(row).encode()
