"""What `agree` reads: what people and judges scored, by criterion, over the same items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hone.errors import StatsError
from hone.stats.alpha import Level
from hone.stats.arrays import Floats, Integers, Numbers, as_clusters, as_scores


@dataclass(frozen=True)
class Ratings:
    """Scores of people and judges. NaN is a missing score; 0 is a score.

    Duplicate rows, labels and verdicts have been turned into one number a cell before they come here.
    """

    people: Mapping[str, Numbers]
    """By criterion, shape (items, raters)."""
    raters: Sequence[str]
    """People's names, in the order of the columns."""
    level: Level = "ordinal"
    judges: Mapping[str, Numbers] | None = None
    """By criterion, shape (items, judges)."""
    judge_names: Sequence[str] = ()
    clusters: Sequence[object] | None = None
    """The cluster (`group`) of each item; each item its own when absent."""
    lengths: Numbers | None = None
    """The length of what was rated, shape (items,), for the length-only baseline."""
    levels: Sequence[float] | None = None
    """The levels of the rubric's scale, where it is known."""
    weights: Numbers | None = None
    """How many items each one stands for (1 / its chance to be rated), in any unit, shape (items,); equal when
    absent."""

    @property
    def criteria(self) -> tuple[str, ...]:
        """The criteria's names, in order."""
        return tuple(self.people)


@dataclass(frozen=True)
class RatingsTable:
    """The same, read and checked."""

    people: Mapping[str, Floats]
    judges: Mapping[str, Floats]
    clusters: Integers | None
    lengths: Floats
    weights: Floats | None = None
    """With a mean of 1; none where all items stand for equally many."""

    def rows(self) -> Floats:
        """All that any statistic reads of an item, shape (items, columns)."""
        return np.concatenate([*self.people.values(), *self.judges.values(), self.lengths[:, None]], axis=1)

    def choose(self, rows: Integers) -> RatingsTable:
        """The same table with these rows."""
        people = {name: scores[rows] for name, scores in self.people.items()}
        judges = {name: scores[rows] for name, scores in self.judges.items()}
        weights = None if self.weights is None else self.weights[rows]
        return RatingsTable(people, judges, self.clusters, self.lengths[rows], weights)


def read(ratings: Ratings) -> RatingsTable:
    """Check shapes and names.

    Raises:
        StatsError: Shapes do not fit each other or the names, a name stands twice, there is no criterion or item, or
            a weight is below 0 or missing.
    """
    if not ratings.people:
        raise StatsError("there is no criterion to compute figures for")
    people = {name: as_scores(scores, f"ratings of {name!r}", 2) for name, scores in ratings.people.items()}
    items = len(next(iter(people.values())))
    judges = {}
    for name, scores in people.items():
        given = (ratings.judges or {}).get(name)
        empty = np.full((items, len(ratings.judge_names)), np.nan)
        judges[name] = empty if given is None else as_scores(given, f"judges' scores of {name!r}", 2)
        _check(name, scores, (items, len(ratings.raters)), "ratings")
        _check(name, judges[name], (items, len(ratings.judge_names)), "judges' scores")
    for names in (ratings.raters, ratings.judge_names):
        if len(set(names)) < len(names):
            raise StatsError("two raters or two judges have the same name")
    lengths = np.full(items, np.nan) if ratings.lengths is None else as_scores(ratings.lengths, "lengths", 1)
    if len(lengths) != items or not items:
        raise StatsError(f"there are {len(lengths)} lengths for {items} items" if items else "there are no items")
    weights = None if ratings.weights is None else item_weights(ratings.weights, items)
    return RatingsTable(people, judges, as_clusters(ratings.clusters, items), lengths, weights)


def item_weights(values: Numbers, items: int) -> Floats | None:
    """The weights of so many items with a mean of 1; none where all are the same.

    Raises:
        StatsError: There is not one weight an item, one is below 0 or missing, or all are 0.
    """
    weights = as_scores(values, "weights", 1)
    if len(weights) != items or np.isnan(weights).any() or (weights < 0).any() or not weights.sum() > 0:
        raise StatsError(f"give one weight, 0 or more, for each of the {items} items")
    return weights / weights.mean() if np.ptp(weights) else None


def _check(criterion: str, scores: Floats, shape: tuple[int, int], what: str) -> None:
    if scores.shape != shape:
        raise StatsError(f"{what} of {criterion!r} have the shape {scores.shape}, not {shape} (items, names)")
