"""The interval around a mean: of independent items or groups, of measurements, shares, or scores without spread.

What decides is what the items show:

* independent items: Student's t with n - 1 degrees of freedom, with weights the n that weights leave (L. Kish, Survey
  Sampling (1965), section 11.7);
* groups: the jackknife over groups, t with their number less one (J. Shao and D. Tu, The Jackknife and Bootstrap
  (1995), section 2.1); no interval below 5 groups that people rated;
* shares of yes: Wilson's score interval; where a judge corrects, z^2 items are added, a quarter at each of the four
  ways in which a person and the judge can answer (the idea of A. Agresti and B. A. Coull, Am. Stat. 52 (1998),
  119-126, and of A. Agresti and Y. Min, Stat. Med. 24 (2005), 729-740), so that no error seen is not taken for none;
* scores that are all the same: the exact bound of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413, on
  the share of items that differ, each by as much as the scale has room for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import ndtri, stdtrit

from hone.stats.arrays import Floats, Integers
from hone.stats.bootstrap import LEAST_GROUPS
from hone.stats.figure import Figure
from hone.stats.proportion import wilson


@dataclass(frozen=True)
class ScoreRange:
    """The lowest and the highest score there is."""

    low: float
    high: float
    share: bool = False
    """Whether each score is yes (1) or no (0), or a mean of such."""
    difference: bool = False
    """Whether each score is the difference of two scores."""

    def of_differences(self) -> ScoreRange:
        """The range of the difference of two such scores."""
        room = self.high - self.low
        return ScoreRange(-room, room, self.share, difference=True)

    def corners(self, trust: float) -> Floats:
        """What is left of a person's score after `trust` times the judge's, where both are as far out as they go."""
        ends = (self.low, 0.0, 0.0, self.high) if self.difference else (self.low, self.high)
        return np.array([person - trust * judge for person, judge in product(ends, ends)])


@dataclass(frozen=True)
class MeanPart:
    """Scores whose mean is one part of a sum."""

    values: Floats
    weights: Floats
    """Of a mean of 1."""
    groups: Integers | None = None

    @property
    def mean(self) -> float:
        """The weighted mean."""
        return float(np.mean(self.weights * self.values))

    @property
    def spread(self) -> float:
        """The variance of one item around the weighted mean, as the mean of so many equally weighted ones has it."""
        n = len(self.values)
        squares = float(np.mean((self.weights * (self.values - self.mean)) ** 2))
        return squares * self.effective / n * n / max(n - 1, 1)

    @property
    def effective(self) -> float:
        """How many equally weighted items tell as much."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())


def plain_mean(
    values: Floats, groups: Integers | None = None, scale: ScoreRange | None = None, confidence: float = 0.95
) -> Figure:
    """The mean of scores, all weighing the same.

    Args:
        values: Without missing ones, shape (items,), at least one.
        groups: The group of each.
        scale: The lowest and the highest score there is, where it is known.
        confidence: How often such an interval holds the truth.
    """
    return mean_interval(MeanPart(values, np.ones(len(values)), groups), None, scale, 0.0, confidence)


def mean_interval(
    rated: MeanPart, rest: MeanPart | None, scale: ScoreRange | None, trust: float, confidence: float
) -> Figure:
    """The mean of what people's ratings leave, plus the mean of the rest, and its interval.

    Args:
        rated: What is left of people's scores, or the scores themselves.
        rest: What is added to it, which no rated item is among.
        scale: The lowest and the highest score there is, where it is known.
        trust: How far the judge is trusted, which says what the ends of the scale come to.
        confidence: How often such an interval holds the truth.
    """
    n = len(rated.values)
    added = rest.mean if rest else 0.0
    value = rated.mean + added
    units = n if rated.groups is None else len(np.unique(rated.groups))
    if rated.groups is not None and units < LEAST_GROUPS:
        return Figure(value, None, None, n, reason=f"{units} groups; fewer than {LEAST_GROUPS} give no interval")
    if n < 2:
        return Figure(value, None, None, n, reason="one item gives no interval")
    equal = not np.ptp(rated.weights)
    if rest is None and scale and scale.share and not scale.difference and rated.groups is None and equal:
        return (
            wilson(float(rated.values.sum()), n, confidence)
            if _binary(rated.values)
            else _adjusted(rated, rest, scale, trust, confidence)
        )
    if not np.ptp(rated.values) and rest is None and not (scale and scale.share and rated.groups is None):
        return _all_the_same(value, n, units, scale, confidence)
    return _adjusted(rated, rest, scale, trust, confidence)


def _binary(values: Floats) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _all_the_same(value: float, n: int, units: int, scale: ScoreRange | None, confidence: float) -> Figure:
    """What so many items without any difference leave room for."""
    if scale is None or not scale.low <= value <= scale.high or scale.low == scale.high:
        return Figure(value, None, None, n, reason="all scores are the same, and the scale is not known")
    other = 1 - ((1 - confidence) / 2) ** (1 / units)
    return Figure(value, value - other * (value - scale.low), value + other * (scale.high - value), n, method="exact")


def _adjusted(
    rated: MeanPart, rest: MeanPart | None, scale: ScoreRange | None, trust: float, confidence: float
) -> Figure:
    """Student's t, for shares with items added at the ends of the scale."""
    n = len(rated.values)
    value, spread = rated.mean, rated.spread
    effective, freedom = rated.effective, rated.effective - 1
    variance = spread / effective
    beside = rest.spread / rest.effective if rest else 0.0
    if rated.groups is not None:
        alone, freedom = _jackknifed(rated, None), len(np.unique(rated.groups)) - 1.0
        beside = max(_jackknifed(rated, rest) - alone, 0.0) if rest else 0.0
        effective = min(n, spread / alone) if alone > 0 else freedom + 1
        variance = alone
    centre = value
    if scale and scale.share:
        centre, variance = _with_ends(value, spread, effective, scale, trust, confidence)
    half = float(stdtrit(freedom, (1 + confidence) / 2)) * math.sqrt(variance + beside)
    added = rest.mean if rest else 0.0
    low, high = min(value, centre - half) + added, max(value, centre + half) + added
    if scale and scale.share:
        low, high = min(value + added, max(low, scale.low)), max(value + added, min(high, scale.high))
    return Figure(value + added, low, high, n, method="t" if rated.groups is None else "jackknife")


def _with_ends(
    mean: float, spread: float, items: float, scale: ScoreRange, trust: float, confidence: float
) -> tuple[float, float]:
    """Mean and its variance with z^2 items more, spread over the corners."""
    more = float(ndtri((1 + confidence) / 2)) ** 2
    corners = scale.corners(trust)
    total = items + more
    centre = (items * mean + more * float(corners.mean())) / total
    inner = items * (spread * max(items - 1, 1) / max(items, 1) + (mean - centre) ** 2)
    return centre, (inner + more * float(np.mean((corners - centre) ** 2))) / total**2


def _jackknifed(rated: MeanPart, rest: MeanPart | None) -> float:
    """The variance of the sum of both means when one rated group at a time is left out, and what the rest adds."""
    parts = [(part, part.groups) for part in (rated, rest) if part is not None and part.groups is not None]
    count = 1 + max(int(groups.max(initial=0)) for _, groups in parts)
    moved, there = np.zeros(count), np.zeros(count, dtype=bool)
    for part, groups in parts:
        weight = np.bincount(groups, weights=part.weights, minlength=count)
        total = np.bincount(groups, weights=part.weights * part.values, minlength=count)
        left = part.weights.sum() - weight
        without = np.where(
            left > 0, (float((part.weights * part.values).sum()) - total) / np.where(left > 0, left, 1), 0
        )
        moved += np.where(weight > 0, without - part.mean, 0.0)
        there |= weight > 0
    found = int(there.sum())
    return (found - 1) / found * float((moved[there] ** 2).sum())
