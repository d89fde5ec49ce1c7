"""Whether a judge puts systems in people's order, and the replies to one document: the two levels of meta-evaluation.

Per system: the correlation of mean scores, one pair of means a system. Per document: the correlation over the systems
that answered one document, averaged over documents. Both are other questions than the correlation over all replies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import kendalltau

from hone.stats.arrays import Floats, Integers
from hone.stats.figure import Figure, undefined
from hone.stats.intervals import plain_mean

LEAST_SYSTEMS = 3
_NO_INTERVAL = "so few systems give no interval"


@dataclass(frozen=True)
class BySystem:
    """The correlations of one judge with people; `pearson` and `kendall_tau`."""

    systems: dict[str, Figure]
    documents: dict[str, Figure]

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        parts = {"per_system": self.systems, "per_document": self.documents}
        return {name: {key: one.as_dict() for key, one in found.items()} for name, found in parts.items()}


def by_system(
    judge: Floats, people: Floats, systems: Integers, documents: Integers | None, confidence: float = 0.95
) -> BySystem:
    """The correlations per system and per document.

    Args:
        judge: Scores without missing ones, shape (items,).
        people: People's means of the same items.
        systems: The system of each item, as numbers.
        documents: The document of each item; none where it is not known.
        confidence: How often an interval over documents holds the truth.
    """
    different = np.unique(systems)
    means = [np.array([side[systems == one].mean() for one in different]) for side in (judge, people)]
    count = len(different)
    if count < LEAST_SYSTEMS:
        nothing = undefined(count, f"fewer than {LEAST_SYSTEMS} systems")
        over = {"pearson": nothing, "kendall_tau": nothing}
    else:
        over = {name: _alone(value, count) for name, value in _correlations(*means).items()}
    return BySystem(over, _within(judge, people, documents, confidence))


def _within(judge: Floats, people: Floats, documents: Integers | None, confidence: float) -> dict[str, Figure]:
    if documents is None:
        nothing = undefined(0, "no column says which document a reply belongs to")
        return {"pearson": nothing, "kendall_tau": nothing}
    found: dict[str, list[float]] = {"pearson": [], "kendall_tau": []}
    for one in np.unique(documents).tolist():
        there = documents == one
        if there.sum() >= LEAST_SYSTEMS:
            for name, value in _correlations(judge[there], people[there]).items():
                found[name] += [] if np.isnan(value) else [value]
    return {
        name: plain_mean(np.array(values), None, None, confidence)
        if values
        else undefined(0, "no document with 3 replies whose scores differ")
        for name, values in found.items()
    }


def _correlations(one: Floats, other: Floats) -> dict[str, float]:
    if not np.ptp(one) or not np.ptp(other):
        return {"pearson": float("nan"), "kendall_tau": float("nan")}
    return {"pearson": float(np.corrcoef(one, other)[0, 1]), "kendall_tau": float(kendalltau(one, other).statistic)}


def _alone(value: float, count: int) -> Figure:
    if np.isnan(value):
        return undefined(count, "all means are the same")
    return Figure(value, None, None, count, _NO_INTERVAL)
