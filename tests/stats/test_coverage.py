"""A short run of `benchmarks/coverage.py`: intervals hold the truth about as often as they say.

200 draws move a share of 0.95 by 0.031 (two standard errors), so the bounds here are three of them wide; the run of
2,000 draws and its figures are in `docs/results/coverage.md`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DRAWS = 200


@pytest.fixture(scope="module")
def shares() -> dict[str, float]:
    path = Path(__file__).parents[2] / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["coverage_benchmark"] = module
    spec.loader.exec_module(module)
    coverage: Callable[[int, int, int], dict[str, float]] = module.coverage
    return coverage(200, DRAWS, 1000)


def test_every_interval_holds_the_truth_about_as_often_as_it_says(shares: dict[str, float]) -> None:
    intervals = {name: share for name, share in shares.items() if name != "rejected"}
    assert len(intervals) == 28
    outside = {name: share for name, share in intervals.items() if not 0.90 <= share <= 0.99}
    assert not outside
    assert 0.93 <= sum(intervals.values()) / len(intervals) <= 0.97


def test_the_paired_test_seldom_rejects_under_the_null(shares: dict[str, float]) -> None:
    assert 0.01 <= shares["rejected"] <= 0.10
