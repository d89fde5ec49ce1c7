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
# Longer numbers, which Python reads in a time of their own, stay as they are.
_PIECE = r"\s*(?:\{\s*(-?\d{1,30})\s*\}|(\d))"
_FRACTION = re.compile(
    r"(?:(?<![\d.,])(?P<whole>\d{1,3}(?:,\d{3}){1,9}|\d{1,30})[ ]?|(?P<number>(?<=\d)))?"
    rf"\\[dt]?frac{_PIECE}{_PIECE}"
)
_TEXT = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:rm|bf|it)|mbox)\s*\{([^{}]*)\}")
_WORDY = re.compile(r"\\(?:text|mathrm|mbox)\s*\{[^{}]*\}")
_LATEX = re.compile(r"\\[,;!: ]|\\(?=[$%])|\{(?=,)|(?<=,)\}")


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
            boxed = any(box.start(1) <= number.start() < box.end(1) for box in _BOXED.finditer(text))
            return FinalAnswer(_value(number), "boxed" if boxed else "words")
    value = _boxed_number(text)
    if value is not None:
        return FinalAnswer(value, "boxed")
    last = None
    for last in _NUMBER.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    return FinalAnswer(_value(last), "last") if last else FinalAnswer(None, "none")


def boxed_number(text: str) -> str | None:
    r"""The first number in the last ``\boxed{}``, in its plainest form; none where there is no box or no number."""
    return _boxed_number(_plain(answer_of(text)))


def marked_place(text: str) -> tuple[int, int] | None:
    r"""Where ``####`` begins that the final number stands behind, and where that number's line ends.

    Headings, which `read_answer` does not read either, are left out; none where no number stands behind a mark.

    Example:
        >>> marked_place("#### Step 2\n#### 7\nDone.")
        (12, 18)
    """
    for found in re.finditer(r"(?=####)", text):
        if _MARKED.match(_plain(text[found.start() :])):
            start = found.start() + 4
            line = start + len(text[start:]) - len(text[start:].lstrip())
            end = text.find("\n", line)
            return found.start(), len(text) if end < 0 else end
    return None


def answers_rightly(text: str, gold: str) -> bool:
    """Whether a text ends in the number that a gold answer is; never where the gold is no number.

    Args:
        text: What a model wrote.
        gold: The final answer.
    """
    number = gold_number(gold)
    return number is not None and read_answer(text).value == number


def gold_number(text: str) -> str | None:
    """The number that a gold answer is, in its plainest form; none where it holds no number, or several."""
    found = list(_NUMBER.finditer(_plain(text)))
    return _value(found[0]) if len(found) == 1 else None


def marked_text(text: str) -> tuple[str, Place]:
    r"""The final answer as text, for answers that are no numbers.

    Returns:
        What stands on the line behind the first ``####``, behind the last "answer is", in the last ``\boxed{}``, or
        the last line that is not empty; and where it stood. A box behind "answer is" is a box.
    """
    text = answer_of(text)
    if "####" in text:
        line = text.split("####", 1)[1].strip().partition("\n")[0].strip(" *")
        return _in_box(line) or line, "mark"
    said = re.findall(r"\b(?:final\s+answer|answer)\s*(?:is|:)\s*([^\n]+)", text, re.IGNORECASE)
    if said:
        boxed = _in_box(said[-1])
        return (said[-1].strip(" *."), "words") if boxed is None else (boxed, "boxed")
    boxed = _in_box(text)
    if boxed is not None:
        return boxed, "boxed"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1], "last") if lines else ("", "none")


def _in_box(text: str) -> str | None:
    r"""What stands in the last box, without ``\text{}`` around it; none where there is no box."""
    boxes = _BOXED.findall(text)
    return _TEXT.sub(r"\1", boxes[-1]).strip() if boxes else None


def _boxed_number(text: str) -> str | None:
    boxes = _BOXED.findall(text)
    number = _NUMBER.search(boxes[-1]) if boxes else None
    return _value(number) if number else None


def _plain(text: str) -> str:
    """The text without LaTeX around numbers."""
    if "\\" not in text:
        return text
    text = _WORDY.sub("", _BOXED.sub(_number_kept, text))
    return _LATEX.sub("", _FRACTION.sub(_on_one_line, text))


def _number_kept(box: re.Match[str]) -> str:
    r"""The box with the words in it, where the number stands among them: ``\boxed{\text{42 dollars}}``."""
    return box[0] if re.search(r"\d", _WORDY.sub("", box[1])) else _TEXT.sub(r"\1", box[0])


def _on_one_line(fraction: re.Match[str]) -> str:
    """A fraction as "1/2", and three and a half as "7/2"."""
    above, below = (int(piece) for piece in fraction.groups()[2:] if piece is not None)
    if whole := fraction["whole"]:
        above += int(whole.replace(",", "")) * below
    if below < 0:
        above, below = -above, -below
    return f"{' ' if fraction['number'] is not None else ''}{above}/{below}"


def _value(match: re.Match[str]) -> str:
    whole, _, fraction = match["digits"].replace(",", "").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    text = f"{whole}.{fraction}" if fraction else whole
    below = (match["below"] or "").lstrip("/").lstrip("0")
    if below and below != "1":
        text = f"{text}/{below}"
    negative = bool(match["sign"].strip()) != bool(match["inner"])
    return f"-{text}" if negative and text != "0" else text
