"""What the training process does: open, check, train; `finishing` does the rest."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from hone.examples.reading import Example
from hone.examples.tokens import Tokens, encode_all
from hone.training.adapting import adapt, cuda_without_gpu, device, open_model, precision, tokenizer_of
from hone.training.choosing import Chooser, check_choosing
from hone.training.finishing import Trained, finish, finish_chosen, hand_over, resolved, whole
from hone.training.history import Tell
from hone.training.job import CHOOSING, TrainingJob, read_rows
from hone.training.planning import plan_training
from hone.training.preflight import CheckedTraining, checks
from hone.training.settings import TuneSettings
from hone.training.sharding import whole_weights
from hone.training.solving import with_numbers
from hone.training.training import train
from hone.training.unsloth import open_with_unsloth, within_positions


def work(
    job: TrainingJob, folder: Path, examples: Sequence[Example], held_out: Sequence[Example], tell: Tell
) -> None:
    """Do a job.

    Args:
        job: What is trained and how.
        folder: The run's folder.
        examples: What is trained on.
        held_out: What is held out.
        tell: Told of checks, steps, looks, scales and the end; with Unsloth, of what comes before scales.

    Raises:
        TuneError: A check failed, or training did.
    """
    begun = time.monotonic()
    kind, base = device(), Path(job.weights)
    if kind == "cuda":  # each process has one of its own
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    tokenizer = tokenizer_of(base)
    longest = job.settings.max_length
    tokens = encode_all(tokenizer, (example.chat for example in examples), longest=longest)
    kept = encode_all(tokenizer, (example.chat for example in held_out), longest=longest)
    settings = resolved(job.settings, base, kind)
    if job.backend == "unsloth":
        settings = within_positions(settings, base)
    _check(job, folder, settings, (tokens, kept), tokenizer, tell)
    if job.budget:
        check_choosing(settings, with_numbers(examples), with_numbers(read_rows(folder / CHOOSING)))
    if job.checks_only:
        return
    if job.budget:
        _choose(job, folder, settings, examples, tokenizer, tell, begun)
        return
    model = _open(job, base, settings, kind)
    planned = plan_training(tokens.examples, kept.examples, settings)
    history = train(model, tokenizer, tokens.examples, settings, held_out=kept.examples, folder=folder, tell=tell)
    weights = {}
    if settings.sharding:
        weights = whole_weights(model)
        torch.distributed.destroy_process_group()
    if int(os.environ.get("RANK", "0")):
        return
    tell({"event": "trained", "seconds": history.seconds, "tokens": history.tokens, "stopped": history.stopped})
    if job.backend == "unsloth":
        hand_over(model, history, folder)
        return
    if settings.sharding:
        del model
        model, kind = whole(base, settings, kind, weights, tell)
    finish(Trained(job, model, history), folder, settings, tokenizer, planned.held_out, held_out, tell)


def _choose(
    job: TrainingJob,
    folder: Path,
    settings: TuneSettings,
    examples: Sequence[Example],
    tokenizer: Any,
    tell: Tell,
    begun: float,
) -> None:
    """Choose what is learnt within the job's budget, and save it."""
    # A rate that was not asked for is one of the things that are chosen.
    settings = settings.model_copy(update={"learning_rate": job.settings.learning_rate})
    problems = with_numbers(read_rows(folder / CHOOSING))
    chooser = Chooser(
        open_model(Path(job.weights), settings, device()),
        tokenizer,
        settings,
        with_numbers(examples),
        problems,
        budget=(job.budget or 0.0) - (time.monotonic() - begun),
        folder=folder,
        tell=tell,
    )
    chosen = chooser.choose()
    finish_chosen(job, chosen, chooser.model, tokenizer, folder, tell)


def _check(
    job: TrainingJob, folder: Path, settings: TuneSettings, tokens: tuple[Tokens, Tokens], tokenizer: Any, tell: Tell
) -> None:
    from hone.extras import library  # noqa: PLC0415

    kind = device()
    if note := cuda_without_gpu():
        tell({"event": "note", "text": note})
    config = library("transformers").AutoConfig.from_pretrained(job.weights, trust_remote_code=False)
    each = 2 if precision(settings, kind) == torch.bfloat16 else 4
    scene = CheckedTraining(tokenizer, config, tokens[0], tokens[1], settings, folder, kind, each)
    planned = plan_training(tokens[0].examples, tokens[1].examples, settings) if tokens[0].examples else None
    for number, (title, text) in enumerate(checks(scene, planned), 1):  # type: ignore[arg-type] # data is checked first
        tell({"event": "check", "number": number, "title": title, "text": text})


def _open(job: TrainingJob, base: Path, settings: TuneSettings, kind: str) -> Any:
    if job.backend == "unsloth":
        return open_with_unsloth(base, settings)
    return adapt(open_model(base, settings, kind), settings)
