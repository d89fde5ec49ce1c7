"""What scores mean: numbers, or the labels of levels, and whether they have an order.

Said by the caller, else by the rubric's scale, else guessed; a guess is put into words so that it can be corrected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.domain.rubric import Scale
from hone.spelling import option
from hone.stats import Level, guess_level
from hone.tables.coding import as_number, as_score, is_absent, is_formula_error, is_percent, labels_of
from hone.text import name as named

BUILT_IN = tuple(Scale.model_validate(name) for name in ("-1..1", "0..1", "1..5"))
Refuse = Callable[[int, str], None]


@dataclass(frozen=True)
class Meaning:
    """Scores as numbers, and what the numbers are."""

    numbers: npt.NDArray[np.float64]
    """The number of each different score, NaN for a missing one."""
    level: Level
    note: str
    """How the level is known."""
    labels: Mapping[float, str]
    """The label of each number, where scores were labels or a rubric names its levels."""
    levels: tuple[float, ...] | None = None
    """The levels of the scale, where it is known."""


def read_scores(
    raw: Sequence[Any], of_people: Sequence[bool], level: Level | None, scale: Scale | None, refuse: Refuse
) -> Meaning:
    """Turn scores as they were written into numbers.

    Args:
        raw: Every different score as it was written.
        of_people: Whether a person gave it; a judge may leave the levels, by votes or probabilities.
        level: What the caller says that scores mean.
        scale: The rubric's scale, where there is one.
        refuse: Told the place of each score that cannot be read, and the reason.
    """
    numbers = [as_number(value) for value in raw]
    for code, number in enumerate(numbers):
        if number is not None and math.isinf(number):
            refuse(code, f"score {raw[code]!r} is not finite; leave the cell empty where there is no score")
            numbers[code] = math.nan
    if scale is not None:
        return _on_scale(raw, of_people, level, scale, refuse)
    words = [code for code, number in enumerate(numbers) if number is None]
    if any(number is not None and not math.isnan(number) for number in numbers):
        for code in [code for code in words if is_absent(raw[code])]:  # beside numbers it is no label
            numbers[code] = math.nan
            words.remove(code)
    _check_percentages(raw, numbers, refuse)
    if not words:
        values = np.array(numbers, dtype=np.float64)
        if level:
            return Meaning(values, level, f"level: {level}, as chosen", {})
        people = values[np.asarray(of_people, dtype=bool)]
        guessed = guess_level(people if not np.isnan(people).all() else values)
        why = "few whole numbers" if guessed == "ordinal" else "numbers that are not few and whole"
        return Meaning(
            values, guessed, f"level: {guessed}, guessed from {why}; to choose another, use {option('level')}", {}
        )
    return _of_labels(raw, numbers, words, level, refuse)


def _check_percentages(raw: Sequence[Any], numbers: Sequence[float | None], refuse: Refuse) -> None:
    """80% is 0.8; beside 70 that would be 80, so that nobody can know."""
    if not any(map(is_percent, raw)):
        return
    for code, number in enumerate(numbers):
        if number is not None and abs(number) > 1 and not is_percent(raw[code]):
            refuse(code, f"score {raw[code]!r} stands beside percentages; write all of them one way")


def _on_scale(
    raw: Sequence[Any], of_people: Sequence[bool], level: Level | None, scale: Scale, refuse: Refuse
) -> Meaning:
    labels = labels_of(scale)
    values = np.full(len(raw), np.nan)
    for code in range(len(raw)):
        found = as_score(raw[code], labels)
        if found is None or (of_people[code] and not math.isnan(found) and found not in scale.values):
            there = ", ".join(f"{one.value:g} ({one.label})" for one in scale.levels)
            refuse(code, f"score {raw[code]!r} is not on the rubric's scale: {there}")
            continue
        values[code] = found
    note = f"level: {level}, as chosen" if level else "level: ordinal, from the rubric's scale"
    shown = {one.value: one.label for one in scale.levels}
    return Meaning(values, level or "ordinal", note, shown, scale.values)


def _of_labels(
    raw: Sequence[Any], numbers: Sequence[float | None], words: Sequence[int], level: Level | None, refuse: Refuse
) -> Meaning:
    broken = {code for code in words if is_formula_error(raw[code])}
    for code in sorted(broken):
        refuse(code, f"score {raw[code]!r} is the error of a formula; correct it, or leave the cell empty")
    words = [code for code in words if code not in broken]
    given = [
        code
        for code, number in enumerate(numbers)
        if code not in broken and (number is None or not math.isnan(number))
    ]
    lower = {code: named(raw[code]).lower() for code in given}
    for scale in BUILT_IN:
        known = {one.label: one.value for one in scale.levels}
        if level != "nominal" and set(lower.values()) <= known.keys():
            values = np.full(len(raw), np.nan)
            values[given] = [known[lower[code]] for code in given]
            note = f"level: {level}, as chosen" if level else f"level: ordinal, from the labels of {scale.name}"
            return Meaning(
                values, level or "ordinal", note, {one.value: one.label for one in scale.levels}, scale.values
            )
    why = ""
    if level in ("ordinal", "interval"):
        why = f"is a label; name the rubric whose scale puts it in order with {option('rubric')}"
    elif len(words) < len(given) and level is None:
        why = f"is not a number, but others are; name the rubric that has this label with {option('rubric')}"
    if why:
        for code in words:
            refuse(code, f"score {raw[code]!r} {why}")
        return Meaning(np.full(len(raw), np.nan), level or "nominal", "", {})
    order = {text: place for place, text in enumerate(sorted(set(lower.values())))}
    values = np.full(len(raw), np.nan)
    values[given] = [order[lower[code]] for code in given]
    shown = {float(order[lower[code]]): named(raw[code]) for code in reversed(given)}
    note = (
        "level: nominal, as chosen"
        if level
        else f"level: nominal, guessed from labels; a rubric gives them an order: {option('rubric')}"
    )
    return Meaning(values, "nominal", note, dict(sorted(shown.items())))
