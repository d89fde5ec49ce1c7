from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from hone.stats import draw_p_value


@pytest.mark.parametrize(("yes", "rated"), [(3, 12), (0, 8), (9, 10)])
def test_two_different_scores_give_fishers_exact_test(yes: int, rated: int) -> None:
    one, rest = np.repeat([1.0, 0.0], [yes, rated - yes]), np.repeat([1.0, 0.0], [40, 60])
    table = np.array([[yes, rated - yes], [40, 60]])
    assert draw_p_value(one, rest) == pytest.approx(fisher_exact(table).pvalue)


def test_random_draws_are_seldom_called_uneven() -> None:
    generator = np.random.default_rng(0)
    scores = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], 88)
    orders = [generator.permutation(440).tolist() for _ in range(300)]
    found = [draw_p_value(scores[order[:40]], scores[order[40:]]) for order in orders]
    assert np.mean(np.array(found) < 0.05) < 0.09


def test_measurements_are_compared_in_ten_parts() -> None:
    generator = np.random.default_rng(0)
    rest = generator.normal(size=500)
    found = draw_p_value(np.sort(rest)[:50], rest)
    assert found is not None
    assert found < 0.001


def test_nothing_to_compare_gives_no_p_value() -> None:
    assert draw_p_value(np.array([]), np.ones(3)) is None
    assert draw_p_value(np.ones(3), np.ones(3)) is None
