"""Agreement among any number of people: percent agreement, Fleiss' kappa, Gwet's AC1 and AC2.

With missing ratings an item counts with the raters that it has. Sources: J. L. Fleiss, Psychol. Bull. 76 (1971),
378-382; K. L. Gwet, Br. J. Math. Stat. Psychol. 61 (2008), 29-48 (AC1) and Handbook of Inter-Rater Reliability, 4th
ed. (2014), chapters 2 and 5 (AC2, quadratic weights, and both for missing ratings).
"""

from __future__ import annotations

import numpy as np

from hone.stats.arrays import Floats, Integers, divide
from hone.stats.blocks import MomentBlock

RATER_NAMES = ("percent_agreement", "fleiss_kappa", "gwet_ac1", "gwet_ac2")
_ENDS = dict.fromkeys(RATER_NAMES, (-1.0, 1.0)) | {"percent_agreement": (0.0, 1.0)}


def rater_block(codes: Integers, positions: Floats, copies: Integers) -> MomentBlock:
    """Percent agreement, Fleiss' kappa, AC1 and AC2 (quadratic weights).

    Args:
        codes: The place of each rating among the levels, -1 where missing; shape (rows, raters).
        positions: Where the levels stand, for the weights of AC2; shape (levels,).
        copies: How many items each row stands for.

    Returns:
        The block. Percent agreement is the mean, over items with two ratings or more, of the share of an item's pairs
        of ratings that are equal; chance is taken from the mean share of each level over items.
    """
    size = len(positions)
    counts = (codes[:, :, None] == np.arange(size)).sum(axis=1).astype(np.float64)
    given = counts.sum(axis=1)
    paired = given >= 2
    pairs = given * (given - 1)
    weights = _quadratic(positions)
    agreement = np.stack([_alike(counts, np.eye(size), pairs), _alike(counts, weights, pairs)], axis=1)
    shares = np.nan_to_num(divide(counts, given[:, None]))
    moments = np.concatenate([paired[:, None], agreement, (given > 0)[:, None], shares], axis=1).astype(np.float64)

    def finish(totals: Floats) -> Floats:
        equal, alike = divide(totals[:, 1], totals[:, 0]), divide(totals[:, 2], totals[:, 0])
        share = divide(totals[:, 4:], totals[:, 3:4])
        chance = (share**2).sum(axis=1)
        spread = (share * (1 - share)).sum(axis=1) / max(size - 1, 1)
        weighted = spread * weights.sum() / max(size, 1)
        ac1 = _beyond(equal, spread) if size > 1 else np.full(len(totals), np.nan)
        ac2 = _beyond(alike, weighted) if size > 1 else np.full(len(totals), np.nan)
        return np.stack([equal, _beyond(equal, chance), ac1, ac2], axis=1)

    n = int(copies[paired].sum())
    reason = "fewer than 2 raters on any item" if n == 0 else "one level only"
    whole = bool((given[paired] == 2).all())
    plain = frozenset({"percent_agreement"} if whole else ())
    return MomentBlock(RATER_NAMES, moments, finish, n, reason, plain, _ENDS)


def _alike(counts: Floats, weights: Floats, pairs: Floats) -> Floats:
    """The mean weight of an item's pairs of different raters; 0 where it has fewer than two ratings."""
    together = ((counts @ weights) * counts).sum(axis=1) - counts @ np.diag(weights)
    return np.nan_to_num(divide(together, pairs))


def _beyond(observed: Floats, chance: Floats) -> Floats:
    """Agreement beyond chance; NaN where chance alone explains everything."""
    return divide(observed - chance, 1 - chance)


def _quadratic(positions: Floats) -> Floats:
    if len(positions) < 2:
        return np.ones((len(positions), len(positions)))
    return 1 - ((positions[:, None] - positions[None, :]) / np.ptp(positions)) ** 2
