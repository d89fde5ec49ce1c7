"""What a written cell may hold: text, a finite figure, a whole number, yes or no; or nothing, in any column.

The rules are the same in every form, so that the same rows come out whichever the user picks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

_WHOLE = 2**63
"""Arrow's whole numbers have 64 bits."""

Convert = Callable[[Any], Any]


def converters(columns: Mapping[str, type]) -> list[tuple[str, Convert]]:
    """The columns with what makes a value fit into each.

    Raises:
        ValueError: There are no columns.
        TypeError: A column is of a type other than str, float, int and bool.
    """
    if not columns:
        raise ValueError("a table needs at least one column")
    for name, kind in columns.items():
        if kind not in _CONVERTERS:
            raise TypeError(f"column {name!r} is of {kind.__name__}; it can be str, float, int or bool")
    return [(name, _CONVERTERS[kind]) for name, kind in columns.items()]


def _text(value: Any) -> str | None:
    """Text as it is. What is no text, such as a list out of the user's own data, is written as JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _figure(value: Any) -> float | None:
    """A finite figure: NaN and the infinities are no JSON, and mean in tables that there is none."""
    if value is None:
        return None
    if isinstance(value, (str, bytes, bool)):
        raise TypeError(f"expected a number, not {value!r}")
    figure = float(value)
    return figure if math.isfinite(figure) else None


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, (str, bytes, bool)) or int(value) != value or not -_WHOLE <= value < _WHOLE:
        raise TypeError(f"expected a whole number of at most 64 bits, not {value!r}")
    return int(value)


def _flag(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise TypeError(f"expected True or False, not {value!r}")


_CONVERTERS: dict[type, Convert] = {str: _text, float: _figure, int: _whole, bool: _flag}
