"""How much is spent on seeking a model's best prompt: the one rule, for benchmarks and for training alike.

A GPU makes hundreds of answers in a minute; on a processor one answer takes a second or more, and the search must not
take longer than what it is for.
"""

from __future__ import annotations

from dataclasses import dataclass

from hone.problems.prompting import SHOTS

CUT_AT_MOST = 0.01
"""The share of answers that may be cut before they are asked again with a higher limit."""


@dataclass(frozen=True, slots=True)
class PromptSearch:
    """What is tried on a kind of device."""

    shots: tuple[int, ...]
    """How many solved problems are shown first, each number in turn."""
    problems: int | None
    """Problems at most that prompts are tried on; none for as many as there are."""
    limit: int
    """Tokens of an answer at first, at the least: a chat model that reasons step by step writes 300."""
    last_limit: int
    """Tokens of an answer at the most. What is still cut there counts as wrong; only the test waits longer."""
    grows: bool
    """Whether what is cut is asked again with more, up to the last limit."""
    finalists: int | None
    """Prompts that cannot be told apart under which a base is tested, at most; none for all of them."""
    one_round: int
    """So many answers are made side by side in little more time than a few; 0 where halving is quicker."""

    def few(self, shots: int) -> tuple[int, ...]:
        """The numbers of solved problems up to this one."""
        return tuple(count for count in self.shots if count <= shots)

    def limits(self, wanted: int, most: int | None = None) -> tuple[int, int]:
        """Tokens of an answer, at first and at last.

        Args:
            wanted: So many are known to be needed.
            most: More may not be asked for.
        """
        first = max(self.limit, min(wanted, self.last_limit))
        last = self.last_limit if self.grows else first
        return min(first, most or first), min(last, most or last)


def prompt_search(device: str) -> PromptSearch:
    """What is tried on a kind of device: `cpu`, `mps`, `cuda`, or any other name for what is as fast as a GPU."""
    return _ON_PROCESSOR if device in {"cpu", "mps"} else _ON_GPU


_ON_GPU = PromptSearch(
    shots=SHOTS, problems=None, limit=512, last_limit=2048, grows=True, finalists=None, one_round=0
)
_ON_PROCESSOR = PromptSearch(
    shots=SHOTS[:2], problems=16, limit=256, last_limit=512, grows=False, finalists=2, one_round=128
)
