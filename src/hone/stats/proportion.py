"""Proportions with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The 97.5% quantile of the standard normal distribution: two-sided 95%."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A share of successes with its 95% interval; all three are NaN where n is 0."""

    value: float
    low: float
    high: float
    n: int


def wilson(successes: int, n: int) -> Proportion:
    """The share of successes with its 95% score interval.

    Args:
        successes: How many of the trials succeeded.
        n: How many trials there were.

    Returns:
        The share and the interval of Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, which holds for small n too.

    Raises:
        ValueError: The counts are negative, or there are more successes than trials.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} trials")
    if n == 0:
        return Proportion(math.nan, math.nan, math.nan, 0)
    share, square = successes / n, Z95**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = Z95 / (1 + square / n) * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    return Proportion(share, max(0.0, centre - half), min(1.0, centre + half), n)
