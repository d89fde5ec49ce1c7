"""Several tests at once: Holm against any false alarm, Benjamini-Yekutieli against too large a share of them.

Sources: S. Holm, Scand. J. Stat. 6 (1979), 65-70; Y. Benjamini and D. Yekutieli, Ann. Stat. 29 (2001), 1165-1188.
"""

from __future__ import annotations

import numpy as np

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers, Numbers


def holm(p_values: Numbers) -> Floats:
    """Holm's adjusted p values, in the order given; NaN (no test) stays NaN and does not count.

    Raises:
        StatsError: A p value lies outside 0 to 1.
    """
    values, order, kept = _sorted(p_values)
    count = len(order)
    adjusted = np.maximum.accumulate((count - np.arange(count)) * values[kept][order])
    return _placed(values, kept, order, adjusted)


def benjamini_yekutieli(p_values: Numbers) -> Floats:
    """Benjamini and Yekutieli's adjusted p values, which hold for tests that depend on each other in any way.

    Raises:
        StatsError: A p value lies outside 0 to 1.
    """
    values, order, kept = _sorted(p_values)
    count = len(order)
    ranks = np.arange(1, count + 1)
    scaled = values[kept][order] * count * (1 / ranks).sum() / ranks
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    return _placed(values, kept, order, adjusted)


def _sorted(p_values: Numbers) -> tuple[Floats, Integers, Integers]:
    values = np.asarray(p_values, dtype=np.float64)
    kept = np.flatnonzero(~np.isnan(values))
    if ((values[kept] < 0) | (values[kept] > 1)).any():
        raise StatsError("a p value lies outside 0 to 1")
    return values, np.argsort(values[kept], kind="stable"), kept


def _placed(values: Floats, kept: Integers, order: Integers, adjusted: Floats) -> Floats:
    result = np.full(values.shape, np.nan)
    result[kept[order]] = np.minimum(adjusted, 1.0)
    return result
