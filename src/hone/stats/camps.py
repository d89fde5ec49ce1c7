"""Whether raters fall into two camps that mean different things by the same words.

Where nobody means anything else, it is chance which of the raters of an item gave which of its scores. So raters are
split in two by average linkage of their mean distances, and the same is done after shuffling the scores of each item
among those who gave them: how often are two camps as far apart then? The search for the split is part of what is
shuffled, so the p-value holds (a permutation test with one re-chosen statistic; P. Good, Permutation, Parametric, and
Bootstrap Tests of Hypotheses, 3rd ed., ch. 3). Two raters alone are camps where one of them is always the stricter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers

LEAST_SHARED = 10
"""Items that two raters must have both rated before they are compared."""
PERMUTATIONS = 999


@dataclass(frozen=True)
class RaterCamps:
    """The likeliest split of raters in two, and whether it is more than chance."""

    first: Integers
    """The larger camp, as places of raters; of two equally large ones that of the first rater."""
    second: Integers
    within: float | None
    """The mean distance of two raters of one camp, as a share of the scale; none where both camps are one person."""
    between: float
    """The same of two raters of different camps; of two raters, the difference of their means."""
    p_value: float
    items: Integers
    """The items on which both camps are known, those on which they lie furthest apart first."""

    @property
    def gap(self) -> float:
        """How much further apart raters of different camps are than those of one, as a share of the scale."""
        return self.between - (self.within or 0.0)


def rater_camps(people: Floats, *, nominal: bool = False, seed: int = 0) -> RaterCamps | None:
    """The two camps into which raters fall, if they do.

    Args:
        people: Ratings, NaN where missing, shape (items, raters).
        nominal: Levels are labels without an order.
        seed: Of the permutations.

    Returns:
        The likeliest split; none where fewer than two raters share enough items, or nobody ever differs.

    Raises:
        StatsError: The ratings are not a table.
    """
    if people.ndim != 2:
        raise StatsError("ratings need a row an item and a column a rater")
    steps = _Steps.of(people, nominal)
    shared = steps.shared
    kept = np.flatnonzero((shared >= LEAST_SHARED).sum(axis=1) > 0)
    if len(kept) < 2 or steps.span == 0:
        return None
    ratings = people[:, kept]
    ratings = ratings[(~np.isnan(ratings)).sum(axis=1) > 1]
    steps = _Steps.of(ratings, nominal)
    observed = _split(ratings, steps)
    if observed is None:
        return None
    draw = np.random.default_rng(seed)
    found = 0
    for _ in range(PERMUTATIONS):
        shuffled = _shuffled(ratings, draw)
        other = _split(shuffled, steps.again(shuffled))
        found += other is not None and other.gap >= observed.gap - 1e-12
    first, second = kept[observed.first], kept[observed.second]
    if (len(first), -first.min()) < (len(second), -second.min()):
        first, second = second, first
    p_value = (1 + found) / (1 + PERMUTATIONS)
    return RaterCamps(first, second, observed.within, observed.between, p_value, _apart(people, first, second))


@dataclass(frozen=True)
class _Split:
    first: Integers
    second: Integers
    within: float | None
    between: float

    @property
    def gap(self) -> float:
        return self.between - (self.within or 0.0)


@dataclass(frozen=True)
class _Steps:
    """Ratings as indicators of what they lie above and below, so that distances are products of matrices."""

    above: tuple[Floats, ...]
    below: tuple[Floats, ...]
    widths: tuple[float, ...]
    shared: Floats
    nominal: bool
    levels: Floats

    @property
    def span(self) -> float:
        """The greatest distance that there can be."""
        return 1.0 if self.nominal else float(sum(self.widths))

    @classmethod
    def of(cls, people: Floats, nominal: bool, levels: Floats | None = None) -> _Steps:
        rated = ~np.isnan(people)
        known = np.unique(people[rated]) if levels is None else levels
        shared = rated.astype(float).T @ rated.astype(float)
        np.fill_diagonal(shared, 0)
        if nominal:
            above = tuple((people == level).astype(float) for level in known)
            below = tuple((rated & (people != level)).astype(float) for level in known)
            widths = tuple(0.5 for _ in known) if len(known) > 1 else ()
        else:
            above = tuple((people > level).astype(float) for level in known[:-1])
            below = tuple((rated & (people <= level)).astype(float) for level in known[:-1])
            widths = tuple(np.diff(known).tolist())
        return cls(above, below, widths, shared, nominal, known)

    def again(self, people: Floats) -> _Steps:
        return _Steps.of(people, self.nominal, self.levels)

    def distances(self) -> Floats:
        """The summed distance of each two raters, as shares of the scale, shape (raters, raters)."""
        found = np.zeros_like(self.shared)
        for above, below, width in zip(self.above, self.below, self.widths, strict=False):
            apart = above.T @ below
            found += width * (apart + apart.T)
        return found / self.span


def _split(people: Floats, steps: _Steps) -> _Split | None:
    if people.shape[1] == 2:
        both = ~np.isnan(people).any(axis=1)
        if steps.nominal or not both.any():
            return None  # labels have no direction
        apart = abs(float((people[both, 0] - people[both, 1]).mean())) / steps.span
        return _Split(np.array([0]), np.array([1]), None, apart)
    total, shared = steps.distances(), steps.shared
    if not total.any():
        return None
    usual = total.sum() / shared.sum()
    mean = np.divide(total, shared, out=np.full_like(total, usual), where=shared > 0)
    np.fill_diagonal(mean, 0)
    camp = fcluster(linkage(squareform(mean, checks=False), "average"), 2, "maxclust")
    first, second = np.flatnonzero(camp == 1), np.flatnonzero(camp != 1)
    if not len(second):
        return None
    across = np.not_equal.outer(camp, camp)
    inside = ~across
    np.fill_diagonal(inside, val=False)
    if not shared[across].sum() or not shared[inside].sum():
        return None
    return _Split(
        first,
        second,
        float(total[inside].sum() / shared[inside].sum()),
        float(total[across].sum() / shared[across].sum()),
    )


def _shuffled(people: Floats, draw: np.random.Generator) -> Floats:
    """The scores of each item dealt out anew among those who rated it."""
    missing = np.isnan(people)
    dealt = np.argsort(np.where(missing, 2.0, draw.random(people.shape)), axis=1, kind="stable")
    places = np.argsort(missing, axis=1, kind="stable")
    found = np.full_like(people, np.nan)
    np.put_along_axis(found, places, np.take_along_axis(people, dealt, axis=1), axis=1)
    return found


def _apart(people: Floats, first: Integers, second: Integers) -> Integers:
    """Items that both camps rated, those on which their means lie furthest apart first."""
    known = np.flatnonzero(~np.isnan(people[:, first]).all(axis=1) & ~np.isnan(people[:, second]).all(axis=1))
    difference = np.abs(
        np.nanmean(people[np.ix_(known, first)], axis=1) - np.nanmean(people[np.ix_(known, second)], axis=1)
    )
    order = np.argsort(-difference, kind="stable")
    found: Integers = known[order][difference[order] > 0]
    return found
