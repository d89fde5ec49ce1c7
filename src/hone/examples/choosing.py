"""Which rows of a labelled file are learnt from: those that pass the rubric, and the best reply to each item."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hone.errors import ProjectError, TuneError
from hone.judging.label import CERTAINTY, DECIDED_BY, OWN_JUDGE
from hone.tables import Row, Table, guess
from hone.text import identifier, is_missing

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "=": operator.eq,
}
_RULE = re.compile(r"\s*(?P<name>.+?)\s*(?P<sign>>=|<=|==|=|>|<)\s*(?P<level>-?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Keep:
    """A row is kept where a label stands in a relation to a level, such as ``Be Detailed >= 1``."""

    name: str
    sign: str
    level: float

    @classmethod
    def parse(cls, text: str) -> Keep:
        """The rule that a text says.

        Raises:
            TuneError: It says none.
        """
        found = _RULE.fullmatch(text)
        if found is None:
            raise TuneError(f"{text!r} is not a rule; write a criterion, a sign and a level: 'Be Detailed >= 1'")
        return cls(found["name"], found["sign"], float(found["level"]))

    def __str__(self) -> str:
        return f"{self.name} {self.sign} {self.level:g}"

    def passes(self, row: Row) -> bool:
        """Whether a row is kept; one that was not scored never is."""
        value = _number(row.get(self.name))
        return value is not None and _SIGNS[self.sign](value, self.level)


def choose_rows(
    rows: Iterable[tuple[int, Row]], table: Table, keep: Sequence[Keep], best: str | None
) -> Iterator[tuple[int, Row]]:
    """The rows that pass every rule, and of these the best of each item.

    Args:
        rows: With their lines.
        table: Where they come from.
        keep: The rules.
        best: The column whose highest value wins, ``mean`` for the mean of the rules' columns; none keeps all.

    Raises:
        ProjectError: The table lacks a column.
    """
    for name in [rule.name for rule in keep] + ([best] if best and best != "mean" else []):
        if name not in table.columns:
            known = ", ".join(column for column in table.columns if not column.endswith(_EXTRAS))
            raise ProjectError(f"{table.path}: there is no column {name!r} to choose by; there are: {known}")
    passed = ((line, row) for line, row in rows if all(rule.passes(row) for rule in keep))
    if best is None:
        return passed
    names = [best] if best != "mean" else [rule.name for rule in keep] or _scores(table)
    item = guess(table.columns, "id", None) or guess(table.columns, "prompt", None)
    if item is None:
        raise ProjectError(f"{table.path}: best-of needs a column that names the item (id, item or prompt)")
    top: dict[Any, tuple[float, int, Row]] = {}
    for line, row in passed:
        values = [_number(row.get(name)) for name in names]
        known_values = [value for value in values if value is not None]
        if not known_values:
            continue
        score = sum(known_values) / len(known_values)
        if score > top.get(identifier(row.get(item)), (-math.inf, 0, row))[0]:
            top[identifier(row.get(item))] = (score, line, row)
    return ((line, row) for _, line, row in sorted(top.values(), key=lambda one: one[1]))


_EXTRAS = (" reason", " probability", " spread", OWN_JUDGE, DECIDED_BY, CERTAINTY)


def _scores(table: Table) -> list[str]:
    """The criteria of a file that `hone label` wrote: columns with a reason beside them."""
    return [name for name in table.columns if f"{name} reason" in table.columns]


def _number(value: Any) -> float | None:
    try:
        return None if is_missing(value) else float(value)
    except (TypeError, ValueError):
        return None
