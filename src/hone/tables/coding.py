"""Columns of a table as whole numbers: each different value once, and for every row which one it is.

A million rows of ratings hold few different names and scores, so that everything after this is done in arrays.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from hone.domain.rubric import Scale
from hone.errors import FileFormatError
from hone.tables import RowProblem, Table, Taken, dropped_point, is_blank
from hone.text import are_whole_floats, identifier, is_no_score, visible, whole_identifier
from hone.text import name as named

Integers = npt.NDArray[np.int64]


class _Coder(dict[Any, int]):
    """Gives each new value the next number."""

    def __missing__(self, value: Any) -> int:
        self[value] = code = len(self)
        return code


@dataclass(frozen=True)
class CodedColumn:
    """One column."""

    name: str
    values: tuple[Any, ...]
    """Every different value, in the order of its first row; None where a cell is empty."""
    codes: Integers
    """Which value each row has, shape (rows,)."""


@dataclass(frozen=True)
class Coded:
    """The columns that were asked for and that the table has."""

    table: Table
    columns: Mapping[str, CodedColumn]
    rows: int
    taken: Taken = field(default_factory=Taken)
    """Which columns they are in the file, and how many rows without any value were passed over."""

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def refuse(self, row: int, problem: str) -> NoReturn:
        """Say what is wrong with a row, and where it stands.

        Raises:
            FileFormatError: Always.
        """
        filled = (number for number, one in self.table.rows() if isinstance(one, RowProblem) or not is_blank(one))
        number = next(islice(filled, row, None), None)
        raise FileFormatError(self.table.path, problem, line=number)

    def refuse_value(self, name: str, code: int, problem: str) -> NoReturn:
        """The same for the first row that has this value in this column."""
        self.refuse(int(np.flatnonzero(self.columns[name].codes == code)[0]), problem)

    def names(self, column: str) -> CodedColumn:
        """A column of names: each a text, and none empty.

        Raises:
            FileFormatError: A cell is empty or holds something that names nothing.
        """
        found = self.columns[column]
        for code, value in enumerate(found.values):
            if not _is_name(value):
                what = "is empty" if value is None or value == "" else f"is {value!r}"
                self.refuse_value(column, code, f"the column {column!r} {what}; write a name there")
        if column != "item":
            return _merged(found, named)
        if not are_whole_floats(found.values):
            return _merged(found, identifier)
        self.taken.remarks.append(dropped_point(self.taken.columns[column]))
        return _merged(found, whole_identifier)

    def words(self, column: str, default: str, allowed: Sequence[str]) -> CodedColumn:
        """A column of set words, in any case; the default where a cell is empty or the column absent.

        Raises:
            FileFormatError: A cell holds another word.
        """
        if column not in self.columns:
            return CodedColumn(column, (default,), np.zeros(self.rows, dtype=np.int64))
        by_lower = {word.lower(): word for word in allowed}
        found = self.columns[column]
        for code, value in enumerate(found.values):
            if named(value).lower() not in by_lower and not is_no_score(value):
                self.refuse_value(column, code, f"{column} {value!r} is not known; write {' or '.join(allowed)}")
        return _merged(found, lambda value: by_lower.get(named(value).lower(), default))

    def figures(self, column: str) -> npt.NDArray[np.float64]:
        """A column of numbers, NaN where a cell is empty; shape (rows,).

        Raises:
            FileFormatError: A cell holds no number.
        """
        found = self.columns[column]
        figures = np.empty(len(found.values))
        for code, value in enumerate(found.values):
            number = as_number(value)
            if number is None or math.isinf(number):
                self.refuse_value(column, code, f"{column} {value!r} is not a number")
            figures[code] = number
        return figures[found.codes]


def coded(table: Table, required: Sequence[str], optional: Sequence[str] = (), form: str = "") -> Coded:
    """Read columns of a table. Their names may be written in any case.

    Args:
        table: The table.
        required: Columns that it must have.
        optional: Columns that are read where it has them.
        form: What the columns of such a file are, for the error.

    Raises:
        FileFormatError: A column is missing, or a row does not read.
    """
    known = {name.strip().lower(): name for name in reversed(table.columns)}
    missing = [name for name in required if name not in known]
    if missing:
        there = ", ".join(table.columns[:20])
        raise FileFormatError(table.path, f"there is no column {missing[0]!r}; {form}the columns are: {there}")
    wanted = [name for name in (*required, *optional) if name in known]
    coders = [_Coder() for _ in wanted]
    codes = [array("i") for _ in wanted]
    steps = [(known[name], coder, out.append) for name, coder, out in zip(wanted, coders, codes, strict=True)]
    rows = empty = 0
    for number, row in table.rows():
        if isinstance(row, RowProblem):
            raise FileFormatError(table.path, row.reason, line=number)
        if is_blank(row):
            empty += 1
            continue
        try:
            for name, coder, add in steps:
                add(coder[row.get(name)])
        except TypeError:
            bad = next(name for name, _, _ in steps if isinstance(row.get(name), (list, dict)))
            raise FileFormatError(table.path, f"the column {bad!r} holds a list", line=number) from None
        rows += 1
    columns = {
        name: CodedColumn(name, tuple(coder), np.frombuffer(out, dtype=np.int32).astype(np.int64))
        for name, coder, out in zip(wanted, coders, codes, strict=True)
    }
    return Coded(table, columns, rows, Taken({name: known[name] for name in wanted}, empty))


def as_number(value: Any) -> float | None:
    """The number in a cell, NaN where it is empty; none where it holds something else."""
    if is_no_score(value):
        return math.nan
    if isinstance(value, (int, float)):
        return float(value)
    text = visible(str(value)).strip()
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def labels_of(scale: Scale) -> dict[str, float]:
    """The value of each level by its label, as `as_score` looks for it."""
    return {_label(level.label): level.value for level in scale.levels}


def as_score(value: Any, labels: Mapping[str, float]) -> float | None:
    """The score in a cell, NaN where it is empty; none where it holds something else.

    A level's label stands above all else: of a scale with the level ``none``, ``none`` is that level.

    Args:
        value: The cell.
        labels: What `labels_of` gives for the scale.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return math.nan
    return labels.get(_label(str(value)), as_number(value))


def _label(text: str) -> str:
    return named(text).lower()


def _is_name(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and bool(identifier(value))


def _merged(column: CodedColumn, name: Callable[[Any], str]) -> CodedColumn:
    """The column with values that are written differently but mean the same made one."""
    coder = _Coder()
    place = np.array([coder[name(value)] for value in column.values], dtype=np.int64)
    return CodedColumn(column.name, tuple(coder), place[column.codes])
