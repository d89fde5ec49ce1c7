"""What the training process does: open, check, train, try scales, save."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from hone.tuning.adapting import adapt, cuda_without_gpu, device, open_model, precision, tokenizer_of
from hone.tuning.card import write_card
from hone.tuning.examples import Example
from hone.tuning.history import History
from hone.tuning.job import ADAPTER, MODEL, RESULTS, Job
from hone.tuning.memory import Shape, alone, must_recompute
from hone.tuning.planning import plan
from hone.tuning.preflight import Scene, checks, free_memory
from hone.tuning.scales import Change, Scaled, best, try_scales
from hone.tuning.settings import TuneSettings
from hone.tuning.sharding import gather, put
from hone.tuning.solving import solver
from hone.tuning.tokens import Tokens, encode_all
from hone.tuning.training import clear_checkpoints, train

Tell = Callable[[dict[str, Any]], object]


def work(job: Job, folder: Path, examples: Sequence[Example], held_out: Sequence[Example], tell: Tell) -> None:
    """Do a job.

    Args:
        job: What is trained and how.
        folder: The run's folder.
        examples: What is trained on.
        held_out: What is held out.
        tell: Told of checks, steps, looks, scales and the end.

    Raises:
        TuneError: A check failed, or training did.
    """
    kind, base = device(), Path(job.weights)
    if kind == "cuda":  # each process has one of its own
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    tokenizer = tokenizer_of(base)
    longest = job.settings.max_length
    tokens = encode_all(tokenizer, (example.chat for example in examples), longest=longest)
    kept = encode_all(tokenizer, (example.chat for example in held_out), longest=longest)
    settings = _resolved(job.settings, base, kind)
    _check(job, folder, settings, (tokens, kept), tokenizer, tell)
    if job.checks_only:
        return
    model = _open(job, base, settings, kind)
    planned = plan(tokens.examples, kept.examples, settings)
    history = train(model, tokenizer, tokens.examples, settings, held_out=kept.examples, folder=folder, tell=tell)
    weights = {}
    if settings.sharding:
        weights = gather(model)
        torch.distributed.destroy_process_group()
    if int(os.environ.get("RANK", "0")):
        return
    tell({"event": "trained", "seconds": history.seconds, "tokens": history.tokens, "stopped": history.stopped})
    if settings.sharding:
        del model
        model, kind = _whole(base, settings, kind, weights, tell)
    change = Change(model, base)
    tried = try_scales(
        change, model, planned.held_out, settings.scales, solve=solver(tokenizer, held_out, kind),
        told=lambda one: tell({"event": "scale", **one.as_data()}),
    )  # fmt: skip
    chosen = best(tried)
    change.put(chosen.scale)
    result = _result(job, settings, history, tried, chosen)
    target = folder / (MODEL if settings.method == "full" else ADAPTER)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    write_card(target, job, result)
    clear_checkpoints(folder)
    (folder / RESULTS).write_text(json.dumps(result, indent=1), encoding="utf-8")
    tell({"event": "done", "folder": target.name, **result})


def _resolved(settings: TuneSettings, base: Path, kind: str) -> TuneSettings:
    from hone.models.weights import library  # noqa: PLC0415

    settings = settings.resolve(kind)
    if settings.method == "qlora" and settings.precision == "auto":
        settings = settings.model_copy(update={"precision": "bf16"})
    config = library("transformers").AutoConfig.from_pretrained(base)
    each = 2 if precision(settings, kind) == torch.bfloat16 else 4
    again = must_recompute(Shape.of(config, settings.rank), settings, free_memory(kind), bytes_each=each)
    return settings.model_copy(update={"checkpointing": "on" if again else "off"})


def _check(
    job: Job, folder: Path, settings: TuneSettings, tokens: tuple[Tokens, Tokens], tokenizer: Any, tell: Tell
) -> None:
    from hone.models.weights import library  # noqa: PLC0415

    kind = device()
    if note := cuda_without_gpu():
        tell({"event": "note", "text": note})
    config = library("transformers").AutoConfig.from_pretrained(job.weights)
    each = 2 if precision(settings, kind) == torch.bfloat16 else 4
    scene = Scene(tokenizer, config, tokens[0], tokens[1], settings, folder, kind, each)
    planned = plan(tokens[0].examples, tokens[1].examples, settings) if tokens[0].examples else None
    for number, (title, text) in enumerate(checks(scene, planned), 1):  # type: ignore[arg-type] # data is checked first
        tell({"event": "check", "number": number, "title": title, "text": text})


def _open(job: Job, base: Path, settings: TuneSettings, kind: str) -> Any:
    if job.backend == "unsloth":
        from hone.tuning.unsloth import open_with_unsloth  # noqa: PLC0415 - it must come before transformers

        return open_with_unsloth(base, settings)
    return adapt(open_model(base, settings, kind), settings)


def _whole(base: Path, settings: TuneSettings, kind: str, weights: dict[str, Any], tell: Tell) -> tuple[Any, str]:
    """The tuned model in one piece, after the other processes have ended: on the device where it fits there."""
    from hone.models.weights import library  # noqa: PLC0415

    gc.collect()  # the trainer and the split model hold each other
    if kind == "cuda":
        torch.cuda.empty_cache()
    chosen = precision(settings, kind)
    settings = settings.model_copy(
        update={"sharding": False, "precision": "bf16" if chosen == torch.bfloat16 else "fp32"}
    )
    shape = Shape.of(library("transformers").AutoConfig.from_pretrained(base), settings.rank)
    wanted = alone(shape, settings, bytes_each=2 if chosen == torch.bfloat16 else 4)
    if kind == "cuda" and wanted > 0.9 * free_memory(kind):
        kind = "cpu"
        tell({"event": "note", "text": f"the whole model takes about {wanted / 1e9:.0f} GB, more than one device has "
              "free; scales are tried on the processor, which takes longer"})  # fmt: skip
    model = adapt(open_model(base, settings, kind), settings)
    put(model, weights)
    return model, kind


def _result(
    job: Job, settings: TuneSettings, history: History, tried: Sequence[Scaled], chosen: Scaled
) -> dict[str, Any]:
    last = history.steps[-1] if history.steps else None
    return {
        "base": job.base, "method": settings.method, "backend": job.backend, "steps": last.step if last else 0,
        "loss": last.loss if last else None, "held_out": [asdict(look) for look in history.looks],
        "best_step": history.best.step if history.best else None, "stopped": history.stopped,
        "seconds": history.seconds, "tokens": history.tokens, "peak_bytes": history.peak_bytes,
        "resumed": history.resumed, "scales": [one.as_data() for one in tried], "scale": chosen.scale,
    }  # fmt: skip
