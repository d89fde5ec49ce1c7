"""How often verdicts on pairs of replies are right, when each pair is shown in both orders.

Two figures, because they answer two questions. *Single verdicts*: how often one verdict is right, the mean over the
orders in which a pair was shown. *Consistent and right*: how often both orders give the same verdict and it is right,
which no rule that looks at the place alone can reach. What takes no judgement is held to the same two figures: always
the reply that stands first or second, always the verdict that people give most often, always the longer reply.

Verdicts are -1 (A), 0 (tie) and 1 (B), whichever stood first; the order ``AB`` shows A first, ``BA`` B.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hone.stats.arrays import Booleans, Floats, Integers
from hone.stats.figure import Figure, undefined
from hone.stats.intervals import ScoreRange, plain_mean

A, TIE, B = -1.0, 0.0, 1.0
_SHARE = ScoreRange(0.0, 1.0, share=True)


@dataclass(frozen=True)
class BothOrders:
    """One side's verdicts on each pair, in each order."""

    forward: Floats
    """In the order AB; NaN where there is none, shape (pairs,)."""
    backward: Floats
    """In the order BA."""
    asked_forward: Booleans
    """Where the order was shown, whether or not the verdict could be used."""
    asked_backward: Booleans

    @property
    def unusable(self) -> int:
        """Verdicts that were asked for and cannot be used."""
        sides = ((self.forward, self.asked_forward), (self.backward, self.asked_backward))
        return sum(int((np.isnan(said) & asked).sum()) for said, asked in sides)

    @property
    def asked(self) -> int:
        """Verdicts that were asked for."""
        return int(self.asked_forward.sum() + self.asked_backward.sum())


@dataclass(frozen=True)
class PairAccuracy:
    """How often one side is right."""

    single: Figure
    """Single verdicts, averaged over the orders of each pair; on pairs with a usable one."""
    consistent: Figure
    """Both orders the same and right; on pairs that were shown in both."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {"single_verdicts": self.single.as_dict(), "consistent_and_right": self.consistent.as_dict()}


def pair_accuracy(
    truth: Floats,
    verdicts: BothOrders,
    clusters: Integers | None = None,
    *,
    unusable_wrong: bool = False,
    confidence: float = 0.95,
) -> PairAccuracy:
    """How often verdicts are right.

    Args:
        truth: How far each of A, tie and B is right, shape (pairs, 3): people's majority, in equal parts where it is
            tied, zeros where nobody rated.
        verdicts: What is judged.
        clusters: The group of each pair, where pairs are not independent.
        unusable_wrong: Count a verdict that cannot be used as wrong; else it is left out.
        confidence: How often such an interval holds the truth.
    """
    rated = truth.sum(axis=1) > 0
    forward, backward = (_credit(truth, one) for one in (verdicts.forward, verdicts.backward))
    if unusable_wrong:
        forward = np.where(np.isnan(forward) & verdicts.asked_forward, 0.0, forward)
        backward = np.where(np.isnan(backward) & verdicts.asked_backward, 0.0, backward)
    both = np.stack([forward, backward])
    usable = (~np.isnan(both)).sum(axis=0)
    single = np.where(np.isnan(both), 0.0, both).sum(axis=0) / np.maximum(usable, 1)
    twice = rated & verdicts.asked_forward & verdicts.asked_backward & (usable == 2)
    same = np.where(verdicts.forward == verdicts.backward, forward, 0.0)
    return PairAccuracy(
        _mean(single, rated & (usable > 0), clusters, "no pair that people rated has a usable verdict", confidence),
        _mean(same, twice, clusters, "not shown in both orders", confidence),
    )


def pair_baselines(
    truth: Floats, asked: tuple[Booleans, Booleans], lengths: tuple[Floats, Floats] | None = None
) -> Mapping[str, BothOrders]:
    """What takes no judgement, as verdicts in the orders that were asked.

    Args:
        truth: As `pair_accuracy` takes it.
        asked: Where the order AB, and BA, was shown to a judge.
        lengths: The lengths of A and B, where they are known; equal ones are a tie.
    """
    count = len(truth)
    common = (A, TIE, B)[int(np.argmax(truth.sum(axis=0)))]
    said = {
        "first_shown": (np.full(count, A), np.full(count, B)),
        "second_shown": (np.full(count, B), np.full(count, A)),
        "commonest_verdict": (np.full(count, common), np.full(count, common)),
    }
    if lengths is not None and not np.isnan(lengths[0] + lengths[1]).all():
        longer = np.sign(lengths[1] - lengths[0])
        said["longer_reply"] = (longer, longer)
    return {
        name: BothOrders(
            np.where(asked[0], one, np.nan),
            np.where(asked[1], other, np.nan),
            asked[0] & ~np.isnan(one),
            asked[1] & ~np.isnan(other),
        )
        for name, (one, other) in said.items()
    }


def _credit(truth: Floats, verdicts: Floats) -> Floats:
    """How far each verdict is right, NaN where there is none."""
    place = np.where(np.isnan(verdicts), 0, verdicts + 1).astype(np.int64)
    return np.where(np.isnan(verdicts), np.nan, truth[np.arange(len(truth)), place])


def _mean(values: Floats, rows: Booleans, clusters: Integers | None, reason: str, confidence: float) -> Figure:
    if not rows.any():
        return undefined(0, reason)
    return plain_mean(values[rows], None if clusters is None else clusters[rows], _SHARE, confidence)
