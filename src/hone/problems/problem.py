"""A problem with a worked answer, as it is trained on and tested with."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "test", "choosing"]
"""The parts of a set: to learn from, to test on, and what prompts and settings are chosen by."""

MARK = "####"
"""Stands before the final answer, on the last line of every worked answer."""

CHOOSING_IN = 10
"""One training problem in so many is kept for choosing."""

_CALCULATOR = re.compile(r"<<[^<>]*>>")
_SPACES = re.compile(r"[ \t]+(?=\n|$)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Args:
        id: Names it; unique within its set.
        question: The question as it is asked.
        answer: The final answer, as its source writes it.
        solution: The worked answer without its last line; empty where the source has none.
        group: Problems with the same group stay on one side of every split.
        choices: The possible answers, where there is a choice.
    """

    id: str
    question: str
    answer: str
    solution: str = ""
    group: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def reply(self) -> str:
        """The whole reply that a model is to learn: the worked answer, then the answer behind its mark."""
        last = f"{MARK} {self.answer}"
        return f"{self.solution}\n{last}" if self.solution else last

    @property
    def plain_question(self) -> str:
        """The question with single spaces: two problems of one plain question are one problem."""
        return " ".join(self.question.split())

    @property
    def for_choosing(self) -> bool:
        """Whether it is kept for choosing, where a set has a training and a test part; its question decides."""
        return (
            hashlib.sha256(f"choosing:{self.plain_question}".encode("utf-8", "replace")).digest()[0] % CHOOSING_IN
            == 0
        )

    @property
    def digest(self) -> str:
        """The content hash of question and answer, whatever the id."""
        text = "\x1f".join((self.question, self.answer, self.solution, *self.choices))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def split_answer(text: str) -> tuple[str, str]:
    """The solution and the final answer of a worked answer that ends in ``#### ANSWER``.

    Calculator marks (``<<48/2=24>>``), which no person writes, are taken out of the solution. A text without the
    mark is an answer without a solution.
    """
    solution, mark, answer = text.rpartition(MARK)
    if not mark:
        return "", text.strip()
    return without_marks(solution).strip(), answer.strip()


def without_marks(text: str) -> str:
    """The text without calculator marks and without spaces at the ends of lines."""
    return _SPACES.sub("", _CALCULATOR.sub("", text))
