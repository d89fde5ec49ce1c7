"""The exact bound on what a judge decides alone: against scipy, by hand, and by simulated repetition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from hone.errors import StatsError
from hone.stats.deciding_alone import alone_bounds, lowest_that_holds, wrong_at_most

GRID = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


@pytest.mark.parametrize(("wrong", "n"), [(0, 1), (0, 29), (3, 40), (17, 40), (40, 40), (5, 1000)])
@pytest.mark.parametrize("miss", [0.05, 0.007])
def test_the_limit_is_that_of_clopper_and_pearson(wrong: int, n: int, miss: float) -> None:
    theirs = binomtest(wrong, n, alternative="less").proportion_ci(1 - miss, "exact").high
    assert wrong_at_most(wrong, n, miss) == pytest.approx(theirs)


def test_the_rule_of_three_and_its_edges() -> None:
    assert wrong_at_most(0, 29, 0.05) == pytest.approx(1 - 0.05 ** (1 / 29))
    assert wrong_at_most(0, 28, 0.05) > 0.1 > wrong_at_most(0, 29, 0.05)
    assert wrong_at_most(0, 0, 0.05) == 1
    for wrong, n, miss in ((-1, 3, 0.05), (4, 3, 0.05), (0, 3, 0.0), (0, 3, 1.0)):
        with pytest.raises(StatsError):
            wrong_at_most(wrong, n, miss)


def test_what_is_shown_hands_on_its_part_and_what_is_not_does_not() -> None:
    certainty = np.repeat([0.95, 0.75, 0.55], [100, 100, 100])
    wrong = np.concatenate([np.zeros(200, dtype=bool), np.arange(100) < 50])
    bounds = alone_bounds(certainty, wrong, (0.99, 0.9, 0.7, 0.5), at_most=0.1)
    assert [one.threshold for one in bounds] == [0.99, 0.9, 0.7, 0.5]
    assert [one.alone for one in bounds] == [0, 100, 200, 300]
    assert [one.wrong for one in bounds] == [0, 0, 0, 50]
    assert [one.miss for one in bounds] == pytest.approx([0.0125, 0.0125, 0.025, 0.0375])
    assert [one.holds for one in bounds] == [False, True, True, False]
    assert lowest_that_holds(bounds) == 0.7
    assert lowest_that_holds(bounds[:1]) is None


def test_shares_of_votes_reach_their_own_threshold() -> None:
    certainty = np.full(60, 7 / 9)
    (one,) = alone_bounds(certainty, np.zeros(60, dtype=bool), (0.7777777777777779,), at_most=0.1)
    assert one.alone == 60


def test_without_thresholds_or_with_a_share_that_is_none_it_refuses() -> None:
    certainty, wrong = np.ones(3), np.zeros(3, dtype=bool)
    for thresholds, at_most in (((), 0.1), (GRID, 0.0), (GRID, 1.0)):
        with pytest.raises(StatsError):
            alone_bounds(certainty, wrong, thresholds, at_most=at_most)


def risk(threshold: float, shape: str) -> float:
    """The share that is wrong of what reaches a threshold, where certainty is uniform on (0.5, 1)."""
    fine = np.linspace(max(threshold, 0.5), 1, 20_001)[1:]
    return float(chance(fine, shape).mean())


def chance(certainty: np.ndarray, shape: str) -> np.ndarray:
    """How likely the judge is wrong: as it says itself, the other way round, or always just too much."""
    return {"honest": 1 - certainty, "reversed": certainty - 0.5, "flat": np.full_like(certainty, 0.101)}[shape]


@pytest.mark.parametrize("shape", ["honest", "reversed", "flat"])
@pytest.mark.parametrize("items", [60, 300])
def test_any_false_claim_is_as_rare_as_said(shape: str, items: int) -> None:
    """In 2,000 repetitions some threshold whose true share is above 10% may be said to hold in 5%."""
    draw = np.random.default_rng(7)
    truth = {threshold: risk(threshold, shape) for threshold in GRID}
    false = 0
    for _ in range(2_000):
        certainty = draw.uniform(0.5, 1, items)
        wrong = draw.random(items) < chance(certainty, shape)
        bounds = alone_bounds(certainty, wrong, GRID, at_most=0.1)
        false += any(one.holds and truth[one.threshold] > 0.1 for one in bounds)
    assert false <= 2_000 * 0.05 + 3 * (2_000 * 0.05 * 0.95) ** 0.5


def test_an_honest_judge_decides_something_alone() -> None:
    draw = np.random.default_rng(1)
    certainty = draw.uniform(0.5, 1, 1_000)
    bounds = alone_bounds(certainty, draw.random(1_000) < 1 - certainty, GRID, at_most=0.15)
    lowest = lowest_that_holds(bounds)
    assert lowest is not None
    assert risk(lowest, "honest") <= 0.15
