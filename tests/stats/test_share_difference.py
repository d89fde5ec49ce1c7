"""The difference of two shares of the same items: coverage, symmetry, the ends of the scale."""

from __future__ import annotations

import numpy as np
import pytest

from hone.errors import StatsError
from hone.stats import paired_shares


@pytest.mark.parametrize(
    ("both", "first_only", "second_only", "n"),
    [
        (0.01, 0.05, 0.01, 200),
        (0.3, 0.1, 0.1, 100),
        (0.5, 0.2, 0.05, 60),
        (0.0, 0.02, 0.02, 300),
        (0.9, 0.05, 0.02, 50),
    ],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    both: float, first_only: float, second_only: float, n: int
) -> None:
    draws = np.random.default_rng(5)
    truth, held, runs = first_only - second_only, 0, 1500
    cells = [both, first_only, second_only, 1 - both - first_only - second_only]
    for a, b, c, d in draws.multinomial(n, cells, size=runs):
        figure = paired_shares([1] * (a + b) + [0] * (c + d), [1] * a + [0] * b + [1] * c + [0] * d)
        assert figure.low is not None
        assert figure.high is not None
        held += figure.low <= truth <= figure.high
    assert 0.93 <= held / runs <= 0.995


def test_turned_around_it_is_the_same_with_the_other_sign() -> None:
    one, other = [1, 1, 1, 0, 0, 1, 0, 1], [0, 1, 1, 0, 1, 0, 0, 0]
    there, back = paired_shares(one, other), paired_shares(other, one)
    assert there.value == pytest.approx(0.25)
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))  # type: ignore[operator]


def test_two_that_never_differ_still_have_an_interval() -> None:
    for value in (0, 1):
        figure = paired_shares([value] * 50, [value] * 50)
        assert figure.value == 0
        assert figure.low is not None
        assert figure.low < 0 < figure.high  # type: ignore[operator]


def test_pairs_with_a_missing_side_are_left_out() -> None:
    assert paired_shares([1, np.nan, 0], [0, 1, np.nan]).n == 1
    assert paired_shares([], []).value is None


def test_what_is_no_pair_of_right_and_wrong_is_refused() -> None:
    with pytest.raises(StatsError, match="the same items"):
        paired_shares([1, 0], [1])
    with pytest.raises(StatsError, match="right is written 1"):
        paired_shares([0.5], [1])
