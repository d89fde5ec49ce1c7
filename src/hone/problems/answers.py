r"""Reads the final answer out of what a model wrote, and tells whether it is the right one.

The places are tried in this order: behind ``####``, behind "the final answer is", in ``\boxed{}``, the last number.
Behind ``####`` alone is the strict reading; any of them is the flexible one. Numbers are compared as numbers:
"$2,125.00" is 2125, "50%" is 50 and "7 apples" is 7. Nothing is evaluated and nothing is rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hone.models.thinking import answer_of

Place = Literal["mark", "words", "boxed", "last", "none"]

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?![\d,]*\d)|\d+)(?:\.\d+)?|\.\d+"
_CURRENCY = r"[$€£¥]"
# A minus stands before a number, not between two: "5-3" and "5 - 3" end in 3.
_SIGN = rf"(?:(?<![\w)\]}}%])[-−–](?=(?:{_CURRENCY}\s?)?[\d.])|(?<![\w)\]}}%])(?<![\w)\]}}%]\s)[-−–]\s)?"
_NUMBER = re.compile(
    rf"(?P<sign>{_SIGN})(?:{_CURRENCY}\s?(?P<inner>[-−]?))?(?P<digits>{_DIGITS})(?P<below>/\d+(?![\d./]))?"
)
# "#### 1. First step" is a heading, and not an answer.
_MARKED = re.compile(rf"####\s*\**\s*(?P<number>{_NUMBER.pattern})(?!\s*[)\]]|\.[ \t]+[A-Za-z*])")
_WORDS = re.compile(r"\b(?:final\s+answer|answer)\s*(?:is|are|:|=)[^\n\d]{0,40}?(?=[-−$€£¥.\\]*\s?\d)", re.IGNORECASE)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}")
_LATEX = re.compile(r"\\(?:text|mathrm|mbox)\s*\{[^{}]*\}|\\[,;!: ]|\\(?=[$%])|\{(?=,)|(?<=,)\}")


@dataclass(frozen=True, slots=True)
class FinalAnswer:
    """What was read."""

    value: str | None
    """The number in its plainest form ("2125", "-0.5", "1/3"), or none where there is no number."""
    place: Place
    """Where it stood."""

    @property
    def strict(self) -> bool:
        """Whether it stood behind ``####``."""
        return self.place == "mark"


def read_answer(text: str) -> FinalAnswer:
    """The final numeric answer in a model's text; thoughts before the answer are left out."""
    text = _plain(answer_of(text))
    marked = _MARKED.search(text)
    if marked:
        return FinalAnswer(_value(marked), "mark")
    said = list(_WORDS.finditer(text))
    if said:
        number = _NUMBER.search(text, said[-1].end())
        if number and number.start() - said[-1].end() < 4:
            return FinalAnswer(_value(number), "words")
    boxed = _BOXED.findall(text)
    if boxed and (number := _NUMBER.search(boxed[-1])):
        return FinalAnswer(_value(number), "boxed")
    last = None
    for last in _NUMBER.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return FinalAnswer(_value(last), "last") if last else FinalAnswer(None, "none")


def gold_number(text: str) -> str | None:
    """The number that a gold answer is, in its plainest form; none where it holds no number, or several."""
    found = list(_NUMBER.finditer(_plain(text)))
    return _value(found[0]) if len(found) == 1 else None


def marked_text(text: str) -> tuple[str, Place]:
    r"""The final answer as text, for answers that are no numbers.

    Returns:
        What stands on the line behind the first ``####``, behind the last "answer is", in the last ``\boxed{}``, or
        the last line that is not empty; and where it stood.
    """
    text = answer_of(text)
    if "####" in text:
        return text.split("####", 1)[1].strip().partition("\n")[0].strip(" *"), "mark"
    said = re.findall(r"\b(?:final\s+answer|answer)\s*(?:is|:)\s*([^\n]+)", text, re.IGNORECASE)
    if said:
        return said[-1].strip(" *."), "words"
    if boxed := _BOXED.findall(text):
        return boxed[-1].strip(), "boxed"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1], "last") if lines else ("", "none")


def _plain(text: str) -> str:
    """The text without LaTeX around numbers."""
    if "\\" not in text:
        return text
    return _LATEX.sub("", _FRACTION.sub(r"\1/\2", text))


def _value(match: re.Match[str]) -> str:
    whole, _, fraction = match["digits"].replace(",", "").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    text = f"{whole}.{fraction}" if fraction else whole
    below = (match["below"] or "").lstrip("/").lstrip("0")
    if below and below != "1":
        text = f"{text}/{below}"
    negative = bool(match["sign"].strip()) != bool(match["inner"])
    return f"-{text}" if negative and text != "0" else text
