"""Many people with few items each: how well a person does, from all ratings of all people at once.

A kappa of six items is hardly a figure: it is undefined for one person, -0.5 for the next, and the mean of such
kappas lies below what the same people reach with more items, so far that a bootstrap of it may lie wholly beside it.
So where people rated few items, each rating is held against the consensus of the others on its item, and one figure
is taken of all these pairs. An item is drawn with all its ratings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from hone.stats.arrays import Booleans, Floats, Integers, divide
from hone.stats.blocks import Block, MomentBlock
from hone.stats.comparison import Side, comparison_blocks, gap_parts, side_of, side_of_consensus
from hone.stats.consensus import others_consensus
from hone.stats.scale import ScoreScale
from hone.stats.unseen import SAME

PERSON_NAMES = ("accuracy", "mean_error")
"""What is computed for each of very many people."""


@dataclass(frozen=True)
class PooledRatings:
    """Every rating of an item that others rated too, beside the others' consensus."""

    rows: Integers
    """The row of each rating, shape (ratings,), in order."""
    raters: Integers
    """Whose each one is."""
    person: Side
    others: Side
    scale: ScoreScale
    copies: Integers
    """How many items each row stands for, shape (rows,)."""
    mass: Floats | None = None
    """By how much an item of each row counts; none where all stand for equally many."""

    def ceiling(self) -> Iterator[Block]:
        """How well a person does: all of `comparison.NAMES`."""
        mass = None if self.mass is None else self.mass[self.rows]
        for block in comparison_blocks(self.person, self.others, self.scale, self.copies[self.rows], mass):
            yield self._by_row(block, np.ones(len(self.rows), dtype=bool))

    def of_person(self, rater: int) -> Block:
        """How often one person gives the others' score, and whether they are stricter: `PERSON_NAMES`."""
        own = self.raters == rater
        rows = self.rows[own]
        equal = (self.person.membership[own] * self.others.membership[own]).sum(axis=1)
        error = self.person.score[own] - self.others.score[own]
        known = np.isfinite(error)
        moments = np.zeros((len(self.copies), 4))
        moments[rows] = np.stack([np.ones(len(rows)), equal, known, np.where(known, error, 0.0)], axis=1)

        def finish(totals: Floats) -> Floats:
            accuracy = divide(totals[:, 1], totals[:, 0]) if len(self.scale.levels) else np.full(len(totals), np.nan)
            return np.stack([accuracy, divide(totals[:, 3], totals[:, 2])], axis=1)

        return MomentBlock(PERSON_NAMES, moments, finish, int(self.copies[rows].sum()), "nobody else rated the same")

    def gap(self, judge: Floats, near: bool) -> tuple[list[Block], list[Block]]:
        """The judge, and a person, against the same others on the rows that the judge scored too.

        Args:
            judge: The judge's scores, NaN where missing, shape (rows,).
            near: Whether nearness is looked at (`comparison.gap_parts`).
        """
        side = side_of(judge[self.rows], self.scale)
        shared, copies = self.others.only(side.given), self.copies[self.rows]
        one, other = (gap_parts(left, shared, self.scale, copies, near) for left in (side, self.person))
        return [self._by_row(part, side.given) for part in one], [self._by_row(part, side.given) for part in other]

    def one_sided(self, judge: Floats, alike: bool = False) -> tuple[bool, bool]:
        """Whether no rating speaks against the judge, and whether none speaks for it.

        A rating speaks against it where the person is nearer to the others than the judge is.

        Args:
            judge: The judge's scores, NaN where missing, shape (rows,).
            alike: Whether each side is first given the others' mean and spread: what a correlation sees of it.
        """
        side = side_of(judge[self.rows], self.scale)
        sides = [self._alike(one) if alike else one for one in (side, self.person)]
        nearer = self._nearness(sides[0]) - self._nearness(sides[1])
        nearer = nearer[np.isfinite(nearer) & side.given]
        return bool((nearer >= -SAME).all()), bool((nearer <= SAME).all())

    def _alike(self, side: Side) -> Side:
        both = ~(np.isnan(side.score) | np.isnan(self.others.score))
        own, others = side.score[both], self.others.score[both]
        if not len(own) or not np.ptp(own):
            return side
        return replace(side, score=(side.score - own.mean()) / own.std() * others.std() + others.mean())

    def _nearness(self, side: Side) -> Floats:
        if self.scale.level == "nominal":
            nearness: Floats = (side.membership * self.others.membership).sum(axis=1)
            return nearness
        return -np.abs(side.score - self.others.score)

    def _by_row(self, block: Block, kept: Booleans) -> Block:
        """A block over ratings as one over rows; it rests on so many items, not ratings."""
        n = int(self.copies[np.unique(self.rows[kept])].sum())
        if not isinstance(block, MomentBlock):
            evaluate = block.evaluate
            return replace(block, evaluate=lambda weights: evaluate(weights[:, self.rows]), n=n, shares=frozenset())
        moments = np.zeros((len(self.copies), block.moments.shape[1]))
        if len(self.rows):
            rows, starts = np.unique(self.rows, return_index=True)
            moments[rows] = np.add.reduceat(block.moments, starts, axis=0)
        return replace(block, moments=moments, n=n, shares=frozenset())


def pool(people: Floats, scale: ScoreScale, copies: Integers, mass: Floats | None = None) -> PooledRatings:
    """Every rating beside the others' consensus on its item.

    Args:
        people: Ratings, NaN where missing, shape (rows, raters).
        scale: What scores mean.
        copies: How many items each row stands for.
        mass: By how much an item of each row counts; none where all stand for equally many.
    """
    rows, raters, agreed = others_consensus(people, scale.codes(people), scale.levels, scale.level)
    person = side_of(people[rows, raters], scale)
    return PooledRatings(rows, raters, person, side_of_consensus(agreed), scale, copies, mass)
