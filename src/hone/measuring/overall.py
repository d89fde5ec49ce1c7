"""Overall ratings beside those of the criteria, out of ratings: what criterion weights are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hone.errors import FileFormatError
from hone.measuring.arranging import Floats
from hone.measuring.collected import Collected
from hone.spelling import option
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.criterion_weights import MARGIN_OF_WEIGHT, CriterionWeights, OverallRatings, criterion_weights

_OVERALL = ("overall", "overall score", "overall rating", "overall quality", "total")


@dataclass(frozen=True)
class OverallWeights:
    """How much each criterion counts in the overall rating."""

    overall: str
    """The criterion that is the overall rating."""
    weights: CriterionWeights
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As `hone rubric weights --json` prints it."""
        return {"overall": self.overall, **self.weights.as_dict()}


def overall_weights(
    collected: Collected,
    path: Path,
    overall: str | None = None,
    margin: float = MARGIN_OF_WEIGHT,
    options: BootstrapOptions | None = None,
) -> OverallWeights:
    """Fit weights to people's overall ratings.

    Args:
        collected: The ratings.
        path: Where they come from, for messages.
        overall: The criterion that is the overall rating; one of that name by default.
        margin: Below which a weight is next to nothing.
        options: The confidence and the seed.

    Raises:
        FileFormatError: There is no overall rating, no other criterion, or nobody rated both.
        StatsError: There are too few items.
    """
    ratings = collected.ratings
    if ratings.level == "nominal":
        raise FileFormatError(path, "the scores are labels without an order, so that no criterion has a weight")
    named = _overall(ratings.criteria, path, overall)
    people = {name: np.asarray(one, dtype=np.float64) for name, one in ratings.people.items()}
    notes, scaled = [], {}
    for name, scores in people.items():
        given = scores[~np.isnan(scores)]
        low, high = _ends(given, ratings.levels)
        if name != named and (not len(given) or not np.ptp(given)):
            notes.append(f"{name}: left out, {'nobody rated it' if not len(given) else 'every rating is the same'}")
            continue
        scaled[name] = (scores - low) / (high - low) if high > low else scores - low
    if len(scaled) < 2:
        raise FileFormatError(path, f"there is no criterion beside {named!r} whose ratings differ")
    whole = np.logical_and.reduce([~np.isnan(one) for one in scaled.values()])
    items, raters = np.nonzero(whole)
    rated = int((~np.isnan(people[named])).sum())
    if not len(items):
        raise FileFormatError(path, f"nobody rated {named!r} and every other criterion of the same item")
    if len(items) < rated:
        left = rated - len(items)
        are = "rating is" if left == 1 else "ratings are"
        notes.append(f"{left:,} overall {are} left out: the same person did not rate every criterion of that item")
    counts = whole.sum(axis=1)
    weights = np.ones(len(counts)) if ratings.weights is None else np.asarray(ratings.weights, dtype=np.float64)
    rows = {name: one[items, raters] for name, one in scaled.items()}
    found = OverallRatings(
        rows.pop(named),
        rows,
        [ratings.raters[at] for at in raters.tolist()],
        [str((ratings.clusters or collected.items)[at]) for at in items.tolist()],
        weights[items] / counts[items],
    )
    return OverallWeights(named, criterion_weights(found, margin, options), tuple(notes))


def _overall(criteria: Sequence[str], path: Path, asked: str | None) -> str:
    if asked is not None and asked in criteria:
        return asked
    found = [name for name in criteria if name.strip().lower() in _OVERALL]
    if asked is None and len(found) == 1:
        return found[0]
    there = ", ".join(criteria) or "none"
    what = "name the criterion that is the overall rating" if asked is None else f"there is no criterion {asked!r}"
    raise FileFormatError(path, f"{what}; the criteria are: {there} ({option('overall', 'NAME')})")


def _ends(given: Floats, levels: Sequence[float] | None) -> tuple[float, float]:
    """The worst and the best score: of the scale where it is known and holds them all, else of what was given."""
    if not len(given):
        return 0.0, 1.0
    low, high = float(given.min()), float(given.max())
    if levels is not None and min(levels) <= low and high <= max(levels):
        return float(min(levels)), float(max(levels))
    return low, high
