"""From which certainty a judge may decide alone: thresholds with an exact bound on how often it is then wrong.

Of n independent items of which k are wrong, the share of wrong ones is at most the upper limit of C. J. Clopper and
E. S. Pearson, Biometrika 26 (1934), 404-413: the q for which P(Bin(n, q) <= k) is what the bound may miss by. Given
how many items reach a threshold, the number of wrong ones among them is binomial, so that the limit is exact for each
threshold by itself.

Several thresholds that are tried on the same items would find one that looks good by luck. What the bound may miss by
(0.05 at 95%) is therefore divided over them, and handed on: each threshold, from the highest down, has its own part
of it, and what the one before it had where that was shown to hold (the fallback procedure of B. L. Wiens, Pharm.
Stat. 2 (2003), 211-217, which keeps the chance of any false claim whatever the dependence: B. L. Wiens and A.
Dmitrienko, J. Biopharm. Stat. 15 (2005), 929-942). It lies between a Bonferroni correction and a fixed sequence. The
thresholds must be chosen before the answers of people are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hone.errors import StatsError
from hone.stats.arrays import Booleans, Floats
from hone.stats.certainty import HAIR


@dataclass(frozen=True)
class AloneBound:
    """What a judge decides alone at one threshold, and how often that is wrong."""

    threshold: float
    alone: int
    """Items whose certainty is the threshold or more."""
    wrong: int
    """How many of them it has wrong."""
    bound: float
    """The upper limit of the share of wrong ones; it may be missed by `miss`."""
    miss: float
    """This threshold's part of what may be missed."""
    holds: bool
    """Whether the limit is at most what was asked for. All that hold do so together."""


def wrong_at_most(wrong: int, n: int, miss: float) -> float:
    """The upper limit of Clopper and Pearson of a share; 1 where there are no items.

    Args:
        wrong: k, how many of the items have the property.
        n: How many items there are.
        miss: How often the limit may lie below the truth.

    Raises:
        StatsError: k lies outside 0 to n, or the miss outside (0, 1).
    """
    from scipy.stats import beta  # noqa: PLC0415 - takes a third of a second

    if not 0 <= wrong <= n or not 0 < miss < 1:
        raise StatsError(f"{wrong} wrong of {n} with a miss of {miss:g} have no limit")
    return 1.0 if wrong == n else float(beta.ppf(1 - miss, wrong + 1, n - wrong))


def alone_bounds(
    certainty: Floats, wrong: Booleans, thresholds: Sequence[float], *, at_most: float, confidence: float = 0.95
) -> tuple[AloneBound, ...]:
    """Each threshold with its bound, highest first.

    Args:
        certainty: How sure the judge is of each item, shape (items,); items are independent.
        wrong: Whether it has the item wrong, shape (items,).
        thresholds: The certainties from which it might decide alone, chosen without looking at `wrong`.
        at_most: The share of wrong ones, of what it decides alone, that is to be borne.
        confidence: How often everything that is said to hold does so, over repetitions.

    Raises:
        StatsError: There is no threshold, or a share is not between 0 and 1.
    """
    if not len(thresholds) or not 0 < at_most < 1 or not 0 < confidence < 1:
        raise StatsError("thresholds, and shares between 0 and 1, are needed")
    part = (1 - confidence) / len(set(thresholds))
    found: list[AloneBound] = []
    miss = part
    for threshold in sorted(set(thresholds), reverse=True):
        sure = reaches(certainty, threshold)
        count, false = int(sure.sum()), int((sure & wrong).sum())
        bound = wrong_at_most(false, count, miss)
        holds = count > 0 and bound <= at_most
        found.append(AloneBound(threshold, count, false, bound, miss, holds))
        miss = part + miss if holds else part
    return tuple(found)


def reaches(certainty: Floats, threshold: float) -> Booleans:
    """Which items are sure enough, shape (items,); a hair below is enough."""
    sure: Booleans = np.asarray(certainty) >= threshold - HAIR
    return sure


def lowest_that_holds(bounds: Sequence[AloneBound]) -> float | None:
    """The lowest threshold whose bound holds, at which the judge decides most alone; none where no bound holds."""
    return min((one.threshold for one in bounds if one.holds), default=None)
