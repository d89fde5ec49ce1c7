"""The one prompt builder: what is trained on, what a benchmark asks and what an export carries come from here.

A model that is trained under one prompt and tested under another is tested on something that it was not taught. So
there is one place that makes prompts, and its digest goes into every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from hone.domain.base import digest
from hone.errors import ProjectError
from hone.models import Message
from hone.problems.problem import Problem
from hone.prompts import load_prompts

SHOT_SEED = 20
"""Seeds the choice of shots, the same for every model and every run."""
_LONGEST_SHOT = 600
"""Characters of question and reply together: a shot shows the form, and every prompt pays for its length."""


@dataclass(frozen=True, slots=True)
class Prompting:
    """How a problem is put to a model.

    Args:
        system: The system message; none sends none.
        shots: Solved problems that are shown first, as turns of the conversation.
    """

    system: str | None
    shots: tuple[Problem, ...] = ()

    def ask(self, question: str) -> tuple[Message, ...]:
        """The messages up to the question: what a model is asked."""
        system = (Message("system", self.system),) if self.system else ()
        shown = tuple(
            turn for shot in self.shots for turn in (Message("user", shot.question), Message("assistant", shot.reply))
        )
        return (*system, *shown, Message("user", question))

    def teach(self, question: str, reply: str) -> tuple[Message, ...]:
        """The messages with the reply that the model is to learn; the reply is the last of them."""
        return (*self.ask(question), Message("assistant", reply))

    @property
    def digest(self) -> str:
        """The content hash of all that it adds to a question."""
        return digest([self.system, [(shot.question, shot.reply) for shot in self.shots]])


def prompting(shots: Sequence[Problem] = (), *, system: str | None = None) -> Prompting:
    """The way in which problems are put.

    Args:
        shots: Solved problems to show, from `choose_shots`.
        system: In place of the built-in ``solve`` prompt; empty sends no system message.
    """
    text = load_prompts()["solve"].render() if system is None else system
    return Prompting(text or None, tuple(shots))


def choose_shots(problems: Sequence[Problem], count: int, *, seed: int = SHOT_SEED) -> tuple[Problem, ...]:
    """Fixed shots out of the training problems.

    The choice depends on the seed and on each problem's own text, not on the order or number of the others: the same
    for every model, and two shots are the first two of eight.

    Args:
        problems: Problems with solutions; never those that are tested on.
        count: How many.
        seed: Another seed gives other shots.

    Raises:
        ProjectError: There are not so many with a short solution.
    """
    usable = [
        problem for problem in problems if problem.solution and len(problem.question + problem.reply) <= _LONGEST_SHOT
    ]
    if len(usable) < count:
        raise ProjectError(f"{count} shots need so many training problems with a solution; there are {len(usable)}")
    ranked = sorted(usable, key=lambda problem: hashlib.sha256(f"{seed}:{problem.digest}".encode()).digest())
    return tuple(ranked[:count])
