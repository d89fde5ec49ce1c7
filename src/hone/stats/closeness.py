"""How close scores are: RMSE and MAE of a judge, and how far each person lies from the others, with the spread of it.

Intervals of means are those of `stats/intervals`; that of the RMSE is made of the mean square's by chi squared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtri, ndtri

from hone.stats.arrays import Floats, Integers
from hone.stats.figure import Figure, undefined
from hone.stats.intervals import plain_mean


@dataclass(frozen=True)
class Closeness:
    """The errors of one side against another, in points of the scale."""

    rmse: Figure
    mae: Figure
    mean_difference: Figure
    """Above 0: higher than the other side."""
    sd: float | None
    """The standard deviation of the differences (n - 1); none with fewer than 2 items."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        figures = {name: getattr(self, name).as_dict() for name in ("rmse", "mae", "mean_difference")}
        return figures | {"sd": self.sd}


def closeness(
    scores: Floats,
    others: Floats,
    clusters: Integers | None = None,
    confidence: float = 0.95,
    difference: Figure | None = None,
) -> Closeness:
    """The errors of one side.

    Args:
        scores: Its scores, NaN where missing, shape (items,).
        others: What they are held against; pairs that lack either side are left out.
        clusters: The group of each item.
        confidence: How often such an interval holds the truth.
        difference: The mean difference, where it is known already: one figure for one thing.
    """
    both = ~(np.isnan(scores) | np.isnan(others))
    errors = scores[both] - others[both]
    if not len(errors):
        nothing = undefined(0, "no item was scored by both")
        return Closeness(nothing, nothing, difference or nothing, None)
    groups = None if clusters is None else clusters[both]
    mae, square = (plain_mean(values, groups, None, confidence) for values in (np.abs(errors), errors**2))
    if difference is None:
        difference = plain_mean(errors, groups, None, confidence)
    sd = float(errors.std(ddof=1)) if len(errors) > 1 else None
    return Closeness(_root(square, confidence), _not_below_0(mae), difference, sd)


def _root(square: Figure, confidence: float) -> Figure:
    """The root of a mean square; its interval takes the square for chi squared, as its spread says.

    Squares of errors are skewed, and a sample without a large one looks small and sure at once: around the mean
    square itself the interval held the truth in 91 of 100 draws of 30 items (`docs/results/coverage.md`). Source of
    the degrees of freedom: F. E. Satterthwaite, Biometrics Bull. 2 (1946), 110-114.
    """
    value = None if square.value is None else math.sqrt(max(square.value, 0.0))
    low, high = square.low, square.high
    if value and low is not None and high is not None and high > low:
        tail = (1 - confidence) / 2
        relative = (high - low) / 2 / value**2 / float(-ndtri(tail))
        freedom = 2 / relative**2
        low, high = (value * math.sqrt(freedom / float(chdtri(freedom, one))) for one in (tail, 1 - tail))
    return Figure(value, low, high, square.n, square.reason, square.method)


def _not_below_0(figure: Figure) -> Figure:
    low = None if figure.low is None else max(figure.low, 0.0)
    return Figure(figure.value, low, figure.high, figure.n, figure.reason, figure.method)
