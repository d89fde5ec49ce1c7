"""Fills rows with prompts, steps them all, takes out what has ended, and fills again until nothing is left."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch

from hone.errors import UnavailableError
from hone.extras import library
from hone.weights.decoding.fitting import DecodingShape, PlannedRows, eight, ran_out, rows_filled, rows_planned
from hone.weights.decoding.generate import Decoding, GenerationJob
from hone.weights.decoding.rows import ATTENTION, CacheShape, Rows, UnsuitedError, attention
from hone.weights.decoding.step import Draw, Stepper
from hone.weights.decoding.stuck import LOOK_EVERY, StuckRows, stuck_rows
from hone.weights.quiet import quiet

Tell = Callable[[GenerationJob, Sequence[int]], None]
Note = Callable[[str], object]

_GRAPH_STEPS = 16
"""Steps between two looks at what has ended: a look waits for the GPU."""
_CHECKED = 48
"""Tokens of the prompt on which the loop is compared with the model's own attention."""


def plan_rows(model: Any, jobs: Sequence[GenerationJob], shared: int, ask: Decoding) -> PlannedRows:
    """What the rows of these jobs must have room for."""
    beyond = [len(job.tokens) - shared for job in jobs]
    room = eight(max(count + job.limit for count, job in zip(beyond, jobs, strict=True)))
    kind = "cuda" if model.device.type == "cuda" else "cpu"
    draw = Draw(ask.temperature, ask.top_p)
    return PlannedRows(room, shared, min(beyond), draw.work_bytes, kind, ask.graphs and kind == "cuda")


def answer_in_rows(
    model: Any,
    jobs: Sequence[GenerationJob],
    shared: int,
    ends: tuple[int, ...],
    ask: Decoding,
    tell: Tell,
    note: Note,
) -> None:
    """Answer every job; where memory runs out, with half the rows from there on.

    An answer that was under way then is gone on with, not drawn again: drawn again, long answers would have a second
    chance to be short ones, and the samples would no longer be the model's.

    Raises:
        UnavailableError: Memory ran out with one row.
    """
    inner, left = base(model), _going(jobs, ends, tell)
    planned, shape = plan_rows(inner, jobs, shared, ask), DecodingShape.of(inner)
    rows = ask.rows or rows_planned(shape, planned, len(jobs), model.device)
    while left:
        rows, loop, enough = min(rows, len(left)), None, True
        try:
            loop = Loop(inner, left, planned, ends, ask, rows)
            loop.run(tell)
            left = []
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
            left, enough = loop.left() if loop else left, False
        if not enough:
            # Only here, where the error is gone, are the tensors of its call free.
            loop = None
            _freed(model.device)
            left = _going(left, ends, tell)
            rows = _fewer(rows, note) if left else rows


def _going(jobs: Sequence[GenerationJob], ends: tuple[int, ...], tell: Tell) -> list[GenerationJob]:
    """The jobs whose answers are not at their ends; the others are told of."""
    going = []
    for job in jobs:
        if job.begun and (job.begun[-1] in ends or len(job.begun) >= job.limit):
            tell(job, job.begun)
        else:
            going.append(job)
    return going


def _freed(device: Any) -> None:
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _fewer(rows: int, note: Note) -> int:
    """Half as many rows.

    Raises:
        UnavailableError: There is no half of one.
    """
    if rows == 1:
        raise UnavailableError(
            "the memory does not hold even one answer at a time; free some of it, allow fewer tokens for an answer, "
            "or take a smaller model"
        )
    note(f"the memory does not hold {rows:,} answers side by side; it goes on with {rows // 2:,}")
    return rows // 2


class Loop:
    """One run over many jobs.

    Args:
        model: The language model, in evaluation mode.
        jobs: What is to be answered.
        planned: What a row must have room for, and how many tokens all prompts begin with.
        ends: The tokens that end an answer.
        ask: How answers are drawn.
        count: How many rows there are.
    """

    def __init__(
        self,
        model: Any,
        jobs: Sequence[GenerationJob],
        planned: PlannedRows,
        ends: tuple[int, ...],
        ask: Decoding,
        count: int,
    ) -> None:
        self._model, self._shared = model, planned.shared
        self._device, self._kind = model.device, planned.kind
        # Long prompts first: those that are filled together then have about the same length.
        self._pending = deque(sorted(jobs, key=lambda job: -len(job.known)))
        self._untold = {(job.prompt, job.sample): job for job in self._pending}
        shape, dtype = CacheShape.of(model.config), model.get_input_embeddings().weight.dtype
        self._rows = Rows(shape, count, planned.room, self._device, dtype)
        draw, most = Draw(ask.temperature, ask.top_p), max(job.limit for job in jobs)
        self._stepper = Stepper(self._model, self._rows, ends, draw, most, graphs=planned.graphs)
        self._owners: list[GenerationJob | None] = [None] * count
        self._reached = [0] * count
        self._batch = count
        self._stop_loops, self._since_look = ask.stop_loops, 0

    def run(self, tell: Tell) -> None:
        """Answer every job."""
        with using_rows(self._model):
            if self._shared:
                self._take_prefix(self._pending[0].tokens[: self._shared])
            while self._pending or any(self._owners):
                free = [row for row in range(self._batch) if self._owners[row] is None]
                if self._pending and len(free) * 4 >= self._batch:
                    self._fill(free)
                self._step()
                if self._stop_loops:
                    self._end_loops()
                self._take_out(tell)
                if not self._pending:
                    self._shrink()

    def left(self) -> list[GenerationJob]:
        """What is not answered yet, for another loop to go on with; also after an error in the middle of a step."""
        left = dict(self._untold)
        for row, job in enumerate(self._owners):
            if job is not None:
                made = self._stepper.out[row, : int(self._stepper.made[row])].tolist()
                left[job.prompt, job.sample] = replace(job, begun=tuple(made))
        return list(left.values())

    def _take_prefix(self, tokens: Sequence[int]) -> None:
        self._rows.mode = "prefix"
        self._call([list(tokens)], 0)

    def _fill(self, free: list[int]) -> None:
        """Put pending prompts into free rows, all but their last tokens, which the next step goes on from."""
        rows, stepper = self._rows, self._stepper
        while free and self._pending:
            longest = len(self._pending[0].known) - self._shared - 1
            count = min(len(free), len(self._pending), rows_filled(longest, self._shared, self._kind))
            jobs = [self._pending.popleft() for _ in range(count)]
            taken, free = free[:count], free[count:]
            parts = [list(job.known[self._shared : -1]) for job in jobs]
            rows.mode, rows.into = "fill", self._tensor(taken)
            if any(parts):
                width = eight(max(map(len, parts)))
                self._call([part + [0] * (width - len(part)) for part in parts], self._shared)
            lengths = [len(part) for part in parts]
            rows.lengths[rows.into] = self._tensor(lengths)
            stepper.last[rows.into] = self._tensor([job.known[-1] for job in jobs])
            stepper.limits[rows.into] = self._tensor([job.limit for job in jobs])
            most = max(len(job.begun) for job in jobs)
            begun = [[*job.begun, *([0] * (most - len(job.begun)))] for job in jobs]
            stepper.out[rows.into, :most] = self._tensor(begun).long()
            stepper.made[rows.into] = self._tensor([len(job.begun) for job in jobs])
            stepper.done[rows.into] = False
            for row, job, length in zip(taken, jobs, lengths, strict=True):
                self._owners[row], self._reached[row] = job, length

    def _step(self) -> None:
        rows = self._rows
        steps = _GRAPH_STEPS if self._device.type == "cuda" else 4
        going = [row for row in range(self._batch) if self._owners[row] is not None]
        rows.mode, rows.batch = "step", self._batch
        rows.seen = min(_places(max(self._reached[row] for row in going) + steps), rows.keys[0].shape[2])
        for _ in range(steps):
            self._stepper()
        for row in going:
            self._reached[row] += steps
        self._since_look += steps

    def _end_loops(self) -> None:
        """End the answers that have fallen into a loop; a look now and then is enough."""
        if self._since_look >= LOOK_EVERY:
            self._since_look = 0
            stepper, count = self._stepper, self._batch
            stepper.done[:count] |= stuck_rows(stepper.out[:count], stepper.made[:count])

    def _take_out(self, tell: Tell) -> None:
        done = self._stepper.done[: self._batch].tolist()
        ended = [row for row in range(self._batch) if done[row] and self._owners[row] is not None]
        if not ended:
            return
        index = self._tensor(ended)
        texts, made = self._stepper.out[index].tolist(), self._stepper.made[index].tolist()
        for row, text, count in zip(ended, texts, made, strict=True):
            job = self._owners[row]
            self._owners[row] = None
            if job is not None:
                del self._untold[job.prompt, job.sample]
                tell(job, text[:count])

    def _shrink(self) -> None:
        """Compute fewer rows once none are left to fill with: halves on a GPU, where each size is recorded."""
        going = [row for row in range(self._batch) if self._owners[row] is not None]
        batch = self._batch
        if self._device.type == "cuda":
            while batch > 8 and len(going) * 2 <= batch:
                batch = (batch + 1) // 2
        else:
            batch = len(going)
        if batch < self._batch and going:
            self._stepper.gather(going)
            self._owners = [self._owners[row] for row in going] + [None] * (len(self._owners) - len(going))
            self._reached = [self._reached[row] for row in going] + [0] * (len(self._reached) - len(going))
            self._batch = batch

    def _call(self, tokens: list[list[int]], start: int) -> None:
        ids = self._tensor(tokens)
        places = torch.arange(start, start + ids.shape[1], device=self._device)[None]
        self._model(
            input_ids=ids,
            position_ids=places,
            past_key_values=self._rows,
            use_cache=True,
            logits_to_keep=1,
            rows=self._rows,
        )

    def _tensor(self, values: Any) -> Any:
        return torch.tensor(values, device=self._device)


def base(model: Any) -> Any:
    """The language model itself, out of a PEFT model where it is one; its adapter layers stay in place."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def using_rows(model: Any) -> Iterator[None]:
    """Let a model attend over `Rows` while the block runs."""
    interface = library("transformers").AttentionInterface
    interface.register(ATTENTION, attention)
    before = model.config._attn_implementation
    with quiet():
        model.set_attn_implementation(ATTENTION)
    if model.config._attn_implementation != ATTENTION:
        raise UnsuitedError(f"{type(model).__name__} does not let its attention be chosen")
    try:
        yield
    finally:
        with quiet():
            model.set_attn_implementation(before)


def suited(model: Any, tokens: Sequence[int]) -> bool:
    """Whether the loop gives what the model's own attention gives, on the beginning of one prompt.

    Prefix, filling and a step are each used. Rounding moves logits by hundredths of their spread; an attention that
    is not plain causal attention moves them by as much as they spread, so half of it tells the two apart.
    """
    model, tokens = base(model), list(tokens[:_CHECKED])
    if len(tokens) < 4:
        tokens = tokens * 4
    ids = torch.tensor([tokens], device=model.device)
    theirs = model(input_ids=ids, use_cache=False, logits_to_keep=1).logits[0, -1].float()
    third = len(tokens) // 3
    try:
        shape, dtype = CacheShape.of(model.config), model.get_input_embeddings().weight.dtype
        rows = Rows(shape, 1, len(tokens), model.device, dtype)
        rows.into = torch.zeros(1, dtype=torch.long, device=model.device)
        with using_rows(model):
            for mode, start, end in (("prefix", 0, third), ("fill", third, -1), ("step", -1, None)):
                rows.mode = mode
                part = ids[:, start:end]
                first = start % len(tokens)
                if mode == "step":
                    rows.lengths[:] = first - third
                    rows.look()
                places = torch.arange(first, first + part.shape[1], device=model.device)[None]
                ours = (
                    model(
                        input_ids=part,
                        position_ids=places,
                        past_key_values=rows,
                        use_cache=True,
                        logits_to_keep=1,
                        rows=rows,
                    )
                    .logits[0, -1]
                    .float()
                )
    except (UnsuitedError, TypeError, ValueError, RuntimeError, AttributeError, KeyError, IndexError):
        return False  # whatever a foreign architecture cannot take; its own `generate` can
    return bool((ours - theirs).abs().max() < theirs.std() / 2)


def plainly(
    model: Any,
    tokenizer: Any,
    jobs: Sequence[GenerationJob],
    ends: tuple[int, ...],
    ask: Decoding,
    tell: Tell,
    note: Note,
) -> None:
    """The same through transformers' own `generate`, in batches padded on the left.

    Raises:
        UnavailableError: Memory ran out with one row.
    """
    size = min(len(jobs), ask.rows or (64 if model.device.type == "cuda" else 8))
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else ends[0]
    pending = deque(sorted(jobs, key=lambda job: -len(job.tokens)))
    while pending:
        batch = [pending.popleft() for _ in range(min(size, len(pending)))]
        lines: list[list[int]] = []
        stopped: dict[int, int] = {}
        try:
            lines, stopped = _batch_lines(model, batch, ends, ask, pad)
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
        if not lines:
            _freed(model.device)
            size = _fewer(len(batch), note)
            pending.extendleft(reversed(batch))
        for row, (job, line) in enumerate(zip(batch, lines, strict=False)):
            made = line[: min(job.limit, stopped.get(row, job.limit))]
            first = next((place + 1 for place, token in enumerate(made) if token in ends), len(made))
            tell(job, made[:first])


def _batch_lines(
    model: Any, batch: Sequence[GenerationJob], ends: tuple[int, ...], ask: Decoding, pad: int
) -> tuple[list[list[int]], dict[int, int]]:
    """The tokens that `generate` makes of each job, with what pads them, and where rows were ended in a loop."""
    options: dict[str, Any] = {"do_sample": False}
    if ask.temperature > 0:
        options = {"do_sample": True, "temperature": ask.temperature, "top_p": ask.top_p or 1.0, "top_k": 0}
    width = max(len(job.tokens) for job in batch)
    ids = torch.tensor([[pad] * (width - len(job.tokens)) + list(job.tokens) for job in batch])
    mask = torch.tensor([[0] * (width - len(job.tokens)) + [1] * len(job.tokens) for job in batch])
    stuck = StuckRows(width)
    if ask.stop_loops:
        options["stopping_criteria"] = library("transformers").StoppingCriteriaList([stuck])
    with quiet():
        out = model.generate(
            input_ids=ids.to(model.device),
            attention_mask=mask.to(model.device),
            max_new_tokens=max(job.limit for job in batch),
            eos_token_id=list(ends),
            pad_token_id=pad,
            **options,
        )
    lines: list[list[int]] = out[:, width:].tolist()
    return lines, stuck.ends


def _places(count: int) -> int:
    """The next of few sizes (64, 96, 128, 192, 256, 384, …), so that few steps are recorded."""
    size = 64
    while size < count:
        if size * 3 // 2 >= count:
            return size * 3 // 2
        size *= 2
    return size
