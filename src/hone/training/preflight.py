"""Numbered checks before any long work: each says what it found; one that fails stops the run, with the remedy."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hone.domain.conversation import Message
from hone.errors import TuneError
from hone.examples.tokens import Encoded, Tokens, leading_starts, wants_start
from hone.spelling import option
from hone.training.memory import ModelShape, bytes_for_scales, flops, need
from hone.training.planning import TrainingPlan
from hone.training.settings import TuneSettings
from hone.weights.chat_text import chat_tokens
from hone.weights.tokenizer import end_tokens

OPEN, CLOSE = "⟦", "⟧"
"""Around the part of a shown example that is learnt."""
_BARS = " ▁▂▃▄▅▆▇█"
_LEAST, _MOST = 0.01, 0.99


@dataclass(frozen=True, slots=True)
class CheckedTraining:
    """What the checks look at."""

    tokenizer: Any
    config: Any
    train: Tokens
    held_out: Tokens
    settings: TuneSettings
    folder: Path
    device: str
    bytes_each: int


def checks(scene: CheckedTraining, planned: TrainingPlan) -> Iterator[tuple[str, str]]:
    """Each check's title and what it found, in order.

    Raises:
        TuneError: A check failed; those before it have been given.
    """
    yield "data", _data(scene)
    yield "chat template", _template(scene)
    yield "start token", _start(scene)
    yield "end token", _end(scene)
    yield "learnt share", _share(scene.train)
    yield "an example", shown(scene.tokenizer, scene.train.examples[0])
    yield "steps", _steps(scene, planned)
    yield "memory", _memory(scene)
    yield "time", _time(scene, planned)
    yield "disk", _disk(scene)


def _data(scene: CheckedTraining) -> str:
    lengths = sorted(map(len, scene.train.examples))
    if not lengths:
        reasons = ", ".join(f"{count} {reason}" for reason, count in scene.train.left_out.most_common())
        raise TuneError(f"no example is left to train on ({reasons or 'the file has none'})")
    if not scene.held_out.examples:
        raise TuneError("no held-out example is left; raise max_length, or hold out a larger share")
    middle, high = statistics.median(lengths), lengths[int(0.95 * (len(lengths) - 1))]
    text = (
        f"{len(lengths):,} to train on, {len(scene.held_out.examples):,} held out; tokens each {lengths[0]} to "
        f"{lengths[-1]}, median {middle:g}, 95% up to {high}  {histogram(lengths)}"
    )
    for side, tokens in (("", scene.train), (" (held out)", scene.held_out)):
        for reason, count in tokens.left_out.most_common():
            text += f"; left out{side}: {count:,} {reason}"
    return text


def histogram(values: Sequence[int], bins: int = 16) -> str:
    """How values are spread, as one bar a bin."""
    low, high = min(values), max(values)
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, (value - low) * bins // max(1, high - low))] += 1
    top = max(counts)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // top)] for count in counts)


def _template(scene: CheckedTraining) -> str:
    return f"{len(scene.tokenizer.chat_template):,} characters, the tokenizer's own"


def _start(scene: CheckedTraining) -> str:
    found = {leading_starts(scene.tokenizer, one.ids) for one in scene.train.examples}
    own = leading_starts(scene.tokenizer, chat_tokens(scene.tokenizer, [Message("user", "-")]))
    if max(found) > max(own, 1):
        raise TuneError(
            f"the start token stands {max(found)} times at the beginning, and the chat template writes it "
            f"{own} times; remove it from the data"
        )
    if wants_start(scene.tokenizer) and min(found) == 0:
        raise TuneError(
            "the start token is missing: this tokenizer begins each text with it, and its template does not"
        )
    if max(found) > 1:
        return f"{max(found)}, as the chat template writes them"
    return "exactly one" if min(found) else "none, as this model has it"


def _end(scene: CheckedTraining) -> str:
    ends = end_tokens(scene.tokenizer)
    for one in scene.train.examples:
        last = [place for place, token in enumerate(one.ids) if token in ends and one.learnt[place]]
        if not last or last[-1] != len(one.ids) - 1:
            raise TuneError("a reply ends without an end token that is learnt; such a model would never stop")
    name = scene.tokenizer.convert_ids_to_tokens(scene.train.examples[0].ids[-1])
    return f"each reply ends in one {name}, which is learnt"


def _share(tokens: Tokens) -> str:
    share = tokens.learnt / max(1, tokens.total)
    text = f"{share:.1%} of {tokens.total:,} tokens count in the loss"
    if not _LEAST <= share <= _MOST:
        raise TuneError(f"{text}; it should lie between 1% and 99%: the prompts or the replies are (nearly) empty")
    return text


def shown(tokenizer: Any, example: Encoded) -> str:
    """An example as text, the learnt part between marks."""
    parts, inside = [], False
    start = 0
    for place in range(len(example.ids) + 1):
        learnt = place < len(example.ids) and example.learnt[place]
        if learnt != inside or place == len(example.ids):
            parts.append(tokenizer.decode(example.ids[start:place], clean_up_tokenization_spaces=False))
            if learnt != inside:
                parts.append(OPEN if learnt else CLOSE)
            start, inside = place, learnt
    return "".join(parts)


def _steps(scene: CheckedTraining, planned: TrainingPlan) -> str:
    fill = planned.tokens / (len(planned.rows) * (scene.settings.row or 1)) if scene.settings.packing else 1.0
    rows = planned.accumulate * scene.settings.gpus
    return (
        f"{planned.steps:,} steps of {rows} {'row' if rows == 1 else 'rows'} of {scene.settings.row} tokens, "
        f"{fill:.0%} full, learning rate {scene.settings.learning_rate:g}"
    )


def _memory(scene: CheckedTraining) -> str:
    settings = scene.settings
    shape = ModelShape.of(scene.config, settings.rank)
    found = need(shape, settings, bytes_each=scene.bytes_each, checkpointing=settings.checkpointing == "on")
    free = free_memory(scene.device)
    each = ""
    if settings.gpus > 1:
        each = f" on each of {settings.gpus} devices, weights {'split' if settings.sharding else 'whole'}"
    again = "recomputed" if settings.checkpointing == "on" else "kept"
    text = (
        f"about {_size(found.total)} of {_size(free)} free{each}: weights {_size(found.weights)}, adapter "
        f"{_size(found.adapter)}, optimiser {_size(found.optimiser)}, activations {_size(found.activations)} "
        f"({again}), work {_size(found.work)}"
    )
    if found.total > free:
        split = (
            f", split the weights with {option('shard', argument='sharding=True')}"
            if settings.gpus > 1 and not settings.sharding
            else ""
        )
        raise TuneError(f"{text}; lower row or max_length{split}, use method: lora or qlora, or use a smaller base")
    if settings.sharding and scene.device == "cuda":
        whole, room = bytes_for_scales(shape, settings, bytes_each=scene.bytes_each), free_memory("cpu")
        text += f"; the machine's own memory, for the whole model: about {_size(whole)} of {_size(room)} free"
        if whole > room:
            raise TuneError(f"{text}, use method: lora, a smaller base, or a machine with more memory")
    return text


def _time(scene: CheckedTraining, planned: TrainingPlan) -> str:
    passes = planned.steps * planned.accumulate * scene.settings.gpus / len(planned.rows)
    once = pass_seconds(scene.config, scene.settings, scene.train, scene.device, scene.bytes_each)
    seconds = once * passes / scene.settings.gpus + 5
    return f"about {seconds / 60:.0f} min" if seconds > 90 else f"about {seconds:.0f} s"


def pass_seconds(config: Any, settings: TuneSettings, tokens: Tokens, device: str, bytes_each: int) -> float:
    """About how many seconds it takes one device to learn from every token once.

    Args:
        config: The model's.
        settings: Resolved.
        tokens: What is learnt from.
        device: The kind of device.
        bytes_each: Of a number: 2 or 4.
    """
    work = flops(ModelShape.of(config, settings.rank), settings, tokens.total, tokens.learnt)
    return work / (0.4 * _speed(device, bytes_each))


def _speed(device: str, bytes_each: int) -> float:
    """Operations a second of a matrix product on this device, measured in a fraction of a second."""
    size = 4096 if device == "cuda" else 1024
    kind = torch.bfloat16 if bytes_each == 2 else torch.float32
    one = torch.ones(size, size, device=device, dtype=kind)
    best = float("inf")
    for _ in range(4):
        started = time.perf_counter()
        (one @ one)[0, 0].item()
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best


def _disk(scene: CheckedTraining) -> str:
    shape = ModelShape.of(scene.config, scene.settings.rank)
    trained = shape.parameters if scene.settings.method == "full" else shape.adapter
    wanted = trained * (scene.bytes_each * 2 + 12.0) * 2  # two checkpoints, the best weights, the result
    free = shutil.disk_usage(scene.folder).free
    text = f"up to {_size(wanted)} of {_size(free)} free"
    if wanted > free:
        raise TuneError(f"{text}; free some space, or put the project on a larger disk")
    return text


def free_memory(device: str) -> float:
    """Bytes that training may use."""
    if device == "cuda":
        return float(torch.cuda.mem_get_info()[0])
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as stream:
            found = dict(line.split(":", 1) for line in stream)
        free = int(found["MemAvailable"].split()[0]) * 1024.0
    except (OSError, KeyError, ValueError):
        return 8e9  # a system that does not say; the smallest machine that is likely
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text(encoding="ascii").strip() if limit.exists() else "max"
    return min(free, float(text)) if text.isdigit() else free


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"
