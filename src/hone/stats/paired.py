"""Two judges, rubric versions or models on the same items: the difference, its interval and a permutation test.

Rows of both stand under each other, first above second. A resample draws the same clusters for both; a permutation
swaps first and second within whole clusters, each with one half (E. J. G. Pitman, JRSS Suppl. 4 (1937), 119-130).
Both are counts for the stacked rows, so neither needs a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from hone.errors import StatsError
from hone.stats.alpha import Level
from hone.stats.arrays import Floats, Integers, Numbers, as_clusters, as_scores, divide
from hone.stats.blocks import Block, MomentBlock
from hone.stats.bootstrap import BootstrapOptions, Draws, Key, StatisticColumn, figure_of
from hone.stats.comparison import NAMES, Side, headline_block, side_of, side_of_consensus
from hone.stats.consensus import consensus
from hone.stats.figure import Figure, undefined
from hone.stats.levels import LEVEL_NAMES
from hone.stats.made_up import extreme_levels
from hone.stats.orders import order_blocks
from hone.stats.ratings import item_weights
from hone.stats.sampling import ClusterSampling, sampling_of
from hone.stats.scale import scale_of
from hone.stats.unseen import flat_columns, unseen_weights
from hone.stats.workers import ResampleChunk, seeded, spread_tasks


@dataclass(frozen=True)
class PairedDifference:
    """First minus second, on the items that both have."""

    statistic: str
    first: Figure
    second: Figure
    difference: Figure
    p_value: float | None
    """Two-sided, from permutations; none where the difference is undefined."""
    n: int


def paired_agreement(
    first: Numbers,
    second: Numbers,
    people: Numbers,
    level: Level,
    statistic: str | None = None,
    clusters: Sequence[object] | None = None,
    options: BootstrapOptions | None = None,
    weights: Numbers | None = None,
) -> PairedDifference:
    """Which of two judges agrees better with the people's consensus.

    Args:
        first: The first judge's scores, NaN where missing, shape (items,).
        second: The second judge's.
        people: Ratings, shape (items, raters), or (items,) for one rater or a ready consensus.
        level: What scores mean.
        statistic: One of `comparison.NAMES`; the level's headline when absent.
        clusters: The cluster of each item; each item its own when absent.
        options: Resamples (and as many permutations), seed, confidence.
        weights: How many items each one stands for (1 / its chance to be rated); equal when absent.

    Raises:
        StatsError: The shapes do not fit, or the statistic is unknown.
    """
    one, other = as_scores(first, "the first judge's scores", 1), as_scores(second, "the second judge's scores", 1)
    ratings = np.asarray(people, dtype=np.float64)
    ratings = as_scores(ratings[:, None] if ratings.ndim == 1 else ratings, "people's ratings", 2)
    if not len(one) == len(other) == len(ratings):
        raise StatsError("both judges and the people need one row an item")
    kept = ~(np.isnan(one) | np.isnan(other) | np.isnan(ratings).all(axis=1))
    scale = scale_of(ratings, np.stack([one, other], axis=1), level)
    name = statistic or scale.headline
    if name not in NAMES:
        raise StatsError(f"unknown statistic {name!r}; there are {', '.join(NAMES)}")
    cluster = as_clusters(clusters, len(one))
    if not kept.any():
        return _nothing(name)
    mass = None if weights is None else item_weights(weights, len(one))
    mass = None if mass is None else item_weights(mass[kept], int(kept.sum()))
    rows = np.concatenate([one[:, None], other[:, None], ratings], axis=1)[kept]
    sampling, chosen = sampling_of(rows, None if cluster is None else cluster[kept], mass)

    def block(rows: Floats, copies: Integers) -> Block:
        agreed = consensus(rows[:, 2:], scale.codes(rows[:, 2:]), scale.levels, level)
        twice = np.tile(copies, 2)
        left, right = side_of(rows[:, :2].T.ravel(), scale), _twice(side_of_consensus(agreed))
        if name in LEVEL_NAMES or level == "nominal":
            return headline_block(left, right, scale, twice, name)
        found = order_blocks(left.score, right.score, twice, exact=True)
        return next(member for member in found if name in member.names)

    ends = extreme_levels(scale.levels, ratings if len(scale.levels) else rows)
    sides = np.array([(a, b, c) for a, b, c in product(np.unique(ends), repeat=3) if c in (a, b)])
    unseen = np.concatenate([sides[:, :2], np.repeat(sides[:, 2:], ratings.shape[1], axis=1)], axis=1)
    return _compare(_PairedRows(rows[chosen], unseen, block, name, sampling), options or BootstrapOptions())


def paired_means(
    first: Numbers,
    second: Numbers,
    clusters: Sequence[object] | None = None,
    options: BootstrapOptions | None = None,
    span: tuple[float, float] | None = None,
) -> PairedDifference:
    """The difference of two mean scores on the same items; NaN where missing, dropped as pairs.

    Args:
        first: The first scores, shape (items,).
        second: The second scores.
        clusters: The cluster of each item; each item its own when absent.
        options: How intervals are made.
        span: The lowest and the highest score that there can be. Where every item has the same difference, an
            interval follows from them alone.

    Raises:
        StatsError: The shapes do not fit.
    """
    one, other = as_scores(first, "the first scores", 1), as_scores(second, "the second scores", 1)
    if len(one) != len(other):
        raise StatsError(f"there are {len(one)} and {len(other)} scores; they must be of the same items")
    kept = ~(np.isnan(one) | np.isnan(other))
    cluster = as_clusters(clusters, len(one))
    if not kept.any():
        return _nothing("mean")
    rows = np.stack([one, other], axis=1)[kept]
    sampling, chosen = sampling_of(rows, None if cluster is None else cluster[kept])

    def block(rows: Floats, _: Integers) -> Block:
        stacked = rows.T.ravel()
        moments = np.stack([np.ones(len(stacked)), stacked], axis=1)
        return MomentBlock(("mean",), moments, lambda totals: divide(totals[:, 1:], totals[:, :1]), 0, "no items")

    unseen = np.array(list(product(span, repeat=2))) if span else np.empty((0, 2))
    return _compare(_PairedRows(rows[chosen], unseen, block, "mean", sampling), options or BootstrapOptions())


def _nothing(name: str) -> PairedDifference:
    none = undefined(0, "no item was scored by both")
    return PairedDifference(name, none, none, none, None, 0)


def _twice(side: Side) -> Side:
    return Side(np.tile(side.membership, (2, 1)), np.tile(side.score, 2), np.tile(side.given, 2))


@dataclass(frozen=True)
class _Stack:
    """A block over stacked rows, read at counts of the first and of the second half."""

    block: Block
    place: int
    sampling: ClusterSampling
    halves: tuple[Floats, Floats]

    def value(self, first: Floats, second: Floats) -> Floats:
        """The statistic for counts of units, each of shape (b, units); shape (b,)."""
        if isinstance(self.block, MomentBlock):
            return self.block.finish(first @ self.halves[0] + second @ self.halves[1])[:, self.place]
        rows = [self.sampling.by_row(counts) for counts in (first, second)]
        return self.block.evaluate(np.concatenate(rows, axis=1))[:, self.place]

    def differences(self, counts: Floats) -> Floats:
        """First, second and their difference for counts of units, shape (b, 3)."""
        none = np.zeros_like(counts)
        one, other = self.value(counts, none), self.value(none, counts)
        return np.stack([one, other, one - other], axis=1)


@dataclass(frozen=True)
class _PairedRows:
    """What is compared: a row an item, and how a statistic is made of rows."""

    rows: Floats
    """Shape (rows, columns): first, second, and what both are held against."""
    unseen: Floats
    """Items that nobody has seen, as different as they can be (`unseen`), shape (cases, columns)."""
    block: Callable[[Floats, Integers], Block]
    """From rows, and how many items each stands for."""
    name: str
    sampling: ClusterSampling

    def stack(self) -> _Stack:
        """The statistic on the rows."""
        return self._stacked(self.rows, self.sampling)

    def unseen_differences(self, confidence: float) -> Floats:
        """First, second and difference had the rows missed as much as they may have, shape (cases, 3)."""
        cases = len(self.unseen)
        weights = unseen_weights(self.sampling, cases, [int(self.sampling.row_copies.sum())], confidence)
        wider = self._stacked(np.concatenate([self.rows, self.unseen]), self.sampling.beside(cases))
        return wider.differences(weights)

    def _stacked(self, rows: Floats, sampling: ClusterSampling) -> _Stack:
        block = self.block(rows, sampling.row_copies)
        return _Stack(block, block.names.index(self.name), sampling, _halves(block, sampling))


def _compare(paired: _PairedRows, options: BootstrapOptions) -> PairedDifference:
    sampling, name = paired.sampling, paired.name
    n = int(sampling.row_copies.sum())
    stack = paired.stack()
    seeds = np.random.SeedSequence(options.seed).spawn(2)
    copies = sampling.copies.astype(np.float64)
    observed = stack.differences(copies[None, :])[0]
    chunks = seeded(sampling, options.resamples, seeds[0])
    resampled = np.concatenate(spread_tasks(lambda chunk: stack.differences(sampling.draw(*chunk)), chunks))
    units = np.array_split(np.arange(len(copies)), len(sampling.sizes(len(copies))))
    left_out = np.concatenate(spread_tasks(lambda part: stack.differences(sampling.without(part)), units))
    share = sampling.single and sampling.mass is None and name in stack.block.shares
    columns = {
        key: (place, StatisticColumn(n, stack.block.reason, share and place < 2, jackknifed=place == 2))
        for place, key in enumerate(_KEYS)
    }
    flat = len(flat_columns(resampled)) and len(paired.unseen)
    draws = Draws(
        dict(columns),
        observed,
        resampled,
        left_out,
        copies,
        sampling.clusters,
        options.confidence,
        not sampling.single,
        {n: paired.unseen_differences(options.confidence)} if flat else {},
    )
    first, second, difference = (figure_of(draws, key) for key in _KEYS)
    p_value = _permuted(stack, float(observed[2]), seeded(sampling, options.resamples, seeds[1]))
    return PairedDifference(name, first, second, difference, p_value, n)


_KEYS: tuple[Key, ...] = ((("pair",), "first"), (("pair",), "second"), (("pair",), "difference"))


def _halves(block: Block, sampling: ClusterSampling) -> tuple[Floats, Floats]:
    if not isinstance(block, MomentBlock):
        return np.empty((0, 0)), np.empty((0, 0))
    rows = len(sampling.unit)
    return sampling.by_unit(block.moments[:rows]), sampling.by_unit(block.moments[rows:])


def _permuted(stack: _Stack, observed: float, chunks: list[ResampleChunk]) -> float | None:
    """The share of swaps, the observed one counted in, that differ at least as much as observed."""
    if not np.isfinite(observed):
        return None
    sampling = stack.sampling

    def extreme(chunk: ResampleChunk) -> int:
        kept = sampling.swap(*chunk)
        swapped = sampling.copies - kept
        difference = stack.value(kept, swapped) - stack.value(swapped, kept)
        return int((np.nan_to_num(np.abs(difference)) >= abs(observed) - 1e-12).sum())

    return (1 + sum(spread_tasks(extreme, chunks))) / (1 + sum(size for size, _ in chunks))
