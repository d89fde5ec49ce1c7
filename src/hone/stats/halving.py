"""Successive halving: the best of several candidates on a set of trials, without trying every one on all of them.

Jamieson and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization", with thirds:
all candidates on a fifth of the trials, the better third on half of them, the last two on all. Where chance may have
put others behind the third, up to a half stays, or four. Where a round costs more than its trials do (a processor
makes fifty answers in little more time than ten) all candidates are tried on all trials in one round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SHARES = (0.2, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """How far one candidate came."""

    place: int
    """Its place among the candidates, from 0."""
    right: int
    tried: int
    """Trials that it was given."""


def successive_halving(
    candidates: int, trials: int, right: Callable[[Sequence[int], range], Sequence[int]], *, one_round: int = 0
) -> list[Candidate]:
    """Every candidate, the best first: those that came furthest, of them those with most right, then the earlier.

    Args:
        candidates: How many.
        trials: How many at most for each.
        right: Tries several candidates, by their places, on a range of trials that none of them has seen: how many
            each got right.
        one_round: Where all candidates on all trials are no more than this, there is one round of them all.
    """
    found = [Candidate(place, 0, 0) for place in range(candidates)]
    left, done = list(range(candidates)), 0
    for share in (1.0,) if candidates * trials <= one_round else _SHARES:
        upto = max(done, min(trials, round(share * trials) or 1))
        if upto > done:
            for place, more in zip(left, right(left, range(done, upto)), strict=True):
                found[place] = Candidate(place, found[place].right + more, upto)
        left, done = _staying(sorted(left, key=lambda place: (-found[place].right, place)), found, upto), upto
    return ranked(found)


def ranked(found: Sequence[Candidate]) -> list[Candidate]:
    """The best first: those that came furthest, of them those with most right, then the earlier ones."""
    return sorted(found, key=lambda one: (-one.tried, -one.right, one.place))


def _staying(order: list[int], found: list[Candidate], trials: int) -> list[int]:
    """The better third, two at least; up to a half, or four, where others are behind by what may be chance."""
    kept, most = max(2, len(order) // 3), max(4, math.ceil(len(order) / 2))
    if kept >= len(order):
        return order
    least = max(1.0, found[order[kept - 1]].right - math.sqrt(trials) / 2)
    return [place for number, place in enumerate(order[:most]) if number < kept or found[place].right >= least]


def finalists(order: Sequence[Candidate]) -> list[Candidate]:
    """Those of the last round that cannot be told from the best: by fewer trials than the square root of all.

    Where a quarter of the trials come out differently for two candidates, which is much, so many lie within two
    standard errors of no difference.

    Args:
        order: From `ranked`.
    """
    best = order[0]
    return [one for one in order if one.tried == best.tried and best.right - one.right <= math.sqrt(best.tried)]
