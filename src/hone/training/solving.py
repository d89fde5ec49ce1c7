"""Questions with known answers, put to a model in this process: which it solves, and under which prompt most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hone.errors import ContextError
from hone.examples.reading import Example
from hone.models import Message
from hone.problems import (
    CUT_AT_MOST,
    Problem,
    Prompting,
    TriedPrompt,
    answers_rightly,
    gold_number,
    has_ended,
    has_looped,
    preferred_prompts,
    split_answer,
)
from hone.stats.halving import Candidate, successive_halving
from hone.training.scales import Solve
from hone.weights.decoding import Decoding, GeneratedText, generate

_MOST = {"cuda": 400, "mps": 64, "cpu": 32}
"""Held-out problems that are solved for each scale, by device."""
LIMIT, LAST_LIMIT = 512, 2048
"""Tokens of an answer, at first and at last: a chat model that reasons step by step writes 300."""
_SLOW_LIMIT = 256
"""The same on a processor, where waiting costs more; twice the longest worked answer where that is more."""


Note = Callable[[str], object]
"""Told, in one line, where memory ran out and it goes on with fewer answers side by side."""


def solver(tokenizer: Any, held_out: Sequence[Example], device: str, note: Note = lambda _: None) -> Solve | None:
    """What gives the share of held-out problems that a model solves; none where not all have numbers for answers.

    Args:
        tokenizer: The model's.
        held_out: The examples; the first so many are asked.
        device: The kind of device, which says how many.
        note: Told, in one line, where memory ran out and it goes on with fewer answers side by side.
    """
    asked = solvable(held_out, device)
    if not asked:
        return None
    longest = max(len(tokenizer(one.reply)["input_ids"]) for one in asked)

    def solve(model: Any) -> float:
        put = [prompt_of(one) for one in asked]
        # Without a GPU an answer of more than twice the longest one to be learnt is not waited for.
        last = 8 * longest if device == "cuda" else 2 * longest
        answers = greedy_answers(model, tokenizer, put, 2 * longest, last, note)
        return sum(right(one, text.text) for one, text in zip(asked, answers, strict=True)) / len(asked)

    return solve


def solvable(examples: Sequence[Example], device: str) -> list[Example]:
    """The examples whose answers can be checked; none where not all have numbers for answers.

    Args:
        examples: The first so many are taken.
        device: The kind of device, which says how many can be asked for each scale.
    """
    asked = list(examples)[: _MOST[device]]
    return asked if len(with_numbers(asked)) == len(asked) else []


def with_numbers(examples: Sequence[Example]) -> list[Example]:
    """The examples with one number for an answer."""
    return [one for one in examples if one.answer is not None and gold_number(one.answer) is not None]


def greedy_answers(
    model: Any,
    tokenizer: Any,
    asked: Sequence[Sequence[Message]],
    limit: int,
    last: int,
    note: Note = lambda _: None,
) -> list[GeneratedText]:
    """One greedy answer to each conversation; what is cut is asked again with more until under one in a hundred is.

    Args:
        model: From transformers.
        tokenizer: Its tokenizer.
        asked: Conversations that end in a question.
        limit: Tokens of an answer at first.
        last: Tokens of an answer at last.
        note: Told where memory ran out.
    """
    found = [several[0] for several in generate(model, tokenizer, list(asked), Decoding(limit), note=note)]
    while limit < last:
        pending = [place for place, text in enumerate(found) if text.cut and not has_ended(text.text)]
        if len(pending) < CUT_AT_MOST * len(found):
            break
        limit = min(2 * limit, last)
        again = generate(model, tokenizer, [asked[place] for place in pending], Decoding(limit), note=note)
        for place, several in zip(pending, again, strict=True):
            found[place] = several[0]
    return found


def solved(
    model: Any, tokenizer: Any, problems: Sequence[Problem], way: Prompting, note: Note = lambda _: None
) -> list[bool]:
    """Which problems a model solves under a prompt; an answer in a loop, or without room for it, counts as wrong."""
    limit, last = _limits(model, tokenizer, problems)
    asked = [way.ask(one.question) for one in problems]
    try:
        answers = greedy_answers(model, tokenizer, asked, limit, last, note)
    except ContextError:
        return [False] * len(problems)
    return [_solves(text, one) for one, text in zip(problems, answers, strict=True)]


def _limits(model: Any, tokenizer: Any, problems: Sequence[Problem]) -> tuple[int, int]:
    """Tokens of an answer, at first and at last."""
    if model.device.type == "cuda":
        return LIMIT, LAST_LIMIT
    longest = max(len(tokenizer(one.reply)["input_ids"]) for one in problems)
    limit = min(LIMIT, max(_SLOW_LIMIT, 2 * longest))
    return limit, limit


def best_prompt(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Prompting],
    problems: Sequence[Problem],
    note: Note = lambda _: None,
) -> tuple[Prompting, list[TriedPrompt]]:
    """The prompt under which a model solves most, by successive halving; on a processor, all of them at once.

    Args:
        model: From transformers.
        tokenizer: Its tokenizer.
        prompts: Those that are tried, the simplest first.
        problems: What they are tried on, with numbers for answers.
        note: Told where memory ran out.

    Returns:
        The prompt, and what each gave: that one first, then those that cannot be told from it.
    """

    def right_on(place: int, trials: range) -> int:
        return sum(solved(model, tokenizer, problems[trials.start : trials.stop], prompts[place], note))

    at_once = None if model.device.type == "cuda" else _all_at_once(model, tokenizer, prompts, problems, note)
    found = at_once or successive_halving(len(prompts), len(problems), right_on)
    tried = preferred_prompts([one.label for one in prompts], found)
    return next(one for one in prompts if one.label == tried[0].prompt), tried


def _all_at_once(
    model: Any, tokenizer: Any, prompts: Sequence[Prompting], problems: Sequence[Problem], note: Note
) -> list[Candidate] | None:
    """Every prompt on all problems, in one batch: a processor steps many rows in little more time than few.

    Returns:
        What each gave; none where a prompt does not fit, which is then found out one by one.
    """
    limit, last = _limits(model, tokenizer, problems)
    asked = [way.ask(one.question) for way in prompts for one in problems]
    try:
        answers = greedy_answers(model, tokenizer, asked, limit, last, note)
    except ContextError:
        return None
    found = []
    for place in range(len(prompts)):
        own = answers[place * len(problems) : (place + 1) * len(problems)]
        right = sum(_solves(text, one) for text, one in zip(own, problems, strict=True))
        found.append(Candidate(place, right, len(problems)))
    return found


def _solves(text: GeneratedText, problem: Problem) -> bool:
    return answers_rightly(text.text, problem.answer) and not (text.cut and has_looped(text.text))


def prompt_of(example: Example) -> tuple[Message, ...]:
    """What a model is asked, without the reply."""
    return tuple(Message(role, text) for role, text in example.turns[:-1])  # type: ignore[arg-type] # roles are checked


def problem_of(example: Example) -> Problem:
    """The example as a problem that any prompt can put; its worked answer comes from the reply."""
    solution, _ = split_answer(example.reply)
    return Problem(example.id, example.question, example.answer or "", solution, example.group)


def right(example: Example, text: str) -> bool:
    """Whether a reply ends in the example's answer."""
    return example.answer is not None and answers_rightly(text, example.answer)
