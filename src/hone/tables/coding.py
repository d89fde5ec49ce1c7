"""Columns of a table as whole numbers: each different value once, and for every row which one it is.

A million rows of ratings hold few different names and scores, so that everything after this is done in arrays.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.domain.rubric import Scale
from hone.errors import FileFormatError
from hone.tables import Row, RowProblem, Table, Taken, dropped_point, is_blank
from hone.text import are_whole_floats, identifier, is_no_score, visible, whole_identifier
from hone.text import name as named

Integers = npt.NDArray[np.int64]
ABSENT = frozenset({"absent", "abs", "excused", "missing", "not rated", "not given", "n.a.", "n. a.", "no score"})
"""What stands for no rating beside numbers or the labels of a scale; among other words it is a label."""
MOST_FAULTS = 10
"""Faults of one file that are told at once."""
_PERCENT = re.compile(r"(?P<number>[^%\s]+)\s*%")
_FORMULA_ERROR = re.compile(r"#(?:DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)", re.IGNORECASE)
_FRACTION = re.compile(r"(?P<sign>[-\u2212]?)(?P<whole>\d*)\s*(?P<part>[\u00bc-\u00be\u2150-\u215e])")
_COMMA = re.compile(r"(?P<whole>[+-]?\d+),(?P<part>\d{1,2}|\d{4,})")


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
    faults: list[tuple[int, str]] = field(default_factory=list)
    """By row, what is wrong with it."""

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def fault(self, row: int, problem: str) -> None:
        """Note what is wrong with a row; `check` tells it, with where the row stands."""
        self.faults.append((row, problem))

    def fault_value(self, name: str, code: int, problem: str) -> None:
        """The same for the first row that has this value in this column, and how many rows more have it."""
        rows = np.flatnonzero(self.columns[name].codes == code)
        more = f" (and {len(rows) - 1:,} more rows)" if len(rows) > 1 else ""
        self.fault(int(rows[0]), problem + more)

    def check(self) -> None:
        """Tell all that is wrong with the file at once, in the order of its rows.

        Raises:
            FileFormatError: Something is.
        """
        if not self.faults:
            return
        wanted = dict.fromkeys(row for row, _ in self.faults)
        numbers = {}
        filled = (place for place in self.table.located() if not is_blank_or_broken(place[2]))
        for row, (path, number, _) in enumerate(filled):
            if row in wanted:
                numbers[row] = (path, number)
                if len(numbers) == len(wanted):
                    break
        raise faults_told(
            self.table.path, [(*numbers.get(row, (self.table.path, 0)), text) for row, text in sorted(self.faults)]
        )

    def names(self, column: str) -> CodedColumn:
        """A column of names: each a text; a cell that is empty or names nothing is a fault."""
        found = self.columns[column]
        for code, value in enumerate(found.values):
            if not _is_name(value):
                what = "is empty" if value is None or value == "" else f"is {value!r}"
                self.fault_value(column, code, f"the column {column!r} {what}; write a name there")
        if column != "item":
            return _merged(found, named)
        if not are_whole_floats(found.values):
            return _merged(found, identifier)
        self.taken.remarks.append(dropped_point(self.taken.columns[column]))
        return _merged(found, whole_identifier)

    def words(self, column: str, default: str, allowed: Sequence[str]) -> CodedColumn:
        """A column of set words, in any case; the default where a cell is empty or the column absent.

        Another word is a fault.
        """
        if column not in self.columns:
            return CodedColumn(column, (default,), np.zeros(self.rows, dtype=np.int64))
        by_lower = {word.lower(): word for word in allowed}
        found = self.columns[column]
        for code, value in enumerate(found.values):
            if named(value).lower() not in by_lower and not is_no_score(value):
                self.fault_value(column, code, f"{column} {value!r} is not known; write {' or '.join(allowed)}")
        return _merged(found, lambda value: by_lower.get(named(value).lower(), default))

    def figures(self, column: str) -> npt.NDArray[np.float64]:
        """A column of numbers, NaN where a cell is empty; shape (rows,). A cell without a number is a fault."""
        found = self.columns[column]
        figures = np.empty(len(found.values))
        for code, value in enumerate(found.values):
            number = as_number(value)
            if number is None or math.isinf(number):
                self.fault_value(column, code, f"{column} {value!r} is not a number")
            figures[code] = math.nan if number is None or math.isinf(number) else number
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
    broken: list[tuple[Path, int, str]] = []
    for path, number, row in table.located():
        if isinstance(row, RowProblem):
            broken.append((path, number, row.reason))
            if len(broken) > MOST_FAULTS:
                break
            continue
        if is_blank(row):
            empty += 1
            continue
        try:
            for name, coder, add in steps:
                add(coder[row.get(name)])
        except TypeError:
            bad = next(name for name, _, _ in steps if isinstance(row.get(name), (list, dict)))
            raise FileFormatError(path, f"the column {bad!r} holds a list", line=number) from None
        rows += 1
    if broken:
        raise faults_told(table.path, broken)
    columns = {
        name: CodedColumn(name, tuple(coder), np.frombuffer(out, dtype=np.int32).astype(np.int64))
        for name, coder, out in zip(wanted, coders, codes, strict=True)
    }
    return Coded(table, columns, rows, Taken({name: known[name] for name in wanted}, empty))


def is_blank_or_broken(row: Row | RowProblem) -> bool:
    """Whether a row is not among those that were read."""
    return isinstance(row, RowProblem) or is_blank(row)


def faults_told(path: Path, faults: Sequence[tuple[Path, int, str]]) -> FileFormatError:
    """All faults of a file as one error: the first with its line, then the others, a few of very many."""
    first, number, problem = faults[0]
    more = [
        f"{'' if one == path else f'{one.name} '}line {line}: {text}" for one, line, text in faults[1:MOST_FAULTS]
    ]
    return FileFormatError(first, told_at_once([problem, *more], len(faults)), line=number or None)


def told_at_once(faults: Sequence[str], count: int) -> str:
    """Faults as one line: the first, how many there are in all, the others, and how many of very many are not told.

    Args:
        faults: Those that are told.
        count: How many there are.
    """
    if count < 2:
        return faults[0]
    rest = f"; and {count - len(faults):,} more" if count > len(faults) else ""
    return f"{faults[0]}; {count:,} faults in all: {'; '.join(faults[1:])}{rest}"


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
        return _as_written(text)


def _as_written(text: str) -> float | None:
    """A number as people write it: ``3½``, ``3,5``, ``80%`` (0.8). ``1,234`` may be a thousand, and is none."""
    percent = _PERCENT.fullmatch(text)
    if percent:
        number = as_number(percent["number"])
        return None if number is None or math.isnan(number) else number / 100
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        part = unicodedata.numeric(fraction["part"])
        whole = float(fraction["whole"] or 0)
        return math.copysign(abs(whole) + part, -1.0 if fraction["sign"] else 1.0)
    comma = _COMMA.fullmatch(text)
    return float(f"{comma['whole']}.{comma['part']}") if comma else None


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
    label = _label(str(value))
    if label in labels:
        return labels[label]
    return math.nan if label in ABSENT else as_number(value)


def is_absent(value: Any) -> bool:
    """Whether a cell says in words that there is no score."""
    return isinstance(value, str) and _label(value) in ABSENT


def is_formula_error(value: Any) -> bool:
    """Whether a cell holds what a spreadsheet shows where a formula has no result; ``#N/A`` is a missing value."""
    return isinstance(value, str) and _FORMULA_ERROR.fullmatch(value.strip()) is not None


def is_percent(value: Any) -> bool:
    """Whether a cell is a percentage."""
    return isinstance(value, str) and value.strip().endswith("%")


def _label(text: str) -> str:
    return named(text).lower()


def _is_name(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and bool(identifier(value))


def _merged(column: CodedColumn, name: Callable[[Any], str]) -> CodedColumn:
    """The column with values that are written differently but mean the same made one."""
    coder = _Coder()
    place = np.array([coder[name(value)] for value in column.values], dtype=np.int64)
    return CodedColumn(column.name, tuple(coder), place[column.codes])
