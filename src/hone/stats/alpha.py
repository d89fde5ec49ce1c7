"""Krippendorff's alpha for nominal, ordinal and interval ratings, with missing ones.

Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), and Content Analysis, 3rd ed. (2013),
chapter 12. alpha = 1 - D_o / D_e over the values of items that have two ratings or more.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from hone.stats.arrays import Booleans, Floats, Integers, divide
from hone.stats.blocks import MomentBlock

Level = Literal["nominal", "ordinal", "interval"]
"""What scores mean: labels, an order, or distances."""
ALPHA = ("krippendorff_alpha",)


def alpha_block(scores: Floats, codes: Integers, size: int, level: Level, copies: Integers) -> MomentBlock:
    """Krippendorff's alpha.

    Args:
        scores: The ratings, NaN where missing, shape (rows, raters); read on an interval scale.
        codes: The place of each rating among the levels, -1 where missing; read on the other two.
        size: How many levels there are.
        level: What the scores mean.
        copies: How many items each row stands for.
    """
    given = ~np.isnan(scores)
    paired = given.sum(axis=1) >= 2
    n = int(copies[paired].sum())
    reason = "fewer than 2 raters on any item" if n == 0 else "one level only"
    if level == "interval":
        return MomentBlock(ALPHA, _interval_moments(scores, given & paired[:, None]), _interval, n, reason)
    counts = (codes[:, :, None] == np.arange(size)).sum(axis=1) * paired[:, None].astype(np.float64)
    if level == "nominal":
        return MomentBlock(ALPHA, _nominal_moments(counts), _nominal, n, reason)
    low, high = np.triu_indices(size, 1)
    others = np.maximum(counts.sum(axis=1) - 1, 1)
    moments = np.concatenate([2 * counts[:, low] * counts[:, high] / others[:, None], counts], axis=1)

    def finish(totals: Floats) -> Floats:
        return _ordinal(totals, low, high)

    return MomentBlock(ALPHA, moments, finish, n, reason)


def ratio_block(scores: Floats, copies: Integers) -> MomentBlock:
    """Krippendorff's alpha with ratio distances, ((a - b) / (a + b))^2: twice as much is as far from 2 as from 20.

    Args:
        scores: The ratings, 0 or more, NaN where missing, shape (rows, raters).
        copies: How many items each row stands for.
    """
    given = ~np.isnan(scores)
    values = np.unique(scores[given])
    codes = np.where(given, np.searchsorted(values, np.where(given, scores, 0.0)), -1)
    total = values[:, None] + values[None, :]
    distances = divide(values[:, None] - values[None, :], total) ** 2
    distances = np.nan_to_num(distances)
    paired = given.sum(axis=1) >= 2
    counts = (codes[:, :, None] == np.arange(len(values))).sum(axis=1) * paired[:, None].astype(np.float64)
    within = ((counts @ distances) * counts).sum(axis=1, keepdims=True)
    moments = np.concatenate([within / np.maximum(counts.sum(axis=1, keepdims=True) - 1, 1), counts], axis=1)

    def finish(totals: Floats) -> Floats:
        of_all = totals[:, 1:]
        return _alpha(totals[:, 0], of_all.sum(axis=1), ((of_all @ distances) * of_all).sum(axis=1))

    n = int(copies[paired].sum())
    return MomentBlock(ALPHA, moments, finish, n, "fewer than 2 raters on any item" if n == 0 else "one level only")


def _interval_moments(scores: Floats, given: Booleans) -> Floats:
    """The disagreement within each item, and the count, sum and sum of squares of its values around their mean."""
    centre = scores[given].mean() if given.any() else 0.0
    values = np.where(given, scores - centre, 0.0)
    count, total, squares = given.sum(axis=1), values.sum(axis=1), (values**2).sum(axis=1)
    within = 2 * (count * squares - total**2) / np.maximum(count - 1, 1)
    return np.stack([np.maximum(within, 0), count, total, squares], axis=1).astype(np.float64)


def _interval(totals: Floats) -> Floats:
    within, count, total, squares = totals.T
    return _alpha(within, count, 2 * (count * squares - total**2))


def _nominal_moments(counts: Floats) -> Floats:
    given = counts.sum(axis=1, keepdims=True)
    within = (counts * (given - counts)).sum(axis=1, keepdims=True) / np.maximum(given - 1, 1)
    return np.concatenate([within, counts], axis=1)


def _nominal(totals: Floats) -> Floats:
    counts = totals[:, 1:]
    count = counts.sum(axis=1)
    return _alpha(totals[:, 0], count, count**2 - (counts**2).sum(axis=1))


def _ordinal(totals: Floats, low: Integers, high: Integers) -> Floats:
    """The ordinal distance of two levels is that of their mean ranks among all values, squared."""
    counts = totals[:, len(low) :]
    ranks = np.cumsum(counts, axis=1) - counts / 2
    distances = (ranks[:, high] - ranks[:, low]) ** 2
    within = (totals[:, : len(low)] * distances).sum(axis=1)
    between = 2 * (counts[:, low] * counts[:, high] * distances).sum(axis=1)
    return _alpha(within, counts.sum(axis=1), between)


def _alpha(within: Floats, count: Floats, between: Floats) -> Floats:
    # Rounding may leave a trace of spread among equal values: that is one level, not a ratio of two tiny numbers.
    between = np.where(between > 1e-10 * count**2, between, 0.0)
    return (1 - divide((count - 1) * within, between))[:, None]
