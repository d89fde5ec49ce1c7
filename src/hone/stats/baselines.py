"""What needs no judgement: always the most common level, or the longer the better. A judge must beat them."""

from __future__ import annotations

import numpy as np

from hone.stats.arrays import Floats, Integers
from hone.stats.consensus import Consensus


def majority_class(agreed: Consensus, levels: Floats, copies: Floats | Integers) -> Floats | None:
    """The most common level of the consensus, for every row; none without levels or ratings.

    Args:
        agreed: The consensus of each row.
        levels: The levels, lowest first.
        copies: How many items each row stands for, or how much it counts.
    """
    totals = copies @ agreed.membership
    if not len(levels) or not totals.sum():
        return None
    return np.full(len(copies), levels[int(np.argmax(totals))])


def length_only(lengths: Floats, agreed: Consensus, copies: Floats | Integers) -> Floats | None:
    """Scores that follow length alone: the longest get people's highest scores, in people's own proportions.

    Args:
        lengths: The length of each row's reply, NaN where unknown.
        agreed: The consensus of each row, with mean scores.
        copies: How many items each row stands for, or how much it counts.

    Returns:
        A score a row, the nearest level to the mean score of the same rank; none without lengths or mean scores.
    """
    known = ~np.isnan(lengths) & ~np.isnan(agreed.score)
    if not known.any():
        return None
    weight, found, score = copies[known], lengths[known], agreed.score[known]
    levels, place = np.unique(found, return_inverse=True)
    counts = np.bincount(place, weights=weight, minlength=len(levels))
    middle = (np.cumsum(counts) - counts / 2)[place]
    ranked = np.argsort(score, kind="stable")
    at = np.searchsorted(np.cumsum(weight[ranked]), middle)
    scores = np.full(len(lengths), np.nan)
    scores[known] = score[ranked][np.minimum(at, len(score) - 1)]
    return scores
