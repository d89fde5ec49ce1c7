"""Answers that fall into a loop are ended there, and no other answer is changed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hone.domain.looping import STUCK_LEAST, is_stuck
from hone.extras import library
from hone.problems import sums
from hone.weights.decoding import Decoding, generate

from .tiny import LETTERS, Letters, tiny

PROMPTS = [problem.question for problem in sums(9, "test")] + ["a", "ab"]
TOKENIZER = Letters()


def rambling(kind: str = "llama", **changes: Any) -> Any:
    """A model that never ends by itself, and falls into a loop after some prompts."""
    model = tiny(model_type=kind, **changes)
    model.lm_head.weight.data[0] = 0
    return model


def test_many_rows_are_looked_at_as_one_is() -> None:
    from hone.weights.decoding.stuck import stuck_rows  # noqa: PLC0415 - loads torch

    torch, draw = library("torch"), random.Random(3)
    lines = []
    for _ in range(200):
        piece = [draw.randrange(3) for _ in range(draw.randint(1, 40))]
        lines.append([*draw.choices(range(3), k=draw.randint(0, 50)), *piece * draw.randint(1, 30)][:400])
        if draw.random() < 0.2:
            lines[-1].append(draw.randrange(3))
    out = torch.zeros(len(lines), 401, dtype=torch.long)
    for row, line in enumerate(lines):
        out[row, : len(line)] = torch.tensor(line)
    found = stuck_rows(out, torch.tensor([len(line) for line in lines])).tolist()
    assert found == [is_stuck(line) for line in lines]
    assert 20 < sum(found) < 180
    assert stuck_rows(out[:0], torch.zeros(0, dtype=torch.long)).tolist() == []


@pytest.mark.parametrize(
    "model", [rambling(initializer_range=0.1), rambling("mistral", initializer_range=0.2, sliding_window=16)]
)
@pytest.mark.parametrize("rows", [3, None])
def test_an_answer_in_a_loop_is_ended_there_and_the_others_stay(model: Any, rows: int | None) -> None:
    whole = [one for (one,) in generate(model, TOKENIZER, PROMPTS, Decoding(300))]
    made = [one for (one,) in generate(model, TOKENIZER, PROMPTS, Decoding(300, stop_loops=True, rows=rows))]
    stopped = [place for place, one in enumerate(made) if not one.cut]
    assert 2 < len(stopped) < len(PROMPTS)
    for place, (full, one) in enumerate(zip(whole, made, strict=True)):
        assert full.cut
        assert not full.looped
        if place in stopped:
            assert STUCK_LEAST <= one.tokens < 300
            assert one.looped is bool(one.text[-STUCK_LEAST:].strip())
            assert is_stuck(one.made)
            assert one.made == full.made[: one.tokens]
        else:
            assert one == full


def test_what_goes_on_is_looked_at_from_its_beginning() -> None:
    model = rambling(initializer_range=0.1)
    straight = [one for (one,) in generate(model, TOKENIZER, PROMPTS, Decoding(300, stop_loops=True))]
    short = [one for (one,) in generate(model, TOKENIZER, PROMPTS, Decoding(64, stop_loops=True))]
    assert all(one.cut for one in short)
    begun = [one.made for one in short]
    made = [one for (one,) in generate(model, TOKENIZER, PROMPTS, Decoding(300, stop_loops=True), begun=begun)]
    assert made == straight


def test_white_space_without_an_end_is_an_end_and_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    model = rambling(initializer_range=0.1)
    blank, (said, *_) = LETTERS.index("\n"), generate(model, TOKENIZER, PROMPTS[:1], Decoding(5))[0]
    forward = type(model.lm_head).forward

    def only_blanks(head: Any, hidden: Any) -> Any:
        logits = forward(head, hidden)
        if head is model.lm_head:
            logits[..., blank] += 1e4
        return logits

    monkeypatch.setattr(type(model.lm_head), "forward", only_blanks)
    begun = [said.made]
    (one,) = generate(model, TOKENIZER, PROMPTS[:1], Decoding(300, stop_loops=True), begun=begun)[0]
    assert one.text.strip() == said.text.strip()
    assert one.tokens < 300
    assert not one.looped
    assert not one.cut
