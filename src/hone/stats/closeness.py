"""How close scores are: RMSE and MAE of a judge, and how far each person lies from the others, with the spread of it.

Intervals of means are those of `stats/intervals`; that of the RMSE is the square root of that of the mean square.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    return Closeness(_root(square), _not_below_0(mae), difference, sd)


def _root(square: Figure) -> Figure:
    limits = (square.value, square.low, square.high)
    value, low, high = (None if one is None else math.sqrt(max(one, 0.0)) for one in limits)
    return Figure(value, low, high, square.n, square.reason, square.method)


def _not_below_0(figure: Figure) -> Figure:
    low = None if figure.low is None else max(figure.low, 0.0)
    return Figure(figure.value, low, figure.high, figure.n, figure.reason, figure.method)
