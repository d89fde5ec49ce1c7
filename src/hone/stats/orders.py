"""Two sides that give numbers: Pearson, Spearman, Kendall's tau-b and the mean error.

Three ways to the same values. With few different pairs of scores all four are functions of the table of counts.
With more, ranks are taken again on every resample, from counts along the sorted scores, and Kendall's pairs are one
quadratic form. With very many, the two rank statistics are linear around the observed value, through their
influence functions. Sources: C. Spearman, Am. J. Psychol. 15 (1904), 72-101; M. G. Kendall, Biometrika 33 (1945),
239-251 (tau-b, ties).

Nearness stands beside them, for verdicts: a correlation is 1 also where one side is 45 points higher.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hone.stats.arrays import Booleans, Floats, Integers, divide
from hone.stats.blocks import Block, MomentBlock, WeightBlock
from hone.stats.influence import rank_influences
from hone.stats.ranks import rank_correlations

MOST_CELLS = 400
"""Up to so many cells of the table of counts, statistics are computed from it."""
FEW_CELLS = 36
MOST_COUNTED = 4000
"""With more rows than this only so small a table is counted: influence functions are then as good, and faster."""
MOST_RANKED = 1500
"""Up to so many rows, ranks are taken again on every resample; with more, influence functions stand for them."""
ORDER_NAMES = ("pearson", "mean_error", "spearman", "kendall_tau")
"""What is computed; the mean error is left minus right, so above 0 the left side is more lenient. All three ways give
them in this order: one item more may change the way, and nothing else."""

NEARNESS = "nearness"
"""How near one side's numbers are to the other's, in the unit of a kappa: 1 where they are the same."""


def order_blocks(
    left: Floats, right: Floats, copies: Integers, exact: bool = False, mass: Floats | None = None
) -> list[Block]:
    """Pearson, Spearman, Kendall's tau-b and the mean error between two sides.

    Args:
        left: A score a row, NaN where missing; shape (rows,).
        right: The same. Rows that lack either side are dropped as pairs.
        copies: How many items each row stands for.
        exact: Take ranks again on every resample, however many rows there are.
        mass: By how much an item of each row counts, where items stand for unequally many, shape (rows,).

    Returns:
        One or two blocks that together give all of `ORDER_NAMES`.
    """
    both = ~(np.isnan(left) | np.isnan(right))
    n = int(copies[both].sum())
    reason = _reason(left[both], right[both], n)
    xs, x = np.unique(left[both], return_inverse=True)
    ys, y = np.unique(right[both], return_inverse=True)
    if 0 < len(xs) * len(ys) <= (MOST_CELLS if both.sum() <= MOST_COUNTED else FEW_CELLS):
        seen, place = np.unique(x * len(ys) + y, return_inverse=True)
        cells = np.zeros((len(left), len(seen)))
        cells[np.flatnonzero(both), place] = 1
        return [MomentBlock(ORDER_NAMES, cells, _from_table(xs, ys, seen), n, reason)]
    moments = product_block(left, right, copies)
    if n == 0 or both.sum() <= MOST_RANKED or exact:
        ranked = _ranked(x.astype(np.int64), y.astype(np.int64), both)
        return [moments, WeightBlock(("spearman", "kendall_tau"), ranked, n, reason)]
    return [moments, _linear(left, right, both, copies, reason, mass)]


def product_block(left: Floats, right: Floats, copies: Integers) -> MomentBlock:
    """Pearson and the mean error alone, from sums of products: what verdicts read, without any ranks.

    Args:
        left: A score a row, NaN where missing; shape (rows,).
        right: The same.
        copies: How many items each row stands for.
    """
    both = ~(np.isnan(left) | np.isnan(right))
    n = int(copies[both].sum())
    products = _products(left, right, both, copies)
    return MomentBlock(ORDER_NAMES[:2], products, _from_products, n, _reason(left[both], right[both], n))


def nearness_block(left: Floats, right: Floats, copies: Integers) -> MomentBlock:
    """How near the left side's scores are to the right one's: 1, less their mean square distance over chance's.

    Chance's is that of two scores of the right side drawn at random, twice its variance: 0 is as far as that, and
    below 0 is farther. Where both sides spread alike it is the concordance of L. I-K. Lin, Biometrics 45 (1989),
    255-268, and on levels the quadratically weighted kappa (J. L. Fleiss and J. Cohen, Educ. Psychol. Meas. 33
    (1973), 613-619). These divide by the left side's own spread too, so that one with scores far apart seems near.

    Args:
        left: A score a row, NaN where missing; shape (rows,).
        right: The same. Rows that lack either side are dropped as pairs.
        copies: How many items each row stands for.
    """
    both = ~(np.isnan(left) | np.isnan(right))
    n = int(copies[both].sum())
    reason = _reason(left[both], right[both], n)
    middle = float(copies[both] @ right[both]) / max(n, 1)
    shifted = np.where(both, right - middle, 0.0)
    moments = np.stack([both, shifted, shifted**2, np.where(both, left - right, 0.0) ** 2], axis=1)
    return MomentBlock((NEARNESS,), moments.astype(np.float64), _nearness, n, reason)


def _reason(left: Floats, right: Floats, n: int) -> str:
    if n < 2:
        return "fewer than 2 items were scored by both"
    if not (np.ptp(left) and np.ptp(right)):
        return "one level only"
    return "undefined"


def _from_table(xs: Floats, ys: Floats, seen: Integers) -> Callable[[Floats], Floats]:
    def finish(totals: Floats) -> Floats:
        cells = np.zeros((len(totals), len(xs) * len(ys)))
        cells[:, seen] = totals
        table = cells.reshape(-1, len(xs), len(ys))
        rows, columns = table.sum(axis=2), table.sum(axis=1)
        items = rows.sum(axis=1)
        error = divide(rows @ xs - columns @ ys, items)
        x, y = np.broadcast_to(xs - xs.mean(), rows.shape), np.broadcast_to(ys - ys.mean(), columns.shape)
        pearson = _weighted_correlation(table, x, y)
        spearman = _weighted_correlation(table, _midranks(rows), _midranks(columns))
        return np.stack([pearson, error, spearman, _tau(table, rows, columns, items)], axis=1)

    return finish


def _midranks(counts: Floats) -> Floats:
    """The mean rank of each level among items with these counts, shape (b, levels), minus the mean of all ranks."""
    ranks: Floats = np.cumsum(counts, axis=1) - counts / 2 - counts.sum(axis=1, keepdims=True) / 2
    return ranks


def _weighted_correlation(table: Floats, x: Floats, y: Floats) -> Floats:
    rows, columns = table.sum(axis=2), table.sum(axis=1)
    items = rows.sum(axis=1)
    mean_x, mean_y = divide((rows * x).sum(axis=1), items), divide((columns * y).sum(axis=1), items)
    x, y = x - mean_x[:, None], y - mean_y[:, None]
    together = (np.einsum("bij,bj->bi", table, y) * x).sum(axis=1)
    return _ratio(together, (rows * x**2).sum(axis=1), (columns * y**2).sum(axis=1))


def _ratio(together: Floats, x: Floats, y: Floats) -> Floats:
    """A correlation from sums of squares; NaN where either side does not vary."""
    return np.clip(divide(together, np.sqrt(np.maximum(x, 0)) * np.sqrt(np.maximum(y, 0))), -1, 1)


def _tau(table: Floats, rows: Floats, columns: Floats, items: Floats) -> Floats:
    """Kendall's tau-b: concordant minus discordant pairs over the geometric mean of the untied ones."""
    right = table.sum(axis=2, keepdims=True) - np.cumsum(table, axis=2)
    left = np.cumsum(table, axis=2) - table
    step = right - left
    below = step.sum(axis=1, keepdims=True) - np.cumsum(step, axis=1)
    concordance = 2 * (table * below).sum(axis=(1, 2))
    return _ratio(concordance, items**2 - (rows**2).sum(axis=1), items**2 - (columns**2).sum(axis=1))


def _products(left: Floats, right: Floats, both: Booleans, copies: Integers) -> Floats:
    x, y = np.where(both, left, 0.0), np.where(both, right, 0.0)
    weights = copies * both
    total = max(float(weights.sum()), 1.0)
    shift_x, shift_y = float(weights @ x) / total, float(weights @ y) / total
    a, b = np.where(both, x - shift_x, 0.0), np.where(both, y - shift_y, 0.0)
    error = np.where(both, x - y, 0.0)
    return np.stack([both.astype(np.float64), a, b, a * a, b * b, a * b, error], axis=1)


def _from_products(totals: Floats) -> Floats:
    items, x, y, xx, yy, xy, error = totals.T
    together = xy - divide(x * y, items)
    pearson = _ratio(together, xx - divide(x * x, items), yy - divide(y * y, items))
    return np.stack([pearson, divide(error, items)], axis=1)


def _nearness(totals: Floats) -> Floats:
    items, right, squares, distance = totals.T
    return (1 - divide(distance, 2 * (squares - divide(right * right, items))))[:, None]


def _ranked(x: Integers, y: Integers, both: Booleans) -> Callable[[Floats], Floats]:
    kept = np.flatnonzero(both)
    return lambda weights: rank_correlations(weights[:, kept], x, y)


def _linear(
    left: Floats, right: Floats, both: Booleans, copies: Integers, reason: str, mass: Floats | None
) -> MomentBlock:
    kept = np.flatnonzero(both)
    pairs, place = np.unique(np.stack([left[kept], right[kept]], axis=1), axis=0, return_inverse=True)
    each = copies[kept] if mass is None else copies[kept] * mass[kept]
    counts = np.bincount(place.ravel(), weights=each)
    counts = counts.astype(np.int64) if mass is None else counts
    values, influences = rank_influences(pairs[:, 0], pairs[:, 1], counts)
    moments = np.zeros((len(left), 3))
    moments[kept, 0] = 1
    moments[kept, 1:] = influences[place.ravel()]

    def finish(totals: Floats) -> Floats:
        return values + divide(totals[:, 1:], totals[:, :1])

    return MomentBlock(("spearman", "kendall_tau"), moments, finish, int(copies[kept].sum()), reason)
