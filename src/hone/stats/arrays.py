"""Names for the arrays that this room passes around, and the checks on what comes in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hone.errors import StatsError

Floats = npt.NDArray[np.float64]
"""Numbers; NaN stands for a missing score."""
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Numbers = npt.ArrayLike
"""Anything that numpy reads as numbers."""


def as_scores(values: Numbers, name: str, dimensions: int) -> Floats:
    """Read scores as floats.

    Args:
        values: The scores; NaN where one is missing. 0 is a score.
        name: What they are called in an error.
        dimensions: How many axes they must have.

    Raises:
        StatsError: They are not numbers, have another shape, or hold an infinite score.
    """
    try:
        scores = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise StatsError(f"{name} are not all numbers; write labels as numbers and a missing score as NaN") from error
    if scores.ndim != dimensions:
        raise StatsError(f"{name} have {scores.ndim} axes, not {dimensions}")
    if np.isinf(scores).any():
        raise StatsError(f"{name} hold an infinite score; write a missing score as NaN")
    return scores


def as_right_pairs(first: Numbers, second: Numbers) -> tuple[Floats, Floats]:
    """Two columns of right (1) and wrong (0) on the same items, without the items that either lacks (NaN).

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
    return one, other


def as_clusters(values: Sequence[object] | npt.NDArray[np.generic] | None, items: int) -> Integers | None:
    """Number the clusters 0, 1, …; none when every item stands alone.

    Raises:
        StatsError: There is not one cluster an item.
    """
    if values is None:
        return None
    labels = np.asarray([str(value) for value in np.asarray(values).tolist()])
    if labels.shape != (items,):
        raise StatsError(f"there are {labels.size} clusters for {items} items; give one an item")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, with NaN where the denominator is zero (or smaller than rounding can tell from zero)."""
    safe = np.abs(denominator) > 1e-12
    return np.where(safe, numerator / np.where(safe, denominator, 1.0), np.nan)
