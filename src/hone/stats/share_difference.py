"""The difference of two shares of the same items, with an interval that holds for few items and shares near 0 or 1.

Source: R. G. Newcombe, Statistics in Medicine 17 (1998), 2635-2650, method 10: Wilson's interval of each share, put
together with the correlation of the pairs.
"""

from __future__ import annotations

import math

from hone.stats.arrays import Numbers, as_right_pairs
from hone.stats.figure import Figure, undefined
from hone.stats.proportion import wilson

MARGIN = 0.02
"""How much worse, as a share, still counts as not worse: two problems in a hundred. It is less than a person
would notice, and about the least that a test set of GSM8K's size (1,319) can resolve; on
a smaller one a model must gain to pass."""


def above_margin(difference: Figure, margin: float = MARGIN) -> bool:
    """Whether the interval of a difference lies above minus the margin: what is not worse."""
    return difference.low is not None and difference.low > -margin


def paired_shares(first: Numbers, second: Numbers, confidence: float = 0.95) -> Figure:
    """The share of the first minus that of the second.

    Args:
        first: 1 where the first is right and 0 where it is wrong, shape (items,); NaN where missing.
        second: The same for the second; an item that either lacks is left out for both.
        confidence: How often such an interval holds the truth.

    Raises:
        StatsError: The columns differ in length, or hold other numbers.
    """
    one, other = as_right_pairs(first, second)
    count = len(one)
    if count == 0:
        return undefined(0, "no items")
    a, d = float((one * other).sum()), float(((1 - one) * (1 - other)).sum())
    b, c = float((one > other).sum()), float((other > one).sum())
    left, right = wilson(a + b, count, confidence), wilson(a + c, count, confidence)
    low = _half(left, right, a * d - b * c, (a + b) * (c + d) * (a + c) * (b + d), count, lower=True)
    high = _half(left, right, a * d - b * c, (a + b) * (c + d) * (a + c) * (b + d), count, lower=False)
    difference = (b - c) / count
    return Figure(difference, max(-1.0, difference - low), min(1.0, difference + high), count, method="newcombe")


def _half(left: Figure, right: Figure, excess: float, product: float, count: int, *, lower: bool) -> float:
    """How far the interval reaches to one side."""
    # Continuity correction of the correlation, as in the paper: a positive one is made smaller.
    if excess > 0:
        excess = max(excess - count / 2, 0.0)
    phi = excess / math.sqrt(product) if product else 0.0
    down, up = (left, right) if lower else (right, left)
    assert down.value is not None and down.low is not None and up.value is not None and up.high is not None  # noqa: S101, PT018 - n > 0
    one, other = down.value - down.low, up.high - up.value
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))
