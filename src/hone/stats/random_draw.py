"""Can the rated items be a random draw, by the judge's scores? Where they were chosen by its verdict, they are not.

A permutation test: of all ways to draw as many items, how many are as uneven as this one, by Pearson's chi-squared
over the judge's scores (many different ones in ten parts)? Source: R. A. Fisher, The Design of Experiments (1935),
section 21; with two different scores it is his exact test of a table, by the probabilities of all tables.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import hypergeom

from hone.stats.arrays import Floats, Integers

_DRAWS = 20_000
_MOST_SCORES = 12
_PARTS = 10


def draw_p_value(rated: Floats, rest: Floats, seed: int = 0) -> float | None:
    """How often a random draw is as uneven.

    Args:
        rated: The judge's scores of the rated items, shape (rated,), without missing ones.
        rest: Its scores of the others.
        seed: For the draws where there are more than two different scores.

    Returns:
        A p value; none where there is nothing to compare.
    """
    if not len(rated) or not len(rest):
        return None
    both = np.concatenate([rated, rest])
    codes = _codes(both)
    counts = np.bincount(codes)
    seen = np.bincount(codes[: len(rated)], minlength=len(counts))
    if len(counts) < 2:
        return None
    if len(counts) == 2:
        chances = hypergeom.pmf(np.arange(len(rated) + 1), len(both), int(counts[1]), len(rated))
        return float(min(1.0, chances[chances <= chances[seen[1]] * (1 + 1e-7)].sum()))
    drawn = np.random.default_rng(seed).multivariate_hypergeometric(counts, len(rated), size=_DRAWS)
    found, observed = (_unevenness(one, counts, len(rated)) for one in (drawn, seen[None, :]))
    return float((1 + (found >= observed[0] * (1 - 1e-12)).sum()) / (1 + _DRAWS))


def _codes(scores: Floats) -> Integers:
    different, place = np.unique(scores, return_inverse=True)
    if len(different) <= _MOST_SCORES:
        return place.astype(np.int64)
    edges = np.unique(np.quantile(scores, np.arange(1, _PARTS) / _PARTS))
    return np.unique(np.searchsorted(edges, scores), return_inverse=True)[1].astype(np.int64)


def _unevenness(drawn: Integers, counts: Integers, rated: int) -> Floats:
    """Pearson's chi-squared up to a factor that is the same for all draws."""
    expected = counts * (rated / counts.sum())
    found: Floats = ((drawn - expected) ** 2 / expected).sum(axis=1)
    return found
