"""Watches training: keeps its history, looks for a loss that is not a number, keeps the best weights, stops early."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hone.errors import TuneError
from hone.extras import library
from hone.files import whole_path
from hone.spelling import option
from hone.training.history import Look, OptimiserStep, Tell, TrainingHistory, as_data
from hone.training.packing import Row
from hone.training.planning import TrainingPlan
from hone.training.settings import TuneSettings
from hone.training.sharding import put, whole_weights

BEST = "best.safetensors"


class Watcher(library("transformers").TrainerCallback):  # type: ignore[misc] # transformers is not followed by mypy
    """Told by the trainer of every step.

    Args:
        plan: Rows and steps.
        settings: Resolved.
        folder: Where the best weights are kept.
        saving: Whether checkpoints are written.
        tell: Told in turn.
    """

    def __init__(
        self, plan: TrainingPlan, settings: TuneSettings, folder: Path, *, saving: bool, tell: Tell | None = None
    ) -> None:
        self.plan, self.settings, self.folder, self.saving = plan, settings, folder, saving
        self.history = TrainingHistory(rows=len(plan.rows))
        self._tell = tell or (lambda _: None)
        self._started = time.monotonic()
        self._worse = 0
        self._losses: dict[int, float] = {}

    @property
    def rows(self) -> Sequence[Row]:
        """What is trained on."""
        return self.plan.rows

    @property
    def held_out(self) -> Sequence[Row]:
        """What the loss is looked at on."""
        return self.plan.held_out

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002 - the trainer's
        """Take up the history of a run that goes on."""
        self._started = time.monotonic()
        self.history.resumed = state.global_step
        best = self.folder / BEST
        if state.global_step and best.is_file():
            with library("safetensors").safe_open(best, framework="pt") as file:
                found = Look(**json.loads(file.metadata()["look"]))
            if found.step <= state.global_step:
                self.history.best = found
        elif state.is_world_process_zero:
            best.unlink(missing_ok=True)

    def logged(self, logs: dict[str, float], state: Any) -> None:
        """One step, as the trainer logs it.

        Raises:
            TuneError: The loss is no number.
        """
        if "loss" not in logs:
            return
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            rate = self.settings.learning_rate
            raise TuneError(
                f"the loss is not a number (step {state.global_step}); lower the learning rate (now {rate:g}) or set "
                f"precision: fp32, then start again with {option('fresh', True)}; the last checkpoint is kept"
            )
        done = state.global_step * self.plan.accumulate * self.settings.gpus / len(self.plan.rows)
        step = OptimiserStep(
            state.global_step,
            self.plan.steps,
            loss,
            float(logs.get("learning_rate", 0.0)),
            round(done * self.plan.tokens),
            time.monotonic() - self._started,
        )
        self.history.steps.append(step)
        if state.is_world_process_zero:
            self._tell(as_data(step))

    def on_evaluate(self, args: Any, state: Any, control: Any, **told: Any) -> None:  # noqa: ARG002 - the trainer's
        """One look at the held-out examples: keep the weights where they are the best so far, or stop."""
        look = Look(state.global_step, told["metrics"]["eval_loss"])
        self.history.looks.append(look)
        if state.is_world_process_zero:
            self._tell(as_data(look))
        if self.history.best is None or look.loss < self.history.best.loss:
            self.history.best, self._worse = look, 0
            if look.step and (self.settings.sharding or state.is_world_process_zero):
                self._keep(told["model"], look, first=state.is_world_process_zero)
            return
        self._worse += 1
        if self.settings.patience is not None and self._worse >= self.settings.patience:
            self.history.stopped = f"the held-out loss has not fallen since step {self.history.best.step}"
            control.should_training_stop = True

    def restore(self, model: Any) -> None:
        """Put the best weights back, where they are not the last ones and any step made the loss better."""
        best = self.history.best
        last = self.history.looks[-1].step if self.history.looks else 0
        if best is None or best.step in {0, last} or not (self.folder / BEST).is_file():
            return
        put(model, library("safetensors.torch").load_file(self.folder / BEST))

    def _keep(self, model: Any, look: Look, *, first: bool) -> None:
        weights = whole_weights(model)
        if not first:
            return
        note = {"look": json.dumps({"step": look.step, "loss": look.loss})}
        with whole_path(self.folder / BEST, kind=TuneError, hint="free some space") as part:
            library("safetensors.torch").save_file(weights, part, metadata=note)
