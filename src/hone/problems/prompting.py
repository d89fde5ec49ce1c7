"""The one prompt builder: what is trained on, what a benchmark asks and what an export carries come from here.

A model that is trained under one prompt and tested under another is tested on something that it was not taught. So
there is one place that makes prompts, and its digest goes into every run. A model that is asked badly looks worse
than it is, so there are several prompts, and a benchmark chooses each model's best one: `candidates`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from hone.domain.base import digest
from hone.errors import ProjectError
from hone.models import Message
from hone.problems.problem import Problem
from hone.prompts import load_prompts

SHOT_SEED = 20
"""Seeds the choice of shots, the same for every model and every run."""
SHOTS = (0, 2, 8)
"""How many solved problems are shown first, where that is chosen."""
_LONGEST_SHOT = 600
"""Characters of question, choices and reply together: a shot shows the form, and every prompt pays for its length."""

Closing = Literal["mark", "boxed"]
r"""How a worked answer ends: ``#### ANSWER`` on a line of its own, or ``\boxed{ANSWER}``."""
PromptName = Literal["solve", "boxed", "plain", "own"]
"""``solve`` and ``boxed``: the built-in prompts. ``plain``: the question alone, after whatever system message the
model's own chat template puts there by itself. ``own``: the system message of the task file."""
PROMPT_NAMES: tuple[PromptName, ...] = get_args(PromptName)


@dataclass(frozen=True, slots=True)
class Prompting:
    """How a problem is put to a model.

    Args:
        system: The system message; none sends none.
        shots: Solved problems that are shown first, as turns of the conversation.
        closing: How a worked answer ends.
        name: What it is called in tables.
    """

    system: str | None
    shots: tuple[Problem, ...] = ()
    closing: Closing = "mark"
    name: PromptName = "solve"

    def ask(self, question: str) -> tuple[Message, ...]:
        """The messages up to the question: what a model is asked."""
        system = (Message("system", self.system),) if self.system else ()
        shown = tuple(
            turn
            for shot in self.shots
            for turn in (Message("user", shot.question), Message("assistant", self.reply(shot)))
        )
        return (*system, *shown, Message("user", question))

    def teach(self, question: str, reply: str) -> tuple[Message, ...]:
        """The messages with the reply that the model is to learn; the reply is the last of them."""
        return (*self.ask(question), Message("assistant", reply))

    def reply(self, problem: Problem) -> str:
        """The worked answer of a problem, ended as this prompt asks for."""
        if self.closing == "mark":
            return problem.reply
        last = f"\\boxed{{{problem.answer}}}"
        return f"{problem.solution}\nSo the answer is {last}." if problem.solution else last

    @property
    def label(self) -> str:
        """What it is called in tables, with its shots: "boxed, 2 shots"."""
        return f"{self.name}, {len(self.shots)} shots" if self.shots else self.name

    @property
    def without_shots(self) -> Prompting:
        """The same with nothing shown first."""
        return replace(self, shots=())

    @property
    def digest(self) -> str:
        """The content hash of all that it adds to a question."""
        parts: list[object] = [self.system, [(shot.question, shot.reply) for shot in self.shots]]
        # Prompts that end in a mark keep the digest that they had before there was another ending.
        return digest(parts if self.closing == "mark" else [*parts, self.closing])


def prompting(
    shots: Sequence[Problem] = (), *, system: str | None = None, name: PromptName | None = None
) -> Prompting:
    """The way in which problems are put.

    Args:
        shots: Solved problems to show, from `choose_shots`.
        system: In place of the built-in ``solve`` prompt; empty sends no system message.
        name: One of the built-in prompts in place of ``solve``.
    """
    if system is not None:
        return Prompting(system or None, tuple(shots), name="own" if system else "plain")
    if name == "plain":
        return Prompting(None, tuple(shots), name="plain")
    if name == "boxed":
        return Prompting(load_prompts()["boxed"].render(), tuple(shots), "boxed", "boxed")
    return Prompting(load_prompts()["solve"].render(), tuple(shots))


def candidates(
    pool: Sequence[Problem],
    *,
    names: Iterable[PromptName] = ("solve", "boxed", "plain"),
    shots: Iterable[int] = SHOTS,
    own: str | None = None,
    shot_seed: int = SHOT_SEED,
) -> tuple[Prompting, ...]:
    """The prompts among which a model's best one is sought, those with fewer shots first.

    Args:
        pool: Problems with solutions that shots may come from; where it holds too few, those prompts are left out.
        names: Which texts.
        shots: How many solved problems, each in turn.
        own: The task's own system message, for the name ``own``; empty stands for none, which ``plain`` has already.
        shot_seed: Of the choice of shots.
    """
    wanted = list(dict.fromkeys(names))
    found: dict[str, Prompting] = {}
    for count in shots:
        try:
            shown = choose_shots(pool, count, seed=shot_seed)
        except ProjectError:
            continue
        for name in wanted:
            if name == "own" and not own:
                continue
            one = prompting(shown, system=own) if name == "own" else prompting(shown, name=name)
            found.setdefault(one.digest, one)
    return tuple(found.values())


def shots_in(label: str) -> int:
    """How many solved problems a prompt of this label shows first.

    Example:
        >>> shots_in("boxed, 2 shots"), shots_in("boxed")
        (2, 0)
    """
    _, comma, shots = label.partition(", ")
    return int(shots.split()[0]) if comma else 0


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
    usable = [problem for problem in problems if problem.solution and _shown_length(problem) <= _LONGEST_SHOT]
    if len(usable) < count:
        raise ProjectError(f"{count} shots need so many training problems with a solution; there are {len(usable)}")
    ranked = sorted(usable, key=lambda problem: hashlib.sha256(f"{seed}:{problem.digest}".encode()).digest())
    return tuple(ranked[:count])


def _shown_length(problem: Problem) -> int:
    """Characters that a problem takes as a shot; each choice stands on a line of its own, under its letter."""
    return len(problem.question + problem.reply) + sum(len(choice) + 4 for choice in problem.choices)
