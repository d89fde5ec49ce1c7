"""Spearman and Kendall's tau-b on many resamples at once, where there are many different scores.

The order of the scores does not change from one resample to the next, only how often each row counts: ranks are
running sums of counts along that order, and the pairs of Kendall's tau are a quadratic form in the counts.
"""

from __future__ import annotations

import numpy as np

from hone.stats.arrays import Floats, Integers, divide

MOST_PAIRED = 5000
"""With more rows than this, Kendall's matrix of pairs would not fit into memory, and tau is left undefined."""


def rank_correlations(weights: Floats, x: Integers, y: Integers) -> Floats:
    """Spearman and Kendall's tau-b of weighted rows.

    Args:
        weights: How often each row counts, shape (b, rows).
        x: The place of each row's left score among the different ones, 0 lowest; shape (rows,).
        y: The same for the right score.

    Returns:
        Shape (b, 2); NaN where either side does not vary.
    """
    if not len(x):
        return np.full((len(weights), 2), np.nan)
    counts_x, counts_y = _counts(weights, x), _counts(weights, y)
    return np.stack(
        [_spearman(weights, counts_x, counts_y, x, y), _kendall(weights, counts_x, counts_y, x, y)], axis=1
    )


def _counts(weights: Floats, codes: Integers) -> Floats:
    """How often each level is drawn, shape (b, levels)."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(int(codes.max()) + 1))
    return np.add.reduceat(weights[:, order], starts, axis=1)


def _spearman(weights: Floats, counts_x: Floats, counts_y: Floats, x: Integers, y: Integers) -> Floats:
    half = weights.sum(axis=1, keepdims=True) / 2
    rank_x = np.cumsum(counts_x, axis=1) - counts_x / 2 - half
    rank_y = np.cumsum(counts_y, axis=1) - counts_y / 2 - half
    together = np.einsum("bi,bi,bi->b", weights, rank_x[:, x], rank_y[:, y])
    spread = (counts_x * rank_x**2).sum(axis=1) * (counts_y * rank_y**2).sum(axis=1)
    return np.clip(divide(together, np.sqrt(spread)), -1, 1)


def _kendall(weights: Floats, counts_x: Floats, counts_y: Floats, x: Integers, y: Integers) -> Floats:
    if len(x) > MOST_PAIRED:
        return np.full(len(weights), np.nan)
    signs = np.sign(x[:, None] - x[None, :]).astype(np.float32) * np.sign(y[:, None] - y[None, :]).astype(np.float32)
    # Sums of whole numbers: exact in single precision up to 2**24, and a row's sum is at most the number of items.
    concordance = ((weights.astype(np.float32) @ signs).astype(np.float64) * weights).sum(axis=1)
    pairs = weights.sum(axis=1) ** 2
    untied = (pairs - (counts_x**2).sum(axis=1)) * (pairs - (counts_y**2).sum(axis=1))
    return np.clip(divide(concordance, np.sqrt(untied)), -1, 1)
