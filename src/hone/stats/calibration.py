"""Whether a judge's probabilities mean what they say: of the items that it gives 0.8, are 8 in 10 a yes?

The Brier score is the mean square of probability minus outcome (G. W. Brier, Mon. Weather Rev. 78 (1950), 1-3). The
expected calibration error (M. P. Naeini and others, AAAI 2015) takes ten bins of equal width; it is above 0 also for
a judge that is perfectly calibrated, the more so the fewer items there are. That floor is simulated and stands
beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hone.stats.arrays import Floats, Integers
from hone.stats.figure import Figure
from hone.stats.intervals import plain_mean
from hone.stats.proportion import wilson

BINS = 10
_DRAWS = 2_000


@dataclass(frozen=True)
class ReliabilityBin:
    """The items whose probability lies in one tenth."""

    probability: float
    """Their mean probability."""
    share: Figure
    """The share that people call a yes."""


@dataclass(frozen=True)
class Calibration:
    """How far probabilities can be taken at their word."""

    brier: Figure
    ece: float
    floor: float
    """What a perfectly calibrated judge with these probabilities shows on average."""
    floor_high: float
    """And what it exceeds in 5 of 100 draws."""
    bins: tuple[ReliabilityBin, ...]
    grouped: bool = False
    """Whether items belong together: the floor takes them for independent."""

    @property
    def words(self) -> str:
        """What the error says, beside its floor."""
        if self.grouped:
            return "whether they are off is not said, as items of one group are not independent"
        if self.ece > self.floor_high:
            return "its probabilities are off by more than chance explains"
        return "not shown to be off: a perfectly calibrated judge shows as much on so many items"

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        bins = [{"probability": one.probability, "share": one.share.as_dict()} for one in self.bins]
        floor = {"ece_floor": self.floor, "ece_floor_high": self.floor_high}
        return {"brier": self.brier.as_dict(), "ece": self.ece, **floor, "words": self.words, "bins": bins}


def calibration(
    probabilities: Floats, outcomes: Floats, clusters: Integers | None = None, confidence: float = 0.95, seed: int = 0
) -> Calibration:
    """How far a judge's probabilities can be taken at their word.

    Args:
        probabilities: From 0 to 1, shape (items,), at least one.
        outcomes: 1 where people say yes, else 0.
        clusters: The group of each item, for the interval of the Brier score.
        confidence: How often such an interval holds the truth.
        seed: For the floor.
    """
    place = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
    perfect = np.random.default_rng(seed).random((_DRAWS, len(probabilities))) < probabilities
    floor = _error(probabilities, perfect.astype(np.float64), place)
    ece = float(_error(probabilities, outcomes[None, :], place)[0])
    bins = []
    for one in np.unique(place).tolist():
        there = place == one
        share = wilson(float(outcomes[there].sum()), int(there.sum()), confidence)
        bins.append(ReliabilityBin(float(probabilities[there].mean()), share))
    brier = plain_mean((probabilities - outcomes) ** 2, clusters, None, confidence)
    if brier.low is not None and brier.high is not None:  # of squares from 0 to 1; few of them reach beyond
        brier = replace(brier, low=max(0.0, brier.low), high=min(1.0, brier.high))
    grouped = clusters is not None and len(np.unique(clusters)) < len(clusters)
    return Calibration(brier, ece, float(floor.mean()), float(np.quantile(floor, 0.95)), tuple(bins), grouped)


def _error(probabilities: Floats, outcomes: Floats, place: Integers) -> Floats:
    """The expected calibration error of each row of outcomes, shape (rows,)."""
    members = (place[:, None] == np.arange(BINS)).astype(np.float64)
    found: Floats = np.abs((outcomes - probabilities) @ members).sum(axis=1) / len(probabilities)
    return found
