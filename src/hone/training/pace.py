"""How fast this machine has been so far: what a step will take is worked out before the step begins."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Pace:
    """Seconds, as measured last; before that, as estimated."""

    answer: float = 0.0
    """For one answer, beside as many others as the device makes at once."""
    token: float = 0.0
    """For one token that is learnt from."""

    def answered(self, count: int, seconds: float) -> None:
        """So many answers took so long."""
        if count:
            self.answer = seconds / count

    def trained(self, tokens: int, seconds: float) -> None:
        """Training on so many tokens took so long."""
        if tokens:
            self.token = seconds / tokens

    def answers_within(self, seconds: float) -> int:
        """How many answers such a time suffices for."""
        return int(max(0.0, seconds) / self.answer) if self.answer else 10**9
