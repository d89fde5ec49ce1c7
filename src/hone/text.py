"""Ids, names and missing values, spelt one way wherever they come from: a file, the store, a page or a program."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

MISSING = frozenset(
    {
        "",
        "#n/a",
        "#n/a n/a",
        "#na",
        "-1.#ind",
        "-1.#qnan",
        "-nan",
        "1.#ind",
        "1.#qnan",
        "<na>",
        "n/a",
        "na",
        "nan",
        "nil",
        "none",
        "null",
    }
)
"""What people and programs write for no value, in small letters: pandas' list, and what spreadsheets use."""
_NO_SCORE = MISSING | {"-", "--", "---", "–", "—", "."}
"""What stands where a score would, by SPSS and by hand; elsewhere a dash or a point may be a text."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_JOINERS = "\u200c\u200d"
_JOINING = re.compile(
    "[\u0600-\u07ff\u0840-\u085f\u0860-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1c4f\ua840-\ua87f"
    "\ua8e0-\ua8ff\ua980-\ua9df\uaa60-\uaa7f\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010d00-\U00010d3f"
    "\U00010f30-\U00010fbf\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
"""Scripts whose letters join, such as Arabic and the Indic ones: there a joiner changes how they look."""
_VARIED = re.compile("[\u1800-\u18af\u2e80-\u2fdf\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Mongolian letters and ideographs, of which a selector chooses a form."""
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_WHOLE_FLOAT = re.compile(r"\s*[+-]?\d+\.0\s*")


def visible(text: str) -> str:
    """The text in NFC, without what changes nothing of how it looks: zero-width spaces, bidi controls, a BOM.

    A joiner between letters that join (Persian, Hindi), and what makes up an emoji or a form of an ideograph, stays.
    """
    if text.isascii():
        return text
    if _INVISIBLE.search(text):
        kept = ""
        for place, character in enumerate(text):
            if not _INVISIBLE.match(character) or _is_seen(character, kept, text[place + 1 :]):
                kept += character
        text = kept
    return unicodedata.normalize("NFC", text)


def _is_seen(character: str, before: str, after: str) -> bool:
    """Whether an invisible character changes how its neighbours look."""
    last = before[-1:]
    rest = _INVISIBLE.sub("", after[:8])[:1]
    if not last:
        return False
    if character in _JOINERS:
        if _joins(last):
            return _joins(rest) or unicodedata.combining(last) == 9  # a virama, whose form it chooses
        return character == "\u200d" and _is_emoji(last) and _is_emoji(rest)
    if "\ufe00" <= character <= "\ufe0f":
        return _is_emoji(last) or rest == "\u20e3" or bool(_VARIED.match(last))
    if "\u180b" <= character <= "\u180f" or "\U000e0100" <= character <= "\U000e01ef":
        return bool(_VARIED.match(last))
    if "\U000e0020" <= character <= "\U000e007f":
        return last == "\U0001f3f4" or "\U000e0020" <= last <= "\U000e007e"  # the flag of a region
    return character in "\u115f\u1160" and bool(_JAMO.match(last) or _JAMO.match(rest))


def _joins(character: str) -> bool:
    return bool(_JOINING.match(character)) and unicodedata.category(character)[0] in "LM"


def _is_emoji(character: str) -> bool:
    return bool(character) and (
        unicodedata.category(character) == "So"
        or character in "\u203c\u2049\u2194\u2195\u20e3\ufe0f"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


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


def is_printable(text: str) -> bool:
    """Whether a name holds no control character; the joiners that `visible` leaves in it are part of how it looks."""
    return all(one.isprintable() or unicodedata.category(one) == "Cf" for one in text)


def is_missing(value: Any) -> bool:
    """Whether a cell holds no value: nothing, NaN, or a word that people write for it, such as ``N/A``."""
    return _is_one_of(value, MISSING)


def is_no_score(value: Any) -> bool:
    """The same for a column of scores, where a dash or a point alone says so too."""
    return _is_one_of(value, _NO_SCORE)


def _is_one_of(value: Any, words: frozenset[str]) -> bool:
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and visible(value).strip().lower() in words


def whole_text(text: str) -> str:
    """The text with each lone surrogate, which no file can hold, replaced by U+FFFD; pairs become one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable(text: str) -> str:
    """Text that every database can hold: without NUL, which PostgreSQL refuses, and without lone surrogates."""
    return whole_text(text).replace("\0", "\ufffd")
