"""Rows of ratings as one array: criteria by raters by items, the last of duplicate rows in each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hone.errors import FileFormatError
from hone.tables.coding import Coded, CodedColumn, Integers

Floats = npt.NDArray[np.float64]
MOST_CELLS = 200_000_000
"""Cells (8 bytes each) beyond which a table of every rater by every item is refused."""
KINDS = ("human", "judge")


@dataclass(frozen=True)
class RaterNames:
    """Who rated: people and judges apart, even where they share a name."""

    codes: Integers
    """Which rater gave each row, shape (rows,)."""
    names: tuple[str, ...]
    judges: npt.NDArray[np.bool_]
    """Which raters are judges."""

    def named(self, judges: bool) -> tuple[str, ...]:
        """The names of the judges, or of the people."""
        return tuple(name for name, judge in zip(self.names, self.judges, strict=True) if bool(judge) is judges)


def raters_of(raters: CodedColumn, kinds: CodedColumn) -> RaterNames:
    """Raters by name and kind, in the order of their first row."""
    size = len(kinds.values)
    both, first, place = np.unique(raters.codes * size + kinds.codes, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    names = tuple(raters.values[code // size] for code in both[order].tolist())
    judges = np.array([kinds.values[code % size] == "judge" for code in both[order].tolist()], dtype=bool)
    return RaterNames(rank[place], names, judges)


def arrange(
    source: Coded, items: CodedColumn, layers: CodedColumn, raters: RaterNames, values: Floats
) -> tuple[Floats, int]:
    """Put every row into its cell; NaN where there is none.

    Args:
        source: Where the rows are from, for the error.
        items: The item of each row.
        layers: The criterion (or the order) of each row.
        raters: The rater of each row.
        values: The score of each row, NaN where missing.

    Returns:
        The array, shape (layers, raters, items), and how many rows a later one replaced.

    Raises:
        FileFormatError: The array would not fit into memory.
    """
    shape = (len(layers.values), len(raters.names), len(items.values))
    size = shape[0] * shape[1] * shape[2]
    if size > MOST_CELLS:
        problem = f"{shape[1]:,} raters x {shape[2]:,} items x {shape[0]:,} criteria are more than fit into memory"
        raise FileFormatError(source.table.path, f"{problem}; split the file, or give many raters one name")
    cells = (layers.codes * shape[1] + raters.codes) * shape[2] + items.codes
    found = np.full(size, np.nan)
    found[cells] = values  # numpy: the last of equal indices wins
    seen = np.zeros(size, dtype=bool)
    seen[cells] = True
    return found.reshape(shape), source.rows - int(seen.sum())


def one_an_item(source: Coded, items: CodedColumn, name: str) -> list[str | None] | None:
    """A column of names of which each item has one, such as its group; none where the table lacks it.

    An item with two is a fault.
    """
    if name not in source:
        return None
    column = source.columns[name]
    empty = np.array([value is None or value == "" for value in column.values], dtype=bool)
    given = np.flatnonzero(~empty[column.codes])
    found = np.full(len(items.values), -1, dtype=np.int64)
    found[items.codes[given]] = column.codes[given]
    strange = given[found[items.codes[given]] != column.codes[given]]
    told = set()
    for row in strange.tolist():
        item = items.values[items.codes[row]]
        if item in told:
            continue
        told.add(item)
        source.fault(
            row,
            f"item {item!r} stands in two {name}s ({column.values[column.codes[row]]!r} and "
            f"{column.values[found[items.codes[row]]]!r}); an item has one",
        )
    return [None if code < 0 else str(column.values[code]) for code in found.tolist()]


def figure_an_item(source: Coded, items: CodedColumn, name: str) -> Floats | None:
    """A column of numbers of which each item has one, the last; NaN where none; none where the table lacks it."""
    if name not in source:
        return None
    figures = source.figures(name)
    given = np.flatnonzero(~np.isnan(figures))
    found = np.full(len(items.values), np.nan)
    found[items.codes[given]] = figures[given]
    return found


def weight_problem(value: object, number: float) -> str:
    """What is wrong with a weight, as it was written and as a number, that is below 0 or has no end."""
    wrong = "is below 0" if number < 0 else "is not finite"
    return f"weight {value!r} {wrong}; it says how many items a rated one stands for: 1 / its chance to be drawn"


def mean_an_item(scores: Floats) -> Floats:
    """Each item's mean over its raters, shape (items,), of scores (items, raters); NaN where nobody gave one."""
    given = ~np.isnan(scores)
    count = given.sum(axis=1)
    total = np.where(given, scores, 0.0).sum(axis=1)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def clusters_of(groups: list[str | None] | None, items: tuple[str, ...]) -> list[str] | None:
    """The cluster of each item: its group, or itself where it has none."""
    if groups is None or all(group is None for group in groups):
        return None
    return [
        own_cluster(item) if group is None else f"group {group}" for group, item in zip(groups, items, strict=True)
    ]


def own_cluster(item: str) -> str:
    """The cluster of an item that has no group: itself."""
    return f"item {item}"
