"""What items that nobody has seen might change, where every item that was seen says the same.

A bootstrap draws only from what was seen: where no item differs from another, it takes its own silence for certainty.
But n items without an exception leave room for a share of exceptions. The largest such share is exact: the upper
limit of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413, for 0 of n, about 3 / n (the "rule of three",
J. A. Hanley and A. Lippman-Hand, JAMA 249 (1983), 1743-1745). So that share of the items is made up of one item after
another that differs as far as the scale allows (everybody against one, a judge against everybody), and the interval
reaches to the lowest and the highest value that the statistic then takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hone.stats.arrays import Floats, Integers
from hone.stats.blocks import Block
from hone.stats.plan import pack_blocks
from hone.stats.sampling import ClusterSampling

SAME = 1e-12
"""Values that lie nearer to each other than this are one value."""
_AT_ONCE = 64
"""So many columns are looked at together, since all of them at once would take their memory twice."""


def unseen_share(units: int, confidence: float) -> float:
    """The largest share of all items that so many independent ones may have missed; `units` is 1 or more."""
    return float(1 - ((1 - confidence) / 2) ** (1 / units))


def unseen_weights(sampling: ClusterSampling, cases: int, counts: Sequence[int], confidence: float) -> Floats:
    """How much each unit weighs when a made-up item stands for all that was missed.

    Args:
        sampling: What was seen.
        cases: How many made-up items there are, each a unit of its own behind those that were seen.
        counts: Of how many items a statistic may be.
        confidence: How often the share that was missed is to be smaller than this.

    Returns:
        Shape (counts x cases, units + cases), by count and within it by case.
    """
    seen = np.tile(sampling.copies.astype(np.float64), (len(counts) * cases, 1))
    units = [min(count, sampling.clusters) for count in counts]
    shares = np.array([unseen_share(max(count, 1), confidence) for count in units])
    odds = np.array(counts) * shares / (1 - shares)
    return np.concatenate([seen, np.kron(odds[:, None], np.eye(cases))], axis=1)


def unseen_values(
    blocks: Iterable[Block], sampling: ClusterSampling, cases: int, counts: Sequence[int], confidence: float
) -> tuple[list[str], Floats]:
    """The statistics of blocks over the rows that were seen and the made-up ones behind them.

    Args:
        blocks: Their rows are those of the sampling, and `cases` more.
        sampling: What was seen.
        cases: How many made-up items there are.
        counts: Of how many items a statistic may be.
        confidence: How often the share that was missed is to be smaller than this.

    Returns:
        The names of the statistics, and their values, shape (counts x cases, statistics).
    """
    plan = pack_blocks(blocks, sampling.beside(cases))
    names = [name for block in plan.blocks for name in block.names]
    return names, plan.values(unseen_weights(sampling, cases, counts, confidence))


def flat_columns(resampled: Floats) -> Integers:
    """Which statistics are the same on every resample that gives them a value."""
    flat = []
    for start in range(0, resampled.shape[1], _AT_ONCE):
        part = resampled[:, start : start + _AT_ONCE]
        finite = np.isfinite(part)
        spread = np.where(finite, part, -np.inf).max(axis=0) - np.where(finite, part, np.inf).min(axis=0)
        flat.append(start + np.flatnonzero(finite.any(axis=0) & (spread < SAME)))
    return np.concatenate(flat) if flat else np.empty(0, dtype=np.int64)
