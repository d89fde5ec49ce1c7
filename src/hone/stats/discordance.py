"""McNemar's exact test: do two judges (or models) get different shares of the same items right?

Source: Q. McNemar, Psychometrika 12 (1947), 153-157; exact: of the items on which just one is right, the number that
the first gets right is binomial with one half.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import bdtr

from hone.stats.arrays import Numbers, as_right_pairs


@dataclass(frozen=True)
class McNemar:
    """The items on which just one is right, and the test."""

    first_only: int
    second_only: int
    n: int
    """How many items both have an answer for."""
    p_value: float
    """Two-sided; 1 where the two never differ."""


def mcnemar(first: Numbers, second: Numbers) -> McNemar:
    """Test two columns of right (1) and wrong (0) on the same items; NaN where missing, dropped as pairs.

    Raises:
        StatsError: The columns differ in length, or hold other numbers.
    """
    one, other = as_right_pairs(first, second)
    first_only, second_only = int((one > other).sum()), int((other > one).sum())
    differ = first_only + second_only
    p_value = min(1.0, 2 * float(bdtr(min(first_only, second_only), differ, 0.5))) if differ else 1.0
    return McNemar(first_only, second_only, len(one), p_value)
