"""What comes after training: the model in one piece, the best scale of what it learnt, its files.

A model that Unsloth changed is handed over to a process without it: what is measured and saved is then what anybody
gets who puts the adapter on the base, and Hone's loop, which Unsloth's layers do not fit, answers held-out problems.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hone.errors import TuneError
from hone.examples.reading import Example
from hone.examples.tokens import encode_all
from hone.extras import library
from hone.files import write_whole
from hone.problems import candidates, prompt_search
from hone.spelling import option
from hone.training.adapting import adapt, device, open_model, precision, tokenizer_of
from hone.training.card import write_card
from hone.training.choosing import Chosen
from hone.training.history import Look, OptimiserStep, Tell, TrainingHistory
from hone.training.job import ADAPTER, JOB, MODEL, RESULTS, TRAIN, TrainingJob, read_rows
from hone.training.memory import ModelShape, bytes_for_scales, must_recompute
from hone.training.packing import Row, pack
from hone.training.preflight import free_memory
from hone.training.rows import held_out_loss
from hone.training.scales import Scaled, WeightChange, best, try_scales
from hone.training.settings import TuneSettings
from hone.training.sharding import put
from hone.training.solving import best_prompt, problem_of, solvable, solver
from hone.training.training import clear_checkpoints

TRAINED = "trained"
"""The folder in which one process hands its model over to the next."""
_HISTORY = "history.json"
_POOL = 200
"""Training examples among which solved problems are looked for, to show first."""
_LARGE, _LARGE_RATE = 5e8, 2e-5
"""Parameters from which `full` takes a lower learning rate, and that rate: what most published recipes take."""
_NEAR = 0.05
"""Nats by which the same weights' held-out loss may differ between two ways to compute it."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that was just trained, and how."""

    job: TrainingJob
    model: Any
    history: TrainingHistory


def finish(
    trained: Trained,
    folder: Path,
    settings: TuneSettings,
    tokenizer: Any,
    rows: Sequence[Row],
    held_out: Sequence[Example],
    tell: Tell,
) -> None:
    """Try scales, and write the model with its card and results.

    Args:
        trained: What was trained.
        folder: The run's folder.
        settings: Resolved.
        tokenizer: Its tokenizer.
        rows: The held-out rows.
        held_out: The held-out examples.
        tell: Told of scales and the end.
    """
    job, model, history = trained.job, trained.model, trained.history
    change = WeightChange(model, Path(job.weights))
    tried = try_scales(
        change,
        model,
        rows,
        settings.scales,
        solve=solver(tokenizer, held_out, model.device.type, lambda text: tell({"event": "note", "text": text})),
        told=lambda one: tell({"event": "scale", **one.as_data()}),
    )
    chosen = best(tried)
    change.put(0.0)
    beside = _base_at_best(model, tokenizer, folder, held_out, chosen, tell)
    if beside.get("kept") == "base":
        chosen = next((one for one in tried if one.scale == 0), Scaled(0.0, chosen.loss))
    change.put(chosen.scale)
    result = _result(job, settings, history, tried, chosen) | beside
    target = folder / (MODEL if settings.method == "full" else ADAPTER)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
    write_card(target, job, result)
    clear_checkpoints(folder)
    write_whole(folder / RESULTS, json.dumps(result, indent=1), kind=TuneError)
    tell({"event": "done", "folder": target.name, **result})


def _base_at_best(
    base: Any, tokenizer: Any, folder: Path, held_out: Sequence[Example], chosen: Scaled, tell: Tell
) -> dict[str, Any]:
    """What the base solves of the held-out problems under its best prompt, beside what was learnt.

    Scale 0 is the base under the prompt of the examples, and that may not be its best one. Where it solves as many
    under another as the best scale does, it stays as it is.

    Returns:
        Its prompts, and whether what was learnt is kept; nothing where no answer can be checked.
    """
    asked = solvable(held_out, base.device.type)
    if not asked or chosen.accuracy is None:
        return {}
    pool = [problem_of(one) for one in read_rows(folder / TRAIN)[:_POOL]]
    search = prompt_search(base.device.type)
    problems = [problem_of(one) for one in asked][: search.problems]
    _, shares = best_prompt(base, tokenizer, candidates(pool, shots=search.few(2)), problems)
    # Of prompts that cannot be told apart the best counts, in the base's favour.
    top = max((one for one in shares if one.final), key=lambda one: one.right)
    right, count, learnt = top.right, len(problems), round(chosen.accuracy * len(asked))
    kept = "base" if right and right * len(asked) >= learnt * count else "tuned"
    best_of = f"the base under its best prompt ({top.prompt}) solves {right} of {count} held-out problems"
    tell({"event": "note", "text": f"{best_of}, and what was learnt {learnt} of {len(asked)}"})
    return {"prompts": [asdict(one) for one in shares], "prompt": top.prompt, "kept": kept}


def finish_chosen(job: TrainingJob, chosen: Chosen, model: Any, tokenizer: Any, folder: Path, tell: Tell) -> None:
    """Write what a search chose, with its card and results, and its prompt into the job: exports carry it.

    Args:
        job: What was asked for.
        chosen: What came of it.
        model: With the chosen adapters.
        tokenizer: Its tokenizer.
        folder: The run's folder.
        tell: Told of the end.
    """
    history = chosen.best.history if chosen.best else TrainingHistory()
    told = chosen.as_data()
    own = Scaled(1.0 if chosen.kept else 0.0, history.loss)
    rate = chosen.best.arm.rate if chosen.best else job.settings.learning_rate
    settings = job.settings.model_copy(update={"learning_rate": rate})
    result = _result(job, settings, history, [], own) | told
    job = job.model_copy(update={"prompt": told["system"] or None, "settings": settings})
    write_whole(folder / JOB, job.model_dump_json(indent=1), kind=TuneError)
    model.save_pretrained(folder / ADAPTER)
    tokenizer.save_pretrained(folder / ADAPTER)
    write_card(folder / ADAPTER, job, result)
    write_whole(folder / RESULTS, json.dumps(result, indent=1), kind=TuneError)
    tell({"event": "done", "folder": ADAPTER, **result})


def hand_over(model: Any, history: TrainingHistory, folder: Path) -> None:
    """Write what `take_over` reads: a PEFT adapter or a whole model, and the history."""
    model.save_pretrained(folder / TRAINED)
    write_whole(folder / TRAINED / _HISTORY, json.dumps(asdict(history)), kind=TuneError)


def take_over(job: TrainingJob, folder: Path, held_out: Sequence[Example], tell: Tell) -> None:
    """Finish what another process trained and handed over.

    Args:
        job: What was trained and how.
        folder: The run's folder.
        held_out: What is held out.
        tell: Told of scales and the end, and where the other process' loss was another.

    Raises:
        TuneError: The adapter does not fit the base as PEFT adapts it.
    """
    kind, base, source = device(), Path(job.weights), folder / TRAINED
    settings, tokenizer = resolved(job.settings, base, kind), tokenizer_of(base)
    kept = encode_all(tokenizer, (example.chat for example in held_out), longest=settings.max_length)
    rows = pack(kept.examples, settings.row or settings.max_length, seed=0) if kept.examples else []
    model = adapt(open_model(source if settings.method == "full" else base, settings, kind), settings)
    if settings.method != "full":
        _put_adapter(model, source)
    told = json.loads((source / _HISTORY).read_text(encoding="utf-8"))
    history = TrainingHistory(
        **{
            **told,
            "steps": [OptimiserStep(**one) for one in told["steps"]],
            "looks": [Look(**one) for one in told["looks"]],
            "best": Look(**told["best"]) if told["best"] else None,
        }
    )
    if note := _other_model(model, history, rows):
        tell({"event": "note", "text": note})
    finish(Trained(job, model, history), folder, settings, tokenizer, rows, held_out, tell)
    shutil.rmtree(source)


def _other_model(model: Any, history: TrainingHistory, rows: Sequence[Row]) -> str | None:
    """What to tell where the other process computed something else from these weights; none where it did not."""
    if not rows or history.best is None:
        return None
    there, here = history.best.loss, held_out_loss(model, rows)
    if abs(here - there) <= _NEAR:
        return None
    return (
        f"the held-out loss was {there:.3f} while training and is {here:.3f} for the same weights in plain "
        "transformers: another model was trained than the one that is saved; the scales below are true, but "
        f"{option('backend', 'trl')} will do better"
    )


def _put_adapter(model: Any, source: Path) -> None:
    peft = library("peft")
    weights = peft.load_peft_weights(str(source), device="cpu")
    loaded = peft.set_peft_model_state_dict(model, weights)
    # PEFT itself says nothing of a part that is not there, and it would count as not trained.
    lacking = [name for name in loaded.missing_keys if "lora_" in name]
    if lacking or loaded.unexpected_keys:
        name = (lacking or loaded.unexpected_keys)[0]
        raise TuneError(f"{source}: this adapter is not for this base ({name}); use {option('backend', 'trl')}")


def resolved(settings: TuneSettings, base: Path, kind: str) -> TuneSettings:
    """The settings with every gap filled for this machine and this base.

    Every weight of a large base is moved more slowly: at the rate that suits 135M parameters the loss of 1.5B rose by
    0.3 nats in the first step and ended above that of adapters (docs/results/gpu.md).
    """
    config = library("transformers").AutoConfig.from_pretrained(base, trust_remote_code=False)
    if settings.learning_rate is None and settings.method == "full":
        large = ModelShape.of(config, settings.rank).parameters >= _LARGE
        settings = settings.model_copy(update={"learning_rate": _LARGE_RATE if large else None})
    settings = settings.resolve(kind)
    if settings.method == "qlora" and settings.precision == "auto":
        settings = settings.model_copy(update={"precision": "bf16"})
    each = 2 if precision(settings, kind) == torch.bfloat16 else 4
    again = must_recompute(ModelShape.of(config, settings.rank), settings, free_memory(kind), bytes_each=each)
    return settings.model_copy(update={"checkpointing": "on" if again else "off"})


def whole(base: Path, settings: TuneSettings, kind: str, weights: dict[str, Any], tell: Tell) -> tuple[Any, str]:
    """The tuned model in one piece, after the other processes have ended: on the device where it fits there.

    Args:
        base: Its weights' folder.
        settings: Resolved.
        kind: The device that it was trained on.
        weights: From `gather`.
        tell: Told where it is another device.
    """
    gc.collect()  # the trainer and the split model hold each other
    if kind == "cuda":
        torch.cuda.empty_cache()
    chosen = precision(settings, kind)
    settings = settings.model_copy(
        update={"sharding": False, "precision": "bf16" if chosen == torch.bfloat16 else "fp32"}
    )
    shape = ModelShape.of(
        library("transformers").AutoConfig.from_pretrained(base, trust_remote_code=False), settings.rank
    )
    wanted = bytes_for_scales(shape, settings, bytes_each=2 if chosen == torch.bfloat16 else 4)
    if kind == "cuda" and wanted > 0.9 * free_memory(kind):
        kind = "cpu"
        tell(
            {
                "event": "note",
                "text": f"the whole model takes about {wanted / 1e9:.0f} GB, more than one device has "
                "free; scales are tried on the processor, which takes longer",
            }
        )
    model = adapt(open_model(base, settings, kind), settings)
    put(model, weights)
    return model, kind


def _result(
    job: TrainingJob, settings: TuneSettings, history: TrainingHistory, tried: Sequence[Scaled], chosen: Scaled
) -> dict[str, Any]:
    last = history.steps[-1] if history.steps else None
    return {
        "base": job.base,
        "method": settings.method,
        "backend": job.backend,
        "steps": last.step if last else 0,
        "loss": last.loss if last else None,
        "held_out": [asdict(look) for look in history.looks],
        "best_step": history.best.step if history.best else None,
        "stopped": history.stopped,
        "seconds": history.seconds,
        "tokens": history.tokens,
        "peak_bytes": history.peak_bytes,
        "resumed": history.resumed,
        "scales": [one.as_data() for one in tried],
        "scale": chosen.scale,
    }
