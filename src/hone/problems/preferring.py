"""Which of several prompts is a model's best one, from what each gave on problems outside the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hone.problems.prompting import shots_in
from hone.stats.halving import Candidate, finalists, ranked


@dataclass(frozen=True, slots=True)
class TriedPrompt:
    """One prompt of one model, and what it gave on the problems for choosing."""

    prompt: str
    right: int
    asked: int
    chosen: bool
    final: bool = False
    """Whether it cannot be told from the best."""

    @property
    def share(self) -> float:
        """Of the problems that it was tried on."""
        return self.right / self.asked


def preferred_prompts(labels: Sequence[str], found: Sequence[Candidate]) -> list[TriedPrompt]:
    """The prompts that were tried, the chosen one first, then those that cannot be told from it; empty for none.

    Of those that cannot be told from the best (`finalists`) the one with the fewest shots is chosen: they cost time,
    and may be chance.

    Args:
        labels: What the prompts are called, in the order in which they were tried.
        found: What each gave; its place is that of its label.
    """
    order = ranked(found)
    last = sorted(finalists(order), key=lambda one: shots_in(labels[one.place])) if order else []
    return [
        TriedPrompt(labels[one.place], one.right, one.tried, chosen=not place, final=one in last)
        for place, one in enumerate([*last, *(one for one in order if one not in last)])
    ]
