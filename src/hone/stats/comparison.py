"""One side against another: a judge or a person against a person or a consensus, with all statistics that apply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hone.stats.arrays import Booleans, Floats, Integers
from hone.stats.blocks import Block, MomentBlock, only_statistic, undefined_block
from hone.stats.consensus import Consensus
from hone.stats.levels import LEVEL_NAMES, level_block, membership_of
from hone.stats.orders import ORDER_NAMES, nearness_block, order_blocks, product_block
from hone.stats.scale import ScoreScale

NAMES = (*LEVEL_NAMES, *ORDER_NAMES)
"""Every statistic of one side against another."""
_WEIGHTED = ("linear_kappa", "weighted_kappa")


@dataclass(frozen=True)
class Side:
    """What one side says of each row."""

    membership: Floats
    """Shape (rows, levels); zeros where it says nothing or a score that is no level."""
    score: Floats
    """Shape (rows,); NaN where it says nothing, and throughout for labels."""
    given: Booleans
    """Where it says anything, shape (rows,)."""

    def only(self, rows: Booleans) -> Side:
        """The same side, silent outside these rows."""
        return Side(self.membership * rows[:, None], np.where(rows, self.score, np.nan), self.given & rows)


def side_of(scores: Floats, scale: ScoreScale) -> Side:
    """One rater's or judge's scores, NaN where missing, shape (rows,)."""
    membership = membership_of(scale.codes(scores), len(scale.levels))
    numbers = np.full(len(scores), np.nan) if scale.level == "nominal" else scores
    return Side(membership, numbers, ~np.isnan(scores))


def side_of_consensus(agreed: Consensus) -> Side:
    """A consensus as a side."""
    given = (agreed.membership.sum(axis=1) > 0) | ~np.isnan(agreed.score)
    return Side(agreed.membership, agreed.score, given)


def comparison_blocks(
    left: Side, right: Side, scale: ScoreScale, copies: Integers, mass: Floats | None = None
) -> list[Block]:
    """All of `NAMES` between two sides; those that do not apply are undefined with the reason; see `order_blocks`."""
    by_level = level_comparison(left, right, scale, copies)
    if scale.level == "nominal":
        n = int(copies[left.given & right.given].sum())
        return [*by_level, undefined_block(ORDER_NAMES, len(copies), n, "labels have no order")]
    return [*by_level, *order_blocks(left.score, right.score, copies, mass=mass)]


def level_comparison(left: Side, right: Side, scale: ScoreScale, copies: Integers) -> list[Block]:
    """Accuracy and kappas between two sides; weighted ones are undefined for labels."""
    n = int(copies[left.given & right.given].sum())
    found: list[Block] = [_by_level(left, right, scale, copies, n)]
    if scale.level == "nominal":
        found.append(undefined_block(_WEIGHTED, len(copies), n, "labels have no order"))
    return found


def headline_block(left: Side, right: Side, scale: ScoreScale, copies: Integers, name: str) -> Block:
    """One statistic between two sides.

    Args:
        left: The side that is judged.
        right: The side that it is held against.
        scale: What scores mean.
        copies: How many items each row stands for.
        name: One of `NAMES`.
    """
    if name in LEVEL_NAMES:
        n = int(copies[left.given & right.given].sum())
        return _by_level(left, right, scale, copies, n, (name,))
    if name in ORDER_NAMES[:2] and scale.level != "nominal":
        return only_statistic(product_block(left.score, right.score, copies), name)
    found = comparison_blocks(left, right, scale, copies)
    return only_statistic(next(block for block in found if name in block.names), name)


def gap_parts(left: Side, right: Side, scale: ScoreScale, copies: Integers, near: bool) -> list[Block]:
    """What a verdict rests on between two sides: the scale's headline, and the nearness of their numbers.

    Args:
        left: The side that is judged.
        right: The side that it is held against.
        scale: What scores mean.
        copies: How many items each row stands for.
        near: Whether nearness is looked at.
    """
    decisive = headline_block(left, right, scale, copies, scale.headline)
    return [decisive, nearness_block(left.score, right.score, copies)] if near else [decisive]


def _by_level(
    left: Side, right: Side, scale: ScoreScale, copies: Integers, n: int, names: tuple[str, ...] = LEVEL_NAMES
) -> MomentBlock:
    rows = len(copies)
    if not len(scale.levels):
        return undefined_block(names, rows, n, "the scores are measurements, not levels")
    if n and bool((left.given & (left.membership.sum(axis=1) == 0)).any()):
        return undefined_block(names, rows, n, "some scores are not on the people's scale")
    ordered = names if scale.level != "nominal" else tuple(name for name in names if name not in _WEIGHTED)
    return level_block(left.membership, right.membership, scale.positions, copies, ordered)
