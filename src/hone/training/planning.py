"""How examples become rows and steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hone.errors import TuneError
from hone.examples.tokens import Encoded
from hone.training.packing import Row, pack
from hone.training.settings import TuneSettings


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Rows and steps, as they follow from examples and settings."""

    rows: list[Row]
    held_out: list[Row]
    accumulate: int
    """Rows of one step on one device."""
    steps: int

    @property
    def tokens(self) -> int:
        """Tokens of one epoch."""
        return sum(len(row.ids) for row in self.rows)

    @property
    def longest(self) -> int:
        """Tokens of the longest example."""
        return max(max(row.positions) for row in (*self.rows, *self.held_out)) + 1

    @property
    def pieces(self) -> int:
        """Examples of the row that has the most."""
        return max(row.positions.count(0) for row in (*self.rows, *self.held_out))


def plan_training(examples: Sequence[Encoded], held_out: Sequence[Encoded], settings: TuneSettings) -> TrainingPlan:
    """Rows and steps.

    Args:
        examples: What is trained on.
        held_out: What the loss is looked at on; may be empty.
        settings: Resolved.

    Raises:
        TuneError: There is nothing to train on.
    """
    if not examples:
        raise TuneError("there is no example to train on; every row was left out, for the reasons above")
    row = settings.row or settings.max_length
    rows = pack(examples, row, seed=settings.seed, packing=settings.packing)
    length = sum(len(one.ids) for one in rows) / len(rows)
    accumulate = max(1, min(round((settings.step_tokens or row) / length / settings.gpus), len(rows)))
    each = math.ceil(len(rows) / (accumulate * settings.gpus))
    steps = max(1, math.ceil(each * settings.epochs))
    if settings.max_steps is not None:
        steps = min(steps, settings.max_steps)
    return TrainingPlan(rows, pack(held_out, row, seed=0) if held_out else [], accumulate, steps)
