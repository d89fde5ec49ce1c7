"""How a model is tuned: what a config file may say, and what follows from the machine where it says nothing."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hone.domain.base import Frozen
from hone.domain.settings import Precision
from hone.errors import TuneError
from hone.spelling import option

Method = Literal["lora", "qlora", "full"]
Backend = Literal["auto", "unsloth", "trl"]

SCALES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Scales of the adapter that are tried after training; 0 is the base as it was."""


class TuneSettings(Frozen):
    """All that decides what training does, beside the model and the examples. None is filled in by `resolve`."""

    method: Method = "lora"
    """`lora` (adapters over 16-bit weights), `qlora` (over 4-bit NF4 weights) or `full` (every weight)."""
    rank: int = Field(default=32, ge=1, le=1024)
    """Width of the adapters."""
    alpha: float | None = Field(default=None, gt=0)
    """The adapters count alpha / rank; none is the rank itself."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float | None = Field(default=None, gt=0, lt=1)
    epochs: float = Field(default=2.0, gt=0, le=1000)
    max_steps: int | None = Field(default=None, ge=1)
    """Stop after so many steps, whatever the epochs say."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps in which the learning rate rises; it falls as a cosine afterwards."""
    weight_decay: float = Field(default=0.0, ge=0, lt=1)
    clip: float = Field(default=1.0, gt=0)
    """The longest gradient."""
    max_length: int = Field(default=1024, ge=16)
    """Tokens of prompt and reply; a longer example is left out and counted, never cut."""
    packing: bool = True
    """Put examples one after the other into a row, without sight of each other."""
    row: int | None = Field(default=None, ge=16)
    """Tokens of a packed row."""
    step_tokens: int | None = Field(default=None, ge=16)
    """Tokens of one optimiser step, over all devices."""
    precision: Precision = "auto"
    checkpointing: Literal["auto", "on", "off"] = "auto"
    """Recompute activations in the backward pass; `auto` where they would not fit."""
    compiled: Literal["auto", "on", "off"] = "auto"
    """Compile the decoder's layers; `auto` on a CUDA device, for runs that are long enough."""
    held_out: float = Field(default=0.05, gt=0, lt=0.9)
    """Share of the groups that are held out."""
    evaluations: int = Field(default=8, ge=1)
    """How often the held-out loss is looked at."""
    patience: int | None = Field(default=3, ge=1)
    """Stop after so many looks without a better held-out loss; none never stops early."""
    checkpoints: int = Field(default=4, ge=1)
    """How many times in all a state to resume from is written."""
    scales: tuple[float, ...] = SCALES
    seed: int = Field(default=0, ge=0, lt=2**31)
    gpus: int = Field(default=1, ge=1, le=64)
    """Processes, one a device."""
    sharding: bool = False
    """Split weights, gradients and optimiser state over the devices (FSDP) instead of keeping all on each (DDP)."""

    @property
    def scaling(self) -> float:
        """LoRA's alpha, the rank where none is given."""
        return self.alpha if self.alpha is not None else float(self.rank)

    def resolve(self, device: str) -> TuneSettings:
        """The settings with every gap filled for a kind of device.

        Args:
            device: `cuda`, `mps` or `cpu`.
        """
        fast = device == "cuda"
        row = self.row or max(self.max_length, 16384 if fast else 512)
        rates = {"lora": 5e-4 if fast else 1e-3, "qlora": 5e-4 if fast else 1e-3, "full": 1e-4}
        return self.model_copy(
            update={
                "learning_rate": self.learning_rate or rates[self.method],
                "row": row,
                "step_tokens": self.step_tokens or (row if fast else 1024),
            }
        )


def check_sharding(settings: TuneSettings) -> None:
    """See that weights can be split over the devices as the settings want it.

    Raises:
        TuneError: There is one device only, or the method or compiling does not allow it.
    """
    if not settings.sharding:
        return
    shard = option("shard", argument="sharding=True")
    if settings.gpus == 1:
        raise TuneError(
            f"{shard} splits the weights over several devices; add {option('gpus', 2)} or more, or leave it out"
        )
    if settings.method == "qlora":
        raise TuneError(f"{shard} does not split 4-bit weights; use {option('method', 'lora')}, or leave {shard} out")
    if settings.compiled == "on":
        raise TuneError(f"{shard} does not go with compiled=on; leave one of them out")
