"""What was read from a file of ratings or verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.measuring.guessed_groups import guessed_groups
from hone.stats import Ratings
from hone.stats.bootstrap import LEAST_GROUPS, ROUGH_GROUPS
from hone.tables import Taken

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Position:
    """What one rater made of the order in which two replies stood."""

    asked: int
    """Verdicts that the rater was asked for."""
    unusable: int
    """Of those, how many cannot be used: empty, or not read."""
    pairs: int
    """Pairs with a verdict that can be used."""
    both_orders: int
    """Pairs seen in both orders."""
    flips: int
    """Of those, how many got two different verdicts; each counts as a tie."""
    decided: int
    """Verdicts that were no tie."""
    first: int
    """Of those, how many fell on the reply that stood first."""


UNUSABLE = 2.0
"""Stands for a verdict that was asked for and cannot be used."""


@dataclass(frozen=True)
class PairVerdicts:
    """One judge's verdicts by order, shape (pairs,): -1 (A), 0 (tie), 1 (B), `UNUSABLE`, NaN where none was asked."""

    forward: Floats
    backward: Floats


@dataclass(frozen=True)
class Collected:
    """Ratings as arrays, and what a reader should know of the file."""

    ratings: Ratings
    items: tuple[str, ...]
    """In the order of the arrays' rows."""
    rows: int
    duplicates: int
    """Rows that a later row for the same item, criterion and rater replaced."""
    missing: int
    """Rows with an empty score."""
    level_note: str
    labels: Mapping[float, str] = field(default_factory=dict)
    weights: Floats | None = None
    """How many items each one stands for, shape (items,), NaN where not said."""
    systems: tuple[str | None, ...] | None = None
    """What wrote the reply of each item, where the file says it."""
    positions: Mapping[str, Position] = field(default_factory=dict)
    """By rater, for verdicts on pairs."""
    verdicts: Mapping[str, PairVerdicts] = field(default_factory=dict)
    """By judge, for verdicts on pairs."""
    pair_lengths: tuple[Floats, Floats] | None = None
    """The lengths of the two replies of each pair, where the file has them."""
    unknown: tuple[str, ...] = ()
    """Criteria that the rubric does not have."""
    remarks: tuple[str, ...] = ()
    """What else a reader should know."""
    taken: Taken = field(default_factory=Taken)
    """Which columns of the file were read, and how many rows without any value were passed over."""

    def notes(self) -> list[str]:
        """What a reader should know of the file, one line each."""
        lines = [f"{self.rows:,} rows, {len(self.items):,} items; {self.level_note}", *self.taken.lines()]
        if self.duplicates:
            lines.append(f"{self.duplicates:,} rows were replaced by a later row for the same item and rater")
        if self.missing:
            lines.append(f"{self.missing:,} rows have no score: counted as missing, not as 0")
        if self.unknown:
            lines.append(f"not in the rubric: {', '.join(self.unknown)}")
        lines += [*self._groups(), *self.remarks]
        known = self.positions.items()
        lines += [_unusable(rater, one) for rater, one in known if one.unusable or rater in self.verdicts]
        lines += [_position(rater, one) for rater, one in known if one.both_orders]
        return lines

    def weighting(self) -> list[str]:
        """What weights do to figures of agreement; nothing where all rated items stand for equally many."""
        weights = self.ratings.weights
        if weights is None or self.weights is None or not np.ptp(np.asarray(weights, dtype=np.float64)):
            return []
        people = np.concatenate([np.asarray(one, dtype=np.float64) for one in self.ratings.people.values()], axis=1)
        rated = (~np.isnan(people)).any(axis=1)
        lacking = int(np.isnan(self.weights[rated]).sum())
        told = (
            "the rated items stand for unequally many (column weight), and agreement, verdicts and comparisons of "
            "judges are weighted; errors, strictness, detection and calibration count each rated item once, and the "
            "alternative annotator test is left out"
        )
        if not lacking:
            return [told]
        have = "item has no weight and counts" if lacking == 1 else "items have no weight and count"
        return [told, f"{lacking:,} rated {have} 1"]

    def _groups(self) -> list[str]:
        """How many groups there are, where items of one are not independent."""
        clusters = self.ratings.clusters
        many = len(set(clusters)) if clusters is not None else len(self.items)
        if clusters is None or many == len(self.items):
            asked = guessed_groups(self.items) if clusters is None else None
            return [asked] if asked else []
        words = f"{many:,} groups; items of one group count together, so it is groups that an interval rests on"
        return ["; ".join([words, *group_warnings(many)])]

    def as_dict(self) -> dict[str, Any]:
        """As `hone agree --json` prints it under `input`."""
        found: dict[str, Any] = {
            "rows": self.rows,
            "items": len(self.items),
            "duplicates": self.duplicates,
            "missing": self.missing,
            "empty": self.taken.blank,
            "level": self.level_note,
            "labels": {f"{value:g}": label for value, label in self.labels.items()},
        }
        if self.positions:
            found["positions"] = {rater: vars(one) for rater, one in self.positions.items()}
        return found


def group_warnings(many: int) -> list[str]:
    """What so few groups mean for an interval; nothing where they are enough."""
    if many < LEAST_GROUPS:
        return [f"fewer than {LEAST_GROUPS} give no interval"]
    return [f"with fewer than {ROUGH_GROUPS} it is rough"] if many < ROUGH_GROUPS else []


def _unusable(rater: str, one: Position) -> str:
    if not one.unusable:
        return f"{rater}: all {one.asked:,} verdicts can be used"
    return f"{rater}: {one.unusable:,} of {one.asked:,} verdicts cannot be used"


def _position(rater: str, one: Position) -> str:
    first = (
        f", and {one.first / one.decided:.0%} of the verdicts fell on the reply that stood first"
        if one.decided
        else ""
    )
    return f"{rater}: {one.flips:,} of {one.both_orders:,} pairs flipped with the order (each a tie){first}"
