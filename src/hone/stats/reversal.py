"""Is a scale turned round? A permutation test of scores that fall where others' rise, exact on few items.

Of all ways to put one side's scores beside the other's, how many fall together at least as steeply as these? The
statistic is Pearson's correlation, of which only the sum of products changes. Source: E. J. G. Pitman, JRSS Suppl. 4
(1937), 225-232. Up to 9 items all orders are looked at; up to 200 as many drawn ones as `_DRAWS`; beyond, the
correlation over its standard error under the null, 1 / sqrt(n - 1), is normal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import permutations

import numpy as np
from scipy.special import ndtr

from hone.stats.arrays import Floats, Integers

MOST_EXACT = 9
"""Items whose orders are all looked at: 362,880."""
_MOST_DRAWN = 200
_DRAWS = 20_000
_LEAST = 3
_LIMIT = 0.025
"""A reversed scale is asked about where chance alone is rarer: one side of what a 95% interval leaves out."""


@dataclass(frozen=True)
class Reversal:
    """Scores that fall where others' rise."""

    correlation: float
    """Below 0."""
    p_value: float
    """How often chance alone is as steep; one-sided."""
    n: int
    """Items, or groups of them."""
    grouped: bool = False
    """Whether the means of groups were looked at, as items of one group are not independent."""

    def shown(self, tests: int) -> bool:
        """Whether chance does not explain it, where so many raters were looked at (Bonferroni)."""
        return self.p_value <= _LIMIT / max(tests, 1)

    def as_dict(self) -> dict[str, float | int | bool]:
        """As JSON writes it."""
        return {"correlation": self.correlation, "p_value": self.p_value, "n": self.n, "grouped": self.grouped}


def reversal(scores: Floats, others: Floats, clusters: Integers | None = None) -> Reversal | None:
    """Whether scores fall where others' rise; none where they do not, or where nothing can be said.

    Args:
        scores: One side's, NaN where missing, shape (items,).
        others: What they are held against; pairs that lack either side are left out.
        clusters: The group of each item: the means of groups are then looked at.
    """
    both = ~(np.isnan(scores) | np.isnan(others))
    one, other = scores[both], others[both]
    if clusters is not None and len(one):
        place = np.unique(clusters[both], return_inverse=True)[1]
        counts = np.bincount(place)
        one, other = (np.bincount(place, weights=values) / counts for values in (one, other))
    n = len(one)
    if n < _LEAST or not np.ptp(one) or not np.ptp(other):
        return None
    one, other = (values - values.mean() for values in (one, other))
    correlation = float(one @ other / math.sqrt(float(one @ one) * float(other @ other)))
    if correlation >= 0:
        return None
    return Reversal(correlation, _p_value(one, other, correlation), n, clusters is not None)


def _p_value(one: Floats, other: Floats, correlation: float) -> float:
    n, observed = len(one), float(one @ other)
    limit = observed + 1e-9 * abs(observed)
    if n <= MOST_EXACT:
        return float((one[_orders(n)] @ other <= limit).mean())
    if n > _MOST_DRAWN:
        return float(ndtr(correlation * math.sqrt(n - 1)))
    drawn = np.random.default_rng(0).permuted(np.tile(one, (_DRAWS, 1)), axis=1)
    return float((1 + (drawn @ other <= limit).sum()) / (1 + _DRAWS))


@cache
def _orders(n: int) -> Integers:
    """All orders of n places, shape (n!, n)."""
    return np.array(list(permutations(range(n))), dtype=np.int64)
