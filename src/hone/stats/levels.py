"""Two sides that use the same levels: accuracy and Cohen's kappa, plain and weighted.

Sources: J. Cohen, Educ. Psychol. Meas. 20 (1960), 37-46; J. Cohen, Psychol. Bull. 70 (1968), 213-220 (weights).
"""

from __future__ import annotations

import numpy as np

from hone.stats.arrays import Floats, Integers, divide
from hone.stats.blocks import MomentBlock

MOST_LEVELS = 30
"""More different scores than this are measurements, not levels: kappas are then undefined."""
LEVEL_NAMES = ("accuracy", "cohen_kappa", "linear_kappa", "weighted_kappa")
"""What is computed; `weighted_kappa` is quadratic."""


def levels_of(scores: Floats, ordinal: bool) -> Floats:
    """The different scores, lowest first.

    Whole numbers on an ordinal scale keep the levels between them that nobody used: a 3 that was never given still
    lies between 2 and 4.
    """
    found = np.unique(scores[~np.isnan(scores)]).tolist()
    whole = ordinal and bool(found) and all(float(score).is_integer() for score in found)
    if whole and found[-1] - found[0] < MOST_LEVELS:
        found = list(range(int(found[0]), int(found[-1]) + 1))
    return np.array(found, dtype=np.float64)


def codes_of(scores: Floats, levels: Floats) -> Integers:
    """The place of each score among the levels; -1 where it is missing or on none of them."""
    if not len(levels):
        return np.full(scores.shape, -1, dtype=np.int64)
    place = np.clip(np.searchsorted(levels, scores), 0, len(levels) - 1)
    return np.where(levels[place] == scores, place, -1).astype(np.int64)


def membership_of(codes: Integers, size: int) -> Floats:
    """One 1 a row, in the column of its level; a row of zeros where it is missing. Shape codes.shape + (size,)."""
    members: Floats = (codes[..., None] == np.arange(size)).astype(np.float64)
    return members


def positions_of(levels: Floats, interval: bool) -> Floats:
    """Where levels stand for weights: at their values on an interval scale, else evenly spaced."""
    return levels if interval else np.arange(len(levels)).astype(np.float64)


def level_block(
    left: Floats, right: Floats, positions: Floats, copies: Integers, names: tuple[str, ...] = LEVEL_NAMES
) -> MomentBlock:
    """Accuracy and kappas between two sides.

    Args:
        left: Membership of each row's left score, shape (rows, levels); a tie may be split over levels.
        right: The same for the right score. Rows that lack either side are dropped as pairs.
        positions: Where the levels stand, for the linear and quadratic weights, shape (levels,).
        copies: How many items each row stands for.
        names: Which of `LEVEL_NAMES` to give.

    Returns:
        The block. Kappa is 1 minus the ratio of observed to expected disagreement; undefined where the expected
        one is 0, that is, where both sides gave one and the same level.
    """
    both = (left.sum(axis=1) > 0) & (right.sum(axis=1) > 0)
    left, right = left * both[:, None], right * both[:, None]
    distances = _distances(positions)
    observed = [((left @ distance) * right).sum(axis=1) for distance in distances]
    moments = np.concatenate([np.stack(observed, axis=1), left, right], axis=1)
    n, size = int(copies[both].sum()), len(positions)
    chosen = [LEVEL_NAMES.index(name) for name in names]

    def finish(totals: Floats) -> Floats:
        one, other = totals[:, 3 : 3 + size], totals[:, 3 + size :]
        items = one.sum(axis=1)
        expected = np.stack([((one @ distance) * other).sum(axis=1) for distance in distances], axis=1)
        kappas = 1 - divide(totals[:, :3] * items[:, None], expected)
        values = np.concatenate([1 - divide(totals[:, :1], items[:, None]), kappas], axis=1)
        return values[:, chosen]

    whole = bool(((right == 0) | (right == 1)).all() and ((left == 0) | (left == 1)).all())
    reason = "no item was scored by both" if n == 0 else "one level only"
    return MomentBlock(names, moments, finish, n, reason, frozenset({"accuracy"} if whole else ()))


def _distances(positions: Floats) -> list[Floats]:
    gaps = np.abs(positions[:, None] - positions[None, :])
    return [(gaps > 0).astype(np.float64), gaps, gaps**2]


def confusion(left: Floats, right: Floats, copies: Integers) -> Floats:
    """How often each left level met each right level, shape (levels, levels); ties count in part."""
    return (left * copies[:, None]).T @ right
