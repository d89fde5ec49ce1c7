"""How fast this machine has been so far: what a step will take is worked out before the step begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Seconds, as measured last or, where nothing was measured, as estimated.

    Base and tuned model have paces of their own: a tuned one answers in fewer words.
    """

    base: float = 0.0
    """For one answer of the base, beside as many others as the device makes at once."""
    tuned: float | None = None
    """For one answer of a tuned model; none before there is one."""
    token: float = 0.0
    """For one token that is learnt from."""

    @property
    def learnt(self) -> float:
        """For one answer of what is tuned next."""
        return self.base if self.tuned is None else self.tuned

    def decision(self, prompts: int) -> float:
        """For one problem that the tuned model answers, and the base under so many prompts."""
        return self.learnt + prompts * self.base
