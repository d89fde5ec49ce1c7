"""How often judges are right on pairs, beside what takes no judgement, on the same footing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hone.measuring.collected import UNUSABLE, Collected, PairVerdicts
from hone.stats import BothOrders, PairAccuracy, pair_accuracy, pair_baselines
from hone.stats.arrays import as_clusters
from hone.stats.consensus import consensus
from hone.stats.levels import codes_of


@dataclass(frozen=True)
class JudgeOnPairs:
    """One judge."""

    accuracy: PairAccuracy
    asked: int
    """Verdicts on pairs that people rated."""
    unusable: int
    """Of those, how many cannot be used."""


@dataclass(frozen=True)
class PairAccuracies:
    """All judges, and the baselines."""

    judges: Mapping[str, JudgeOnPairs]
    baselines: Mapping[str, PairAccuracy]
    """`first_shown`, `second_shown`, `commonest_verdict`, and `longer_reply` where lengths are known."""
    unusable_wrong: bool
    """Whether verdicts that cannot be used count as wrong, or are left out."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone agree --json` prints it under `pairs`."""
        return {
            "unusable": "wrong" if self.unusable_wrong else "left out",
            "judges": {
                name: one.accuracy.as_dict() | {"verdicts": one.asked, "unusable": one.unusable}
                for name, one in self.judges.items()
            },
            "baselines": {name: one.as_dict() for name, one in self.baselines.items()},
        }


def pair_accuracies(
    collected: Collected, *, unusable_wrong: bool = False, confidence: float = 0.95
) -> PairAccuracies | None:
    """How often each judge is right on the pairs that people rated; none where there are no judges or no people.

    Args:
        collected: Verdicts on pairs.
        unusable_wrong: Count verdicts that cannot be used as wrong.
        confidence: Of the intervals.
    """
    ratings = collected.ratings
    if not collected.verdicts or not ratings.raters:
        return None
    people = np.asarray(next(iter(ratings.people.values())), dtype=np.float64)
    levels = np.array([-1.0, 0.0, 1.0])
    truth = consensus(people, codes_of(people, levels), levels, "nominal").membership
    clusters = as_clusters(ratings.clusters, len(people))
    rated = truth.sum(axis=1) > 0
    sides = {name: _on(one, rated) for name, one in collected.verdicts.items()}

    def right(side: BothOrders) -> PairAccuracy:
        return pair_accuracy(truth, side, clusters, unusable_wrong=unusable_wrong, confidence=confidence)

    asked = (
        np.any([side.asked_forward for side in sides.values()], axis=0),
        np.any([side.asked_backward for side in sides.values()], axis=0),
    )
    baselines = pair_baselines(truth, asked, collected.pair_lengths)
    judges = {name: JudgeOnPairs(right(side), side.asked, side.unusable) for name, side in sides.items()}
    return PairAccuracies(judges, {name: right(side) for name, side in baselines.items()}, unusable_wrong)


def _on(verdicts: PairVerdicts, rated: np.typing.NDArray[np.bool_]) -> BothOrders:
    forward, backward = (np.where(rated, one, np.nan) for one in (verdicts.forward, verdicts.backward))
    usable = [np.where(one == UNUSABLE, np.nan, one) for one in (forward, backward)]
    return BothOrders(usable[0], usable[1], ~np.isnan(forward), ~np.isnan(backward))
