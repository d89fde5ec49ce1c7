"""The trainer over a model that is split.

A checkpoint of it holds the trained weights once, in full, and the optimiser's state in one part a process. Imports
TRL, as the trainer does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from hone.errors import TuneError
from hone.extras import library
from hone.files import make_folder
from hone.training.sharding import put, whole_weights
from hone.training.trainer import SCHEDULE, Trainer

WEIGHTS = "trained.safetensors"


class ShardedTrainer(Trainer):
    """The trainer; what accelerate would save and load for its own way of splitting is done here."""

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """The trained weights, put together; the first process writes them."""
        weights, folder = whole_weights(self.model), Path(output_dir or self.args.output_dir)
        if self.args.should_save:
            make_folder(folder, kind=TuneError)
            library("safetensors.torch").save_file(weights, folder / WEIGHTS)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        make_folder(Path(output_dir), kind=TuneError)
        torch.save(self.optimizer.state_dict(), self.optimiser_file(output_dir))
        if self.args.should_save:
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULE)
        torch.distributed.barrier()  # the file that says that a checkpoint is whole comes after all parts

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:  # noqa: ARG002 - the trainer's
        put(self.model, library("safetensors.torch").load_file(Path(resume_from_checkpoint) / WEIGHTS))

    def _move_model_to_device(self, model: Any, device: Any) -> None:
        """It is where it belongs."""

    def optimiser_file(self, folder: str | Path) -> Path:
        """Each process has its own."""
        return Path(folder) / f"optimizer-{self.args.process_index}.pt"
