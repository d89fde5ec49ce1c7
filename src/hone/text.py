"""Ids, names and missing values, spelt one way wherever they come from: a file, the store, a page or a program."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

MISSING = frozenset(
    {"", "#n/a", "#n/a n/a", "#na", "-1.#ind", "-1.#qnan", "-nan", "1.#ind", "1.#qnan", "<na>", "n/a", "na", "nan",
     "nil", "none", "null", "-", "--", "---", "–", "—", "."}
)  # fmt: skip
"""What people and programs write for no value, in small letters: pandas' list, and what spreadsheets and SPSS use."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


_WHOLE_FLOAT = re.compile(r"\s*[+-]?\d+\.0\s*")


def visible(text: str) -> str:
    """The text in NFC, without what nobody sees: zero-width characters, bidi controls, soft hyphens, a BOM."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def identifier(value: Any) -> str:
    """An id as text, kept to the last digit; empty where there is none.

    A whole number that came as a float loses its ``.0`` and nothing else. Text keeps its leading zeros.

    Args:
        value: Text, a number, or another value that an id was read as.
    """
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(float(value))
    return visible(str(value)).strip()


def are_whole_floats(values: Iterable[Any]) -> bool:
    """Whether there are ids and every one reads as a whole number with ``.0``, as pandas writes a column with gaps.

    Args:
        values: The ids of a whole column, as they were read; those without a value do not count.
    """
    found = False
    for value in values:
        if is_missing(value):
            continue
        if not (isinstance(value, float) and value.is_integer()):
            if not (isinstance(value, str) and _WHOLE_FLOAT.fullmatch(value)):
                return False
            found = True
    return found


def whole_identifier(value: Any) -> str:
    """The id without its ``.0``, for a column whose ids all read so."""
    return identifier(value).removesuffix(".0")


def name(value: Any) -> str:
    """A name of a rater, a judge, a criterion or a group: as an id, with single spaces between its words."""
    return " ".join(identifier(value).split())


def is_missing(value: Any) -> bool:
    """Whether a cell holds no value: nothing, NaN, or a word that people write for it, such as ``N/A``."""
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and visible(value).strip().lower() in MISSING
