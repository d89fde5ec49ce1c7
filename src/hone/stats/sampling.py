"""What is resampled: clusters of items, drawn with replacement, as counts and never as copies of the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hone.stats.arrays import Floats, Integers

CHUNK = 1 << 20
"""How many counts are held at once; with 8 bytes each this stays near the size of a processor's cache."""
MOST_AT_ONCE = 1000
"""How many resamples are worked on at once at most, so that their tables stay small."""


@dataclass(frozen=True)
class ClusterSampling:
    """Which rows belong together, and how many identical clusters each unit stands for.

    A *unit* is a cluster, or, where every cluster is a single row, a distinct row: drawing G rows with replacement
    is the same as drawing the counts of the distinct rows from a multinomial distribution, and there are far fewer.
    """

    unit: Integers
    """The unit of each row, shape (rows,)."""
    copies: Integers
    """How many clusters each unit stands for, shape (units,)."""
    single: bool
    """Whether every cluster is one item, so that items are independent."""
    mass: Floats | None = None
    """By how much an item of each row counts in every sum, 1 on average, shape (rows,); all alike when absent."""

    @property
    def clusters(self) -> int:
        """How many clusters are drawn in each resample."""
        return int(self.copies.sum())

    @property
    def row_copies(self) -> Integers:
        """How many items each row stands for, shape (rows,)."""
        return self.copies[self.unit]

    def beside(self, cases: int) -> ClusterSampling:
        """The same with so many rows behind it, each a unit that is never drawn."""
        units = np.arange(len(self.copies), len(self.copies) + cases)
        copies = np.zeros(cases, dtype=np.int64)
        mass = None if self.mass is None else np.append(self.mass, np.ones(cases))
        return ClusterSampling(np.append(self.unit, units), np.append(self.copies, copies), self.single, mass)

    def by_row(self, counts: Floats) -> Floats:
        """How much each row counts where units are drawn so often, shape (b, units); shape (b, rows)."""
        drawn = counts[:, self.unit]
        return drawn if self.mass is None else drawn * self.mass

    def by_unit(self, moments: Floats) -> Floats:
        """Sum the rows' moments, shape (rows, k), within each unit; shape (units, k)."""
        moments = moments if self.mass is None else moments * self.mass[:, None]
        if len(self.unit) == len(self.copies) and np.array_equal(self.unit, np.arange(len(self.unit))):
            return moments
        order = np.argsort(self.unit, kind="stable")
        starts = np.searchsorted(self.unit[order], np.arange(len(self.copies)))
        return np.add.reduceat(moments[order], starts, axis=0)

    def draw(self, size: int, generator: np.random.Generator) -> Floats:
        """How often each unit is drawn in each of `size` resamples, shape (size, units)."""
        return self._counts(size, generator).astype(np.float64)

    def swap(self, size: int, generator: np.random.Generator) -> Floats:
        """How many clusters of each unit stay as they are when each is swapped with one half, shape (size, units)."""
        return generator.binomial(self.copies, 0.5, (size, len(self.copies))).astype(np.float64)

    def without(self, units: Integers) -> Floats:
        """The counts when one cluster of each of these units is left out in turn, shape (units, all units)."""
        counts = np.tile(self.copies.astype(np.float64), (len(units), 1))
        counts[np.arange(len(units)), units] -= 1
        return counts

    def sizes(self, total: int) -> list[int]:
        """Cut so many resamples into chunks whose counts stay small in memory."""
        size = max(1, min(total, MOST_AT_ONCE, CHUNK // max(len(self.copies), 1)))
        return [min(size, total - start) for start in range(0, total, size)]

    def _counts(self, size: int, generator: np.random.Generator) -> Integers:
        clusters, units = self.clusters, len(self.copies)
        if units * 8 < clusters:
            return generator.multinomial(clusters, self.copies / clusters, size=size)
        drawn = generator.integers(0, clusters, (size, clusters))
        if units < clusters:
            drawn = np.repeat(np.arange(units), self.copies)[drawn]
        drawn += np.arange(size)[:, None] * units
        return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units)


def sampling_of(
    rows: Floats, clusters: Integers | None, weights: Floats | None = None
) -> tuple[ClusterSampling, Integers]:
    """Decide what is resampled.

    Args:
        rows: All that any statistic reads of an item, shape (items, columns); NaN for missing.
        clusters: The cluster of each item, or none where each stands alone.
        weights: How many items each one stands for, 1 on average, or none where all stand for equally many.

    Returns:
        The sampling, and the items to keep as its rows, in order.
    """
    items = len(rows)
    if clusters is not None and len(np.unique(clusters)) < items:
        units = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
        copies = np.ones(int(units.max()) + 1, dtype=np.int64)
        return ClusterSampling(units, copies, single=False, mass=weights), np.arange(items)
    kept, copies = _distinct(rows if weights is None else np.concatenate([rows, weights[:, None]], axis=1))
    mass = None if weights is None else weights[kept]
    return ClusterSampling(np.arange(len(kept)), copies, single=True, mass=mass), kept


def _distinct(rows: Floats) -> tuple[Integers, Integers]:
    order = np.lexsort(rows.T[::-1]) if rows.shape[1] else np.arange(len(rows))
    ordered = rows[order]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    first = np.concatenate([[True], ~same.all(axis=1)])
    starts = np.flatnonzero(first)
    return order[starts].astype(np.int64), np.diff(np.append(starts, len(rows))).astype(np.int64)
