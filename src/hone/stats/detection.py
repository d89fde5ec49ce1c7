"""Precision, recall and F1 of a judge of two levels: how well it finds the items that people put on the upper one.

Precision and recall are shares with Wilson's interval. F1 = 2 TP / (2 TP + FP + FN) has an interval from the
posterior of the four counts under half an item more in each (Jeffreys' prior; C. Goutte and E. Gaussier, ECIR 2005,
345-359).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hone.stats.arrays import Booleans, Floats, divide
from hone.stats.figure import Figure, undefined
from hone.stats.proportion import wilson

_DRAWS = 10_000


@dataclass(frozen=True)
class Detection:
    """How well the upper level is found."""

    upper: float
    """The level that counts as found."""
    precision: Figure
    """Of the items that the judge puts there, the share that people do."""
    recall: Figure
    """Of the items that people put there, the share that the judge does."""
    f1: Figure

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {"level": self.upper} | {name: getattr(self, name).as_dict() for name in ("precision", "recall", "f1")}


def detection(
    people: Booleans, judge: Booleans, upper: float, *, grouped: bool = False, confidence: float = 0.95, seed: int = 0
) -> Detection:
    """How well a judge finds what people find.

    Args:
        people: Whether people put each item on the upper level, shape (items,).
        judge: Whether the judge does.
        upper: That level.
        grouped: Whether items belong to groups: there is then no interval.
        confidence: How often such an interval holds the truth.
        seed: For the draws behind the interval of F1.
    """
    hit, false, missed = (int(one.sum()) for one in (people & judge, ~people & judge, people & ~judge))
    none = len(people) - hit - false - missed
    shares = (
        wilson(hit, hit + false, confidence) if hit + false else undefined(0, "the judge never says so"),
        wilson(hit, hit + missed, confidence) if hit + missed else undefined(0, "people never say so"),
        _f1(np.array([hit, false, missed, none], dtype=np.float64), confidence, seed),
    )
    precision, recall, f1 = map(_without_interval, shares) if grouped else shares
    return Detection(upper, precision, recall, f1)


def _f1(counts: Floats, confidence: float, seed: int) -> Figure:
    n = int(counts.sum())
    if not counts[:3].sum():
        return undefined(n, "neither people nor the judge ever say so")
    drawn = np.random.default_rng(seed).dirichlet(counts + 0.5, _DRAWS)
    values = divide(2 * drawn[:, 0], 2 * drawn[:, 0] + drawn[:, 1] + drawn[:, 2])
    low, high = np.quantile(values, ((1 - confidence) / 2, (1 + confidence) / 2)).tolist()
    value = float(2 * counts[0] / (2 * counts[0] + counts[1] + counts[2]))
    return Figure(value, min(low, value), max(high, value), n, method="posterior")


def _without_interval(figure: Figure) -> Figure:
    return (
        figure if figure.value is None else Figure(figure.value, None, None, figure.n, reason="items are in groups")
    )
