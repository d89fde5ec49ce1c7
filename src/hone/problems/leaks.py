"""Training problems that stand in the test set too, word for word or nearly so."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hone.problems.problem import Problem

GRAM = 8
"""Words of one n-gram. Two different problems rarely share eight words in a row; a copied one shares most of them."""
NEAR = 0.5
"""The share of a test question's n-grams from which a training question counts as a near duplicate."""

_WORD = re.compile(r"\d+(?:[.,]\d+)*|\w+")


@dataclass(frozen=True, slots=True)
class Leak:
    """One test problem that a training problem gives away."""

    test: str
    """The test problem's id."""
    train: str
    """The training problem's id."""
    kind: Literal["exact", "near", "alike"]
    """``exact``: the same words. ``near``: most of its n-grams and the same numbers, so that the answer is known too.
    ``alike``: most of its n-grams and other numbers, the same story told with another sum."""
    share: float
    """The share of the test question's n-grams that the training question has, 0 to 1."""


def leaks(train: Sequence[Problem], test: Sequence[Problem], *, gram: int = GRAM, near: float = NEAR) -> list[Leak]:
    """Every test problem that has a duplicate among the training problems, with the one that is closest.

    Questions are compared as lower-case words, numbers included. A question shorter than an n-gram is compared as a
    whole.

    Args:
        train: What is trained on.
        test: What is tested on.
        gram: Words of an n-gram.
        near: The share from which it is a near duplicate.
    """
    words = [_words(problem) for problem in train]
    exact: dict[tuple[str, ...], int] = {}
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, text in enumerate(words):
        exact.setdefault(text, place)
        for one in _grams(text, gram):
            holders[one].append(place)
    found = []
    for problem in test:
        text = _words(problem)
        if text in exact:
            found.append(Leak(problem.id, train[exact[text]].id, "exact", 1.0))
            continue
        grams = _grams(text, gram)
        shared = Counter(place for one in grams for place in holders.get(one, ()))
        close = {place: count / len(grams) for place, count in shared.items() if count / len(grams) >= near}
        if close:
            numbers = _numbers(text)
            same = {place for place in close if _numbers(words[place]) == numbers}
            best = max(same or close, key=lambda place: (close[place], -place))
            found.append(Leak(problem.id, train[best].id, "near" if same else "alike", close[best]))
    return found


def without_leaks(train: Sequence[Problem], test: Sequence[Problem]) -> tuple[list[Problem], list[Leak]]:
    """The training problems that give no test problem's answer away, and what was taken out.

    Every exact and near duplicate of some test problem goes, not only the closest one of each. What is merely alike
    stays.
    """
    kept: list[Problem] = list(train)
    found: list[Leak] = []
    while more := [leak for leak in leaks(kept, test) if leak.kind != "alike"]:
        found += more
        gone = {leak.train for leak in more}
        kept = [problem for problem in kept if problem.id not in gone]
    return kept, found


def _words(problem: Problem) -> tuple[str, ...]:
    return tuple(_WORD.findall(problem.question.lower()))


def _numbers(words: tuple[str, ...]) -> list[str]:
    return sorted(word for word in words if word[0].isdigit())


def _grams(words: tuple[str, ...], size: int) -> set[tuple[str, ...]]:
    return {words[start : start + size] for start in range(max(1, len(words) - size + 1))}
