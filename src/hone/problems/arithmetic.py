"""Sums as calculator marks write them: numbers, ``+ - * /``, brackets and percentages, worked out exactly."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

Part = Fraction | str
"""A number, or a sign."""

_PART = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<percent>%?)|(?P<sign>[-+*/()]))")
_DEEPEST = 20


def parts(expression: str) -> list[Part]:
    """Numbers and signs in turn; none where there is anything else. A percentage is a number over a hundred."""
    found: list[Part] = []
    place, text = 0, expression.replace(",", "").strip()
    while place < len(text):
        match = _PART.match(text, place)
        if match is None:
            return []
        place = match.end()
        if match["sign"]:
            found.append(match["sign"])
        elif match["percent"]:
            found += ["(", Fraction(match["number"]), "/", Fraction(100), ")"]
        else:
            found.append(Fraction(match["number"]))
    return found


def evaluate(expression: Iterable[Part]) -> Fraction | None:
    """What the parts give; none where they are no sum, or divide by zero."""
    reading = _Reading(list(expression))
    try:
        value = reading.total(0)
    except (ValueError, IndexError, ZeroDivisionError):
        return None
    return None if reading.rest else value


class _Reading:
    """A descent over sums, products and single terms; takes from the front of what is left."""

    def __init__(self, rest: list[Part]) -> None:
        self.rest = rest

    def total(self, depth: int) -> Fraction:
        value = self._product(depth)
        while self.rest and self.rest[0] in ("+", "-"):
            value = value + self._product(depth) if self.rest.pop(0) == "+" else value - self._product(depth)
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._term(depth)
        while self.rest and self.rest[0] in ("*", "/"):
            value = value * self._term(depth) if self.rest.pop(0) == "*" else value / self._term(depth)
        return value

    def _term(self, depth: int) -> Fraction:
        part = self.rest.pop(0)
        if isinstance(part, Fraction):
            return part
        if depth > _DEEPEST or part not in ("-", "("):
            raise ValueError("a sign where a number should be, or too many brackets")
        if part == "-":
            return -self._term(depth + 1)
        value = self.total(depth + 1)
        if self.rest.pop(0) != ")":
            raise ValueError("a bracket is not closed")
        return value
