"""McNemar's exact test: do two judges (or models) get different shares of the same items right?

Source: Q. McNemar, Psychometrika 12 (1947), 153-157; exact: of the items on which just one is right, the number that
the first gets right is binomial with one half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr

from hone.errors import StatsError
from hone.stats.arrays import Numbers, as_scores


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
    one, other = as_scores(first, "the first column", 1), as_scores(second, "the second column", 1)
    if one.shape != other.shape:
        raise StatsError(f"the columns have {len(one)} and {len(other)} items; they must be the same items")
    both = ~(np.isnan(one) | np.isnan(other))
    one, other = one[both], other[both]
    if not np.isin(np.concatenate([one, other]), (0.0, 1.0)).all():
        raise StatsError("right is written 1 and wrong 0")
    first_only, second_only = int((one > other).sum()), int((other > one).sum())
    differ = first_only + second_only
    p_value = min(1.0, 2 * float(bdtr(min(first_only, second_only), differ, 0.5))) if differ else 1.0
    return McNemar(first_only, second_only, len(one), p_value)
