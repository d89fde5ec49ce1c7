"""Which equations of a worked answer are false: a right result may rest on two mistakes that cancel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from hone.problems.arithmetic import Part, evaluate, parts

_SUM = frozenset("0123456789.,$%+-*/x×÷() ")
_RESULT = re.compile(
    r"\s*\$?\s*(-?(?:\d[\d,]*)?\.?\d+)"
    r"(?P<more>[\d%/,.]*[\d%/]|\s*[-+*x×÷]\s*[\d($]|\s*[\^⁰¹²³⁴-⁹]|\(\d+\)/|\s+\d+/\d)?"
)
_SIGNS = str.maketrans({"x": "*", "×": "*", "÷": "/", "$": None})
_OTHER_SIGNS = str.maketrans("−–·⋅∙", "--***")
"""Signs that say the same, one for one."""
_BULLET = re.compile(r"^[ \t]*[-*][ \t]+(?=\S)", re.MULTILINE)
_LATEX = (
    (re.compile(r"\\[()\[\]]|\\(?:text|mathrm|mbox)\s*\{[^{}]*\}|\\[,;!: ]|\\(?=[$%])|\\(?:left|right)\b"), " "),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r"(\1)/(\2)"),
    (re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)"), r"(\1)/(\2)"),
    (re.compile(r"\\(?:times|cdot)\b"), "*"),
    (re.compile(r"\\div\b"), "/"),
)
"""How chat models write sums, as the signs that are read here."""
_UNREAD = "^√⁰¹²³⁴⁵⁶⁷⁸⁹_"
"""Signs next to which a sum is more than it looks."""
_ROUNDED = Fraction(1, 100)
"""Results are often rounded to two decimals."""
_LONGEST = 200
"""Characters of one side; nobody writes a longer sum."""


def false_equations(text: str) -> list[str]:
    """The equations between numbers alone that do not hold; what cannot be read as one is not judged.

    A result counts as right when it is within a hundredth, or within half of the last decimal that it is given with.

    Example:
        >>> false_equations("He has 3 x 4 = 13 apples and 13 - 5 = 8 left.")
        ['3 x 4 = 13']
    """
    found = []
    for left, stated, expression in _sums(text):
        value, number = evaluate(expression), stated.replace(",", "").replace(" ", "")
        places = len(number.partition(".")[2])
        allowed = max(_ROUNDED, Fraction(1, 2 * 10**places) if places else Fraction(0))
        if value is not None and abs(value - Fraction(number.lstrip("$"))) > allowed:
            found.append(f"{left} = {stated}")
    return found


def shows_steps(text: str) -> bool:
    """Whether there is any equation of a sum and its result, true or false.

    Example:
        >>> shows_steps("3 x 4 = 12. #### 12"), shows_steps("The answer is 12.")
        (True, False)
    """
    return next(_sums(text), None) is not None


def _sums(text: str) -> Iterator[tuple[str, str, list[Part]]]:
    """Both sides of every equation whose left side works on two numbers or more, and the parts of that side."""
    for left, stated in _equations(text):
        expression = parts(left.translate(_SIGNS))
        if sum(isinstance(part, Fraction) for part in expression) > 1:
            yield left, stated, expression


def _equations(text: str) -> Iterator[tuple[str, str]]:
    """Both sides of every equals sign between a sum and a number that stands alone."""
    text = _BULLET.sub("", text.translate(_OTHER_SIGNS))
    if "\\" in text or "{," in text:
        for mark, sign in _LATEX:
            text = mark.sub(sign, text)
    before = -1
    for place in (place for place, sign in enumerate(text) if sign == "="):
        start = place
        while start - 1 > max(before, place - _LONGEST) and text[start - 1] in _SUM:
            start -= 1
        before = place
        result = _RESULT.match(text, place + 1, place + 1 + _LONGEST)
        if result and not result["more"] and _begins(text, start, place):
            yield text[start:place].strip(" ,"), result[0].strip()


def _begins(text: str, start: int, end: int) -> bool:
    """Whether a sum begins at this place, and is not the rest of one whose beginning cannot be read: ``2^3 + 1``."""
    before, work = text[start - 1 : start], text[start:end]
    if before and before in _UNREAD:
        return False
    # "apples - 3 + 1" takes away from what stands before it; in "is -3 + 1" the minus is the number's.
    bare = work.lstrip()
    takes = bare.startswith("-") and (bare == work or bare[1:2] == " ")
    return not (takes and (before.isalnum() or before in tuple("}])!|°'")))
