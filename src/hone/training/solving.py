"""Questions with known answers, put to a model in this process: which it solves, and under which prompt most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
    prompt_search,
    split_answer,
)
from hone.stats.halving import successive_halving
from hone.training.scales import Solve
from hone.weights.chat_text import chat_tokens
from hone.weights.decoding import Decoding, GeneratedText, generate
from hone.weights.tokenizer import context_of

_MOST = {"cuda": 400, "mps": 64, "cpu": 32}
"""Held-out problems that are solved for each scale, by device."""
LIMIT, LAST_LIMIT = prompt_search("cuda").limits(0)
"""Tokens of an answer where there is a GPU, at first and at last."""

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
        solved = [right(one, text.text) and not loops(text) for one, text in zip(asked, answers, strict=True)]
        return sum(solved) / len(asked)

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
    asked: Sequence[Sequence[Message]] | Sequence[Sequence[int]],
    limit: int,
    last: int,
    note: Note = lambda _: None,
) -> list[GeneratedText]:
    """One greedy answer to each conversation; what is cut goes on until under one in a hundred is.

    Args:
        model: From transformers.
        tokenizer: Its tokenizer.
        asked: Conversations that end in a question, or their tokens.
        limit: Tokens of an answer at first.
        last: Tokens of an answer at last.
        note: Told where memory ran out.
    """
    ask = Decoding(limit, stop_loops=True)
    found = [several[0] for several in generate(model, tokenizer, list(asked), ask, note=note)]
    while limit < last:
        pending = [place for place, text in enumerate(found) if text.cut and not has_ended(text.text)]
        if len(pending) < CUT_AT_MOST * len(found):
            break
        limit = min(2 * limit, last)
        again = generate(
            model,
            tokenizer,
            [asked[place] for place in pending],
            Decoding(limit, stop_loops=True),
            begun=[found[place].made for place in pending],
            note=note,
        )
        for place, several in zip(pending, again, strict=True):
            found[place] = several[0]
    return found


def solved(
    model: Any, tokenizer: Any, problems: Sequence[Problem], way: Prompting, note: Note = lambda _: None
) -> list[bool]:
    """Which problems a model solves under a prompt; an answer in a loop, or without room for it, counts as wrong."""
    return solved_under(model, tokenizer, problems, [way], note)[0]


def solved_under(
    model: Any, tokenizer: Any, problems: Sequence[Problem], ways: Sequence[Prompting], note: Note = lambda _: None
) -> list[list[bool]]:
    """The same under several prompts, all asked at once."""
    longest = max(len(tokenizer(one.reply)["input_ids"]) for one in problems)
    limit, last = prompt_search(model.device.type).limits(2 * longest)
    asked = [(way, one) for way in ways for one in problems]
    put = [chat_tokens(tokenizer, way.ask(one.question)) for way, one in asked]
    fits = [len(tokens) < context_of(model.config) for tokens in put]
    texts = greedy_answers(
        model, tokenizer, [tokens for tokens, fit in zip(put, fits, strict=True) if fit], limit, last, note
    )
    answers = iter(texts)
    right = [fit and _solves(next(answers), one) for fit, (_, one) in zip(fits, asked, strict=True)]
    return [right[place : place + len(problems)] for place in range(0, len(right), len(problems))]


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
        prompts: Those that are tried, the simplest first. Those whose solved problems leave no room for a question
            and an answer are left out.
        problems: What they are tried on, with numbers for answers.
        note: Told which are left out, and where memory ran out.

    Returns:
        The prompt, and what each gave: that one first, then those that cannot be told from it.
    """
    search = prompt_search(model.device.type)
    prompts = _with_room(model, tokenizer, prompts, problems, note)

    def right_on(places: Sequence[int], trials: range) -> list[int]:
        asked, ways = problems[trials.start : trials.stop], [prompts[place] for place in places]
        # On a GPU each prompt fills it alone, and what all its questions begin with is kept once.
        several = [ways] if search.one_round else [[way] for way in ways]
        return [sum(one) for group in several for one in solved_under(model, tokenizer, asked, group, note)]

    found = successive_halving(len(prompts), len(problems), right_on, one_round=search.one_round)
    tried = preferred_prompts([one.label for one in prompts], found)
    return next(one for one in prompts if one.label == tried[0].prompt), tried


def _with_room(
    model: Any, tokenizer: Any, prompts: Sequence[Prompting], problems: Sequence[Problem], note: Note
) -> list[Prompting]:
    """The prompts under which every question leaves room for an answer; those without shots stay in any case."""
    context, longest = context_of(model.config), max(problems, key=lambda one: len(one.question))
    least = prompt_search(model.device.type).limit
    kept = []
    for way in prompts:
        taken = len(chat_tokens(tokenizer, way.ask(longest.question))) if way.shots else 0
        if taken + least <= context:
            kept.append(way)
        else:
            note(
                f"the prompt {way.label} is left out: with a question it takes {taken:,} of the model's {context:,} "
                f"tokens, which leaves fewer than {least} for an answer"
            )
    return kept or list(prompts[:1])


def _solves(text: GeneratedText, problem: Problem) -> bool:
    return answers_rightly(text.text, problem.answer) and not loops(text)


def loops(text: GeneratedText) -> bool:
    """Whether an answer fell into a loop, in which it was ended or reached its limit: then it is wrong."""
    return text.looped or (text.cut and has_looped(text.text))


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
