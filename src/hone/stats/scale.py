"""What scores mean: labels, an order or distances, and which levels there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hone.errors import StatsError
from hone.stats.alpha import Level
from hone.stats.arrays import Floats, Integers, Numbers
from hone.stats.levels import MOST_LEVELS, codes_of, levels_of, positions_of

HEADLINES = {"nominal": "cohen_kappa", "ordinal": "weighted_kappa", "interval": "pearson"}
"""The statistic that the verdict reads, by level."""


@dataclass(frozen=True)
class ScoreScale:
    """The levels of one criterion."""

    level: Level
    levels: Floats
    """Lowest first; empty when there are too many different scores to be levels."""

    @property
    def positions(self) -> Floats:
        """Where the levels stand for weights."""
        return positions_of(self.levels, interval=self.level == "interval")

    @property
    def headline(self) -> str:
        """The statistic that the verdict reads."""
        return HEADLINES[self.level] if len(self.levels) else "pearson"

    def codes(self, scores: Floats) -> Integers:
        """The place of each score among the levels; -1 where it is missing or on none of them."""
        return codes_of(scores, self.levels)


def scale_of(people: Floats, judges: Floats, level: Level, declared: Sequence[float] | None = None) -> ScoreScale:
    """The levels that people used, and judges where that leaves few enough.

    Args:
        people: All ratings of one criterion, NaN where missing.
        judges: All judges' scores, shape (items, judges).
        level: What scores mean.
        declared: The levels of the rubric's scale, where it is known.

    Raises:
        StatsError: A person's score is not among the declared levels.
    """
    if declared is not None:
        levels = np.unique(np.asarray(declared, dtype=np.float64))
        strange = np.setdiff1d(people[~np.isnan(people)], levels)
        if len(strange):
            raise StatsError(f"the score {strange[0]:g} is not on the scale ({', '.join(f'{x:g}' for x in levels)})")
        return ScoreScale(level, levels)
    if level == "nominal":
        return ScoreScale(level, levels_of(np.concatenate([people.ravel(), judges.ravel()]), ordinal=False))
    found = levels_of(people, ordinal=level == "ordinal")
    for judge in judges.T:
        wider = levels_of(np.concatenate([found, judge]), ordinal=level == "ordinal")
        found = wider if len(wider) <= MOST_LEVELS else found
    return ScoreScale(level, found if len(found) <= MOST_LEVELS else np.empty(0))


def guess_level(scores: Numbers) -> Level:
    """Guess what numbers mean, for a caller that says so: few whole numbers are an order, else distances.

    Labels that are not numbers are nominal, which the caller knows and this function cannot see.
    """
    values = np.asarray(scores, dtype=np.float64).ravel()
    values = values[~np.isnan(values)]
    few = len(np.unique(values)) <= 11
    return "ordinal" if few and bool((values == np.rint(values)).all()) else "interval"
