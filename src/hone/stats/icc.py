"""Intraclass correlations, two-way random effects, absolute agreement: ICC(2,1) and ICC(2,k).

Source: P. E. Shrout and J. L. Fleiss, Psychol. Bull. 86 (1979), 420-428, case 2. The mean squares come from sums over
items, so a resample is a product. Only items that every rater scored take part: the analysis of variance needs a full
table, and `n` says how many there were.
"""

from __future__ import annotations

import numpy as np

from hone.stats.arrays import Booleans, Floats, Integers, divide
from hone.stats.blocks import MomentBlock, undefined_block

ICC_NAMES = ("icc_2_1", "icc_2_k")


def icc_block(scores: Floats, copies: Integers) -> MomentBlock:
    """ICC(2,1), the reliability of one rater, and ICC(2,k), of the mean of all k.

    Args:
        scores: Ratings, NaN where missing, shape (rows, raters).
        copies: How many items each row stands for.
    """
    raters = scores.shape[1]
    if raters < 2:
        return undefined_block(ICC_NAMES, len(scores), 0, "fewer than 2 raters")
    full: Booleans = np.logical_and.reduce(~np.isnan(scores), axis=1)
    centre = scores[full].mean() if full.any() else 0.0
    values = np.where(full[:, None], scores - centre, 0.0)
    squares = np.stack([full.astype(np.float64), (values**2).sum(axis=1), values.sum(axis=1) ** 2], axis=1)

    def finish(totals: Floats) -> Floats:
        return _from_sums(totals, raters)

    n = int(copies[full].sum())
    reason = "fewer than 2 items were scored by every rater" if n < 2 else "one level only"
    return MomentBlock(ICC_NAMES, np.concatenate([squares, values], axis=1), finish, n, reason)


def _from_sums(totals: Floats, raters: int) -> Floats:
    items, squares, row_squares = totals[:, 0], totals[:, 1], totals[:, 2]
    columns = totals[:, 3:]
    correction = divide(columns.sum(axis=1) ** 2, items * raters)
    between_rows = row_squares / raters - correction
    between_raters = divide((columns**2).sum(axis=1), items) - correction
    rest = squares - correction - between_rows - between_raters
    rows = divide(between_rows, items - 1)
    others = between_raters / (raters - 1)
    error = divide(rest, (items - 1) * (raters - 1))
    drift = divide(others - error, items)
    single = divide(rows - error, rows + (raters - 1) * error + raters * drift)
    return np.stack([single, divide(rows - error, rows + drift)], axis=1)
