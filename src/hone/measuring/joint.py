"""How often each score of a judge met each score of the people: what a scatter with counts draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hone.stats import Ratings

Floats = npt.NDArray[np.float64]
MOST_DIFFERENT = 15
"""Different scores of one side up to which each stands for itself; beyond, they are put into bins."""
BINS = 10


@dataclass(frozen=True)
class Joint:
    """Counts of items by the judge's score (rows) and the mean of people's scores (columns)."""

    judge: Floats
    """Scores, or the middles of bins; shape (rows,)."""
    people: Floats
    """The same, shape (columns,)."""
    counts: npt.NDArray[np.int64]
    judge_binned: bool
    people_binned: bool


def joint_counts(ratings: Ratings, criterion: str, judge: str) -> Joint | None:
    """Count items by both scores; none for labels, which have no mean, or where no item has both."""
    if ratings.level == "nominal" or ratings.judges is None:
        return None
    people = np.asarray(ratings.people[criterion], dtype=np.float64)
    scores = np.asarray(ratings.judges[criterion], dtype=np.float64)[:, list(ratings.judge_names).index(judge)]
    given = ~np.isnan(people)
    both = given.any(axis=1) & ~np.isnan(scores)
    if not both.any():
        return None
    mean = np.where(given, people, 0.0)[both].sum(axis=1) / given[both].sum(axis=1)
    rows, row, row_binned = _places(scores[both])
    columns, column, column_binned = _places(np.round(mean, 9))
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    np.add.at(counts, (row, column), 1)
    return Joint(rows, columns, counts, row_binned, column_binned)


def _places(scores: Floats) -> tuple[Floats, npt.NDArray[np.int64], bool]:
    different, place = np.unique(scores, return_inverse=True)
    if len(different) <= MOST_DIFFERENT:
        return different, place.astype(np.int64), False
    low, width = different[0], (different[-1] - different[0]) / BINS
    place = np.clip(((scores - low) / width).astype(np.int64), 0, BINS - 1)
    return low + width * (np.arange(BINS) + 0.5), place, True
