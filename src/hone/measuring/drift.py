"""A judge beside itself earlier, on the same items: what changed, and is it nearer to people?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hone.domain.rule import RULES
from hone.errors import FileFormatError
from hone.measuring.collected import Collected
from hone.measuring.comparing import JudgeComparison, compare_judges
from hone.measuring.judged import read_judged, with_judged
from hone.measuring.ratings import Reading
from hone.stats import BootstrapOptions, Figure, wilson
from hone.stats.arrays import as_clusters
from hone.stats.closeness import closeness
from hone.stats.intervals import ScoreRange, plain_mean
from hone.tables import Row, RowProblem, Table, is_blank, open_table
from hone.text import name as named

EARLIER = " (earlier)"
"""What the name of a judge has behind it in the file that came before."""


@dataclass(frozen=True)
class CriterionDrift:
    """How the scores of one judge changed on one criterion."""

    same: Figure
    """The share of items with the same score."""
    shift: Figure | None
    """The mean change, now minus earlier, in points of the scale; none for labels."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {"same": self.same.as_dict(), "shift": None if self.shift is None else self.shift.as_dict()}


@dataclass(frozen=True)
class Drift:
    """One judge now and earlier."""

    comparison: JudgeComparison
    """Which of the two agrees better with people, on the items that both scored."""
    changes: Mapping[str, CriterionDrift]
    """By criterion."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone agree --json` prints it under `drift`."""
        return self.comparison.as_dict() | {"changes": {name: one.as_dict() for name, one in self.changes.items()}}


class EarlierJudges(Table):
    """The judges of ratings in long form, under names that say that they came before.

    Args:
        table: The ratings.
    """

    form = "csv"

    def __init__(self, table: Table) -> None:
        self.path, self._table = table.path, table
        self.columns = table.columns

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """The rows of judges."""
        for number, row in self._table.rows():
            if isinstance(row, RowProblem) or is_blank(row):
                yield number, row
            elif named(row.get("kind")).lower() == "judge":
                yield number, row | {"rater": f"{named(row.get('rater'))}{EARLIER}"}

    def count(self) -> int:
        """Rows of judges."""
        return sum(1 for _ in self.rows())


def is_long(path: Path) -> bool:
    """Whether a file has one row a rating, and not one column a criterion as `label` writes it."""
    return {"criterion", "score"} <= {name.strip().lower() for name in open_table(path).columns}


def with_earlier(collected: Collected, path: Path, reading: Reading) -> Collected:
    """Ratings with the scores of a file that `label` wrote earlier beside them.

    Raises:
        FileFormatError: It does not read, or shares no item.
    """
    judged = read_judged(path, collected.ratings.criteria, None, reading)
    return with_judged(
        collected, replace(judged, judge=f"{judged.judge}{EARLIER}", rules=f"{judged.rules}{EARLIER}"), path
    )


def drifts(collected: Collected, path: Path, options: BootstrapOptions) -> list[Drift]:
    """Every judge that is there now and earlier; the only one of each where their names differ.

    Args:
        collected: Ratings with the earlier judges beside those of now.
        path: The earlier file, for messages.
        options: How intervals are made.

    Raises:
        FileFormatError: No judge is in both.
    """
    names = collected.ratings.judge_names
    before = [name for name in names if name.endswith(EARLIER)]
    now = [name for name in names if name not in before]
    pairs = [(name, f"{name}{EARLIER}") for name in now if f"{name}{EARLIER}" in before]
    models, others = ([name for name in side if name.removesuffix(EARLIER) != RULES] for side in (now, before))
    if len(models) == len(others) == 1 and (models[0], others[0]) not in pairs:
        pairs = [(models[0], others[0]), *pairs]
    if not pairs:
        there = ", ".join(name.removesuffix(EARLIER) for name in before) or "none"
        raise FileFormatError(path, f"no judge is in both files; now: {', '.join(now) or 'none'}; here: {there}")
    return [
        Drift(compare_judges(collected.ratings, *pair, options), _changes(collected, *pair, options.confidence))
        for pair in pairs
    ]


def _changes(collected: Collected, now: str, earlier: str, confidence: float) -> dict[str, CriterionDrift]:
    ratings = collected.ratings
    places = [list(ratings.judge_names).index(name) for name in (now, earlier)]
    clusters = as_clusters(ratings.clusters, len(collected.items))
    found = {}
    for criterion, scores in (ratings.judges or {}).items():
        one, other = (np.asarray(scores, dtype=np.float64)[:, place] for place in places)
        both = ~(np.isnan(one) | np.isnan(other))
        same = (one == other)[both].astype(np.float64)
        if not len(same) or clusters is None:
            share = wilson(float(same.sum()), len(same), confidence)
        else:
            share = plain_mean(same, clusters[both], ScoreRange(0.0, 1.0, share=True), confidence)
        measured = ratings.level != "nominal"
        shift = closeness(one, other, clusters, confidence).mean_difference if measured else None
        found[criterion] = CriterionDrift(share, shift)
    return found
