"""How many answers the memory holds: the sums of the plan, drawing without copies, and going on with fewer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hone.errors import UnavailableError
from hone.extras import library
from hone.weights.decoding import Decoding, generate
from hone.weights.decoding.fitting import (
    DecodingShape,
    PlannedRows,
    decoding_need,
    ran_out,
    rows_filled,
    rows_that_fit,
)
from hone.weights.decoding.rows import CacheShape
from hone.weights.decoding.step import Draw, Stepper

from .tiny import Letters, tiny

TOKENIZER = Letters()
PROMPTS = ["abc", "the quick", "a", "of 12 and 3", "zebra", "where is it", "b"]
QWEN = DecodingShape(CacheShape(24, 2, 64), 151_936, 896, 4864, 14, 2)
"""Qwen2.5-0.5B in 16 bits: two heads of keys, and a vocabulary that outweighs them."""
PLANNED = PlannedRows(512, 40, 30, Draw(0.7).work_bytes, "cuda", graphs=True)


def test_the_plan_counts_keys_logits_and_noise() -> None:
    need = decoding_need(QWEN, PLANNED, 1000)
    token = 2 * 24 * 2 * 64 * 2
    assert need.cache == 1000 * 512 * (token + 8) + 40 * token
    # 16-bit logits of every row; noise in 32 bits for as many rows as lie in 256 MiB.
    assert need.step == 1000 * 151_936 * 2 + (2**28 // (151_936 * 4)) * 151_936 * 4
    assert need.recorded == need.step
    assert need.peak == need.cache + max(need.step, need.fill)
    assert need.total == need.peak + need.recorded
    assert decoding_need(QWEN, replace(PLANNED, graphs=False), 1000).recorded == 0
    greedy = decoding_need(QWEN, replace(PLANNED, drawing=Draw().work_bytes), 1000)
    assert greedy.step == 1000 * 151_936 * 2


def test_a_larger_vocabulary_leaves_room_for_fewer_rows() -> None:
    free = 100 * 2**30
    counts = [
        rows_that_fit(replace(QWEN, vocabulary=words), PLANNED, 10**6, free) for words in (49_152, 151_936, 10**6)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1.05 * counts[1] > counts[2]


@pytest.mark.parametrize("free", [2**28, 2**31, 2**33, 2**37])
def test_as_many_rows_are_planned_as_fit_and_no_more(free: int) -> None:
    rows = rows_that_fit(QWEN, PLANNED, 10**6, free)
    assert rows == 1 or decoding_need(QWEN, PLANNED, rows).total <= free
    assert decoding_need(QWEN, PLANNED, rows + 1).total > free
    assert rows_that_fit(QWEN, PLANNED, 5, free) <= 5


def test_a_long_shared_beginning_is_not_copied_for_thousands_of_rows_at_once() -> None:
    assert rows_filled(1, 0, "cuda") == 2048
    assert rows_filled(100, 0, "cuda") == rows_filled(100, 300, "cuda") == 157
    assert rows_filled(1, 2000, "cuda") * 2000 <= 8 * 16_384
    assert rows_filled(10**6, 10**6, "cpu") == 1


@pytest.mark.parametrize("top_p", [None, 0.9])
def test_tokens_are_drawn_with_the_probabilities_of_the_softmax(top_p: float | None) -> None:
    torch, stats = library("torch"), library("scipy.stats")
    torch.manual_seed(5)
    logits, temperature, count = torch.randn(12), 0.8, 40_000
    expected = (logits.double() / temperature).softmax(-1)
    if top_p is not None:
        order = expected.argsort(descending=True)
        kept = order[: int((expected[order].cumsum(0) < top_p).sum()) + 1]
        expected = torch.zeros_like(expected).scatter(0, kept, expected[kept]) / expected[kept].sum()
    drawn = Draw(temperature, top_p)(logits.expand(count, 12))
    seen = torch.bincount(drawn, minlength=12)
    possible = expected > 0
    assert not seen[~possible].any()
    assert stats.chisquare(seen[possible].numpy(), (expected[possible] * count).numpy()).pvalue > 0.01


@pytest.mark.parametrize("top_p", [None, 0.9])
def test_rows_are_drawn_for_in_parts_as_they_are_at_once(
    top_p: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = library("torch")
    logits, draw = torch.randn(50, 30), Draw(1.3, top_p)
    before = logits.clone()
    torch.manual_seed(1)
    whole = draw(logits)
    monkeypatch.setattr("hone.weights.decoding.step._DRAWING", 30 * 64 * 7)
    assert draw.work_bytes(50, 30) < 30 * 64 * 8
    torch.manual_seed(1)
    parts = draw(logits)
    assert parts.shape == whole.shape
    assert torch.equal(logits, before)
    if top_p is None:  # noise is drawn word by word in the same order
        assert torch.equal(parts, whole)


class Memory:
    """Holds so many rows: a step of more says that memory ran out, in the middle of the step."""

    def __init__(self, rows: int, error: Exception, after: int = 9) -> None:
        self.rows, self.error, self.steps = rows, error, after
        self.tried: list[int] = []

    def put(self, monkeypatch: pytest.MonkeyPatch) -> None:
        step = Stepper._step

        def limited(stepper: Stepper) -> None:
            step(stepper)
            self.steps -= 1
            if stepper.rows.batch > self.rows and self.steps < 0:
                self.tried.append(stepper.rows.batch)
                raise self.error

        monkeypatch.setattr(Stepper, "_step", limited)


def errors() -> list[Exception]:
    torch = library("torch")
    ended = RuntimeError("CUDA error: operation failed due to a previous error during capture")
    ended.__context__ = torch.OutOfMemoryError("CUDA out of memory.")
    words = "[enforce fail at alloc_cpu.cpp:127] data. DefaultCPUAllocator: can't allocate memory: you tried to"
    return [torch.OutOfMemoryError("CUDA out of memory."), MemoryError(), RuntimeError(words), ended]


@pytest.mark.parametrize("number", range(4))
def test_where_memory_runs_out_it_goes_on_with_fewer_rows(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, told = tiny(), []
    notes: list[str] = []
    expected = generate(model, TOKENIZER, PROMPTS, Decoding(max_tokens=40))
    memory = Memory(2, errors()[number])
    memory.put(monkeypatch)
    made = generate(
        model, TOKENIZER, PROMPTS, Decoding(max_tokens=40), told=lambda *one: told.append(one), note=notes.append
    )
    assert made == expected
    assert memory.tried, "memory never ran out"
    assert sorted(place for place, _, _ in told) == list(range(len(PROMPTS)))
    assert notes[0].startswith("the memory does not hold ")
    assert len(notes) == len(memory.tried)


def test_an_answer_under_way_is_gone_on_with_and_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny()
    begun: list[list[int]] = []
    step = Stepper._step

    def watched(stepper: Stepper) -> None:
        step(stepper)
        if stepper.rows.batch == 7:
            begun[:] = [stepper.out[row, : int(stepper.made[row])].tolist() for row in range(7)]

    monkeypatch.setattr(Stepper, "_step", watched)
    Memory(4, MemoryError(), after=4).put(monkeypatch)
    made = generate(model, TOKENIZER, ["abc"], Decoding(max_tokens=30, samples=7, temperature=1.0))[0]
    texts = [TOKENIZER.decode([token for token in line if token]) for line in begun]
    assert len(texts) == 7
    assert all(texts)
    assert all(any(one.text.startswith(text) for one in made) for text in texts)


def test_memory_that_does_not_hold_one_answer_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(0, MemoryError(), after=0).put(monkeypatch)
    with pytest.raises(UnavailableError, match="does not hold even one answer at a time; free some of it"):
        generate(tiny(), TOKENIZER, PROMPTS, Decoding(max_tokens=40))


def test_other_errors_are_no_matter_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(ran_out(one) for one in (RuntimeError("expected a tensor"), ValueError(), None))
    Memory(0, RuntimeError("expected a tensor"), after=0).put(monkeypatch)
    with pytest.raises(RuntimeError, match="expected a tensor"):
        generate(tiny(), TOKENIZER, PROMPTS, Decoding(max_tokens=40))


def test_transformers_own_generate_goes_on_with_fewer_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny(model_type="mistral", sliding_window=16)
    notes: list[str] = []
    expected = generate(model, TOKENIZER, PROMPTS, Decoding(max_tokens=12))
    whole = model.generate

    def limited(**options: Any) -> Any:
        if len(options["input_ids"]) > 2:
            raise library("torch").OutOfMemoryError("CUDA out of memory.")
        return whole(**options)

    monkeypatch.setattr(model, "generate", limited)
    assert generate(model, TOKENIZER, PROMPTS, Decoding(max_tokens=12), note=notes.append) == expected
    assert notes == [
        "the memory does not hold 7 answers side by side; it goes on with 3",
        "the memory does not hold 3 answers side by side; it goes on with 1",
    ]
