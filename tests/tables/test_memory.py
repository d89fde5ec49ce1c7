"""A long table needs no more memory than a short one."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from hone.tables import open_table, open_writer
from hone.tables.arrow import arrow

pa = arrow()  # before memory is traced, so that the import is not counted
COLUMNS: dict[str, type] = {"id": str, "prompt": str, "score": float}


def peaks(source: Path, target: Path, rows: int) -> tuple[int, int]:
    """The most bytes that Python, and Arrow at each thousandth row, held while a table was read and written."""
    with open_writer(source, COLUMNS) as writer:
        for number in range(rows):
            writer.write({"id": f"{number}", "prompt": f"Write a plan for week {number}. " * 3, "score": 0.5})
    outside = 0
    tracemalloc.start()
    try:
        with open_writer(target, {**COLUMNS, "score": str}) as copy:
            for number, row in open_table(source).rows():
                assert isinstance(row, dict)
                copy.write(row)
                if number % 1000 == 0:
                    outside = max(outside, pa.total_allocated_bytes())
        return tracemalloc.get_traced_memory()[1], outside
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "many"),
    [("a.jsonl", 200_000), ("a.parquet", 200_000), ("a.json", 60_000), ("a.csv", 60_000), ("a", 120_000)],
)
def test_more_rows_need_no_more_memory(tmp_path: Path, name: str, many: int) -> None:
    short = peaks(tmp_path / f"short-{name}", tmp_path / f"copy-{name}", 20_000)
    long = peaks(tmp_path / f"long-{name}", tmp_path / f"copy-{name}", many)
    for few, most in zip(short, long, strict=True):
        assert most < few * 1.25 + 1_000_000
