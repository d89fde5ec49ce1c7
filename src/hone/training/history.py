"""What training did, step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

Tell = Callable[[dict[str, Any]], object]
"""Told of each step, each look at the held-out examples and whatever else comes of training, as plain data."""


@dataclass(frozen=True, slots=True)
class OptimiserStep:
    """One optimiser step."""

    step: int
    steps: int
    """Steps in all, as planned."""
    loss: float
    """Cross-entropy per learnt token, nats."""
    rate: float
    """The learning rate."""
    tokens: int
    """Tokens since the start, without padding."""
    seconds: float
    """Since the start, or since training went on."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the held-out examples."""

    step: int
    loss: float
    """Cross-entropy per learnt token, nats."""


@dataclass(slots=True)
class TrainingHistory:
    """What training did."""

    steps: list[OptimiserStep] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    seconds: float = 0.0
    tokens: int = 0
    """Tokens that this process and those beside it went through, without padding."""
    rows: int = 0
    peak_bytes: int = 0
    """Memory of the device at its fullest; 0 where it is not known."""
    stopped: str | None = None
    """Why it stopped early, or none."""
    resumed: int = 0
    """The step that it went on from."""
    best: Look | None = None
    """The look whose weights were kept, or none where nothing was held out."""

    @property
    def loss(self) -> float:
        """The loss of the last step."""
        return self.steps[-1].loss if self.steps else math.nan


def as_data(value: OptimiserStep | Look) -> dict[str, Any]:
    """A step or a look as plain data."""
    return {"event": "step" if isinstance(value, OptimiserStep) else "look", **asdict(value)}
