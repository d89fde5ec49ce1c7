"""A share of independent items, and its interval."""

from __future__ import annotations

import math
from statistics import NormalDist

from hone.errors import StatsError
from hone.stats.figure import Figure, undefined


def wilson(successes: float, n: int, confidence: float = 0.95) -> Figure:
    """A share with Wilson's score interval.

    Source: E. B. Wilson, JASA 22 (1927), 209-212: the shares p for which |k/n - p| <= z sqrt(p(1-p)/n).

    Args:
        successes: k, how many of the items have the property; may be fractional where a tie counts in part.
        n: How many items there are.
        confidence: How often such an interval holds the truth.

    Raises:
        StatsError: k lies outside 0 to n, or the confidence outside (0, 1).
    """
    if not 0 < confidence < 1:
        raise StatsError(f"a confidence of {confidence} is not between 0 and 1")
    if n == 0:
        return undefined(0, "no items")
    if not -1e-9 <= successes <= n + 1e-9:
        raise StatsError(f"{successes:g} of {n} items cannot be a share")
    share = min(max(successes / n, 0.0), 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Figure(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), n, method="wilson")
