"""Practice in arithmetic: the sums of worked answers with other numbers, many to a problem and without their stories.

Half of a small model's wrong answers to word problems hold a false equation. Stories are few and numbers are free, so
the sums can be learnt first, on as many as one likes, in the proportions in which worked answers need them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from random import Random

from hone.problems.arithmetic import Part, evaluate, parts
from hone.problems.problem import Problem

_MARK = re.compile(r"<<([^<>=]+)=[^<>=]+>>")
_TRIES = 12
_MOST_PARTS = 9
_WHOLE = 0.8
"""Most quotients of a story are whole; so many of ours are made to be."""
_MOST = 10**7
_FINEST = 100
"""No number has more than two decimals."""
_KEPT = {Fraction(0), Fraction(1), Fraction(100)}
"""Numbers that mostly are what they are: percentages, one of something."""


def drills(answers: Sequence[str], count: int, *, lines: int = 10, seed: int = 0) -> Iterator[Problem]:
    """Problems of so many sums each.

    Args:
        answers: Worked answers with their calculator marks, as GSM8K has them; the sums are drawn from these.
        count: How many problems.
        lines: Sums of one problem.
        seed: Fixes the draws.
    """
    pool = sums_of(answers)
    draw = Random(f"drills:{seed}")  # noqa: S311 - repeatable draws are wanted
    if not pool:
        return
    for number in range(count):
        write = _style(draw)
        found = [write(*_renumbered(draw.choice(pool), draw)) for _ in range(lines)]
        asked = "\n".join(left for left, _ in found)
        solution = "\n".join(f"{left} = {right}" for left, right in found)
        yield Problem(f"drill-{seed}-{number + 1}", f"Work out, one a line:\n{asked}", found[-1][1], solution)


def sums_of(answers: Sequence[str]) -> list[tuple[Part, ...]]:
    """What stands in the calculator marks, where it is short and all of it can be written with two decimals."""
    found = (tuple(parts(expression)) for answer in answers for expression in _MARK.findall(answer))
    return [one for one in found if 3 <= len(one) <= _MOST_PARTS and all(map(_plain, (*one, evaluate(one))))]


def _plain(part: Part | None) -> bool:
    """Whether this is a sign, or a number that can be written as it is."""
    if isinstance(part, Fraction):
        return 0 <= part < _MOST and (part * _FINEST).denominator == 1
    return part is not None


def _renumbered(expression: Sequence[Part], draw: Random) -> tuple[Sequence[Part], Fraction]:
    """The same sum with other numbers, and its result; as it was where no try can be written with two decimals."""
    for _ in range(_TRIES):
        new = [_other(part, draw) if isinstance(part, Fraction) else part for part in expression]
        match new:
            case [Fraction(), "/", Fraction() as by] if draw.random() < _WHOLE:
                new[0] = by * draw.randint(1, 10 ** draw.randint(1, 3))
        result = evaluate(new)
        if result is not None and all(map(_plain, (*new, result))):
            return new, result
    return expression, evaluate(expression) or Fraction(0)


def _other(value: Fraction, draw: Random) -> Fraction:
    """A number of about this size, as round and with as many decimals."""
    if value in _KEPT and draw.random() < 0.8:
        return value
    places = next((places for places in range(3) if (value * 10**places).denominator == 1), 2)
    grain = Fraction(1, 10**places)
    round_ones = [Fraction(by) for by in (1000, 100, 10) if value and value % by == 0]
    if round_ones and draw.random() < 0.7:
        grain = round_ones[0]
    most = max(9, int(value / grain) * 2 if draw.random() < 0.7 else 10 ** len(str(int(value / grain))))
    return draw.randint(1, most) * grain


def _style(draw: Random) -> Callable[[Sequence[Part], Fraction], tuple[str, str]]:
    """How a problem's sums are written: signs, spaces, money."""
    space, times, money = draw.choice(["", " ", " "]), draw.choice(["*", "*", "x"]), draw.random() < 0.3

    def write(expression: Sequence[Part], result: Fraction) -> tuple[str, str]:
        text, opened = "", True
        for part in expression:
            if isinstance(part, Fraction):
                text += ("$" if money and opened and part not in _KEPT else "") + spelt(part)
                opened = False
            elif part in "()":
                text += part
            else:
                text += f"{space}{times if part == '*' else part}{space}"
        return text, ("$" if money else "") + spelt(result)

    return write


def spelt(value: Fraction) -> str:
    """A number with at most two decimals, none where it is whole."""
    if value.denominator == 1:
        return str(value.numerator)
    tenths = (value * 10).denominator == 1
    return f"{float(value):.{1 if tenths else 2}f}"
