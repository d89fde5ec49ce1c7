"""One criterion as blocks: every comparison that its figures need, each under a key that says where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from hone.stats.alpha import alpha_block
from hone.stats.arrays import Booleans, Floats, Integers
from hone.stats.baselines import length_only, majority_class
from hone.stats.blocks import Block, undefined_block
from hone.stats.comparison import (
    NAMES,
    Side,
    comparison_blocks,
    gap_parts,
    headline_block,
    level_comparison,
    side_of,
    side_of_consensus,
)
from hone.stats.consensus import Consensus, consensus, consensus_without
from hone.stats.icc import ICC_NAMES, icc_block
from hone.stats.levels import LEVEL_NAMES
from hone.stats.pooled import PooledRatings, pool
from hone.stats.raters import RATER_NAMES, rater_block
from hone.stats.scale import ScoreScale

Where = tuple[str, ...]
"""The place of a figure within a criterion: `("judge", name, rater)`."""
PAIR_NAMES = ("cohen_kappa", "linear_kappa", "weighted_kappa")
MOST_PAIRED_RATERS = 20
"""With more raters than this, figures of each two people, and of a judge with each, are left out: hundreds of them
say little."""
_ENOUGH_FOR_ONE = 30
"""People who rated fewer items than this, of many, are measured together."""


@dataclass(frozen=True)
class CriterionScores:
    """One criterion's scores, on the rows that are resampled."""

    name: str
    scale: ScoreScale
    people: Floats
    """Shape (rows, raters); only those who rated anything."""
    raters: tuple[str, ...]
    judges: Floats
    judge_names: tuple[str, ...]
    lengths: Floats
    copies: Integers
    apart: frozenset[str] = frozenset()
    """The judges who give scores that no person gave, on a scale that nobody declared."""
    mass: Floats | None = None
    """By how much an item of each row counts, 1 on average; none where all stand for equally many."""

    @property
    def weighed(self) -> Floats | Integers:
        """How much each row counts in all, shape (rows,)."""
        return self.copies if self.mass is None else self.copies * self.mass

    @property
    def agreed(self) -> Consensus:
        """The consensus of all people."""
        return consensus(self.people, self.scale.codes(self.people), self.scale.levels, self.scale.level)

    @property
    def rated(self) -> Booleans:
        """Which rows at least one person rated."""
        rated: Booleans = np.logical_or.reduce(~np.isnan(self.people), axis=1)
        return rated

    @property
    def crowd(self) -> bool:
        """Whether there are so many people that they are not told apart."""
        return len(self.raters) > MOST_PAIRED_RATERS

    @property
    def pooled(self) -> bool:
        """Whether people are measured together (`pooled`): a typical one rated few of the items that two rated."""
        if len(self.raters) < 3 or self.crowd:
            return self.crowd
        given = ~np.isnan(self.people)
        shared = given & (given.sum(axis=1) >= 2)[:, None]
        typical = float(np.median(self.copies @ shared))
        return typical < min(_ENOUGH_FOR_ONE, self.count(shared.any(axis=1)) / 2)

    @property
    def ratings(self) -> PooledRatings:
        """Every rating beside the consensus of the others."""
        return pool(self.people, self.scale, self.copies, self.mass)

    @property
    def correlated(self) -> bool:
        """Whether agreement is read by a correlation."""
        return self.scale.headline not in LEVEL_NAMES

    def near(self, judge: str) -> bool:
        """Whether a judge's nearness to people is looked at beside the headline.

        A correlation is 1 also for a judge who scores all too high; a kappa takes levels that only the judge uses for
        the next ones of people's scale, however far away they are.
        """
        return self.correlated or (judge in self.apart and self.scale.level != "nominal")

    def without(self, rater: int) -> Side:
        """The consensus of all people but one, on the rows that this one rated too."""
        codes = self.scale.codes(self.people)
        agreed = consensus_without(self.people, codes, self.scale.levels, self.scale.level, rater)
        return side_of_consensus(agreed).only(~np.isnan(self.people[:, rater]))

    def count(self, rows: Booleans) -> int:
        """How many items these rows stand for."""
        return int(self.copies[rows].sum())


def blocks_of(criterion: CriterionScores) -> Iterator[tuple[Where, Block]]:
    """Every block of one criterion, with the place of its figures."""
    yield from _people(criterion)
    agreed = side_of_consensus(criterion.agreed)
    persons: list[Side] = []
    if not criterion.crowd:
        persons = [side_of(criterion.people[:, rater], criterion.scale) for rater in range(len(criterion.raters))]
    others = [criterion.without(rater) for rater in range(len(persons))]
    yield from _pairs(criterion, persons)
    for rater, person, rest in zip(criterion.raters, persons, others, strict=False):
        yield from _compared(("ceiling", rater), person, rest, criterion)
    pooled = criterion.ratings if criterion.pooled else None
    if pooled is not None:
        yield from ((("ceiling",), block) for block in pooled.ceiling())
        if criterion.crowd:
            yield from ((("ceiling", name), pooled.of_person(rater)) for rater, name in enumerate(criterion.raters))
    for column, name in enumerate(criterion.judge_names):
        judge = side_of(criterion.judges[:, column], criterion.scale)
        yield from _compared(("judge", name), judge, agreed, criterion)
        for rater, person in zip(criterion.raters, persons, strict=False):
            yield from _compared(("judge", name, rater), judge, person, criterion)
    yield from _gaps(criterion, persons, others, pooled)
    yield from _baselines(criterion, agreed)


def _people(criterion: CriterionScores) -> Iterator[tuple[Where, Block]]:
    scale, people, copies = criterion.scale, criterion.people, criterion.copies
    rows, n = len(people), criterion.count((~np.isnan(people)).sum(axis=1) >= 2)
    codes = scale.codes(people)
    where = ("people",)
    if len(scale.levels):
        yield where, rater_block(codes, scale.positions, copies)
    else:
        yield where, undefined_block(RATER_NAMES, rows, n, "the scores are measurements, not levels")
    if len(scale.levels) or scale.level == "interval":
        yield where, alpha_block(people, codes, len(scale.levels), scale.level, copies)
    else:
        reason = "the scores are measurements: ask for the interval level"
        yield where, undefined_block(("krippendorff_alpha",), rows, n, reason)
    if scale.level == "nominal":
        yield where, undefined_block(ICC_NAMES, rows, n, "labels have no mean")
    else:
        yield where, icc_block(people, copies)


def _pairs(criterion: CriterionScores, persons: list[Side]) -> Iterator[tuple[Where, Block]]:
    for one, other in combinations(range(len(persons)), 2):
        where = ("pair", f"{criterion.raters[one]}|{criterion.raters[other]}")
        for block in level_comparison(persons[one], persons[other], criterion.scale, criterion.copies):
            yield where, block


def _compared(where: Where, left: Side, right: Side, criterion: CriterionScores) -> Iterator[tuple[Where, Block]]:
    for block in comparison_blocks(left, right, criterion.scale, criterion.copies, criterion.mass):
        yield where, block


def verdict_blocks(criterion: CriterionScores) -> Iterator[tuple[Where, Block]]:
    """Only what the verdicts rest on: judges and persons against the same others, and whether each agrees at all."""
    scale, copies, agreed = criterion.scale, criterion.copies, side_of_consensus(criterion.agreed)
    for column, name in enumerate(criterion.judge_names):
        judge = side_of(criterion.judges[:, column], scale)
        yield ("judge", name), headline_block(judge, agreed, scale, copies, scale.headline)
        if criterion.near(name):
            yield ("judge", name), headline_block(judge, agreed, scale, copies, "mean_error")
    if criterion.pooled:
        pooled = criterion.ratings
        yield from ((("ceiling",), block) for block in pooled.ceiling())
        yield from _gaps(criterion, [], [], pooled)
        return
    raters = range(len(criterion.raters))
    persons = [side_of(criterion.people[:, rater], scale) for rater in raters]
    others = [criterion.without(rater) for rater in raters]
    for rater, person, rest in zip(criterion.raters, persons, others, strict=True):
        yield ("ceiling", rater), headline_block(person, rest, scale, copies, scale.headline)
    yield from _gaps(criterion, persons, others, None)


def _gaps(
    criterion: CriterionScores, persons: list[Side], others: list[Side], pooled: PooledRatings | None
) -> Iterator[tuple[Where, Block]]:
    """The judges and each person, held against the others' consensus on the same rows."""
    scale, copies = criterion.scale, criterion.copies
    for column, name in enumerate(criterion.judge_names):
        near = criterion.near(name)
        if pooled is not None:
            both = pooled.gap(criterion.judges[:, column], near)
            for place, parts in zip(("with", "without"), both, strict=True):
                yield from (((place, name), part) for part in parts)
            continue
        judge = side_of(criterion.judges[:, column], scale)
        for rater, person, rest in zip(criterion.raters, persons, others, strict=True):
            shared = rest.only(judge.given)
            for place, side in (("with", judge), ("without", person)):
                yield from (((place, name, rater), part) for part in gap_parts(side, shared, scale, copies, near))


def _baselines(criterion: CriterionScores, agreed: Side) -> Iterator[tuple[Where, Block]]:
    scale, rows = criterion.scale, len(criterion.copies)
    common = majority_class(criterion.agreed, scale.levels, criterion.weighed)
    if common is None:
        n = criterion.count(criterion.rated)
        yield (
            ("baseline", "majority_class"),
            undefined_block(NAMES, rows, n, "the scores are measurements, not levels"),
        )
    else:
        constant = side_of(common, scale)
        yield from _compared(("baseline", "majority_class"), constant, agreed, criterion)
    by_length = length_only(criterion.lengths, criterion.agreed, criterion.weighed)
    if by_length is not None:
        scored = by_length[:, None]
        side = side_of_consensus(consensus(scored, scale.codes(scored), scale.levels, scale.level))
        yield from _compared(("baseline", "length_only"), side, agreed, criterion)
