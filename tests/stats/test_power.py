from __future__ import annotations

import pytest
from statsmodels.stats.power import NormalIndPower, TTestPower

from hone.errors import StatsError
from hone.stats import (
    Figure,
    items_for_difference,
    items_for_half_width,
    items_for_share,
    power_of_difference,
)


def test_half_the_width_takes_four_times_the_items() -> None:
    assert items_for_half_width(Figure(0.5, 0.4, 0.6, 50), 0.05) == 200
    assert items_for_half_width(Figure(0.5, None, None, 50), 0.05) is None


def test_a_share_near_one_half_takes_the_most_items() -> None:
    assert items_for_share(0.5, 0.05) == 385
    assert items_for_share(0.9, 0.05) == 139


@pytest.mark.parametrize(("deviation", "difference"), [(1.0, 0.2), (0.5, 0.1), (2.0, 1.0)])
def test_power_agrees_with_statsmodels(deviation: float, difference: float) -> None:
    n = items_for_difference(deviation, difference)
    expected = TTestPower().solve_power(effect_size=difference / deviation, alpha=0.05, power=0.8)
    assert n == pytest.approx(expected, abs=3)
    normal = NormalIndPower(ddof=0).power(difference / deviation, n, 0.05, ratio=0)
    assert power_of_difference(n, deviation, difference) == pytest.approx(normal, abs=1e-6)
    assert power_of_difference(n, deviation, difference) >= 0.8


def test_a_width_of_zero_is_refused() -> None:
    with pytest.raises(StatsError, match="half width"):
        items_for_share(0.5, 0)
    with pytest.raises(StatsError, match="difference"):
        items_for_difference(1, 0)
