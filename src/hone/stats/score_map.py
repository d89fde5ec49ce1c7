"""From a judge's scores to those that people would give: a map that is kept only where it is shown to help.

The maps that are tried never turn the order round: as it is, a shift, a line, and steps that only rise (isotonic
regression: R. E. Barlow and others, Statistical Inference under Order Restrictions (1972)). Which one is chosen by
cross-validation over items or groups, and what the chosen one is worth by another around it, so that no item speaks
for a map that was fitted to it (M. Stone, JRSS-B 36 (1974), 111-147).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.optimize import isotonic_regression

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers, Numbers, as_clusters, as_scores
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.paired import PairedDifference, paired_means

MapKind = Literal["as it is", "shift", "line", "steps"]
LEAST_MAPPED = 30
"""Items below which no map is fitted."""
_FOLDS = 5
_OUTER_FOLDS = 10


@dataclass(frozen=True)
class ScoreMap:
    """What the judge's scores come to: straight between the knots, level beyond them."""

    kind: MapKind
    scores: tuple[float, ...]
    """The judge's, rising."""
    values: tuple[float, ...]
    """What each comes to, never falling."""

    def __call__(self, scores: Floats) -> Floats:
        """The mapped scores."""
        found: Floats = np.interp(scores, self.scores, self.values)
        return found


@dataclass(frozen=True)
class MappedScores:
    """A map fitted to all items, and what such a map is worth on items that it was not fitted to."""

    fitted: ScoreMap
    beside: PairedDifference
    """The mean squared distance to people, mapped (first) and as it is (second)."""

    @property
    def nearer(self) -> bool:
        """Whether the map is shown to bring the judge nearer to people."""
        high = self.beside.difference.high
        return self.fitted.kind != "as it is" and high is not None and high < 0


@dataclass(frozen=True)
class _Pairs:
    judge: Floats
    people: Floats
    weights: Floats
    unit: Integers
    ends: tuple[float, float]
    """The lowest and the highest score that a map may give."""

    def chosen(self, rows: Integers) -> _Pairs:
        return _Pairs(self.judge[rows], self.people[rows], self.weights[rows], self.unit[rows], self.ends)


def mapped_scores(
    judge: Numbers,
    people: Numbers,
    clusters: list[object],
    ends: tuple[float, float],
    weights: Numbers | None = None,
    options: BootstrapOptions | None = None,
) -> MappedScores:
    """Fit a map and say what it is worth.

    Args:
        judge: The judge's scores, none missing, shape (items,).
        people: People's mean scores of the same items.
        clusters: The item or group of each.
        ends: The lowest and the highest score there is.
        weights: How many items each one stands for; they count in the fit, not in what it is worth.
        options: The confidence, the resamples and the seed.

    Raises:
        StatsError: There are fewer than 30 independent items, or shapes do not fit.
    """
    options = options or BootstrapOptions()
    said, given = as_scores(judge, "the judge's scores", 1), as_scores(people, "people's scores", 1)
    unit = as_clusters(clusters, len(said))
    if len(said) != len(given) or unit is None or np.isnan(said).any() or np.isnan(given).any():
        raise StatsError("a map needs a score of the judge and one of people for each item")
    units = int(unit.max(initial=-1)) + 1
    if units < LEAST_MAPPED:
        raise StatsError(f"{units} items (or groups) that both scored are too few for a map; it takes {LEAST_MAPPED}")
    each = np.ones(len(said)) if weights is None else as_scores(weights, "weights", 1)
    pairs = _Pairs(said, given, each, unit, ends)
    mapped = np.empty(len(said))
    for inside, outside in _folds(unit, _OUTER_FOLDS, options.seed):
        mapped[outside] = _best(pairs.chosen(inside), options.seed)(said[outside])
    clustered = [str(one) for one in unit.tolist()]
    missed = ((mapped - given) ** 2, (said - given) ** 2)
    farthest = max((ends[1] - ends[0]) ** 2, *(float(one.max()) for one in missed))
    beside = paired_means(*missed, clustered, options, (0.0, farthest))
    return MappedScores(_best(pairs, options.seed), beside)


def _best(pairs: _Pairs, seed: int) -> ScoreMap:
    """The map whose squared error is least on items that it was not fitted to; of equal ones the plainer."""
    kinds: tuple[MapKind, ...] = get_args(MapKind)
    missed = np.zeros(len(kinds))
    for inside, outside in _folds(pairs.unit, _FOLDS, seed):
        known, asked = pairs.chosen(inside), pairs.chosen(outside)
        for place, kind in enumerate(kinds):
            missed[place] += float(asked.weights @ (_fitted(kind, known)(asked.judge) - asked.people) ** 2)
    least = missed.min() + 1e-9 * max(float(missed.max()), 1.0)
    return _fitted(next(kind for kind, one in zip(kinds, missed.tolist(), strict=True) if one <= least), pairs)


def _folds(unit: Integers, folds: int, seed: int) -> list[tuple[Integers, Integers]]:
    """Rows inside and outside of each fold; what belongs to one unit stays together."""
    names, place = np.unique(unit, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % min(folds, len(names)))[place]
    return [(np.flatnonzero(fold != one), np.flatnonzero(fold == one)) for one in range(int(fold.max()) + 1)]


def _fitted(kind: MapKind, pairs: _Pairs) -> ScoreMap:
    knots, place = np.unique(pairs.judge, return_inverse=True)
    mass = np.bincount(place, weights=pairs.weights)
    total = np.bincount(place, weights=pairs.weights * pairs.people)
    means = np.where(mass > 0, total / np.where(mass > 0, mass, 1), knots)
    centre, middle = float(mass @ knots) / float(mass.sum()), float(total.sum()) / float(mass.sum())
    values = knots
    if kind == "shift":
        values = knots + middle - centre
    elif kind == "line":
        spread = float(mass @ (knots - centre) ** 2)
        slope = float(mass @ ((knots - centre) * (means - middle))) / spread if spread > 0 else 0.0
        values = middle + max(slope, 0.0) * (knots - centre)
    elif kind == "steps":
        values = isotonic_regression(means, weights=np.maximum(mass, 1e-9)).x
    if kind in ("shift", "line") and len(knots) > 2:
        values = np.interp(knots, knots[[0, -1]], values[[0, -1]])
    values = values if kind == "as it is" else np.clip(values, *pairs.ends)
    return ScoreMap(kind, tuple(knots.tolist()), tuple(values.tolist()))
