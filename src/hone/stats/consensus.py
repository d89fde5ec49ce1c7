"""What people say together: the majority of labels, or the mean of scores; and the same without one of them.

A tie is never broken by the order of the labels, nor is the item dropped: it counts in equal parts for each of the
tied levels, and how many ties there were is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hone.stats.alpha import Level
from hone.stats.arrays import Booleans, Floats, Integers, divide


@dataclass(frozen=True)
class Consensus:
    """The consensus of each row."""

    membership: Floats
    """In which level the consensus lies, shape (rows, levels); split over tied levels, zeros where nobody rated."""
    score: Floats
    """The mean score, NaN where nobody rated or labels have no mean; shape (rows,)."""

    @property
    def tied(self) -> Booleans:
        """Which rows are tied between levels, shape (rows,)."""
        tied: Booleans = (self.membership > 0).sum(axis=1) > 1
        return tied


def consensus(scores: Floats, codes: Integers, levels: Floats, level: Level) -> Consensus:
    """The consensus of all raters.

    Args:
        scores: Ratings, NaN where missing, shape (rows, raters).
        codes: The place of each rating among the levels, -1 where missing.
        levels: The different scores, lowest first; empty when scores are measurements and not levels.
        level: `nominal` takes the majority; `ordinal` and `interval` the mean, and the level nearest to it.
    """
    given = ~np.isnan(scores)
    if level == "nominal":
        votes = (codes[:, :, None] == np.arange(len(levels))).sum(axis=1).astype(np.float64)
        return Consensus(_largest(votes), np.full(len(scores), np.nan))
    count = given.sum(axis=1).astype(np.float64)
    mean = divide(np.where(given, scores, 0.0).sum(axis=1), count)
    return Consensus(_nearest(mean, levels), mean)


def consensus_without(scores: Floats, codes: Integers, levels: Floats, level: Level, rater: int) -> Consensus:
    """The consensus of all raters but one, so that nobody is compared with a figure that they are part of."""
    others = np.delete(np.arange(scores.shape[1]), rater)
    return consensus(scores[:, others], codes[:, others], levels, level)


def others_consensus(
    scores: Floats, codes: Integers, levels: Floats, level: Level
) -> tuple[Integers, Integers, Consensus]:
    """For every rating of a row that has two or more, the consensus of the row's other raters.

    Returns:
        The row and the rater of each rating, shape (ratings,) each, by row; and the consensus, a row a rating.
    """
    given = ~np.isnan(scores)
    count = given.sum(axis=1)
    rows, raters = np.nonzero(given & (count >= 2)[:, None])
    own, places = scores[rows, raters], codes[rows, raters]
    if level == "nominal":
        size = len(levels)
        filled = codes[given] + size * np.nonzero(given)[0]
        votes = np.bincount(filled, minlength=len(scores) * size).reshape(len(scores), size).astype(np.float64)
        left = votes[rows]
        left[np.arange(len(rows)), places] -= 1
        return rows, raters, Consensus(_largest(left), np.full(len(rows), np.nan))
    total = np.where(given, scores, 0.0).sum(axis=1)
    mean = (total[rows] - own) / (count[rows] - 1)
    return rows, raters, Consensus(_nearest(mean, levels), mean)


def _largest(votes: Floats) -> Floats:
    top = votes.max(axis=1, keepdims=True, initial=0.0)
    tied = ((votes == top) & (top > 0)).astype(np.float64)
    return np.nan_to_num(divide(tied, tied.sum(axis=1, keepdims=True)))


def _nearest(mean: Floats, levels: Floats) -> Floats:
    if not len(levels):
        return np.zeros((len(mean), 0))
    distance = np.abs(mean[:, None] - levels[None, :])
    nearest = distance <= np.min(distance, axis=1, keepdims=True) + 1e-9
    return np.nan_to_num(divide(nearest.astype(np.float64), nearest.sum(axis=1, keepdims=True).astype(np.float64)))
