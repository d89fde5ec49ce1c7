"""The same problem with other numbers: GSM8K's calculator marks say how each number of a solution comes about.

Only what can be followed is varied: every mark must give what it says, every number that changes must have one role,
and the new results must be of the old kind (whole where they were whole, never below zero where they were not). A
problem that cannot be followed has no variants. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from hone.problems.arithmetic import Part, evaluate, parts
from hone.problems.problem import MARK, Problem, split_answer

_NUMBER = re.compile(r"(?<![\w.,/:])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\w:/]|[.,]\d)|(?<![\w.,/:])(\.\d+)(?![\w/])")
"""A number that stands alone: no fraction, no time of day, no "3rd"."""
_ANY = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")
_CALCULATOR = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")
_COUNTED = "zero one two three four five six seven eight nine ten eleven twelve".split()
_SAID = {"half": 2, "twice": 2, "double": 2, "triple": 3, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5}
_WORDS = (
    {word: value for value, word in enumerate(_COUNTED)} | _SAID | {"dozen": 12, "hundred": 100, "thousand": 1000}
)
_TRIES = 60
_FIXED = {Fraction(value) for value in (0, 1, 2)}
"""Too small to be varied without changing the words around them."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One calculator mark: numbers and signs in turn, and what they give."""

    expression: tuple[Part, ...]
    result: Fraction


def variants(question: str, answer: str, *, count: int, seed: int, id: str) -> Iterator[Problem]:  # noqa: A002
    """Problems that tell the same story with other numbers, worked out in the same steps.

    Args:
        question: The question.
        answer: The worked answer with its calculator marks, as GSM8K has it.
        count: How many at most; none where the solution cannot be followed.
        seed: Fixes the numbers.
        id: The problem's id, from which those of the variants are made; they share it as their group.
    """
    steps = _steps(answer)
    varied = _varied(question, steps) if steps else []
    if not varied:
        return
    fixed = {_value(match[0]) for match in _ANY.finditer(question)}.difference(varied)
    random = Random(f"{seed}:{id}")  # noqa: S311 - numbers of a word problem
    seen = {question}
    for _ in range(count):
        new = _renumbered(steps, varied, fixed, random)
        if new is None:
            return
        text, worked = _rewritten(question, new), _rewritten(_unmarked(answer), new)
        if text not in seen:
            seen.add(text)
            solution, final = split_answer(worked)
            yield Problem(f"{id}~{len(seen) - 1}", text, final, solution, group=id)


def _steps(answer: str) -> list[_Step]:
    """The calculator marks in order, or none where one of them does not give what it says."""
    steps = []
    for expression, stated in _CALCULATOR.findall(answer):
        result = _fraction(stated)
        found = parts(expression)
        if result is None or not found or evaluate(found) != result:
            return []
        steps.append(_Step(tuple(found), result))
    final = _fraction(answer.rpartition(MARK)[2])
    return steps if steps and final == steps[-1].result else []


def _varied(question: str, steps: list[_Step]) -> list[Fraction]:
    """The numbers of the question that may change: each is used in a step and has no second role."""
    words = {Fraction(_WORDS[word]) for word in re.findall(r"[a-z]+", question.lower()) if word in _WORDS}
    stand = {_value(match[0]) for match in _NUMBER.finditer(question)}
    fused = {_value(match[0]) for match in _ANY.finditer(_NUMBER.sub(" ", question))}
    used = {part for step in steps for part in step.expression if isinstance(part, Fraction)}
    results = {step.result for step in steps}
    return sorted((stand & used) - fused - words - results - _FIXED)


def _renumbered(
    steps: list[_Step], varied: list[Fraction], fixed: set[Fraction], random: Random
) -> dict[Fraction, Fraction] | None:
    """Old values and their new ones, or none where no try gave sensible results."""
    for _ in range(_TRIES):
        new = {value: _other(value, random) for value in varied}
        if [new[value] for value in varied] != sorted(set(new.values())):
            continue  # their order is part of the story, and two that became one could not be told apart
        if _work_out(steps, new, fixed):
            return new
    return None


def _work_out(steps: list[_Step], new: dict[Fraction, Fraction], fixed: set[Fraction]) -> bool:
    """Add the new results; whether all are of the old kind and no old value has two new ones.

    A number that stays, because the question or an earlier step has it for itself, cannot be a result that changes.
    """
    constants = set(fixed)
    for step in steps:
        constants |= {part for part in step.expression if isinstance(part, Fraction) and part not in new}
        result = evaluate([new.get(part, part) if isinstance(part, Fraction) else part for part in step.expression])
        if result is None or result <= 0 < step.result or result > 10**7:
            return False
        if _decimals(result) > max(_decimals(step.result), 0) or new.get(step.result, result) != result:
            return False
        if step.result in constants and result != step.result:
            return False
        new[step.result] = result
    return True


def _other(value: Fraction, random: Random) -> Fraction:
    """A number like this one: as round, as many decimals, between half of it and twice it."""
    finest = Fraction(1, 10 ** _decimals(value))
    round_ones = [finest * by for by in (1000, 500, 100, 50, 10, 5) if value % (finest * by) == 0]
    grain = next((one for one in round_ones if value >= 3 * one), finest)
    least, most = max(3 * grain if grain == 1 else grain, value / 2), value * 2 + 2 * grain
    return random.randint(-(-least // grain), most // grain) * grain


def _rewritten(text: str, new: Mapping[Fraction, Fraction]) -> str:
    """The text with every number that has a new value."""

    def replaced(match: re.Match[str]) -> str:
        value = _value(match[0])
        return _spelt(new[value], match[0]) if value in new and new[value] != value else match[0]

    return _ANY.sub(replaced, text)


def _spelt(value: Fraction, like: str) -> str:
    """The number as the old one was written: with its commas and its decimals."""
    places = max(_decimals(value), len(like.partition(".")[2]))
    figure = f"{float(value):,.{places}f}"
    return figure if "," in like else figure.replace(",", "")


def _unmarked(answer: str) -> str:
    return _CALCULATOR.sub("", answer)


def _fraction(text: str) -> Fraction | None:
    try:
        return _value(text.strip().lstrip("$"))
    except ValueError:
        return None


def _value(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _decimals(value: Fraction) -> int:
    """How many decimals a number has; 9 where it has no end."""
    for places in range(5):
        if (value * 10**places).denominator == 1:
            return places
    return 9
