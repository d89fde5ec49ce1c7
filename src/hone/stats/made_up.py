"""Made-up items: what a reply that nobody has seen might look like, at its most different.

One in which a judge stands against all people, and one in which one person stands against all others and the judge;
on the lowest and the highest level, and on the commonest and the rarest. They are never drawn and count for nothing
but what `unseen` asks.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import NamedTuple

import numpy as np

from hone.stats.arrays import Floats
from hone.stats.criterion import MOST_PAIRED_RATERS, CriterionScores


class MadeUpCase(NamedTuple):
    """One made-up item."""

    judge: int
    """The judges' score: its place among the four levels of `_extremes`."""
    people: int
    """The people's."""
    apart: int | None
    """The person who scores otherwise (as `judge`; the judges then score as people do); none, or -1 for every other
    person."""


def made_up_cases(raters: int) -> list[MadeUpCase]:
    """The made-up items for so many raters."""
    levels = list(product(range(4), repeat=2))
    against = [MadeUpCase(judge, people, None) for judge, people in levels]
    persons = range(raters) if raters <= MOST_PAIRED_RATERS else range(0)
    two = [(0, 1), (1, 0), (2, 3), (3, 2)]
    alone = [MadeUpCase(one, others, person) for person in (-1, *persons) for one, others in two]
    return against + alone


def with_made_up(criterion: CriterionScores, cases: list[MadeUpCase]) -> CriterionScores:
    """The criterion with a row for each made-up item behind the others; each stands for no item."""
    levels = _extremes(criterion)
    raters, judges = len(criterion.raters), len(criterion.judge_names)
    people, scores = np.empty((len(cases), raters)), np.empty((len(cases), judges))
    for row, case in enumerate(cases):
        people[row] = levels[case.people]
        scores[row] = levels[case.judge if case.apart is None else case.people]
        if case.apart == -1:
            people[row, ::2] = levels[case.judge]
        elif case.apart is not None and case.apart < raters:
            people[row, case.apart] = levels[case.judge]
    if criterion.pooled:
        first = np.array([max(case.apart or 0, 0) for case in cases])
        behind = (np.arange(raters)[None, :] - first[:, None]) % max(raters, 1)
        people[behind >= _ratings_an_item(criterion)] = np.nan
    return replace(
        criterion,
        people=np.concatenate([criterion.people, people]),
        judges=np.concatenate([criterion.judges, scores]),
        lengths=np.append(criterion.lengths, np.full(len(cases), np.nan)),
        copies=np.append(criterion.copies, np.zeros(len(cases), dtype=np.int64)),
        mass=None if criterion.mass is None else np.append(criterion.mass, np.ones(len(cases))),
    )


def extreme_levels(levels: Floats, scores: Floats) -> Floats:
    """The lowest, the highest, the commonest and the rarest level, shape (4,).

    Args:
        levels: All levels, lowest first; empty where scores are measurements.
        scores: Scores, NaN where missing; the lowest and the highest stand for levels where there are none.
    """
    given = scores[~np.isnan(scores)]
    if not len(levels):
        ends = [given.min(), given.max()] if len(given) else [0.0, 0.0]
        return np.array([*ends, *ends])
    counts = np.array([(given == level).sum() for level in levels])
    return levels[[0, -1, int(counts.argmax()), int(counts.argmin())]]


def _ratings_an_item(criterion: CriterionScores) -> int:
    """How many people rate an item: one that all of them rated would weigh as much as many items."""
    counts = (~np.isnan(criterion.people)).sum(axis=1)
    rated = counts > 0
    return max(2, round(float(np.average(counts[rated], weights=criterion.copies[rated])))) if rated.any() else 2


def _extremes(criterion: CriterionScores) -> Floats:
    scores = np.concatenate([criterion.people.ravel(), criterion.judges.ravel()])
    return extreme_levels(criterion.scale.levels, scores if not len(criterion.scale.levels) else criterion.people)
