"""A short run of `benchmarks/estimate_coverage.py`; the run of 2,000 draws is in `docs/results/estimate_coverage.md`.

With 200 draws three standard errors are 0.046, so a true 0.93 seldom shows less than 0.88.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def coverage() -> Callable[[str, int], float]:
    path = Path(__file__).parents[2] / "benchmarks" / "estimate_coverage.py"
    spec = importlib.util.spec_from_file_location("estimate_coverage_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["estimate_coverage_benchmark"] = module
    spec.loader.exec_module(module)
    found: Callable[[str, int], float] = module.coverage
    return found


@pytest.mark.parametrize(
    "name",
    [
        "share 0.9, misses 0, cries wolf 0.1, n = 30",
        "share 0.03, misses 0.05, cries wolf 0.05, n = 30",
        "difference of shares, 0.9, errors 0.1, n = 30",
        "mean, noise 0.6, n = 30",
        "mean in groups, 5 rated, effect 1",
        "share in groups, 8 rated, effect 1",
    ],
)
def test_the_interval_of_an_estimate_holds_the_truth(coverage: Callable[[str, int], float], name: str) -> None:
    assert coverage(name, 200) >= 0.88
