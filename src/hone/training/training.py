"""Trains a model on examples: TRL's trainer over rows that are packed here, with a loss that never makes all logits.

What TRL, transformers and accelerate do well is left to them: the loop, the schedule, several devices, checkpoints.
`train` needs no project, no command line and no file.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MethodType
from typing import Any

import torch

from hone.errors import TuneError
from hone.examples.tokens import Encoded
from hone.extras import is_installed, library
from hone.files import temporary_folder
from hone.spelling import option
from hone.training.adapting import causal, device
from hone.training.attention import packed_attention
from hone.training.history import Tell, TrainingHistory
from hone.training.planning import TrainingPlan, plan_training
from hone.training.rows import row_loss
from hone.training.settings import TuneSettings, check_sharding
from hone.training.sharding import shard

_INPUTS = ("input_ids", "position_ids", "labels", "cu_seq_lens_q", "max_length_q")
_WORTH_COMPILING = 100
"""Rows from which compiling, which takes a minute, pays for itself."""


def train(
    model: Any,
    tokenizer: Any,
    examples: Sequence[Encoded],
    settings: TuneSettings,
    *,
    held_out: Sequence[Encoded] = (),
    folder: Path | None = None,
    tell: Tell | None = None,
) -> TrainingHistory:
    """Train a model in place.

    Args:
        model: From `open_model` and `adapt`, or any causal model whose trainable weights require gradients. With
            `sharding` it is split here, and `gather` gives what it learnt.
        tokenizer: Its tokenizer.
        examples: From `encode_all`.
        settings: How; gaps are filled for the model's device.
        held_out: Examples that the loss is looked at on the way; the weights with the lowest are kept.
        folder: Where checkpoints go, and where training goes on from; none writes no checkpoint.
        tell: Told of each step and each look, as plain data.

    Raises:
        TuneError: The loss is not a number, or memory does not suffice; the last checkpoint stays.
    """
    check_sharding(settings)
    settings = settings.resolve(device() if settings.sharding else model.device.type)
    planned = plan_training(examples, held_out, settings)
    with ExitStack() as stack:
        saving = folder is not None
        if settings.sharding:
            if folder is None:
                raise TuneError(
                    f"{option('shard', argument='sharding=True')} needs a folder that all processes share"
                )
            with _memory_errors(settings):
                shard(model, device())
        folder = folder or stack.enter_context(temporary_folder("hone-tune-", kind=TuneError))
        packed = stack.enter_context(packed_attention(causal(model)))
        shape = {
            # One shape for all rows is what compiling on CUDA wants; on a processor it is work for nothing.
            "size": _size(planned, settings) if model.device.type == "cuda" else 0,
            "pieces": _pieces(planned, settings),
            "longest": _longest(planned),
        }
        stack.enter_context(_own_loss(model))
        stack.enter_context(_compiled(model, settings, planned, packed=packed))
        return _fit(model, tokenizer, planned, settings, folder, shape if packed else {}, saving=saving, tell=tell)


def _fit(
    model: Any,
    tokenizer: Any,
    planned: TrainingPlan,
    settings: TuneSettings,
    folder: Path,
    shape: dict[str, Any],
    *,
    saving: bool,
    tell: Tell | None,
) -> TrainingHistory:
    from hone.training.trainer import make_trainer  # noqa: PLC0415 - imports TRL, which Unsloth must come before
    from hone.training.watching import Watcher  # noqa: PLC0415 - the same

    watcher = Watcher(planned, settings, folder, saving=saving, tell=tell)
    made: dict[str, Any] = {}
    if settings.sharding:
        from hone.training.sharded import ShardedTrainer  # noqa: PLC0415 - the same

        made["kind"] = ShardedTrainer
    trainer = make_trainer(model, tokenizer, settings, folder, watcher, shape=shape, **made)
    checkpoint = latest_checkpoint(folder) if saving else None
    cuda = model.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    started = time.monotonic()
    with _memory_errors(settings):
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    history = watcher.history
    history.seconds = time.monotonic() - started
    history.tokens = history.steps[-1].tokens if history.steps else 0
    history.peak_bytes = int(torch.cuda.max_memory_allocated()) if cuda else 0
    watcher.restore(model)
    return history


@contextmanager
def _memory_errors(settings: TuneSettings) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TuneError(lower_memory(settings)) from error
    except RuntimeError as error:
        if "not enough memory" in str(error) or "allocate memory" in str(error):
            raise TuneError(lower_memory(settings)) from error
        raise
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise TuneError("the disk is full; free some space and type the same command to go on") from error
        raise


def lower_memory(settings: TuneSettings) -> str:
    """What to change where memory runs out."""
    ways = [] if settings.checkpointing == "on" else ["checkpointing: on"]
    if (settings.row or 0) > settings.max_length:
        ways.append(f"row: {max(settings.max_length, (settings.row or 0) // 2)} (now {settings.row})")
    else:
        ways.append(f"max_length: {settings.max_length // 2} (now {settings.max_length})")
    if settings.gpus > 1 and not settings.sharding and settings.method != "qlora":
        ways.append(option("shard", argument="sharding=True"))
    ways += {"full": ["method: lora"], "lora": ["method: qlora"], "qlora": []}[settings.method]
    return f"memory ran out; lower it with {', or '.join(ways)}; the last checkpoint is kept"


def latest_checkpoint(folder: Path) -> Path | None:
    """The latest checkpoint that was written to its end; halves of one are removed."""
    whole = None
    for path in sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2])):
        state = path / "trainer_state.json"  # the trainer writes it last
        if state.is_file() and state.read_text(encoding="utf-8").rstrip().endswith("}"):
            whole = path
        else:
            shutil.rmtree(path, ignore_errors=True)
    return whole


def _longest(planned: TrainingPlan) -> int:
    """The longest example, rounded up: the kernel is compiled for it."""
    return -(-planned.longest // 128) * 128


def _size(planned: TrainingPlan, settings: TuneSettings) -> int:
    return (settings.row or 0) if settings.packing else _longest(planned)


def _pieces(planned: TrainingPlan, settings: TuneSettings) -> int:
    """Pieces of a row at most, with those that fill it up."""
    return planned.pieces + (settings.row or 0) // max(1, _longest(planned)) + 2


@contextmanager
def _own_loss(model: Any) -> Iterator[None]:
    """The summed loss in place of the model's forward pass while the block runs."""
    inner = causal(model)
    fused = model.device.type == "cuda" and is_installed("liger_kernel")
    output = library("transformers.modeling_outputs").CausalLMOutput

    def forward(_: Any, **inputs: Any) -> Any:
        # Wrappers add arguments of their own, such as PEFT's and Unsloth's.
        known = {name: inputs[name] for name in _INPUTS if inputs.get(name) is not None}
        return output(loss=row_loss(inner, known, fused=fused))

    inner.forward = MethodType(forward, inner)
    try:
        yield
    finally:
        del inner.forward


@contextmanager
def _compiled(model: Any, settings: TuneSettings, planned: TrainingPlan, *, packed: bool) -> Iterator[None]:
    """Compiled decoder layers while the block runs; all layers share one compilation."""
    rows = planned.steps * planned.accumulate
    worth = packed and model.device.type == "cuda" and rows >= _WORTH_COMPILING and not settings.sharding
    wanted = settings.compiled == "on" or (settings.compiled == "auto" and worth)
    layers = list(causal(model).get_decoder().layers) if wanted else []
    for layer in layers:
        layer.compile(dynamic=False)
    try:
        yield
    finally:
        for layer in layers:
            layer._compiled_call_impl = None


def clear_checkpoints(folder: Path) -> None:
    """Remove what only serves to go on."""
    for path in folder.glob("checkpoint-*"):
        shutil.rmtree(path, ignore_errors=True)
    (folder / "best.safetensors").unlink(missing_ok=True)
