"""After training: how much of the change is best? Scales of the change are tried on the held-out examples.

Scale 0 is the base itself, so that a tune that harms is seen before anything is released.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hone.extras import library
from hone.training.adapting import trainable
from hone.training.packing import Row
from hone.training.rows import held_out_loss

Solve = Callable[[Any], float]
"""The share of held-out problems that a model solves."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """One scale and what it gave."""

    scale: float
    loss: float
    """Held-out cross-entropy per learnt token, nats."""
    accuracy: float | None = None
    """Share of held-out problems solved, where they have answers."""

    def as_data(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


class WeightChange:
    """What training changed, so that any share of it can be put on the base.

    Args:
        model: As trained.
        base: The folder of the base's weights, needed where every weight was trained.
    """

    def __init__(self, model: Any, base: Path) -> None:
        self._model = model
        trained = trainable(model)
        self._adapter = any("lora_" in name for name in trained)
        # An adapter is a product of two matrices: scaling one of them scales it.
        scaled = {name: weight for name, weight in trained.items() if not self._adapter or "lora_B" in name}
        self._weights = scaled
        self._after = {name: weight.detach().clone() for name, weight in scaled.items()}
        self._before = {} if self._adapter else _base_weights(base, set(scaled))

    @torch.no_grad()  # type: ignore[untyped-decorator] # torch is not followed by mypy
    def put(self, scale: float) -> None:
        """Give the model this share of the change."""
        for name, weight in self._weights.items():
            after = self._after[name]
            if self._adapter:
                weight.copy_(after * scale)
            else:
                before = self._before[name].to(after.device, torch.float32)
                weight.copy_(before + scale * (after.float() - before))


def _base_weights(base: Path, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted(base.glob("*.safetensors")):
        with library("safetensors").safe_open(path, framework="pt") as file:
            found |= {name: file.get_tensor(name) for name in file.keys() if name in names}  # noqa: SIM118 - no dict
    return found


def try_scales(
    change: WeightChange,
    model: Any,
    rows: Sequence[Row],
    scales: Sequence[float],
    *,
    solve: Solve | None = None,
    told: Callable[[Scaled], object] | None = None,
) -> list[Scaled]:
    """Every scale, tried on the held-out examples.

    Args:
        change: What training changed.
        model: The model that it is put on.
        rows: Held-out examples.
        scales: To try.
        solve: Gives the share of held-out problems solved, where they have answers.
        told: Told of each scale as it was tried.
    """
    found = []
    for scale in scales:
        change.put(scale)
        found.append(Scaled(scale, held_out_loss(model, rows), solve(model) if solve else None))
        if told:
            told(found[-1])
    return found


def best(tried: Sequence[Scaled]) -> Scaled:
    """The scale that solves most problems; of equals the one with the lowest loss, then the nearest to the base."""
    return min(tried, key=lambda one: (-(one.accuracy or 0.0), one.loss, one.scale))
