"""What a file of ratings holds, before any figure: which columns are what, who rated, what is missing.

It computes nothing. A file that does not read is looked at as far as it goes: its columns, with what stands in them,
and what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hone.errors import HoneError
from hone.measuring.collected import Collected
from hone.measuring.ratings import Reading, read_ratings
from hone.stats.verdict import LEAST_ITEMS
from hone.tables import RowProblem, Table, open_table
from hone.tables.coding import as_number, is_absent
from hone.text import identifier, is_no_score

_ROWS, _LONG = 2_000, 40


@dataclass(frozen=True)
class LookedColumn:
    """One column of the file."""

    name: str
    use: str
    """What it is read as: `item`, `score`, …; empty where it is not read."""
    holds: str
    """What stands in it, in words."""


@dataclass(frozen=True)
class RatingsLook:
    """What a file holds."""

    columns: tuple[LookedColumn, ...]
    people: Mapping[str, int]
    """By person, how many scores."""
    judges: Mapping[str, int]
    criteria: Mapping[str, int]
    """By criterion, how many items at least one person rated."""
    items: int
    groups: int | None
    notes: tuple[str, ...]
    lacking: tuple[str, ...]
    """What is missing, a sentence each."""
    fault: str = ""
    """Why the file does not read; empty where it does."""

    def as_dict(self) -> dict[str, Any]:
        """As `hone agree --look --json` prints it."""
        return {
            "columns": [vars(one) for one in self.columns],
            "people": dict(self.people),
            "judges": dict(self.judges),
            "criteria": dict(self.criteria),
            "items": self.items,
            "groups": self.groups,
            "notes": list(self.notes),
            "missing": list(self.lacking),
            "fault": self.fault,
        }


def look_at(path: Path, reading: Reading, judged: Sequence[Path] = ()) -> RatingsLook:
    """Look at a file.

    Args:
        path: The file.
        reading: How it would be read.
        judged: Files of judges that would be read with it.

    Raises:
        ProjectError: There is no table in it at all.
    """
    table = open_table(path)
    try:
        found = read_ratings(path, reading, judged=judged)
    except HoneError as error:
        return RatingsLook(_columns(table, {}), {}, {}, {}, 0, None, (), (), fault=str(error))
    ratings = found.ratings
    people, judges = (
        _stacked(ratings.people, len(ratings.raters)),
        _stacked(ratings.judges, len(ratings.judge_names)),
    )
    criteria = {
        name: int((~np.isnan(np.asarray(one, dtype=np.float64))).any(axis=1).sum())
        for name, one in ratings.people.items()
    }
    clusters = ratings.clusters
    look = RatingsLook(
        _columns(table, found.taken.columns),
        dict(zip(ratings.raters, people, strict=True)),
        dict(zip(ratings.judge_names, judges, strict=True)),
        criteria,
        len(found.items),
        None if clusters is None else len(set(clusters)),
        tuple(found.notes()),
        (),
    )
    return RatingsLook(**{**vars(look), "lacking": tuple(_lacking(look, found))})


def _stacked(scores: Mapping[str, Any] | None, count: int) -> list[int]:
    """How many scores each rater gave."""
    totals = np.zeros(count, dtype=np.int64)
    for one in (scores or {}).values():
        totals += (~np.isnan(np.asarray(one, dtype=np.float64))).sum(axis=0)
    return [int(total) for total in totals]


def _lacking(look: RatingsLook, found: Collected) -> list[str]:
    lines = []
    if not look.people:
        lines.append("no people: a judge can only be held against people's ratings")
    elif len(look.people) == 1:
        lines.append(
            "one person: how well a person does cannot be known, so a judge has no verdict; a second is needed"
        )
    if not look.judges:
        lines.append("no judge: only how well people agree with each other can be said")
    if look.items < LEAST_ITEMS:
        lines.append(f"{look.items} items: fewer than {LEAST_ITEMS} never show a judge as good as a person")
    if look.groups is None:
        lines.append(
            "no groups: all items are taken for independent; name a column of what they have in common, if any"
        )
    most = max(look.people.values(), default=0)
    lines += [
        f"{name}: {count:,} scores, {most - count:,} fewer than who gave most"
        for name, count in look.people.items()
        if count < most
    ]
    for name in look.judges:
        place = list(found.ratings.judge_names).index(name)
        lines += _unjudged(name, place, found)
    return lines


def _unjudged(name: str, place: int, found: Collected) -> list[str]:
    """How many rated items a judge did not score."""
    missing = 0
    for criterion, people in found.ratings.people.items():
        rated = (~np.isnan(np.asarray(people, dtype=np.float64))).any(axis=1)
        scores = np.asarray((found.ratings.judges or {})[criterion], dtype=np.float64)[:, place]
        missing += int((rated & np.isnan(scores)).sum())
    return [f"{name}: no score for {missing:,} that people rated"] if missing else []


def _columns(table: Table, taken: Mapping[str, str]) -> tuple[LookedColumn, ...]:
    used: dict[str, list[str]] = {}
    for use, columns in taken.items():
        for name in [columns] if columns in table.columns else columns.split("+"):
            used.setdefault(name.partition(".")[0] if name not in table.columns else name, []).append(use)
    rows = [row for _, row in islice(table.rows(), _ROWS) if not isinstance(row, RowProblem)]
    return tuple(
        LookedColumn(name, ", ".join(used.get(name, [])), _holds([row.get(name) for row in rows]))
        for name in table.columns
    )


def _holds(cells: Sequence[Any]) -> str:
    """What stands in a column, in words."""
    given = [cell for cell in cells if not is_no_score(cell) and not is_absent(cell)]
    empty = f", {len(cells) - len(given):,} empty" if len(given) < len(cells) else ""
    if not given:
        return "nothing"
    nested = next((cell for cell in given if isinstance(cell, list | dict)), None)
    if nested is not None:
        inner = ", ".join(map(str, islice(nested, 4))) if isinstance(nested, dict) else f"{len(nested)} parts"
        return f"fields inside ({_short(inner)}){empty}"
    different = dict.fromkeys(identifier(cell) for cell in given)
    numbers = [number for cell in given if (number := as_number(cell)) is not None]
    if len(numbers) == len(given) and len(different) > 1:
        return f"{len(different):,} different numbers from {min(numbers):g} to {max(numbers):g}{empty}"
    some = ", ".join(_short(one) for one in islice(different, 3))
    return f"{len(different):,} different: {some}{', …' if len(different) > 3 else ''}{empty}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"
