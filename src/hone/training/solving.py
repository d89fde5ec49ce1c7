"""Questions with known answers, put to a model in this process: the share that it solves, and which are right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hone.examples.reading import Example
from hone.models import Message
from hone.problems import gold_number, read_answer
from hone.training.scales import Solve
from hone.weights.decoding import Decoding, generate

_MOST = {"cuda": 400, "mps": 64, "cpu": 32}
"""Held-out problems that are solved for each scale, by device."""


def solver(
    tokenizer: Any, held_out: Sequence[Example], device: str, note: Callable[[str], object] = lambda _: None
) -> Solve | None:
    """What gives the share of held-out problems that a model solves; none where not all have numbers for answers.

    Args:
        tokenizer: The model's.
        held_out: The examples; the first so many are asked.
        device: The kind of device, which says how many.
        note: Told, in one line, where memory ran out and it goes on with fewer answers side by side.
    """
    asked = list(held_out)[: _MOST[device]]
    if not asked or any(one.answer is None or gold_number(one.answer) is None for one in asked):
        return None
    longest = max(len(tokenizer(one.reply)["input_ids"]) for one in asked)

    def solve(model: Any) -> float:
        ask = Decoding(max_tokens=2 * longest)
        answers = generate(model, tokenizer, [prompt_of(one) for one in asked], ask, note=note)
        return sum(right(one, texts[0].text) for one, texts in zip(asked, answers, strict=True)) / len(asked)

    return solve


def prompt_of(example: Example) -> tuple[Message, ...]:
    """What a model is asked, without the reply."""
    return tuple(Message(role, text) for role, text in example.turns[:-1])  # type: ignore[arg-type] # roles are checked


def right(example: Example, text: str) -> bool:
    """Whether a reply ends in the example's answer."""
    return example.answer is not None and read_answer(text).value == gold_number(example.answer)
