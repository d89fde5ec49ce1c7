"""Krippendorff's alpha alone, with its interval: the quickest answer to "do these people agree?"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Literal

import numpy as np

from hone.errors import StatsError
from hone.stats.alpha import ALPHA, Level, alpha_block, ratio_block
from hone.stats.arrays import Floats, Integers, Numbers, as_clusters, as_scores
from hone.stats.blocks import MomentBlock
from hone.stats.bootstrap import BootstrapOptions, figure_of, resample, with_unseen
from hone.stats.figure import Figure, undefined
from hone.stats.made_up import extreme_levels
from hone.stats.sampling import sampling_of
from hone.stats.scale import scale_of

MOST_RATIO_VALUES = 400
"""Different scores up to which every two have their ratio distance."""


def krippendorff_alpha(
    ratings: Numbers,
    level: Level | Literal["ratio"],
    clusters: Sequence[object] | None = None,
    options: BootstrapOptions | None = None,
) -> Figure:
    """Krippendorff's alpha among people.

    Alpha does not ask who gave which rating, so items with the same ratings in any order are resampled as one row.

    Args:
        ratings: NaN where missing, shape (items, raters).
        level: What scores mean; `ratio` where 0 is none and twice as much means something.
        clusters: The cluster of each item; each item its own when absent.
        options: How the interval is made.

    Raises:
        StatsError: The ratings are not a table of numbers, or hold more levels than can be told apart.
    """
    scores = np.sort(as_scores(ratings, "ratings", 2), axis=1)
    if level == "ratio":
        return _ratio(scores, clusters, options or BootstrapOptions())
    scale = scale_of(scores, np.empty((len(scores), 0)), level)
    if not len(scale.levels) and level != "interval" and not np.isnan(scores).all():
        raise StatsError("the scores are measurements, not levels; ask for the interval level")
    sampling, kept = sampling_of(scores, as_clusters(clusters, len(scores)))
    seen = scores[kept]
    levels = extreme_levels(scale.levels, scores)
    apart = np.array(list(product(np.unique(levels), repeat=2)))
    given = max(2, round(float((~np.isnan(scores)).sum() / max((~np.isnan(scores)).any(axis=1).sum(), 1))))
    cases = np.full((len(apart), scores.shape[1]), np.nan)
    cases[:, :given] = apart[:, 1:]
    cases[:, 0] = apart[:, 0]

    def block(rows: Floats, copies: Integers) -> MomentBlock:
        return alpha_block(rows, scale.codes(rows), len(scale.levels), level, copies)

    def wider() -> list[MomentBlock]:
        return [block(np.concatenate([seen, cases]), np.append(sampling.row_copies, np.zeros(len(cases), np.int64)))]

    draws = resample([(("alpha",), block(seen, sampling.row_copies))], sampling, options or BootstrapOptions())
    return figure_of(with_unseen(draws, wider, sampling, len(cases)), (("alpha",), ALPHA[0]))


def _ratio(scores: Floats, clusters: Sequence[object] | None, options: BootstrapOptions) -> Figure:
    if (scores[~np.isnan(scores)] < 0).any():
        raise StatsError("a score below 0 is not of the ratio level; ask for the interval level")
    if len(np.unique(scores[~np.isnan(scores)])) > MOST_RATIO_VALUES:
        many = f"more than {MOST_RATIO_VALUES} different scores"
        return undefined(len(scores), f"{many}: alpha with ratio distances is not computed")
    sampling, kept = sampling_of(scores, as_clusters(clusters, len(scores)))
    block = ratio_block(scores[kept], sampling.row_copies)
    draws = resample([(("alpha",), block)], sampling, options)
    return figure_of(draws, (("alpha",), block.names[0]))
