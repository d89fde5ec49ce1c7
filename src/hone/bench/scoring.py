"""Whether what a model wrote is right: strictly, behind the answer's mark, and flexibly, wherever it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hone.bench.task import BenchTask, letter, right_choice
from hone.problems import Problem, gold_number, marked_text, read_answer

_MARKS = re.compile(r"[^\w\s.,%$-]|[.,](?!\d)")
_LONGEST = 500
"""Characters of an answer that a gold regular expression is tried on: a model must not decide how long that takes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How one answer was read."""

    read: str | None
    """What was taken for the final answer, or none."""
    place: str
    """Where it stood: `mark`, `words`, `boxed`, `last` or `none`."""
    right: bool

    @property
    def strict(self) -> bool:
        """Whether it is right and stood behind ``####``."""
        return self.right and self.place == "mark"


def mark(text: str, problem: Problem, task: BenchTask) -> Mark:
    """The mark of one text."""
    if task.answers == "number":
        answer = read_answer(text)
        return Mark(
            answer.value, answer.place, answer.value is not None and answer.value == gold_number(problem.answer)
        )
    found, place = marked_text(text)
    found = found[:_LONGEST]
    if task.answers == "choice":
        chosen = _choice(found, problem)
        return Mark(
            None if chosen is None else letter(chosen), place, chosen is not None and chosen == right_choice(problem)
        )
    if task.answers == "regex":
        return Mark(found or None, place, bool(found) and re.search(problem.answer, found) is not None)
    return Mark(found or None, place, bool(found) and _plain(found) == _plain(problem.answer))


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", text.casefold()).split())


def _choice(text: str, problem: Problem) -> int | None:
    """The choice that a text names: by a letter that stands alone, or by the words of exactly one choice."""
    match = re.match(r"\W*\(?([A-Za-z])\)?(?:[).:\s]|$)", text)
    if match and (place := ord(match[1].upper()) - ord("A")) < len(problem.choices):
        return place
    named = [
        place for place, choice in enumerate(problem.choices) if _plain(choice) and _plain(choice) == _plain(text)
    ]
    return named[0] if len(named) == 1 else None
