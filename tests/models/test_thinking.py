"""What a reasoning model writes before its answer is never the answer."""

from __future__ import annotations

import pytest

from hone.models import Completion
from hone.models.thinking import answer_of

ANSWER = '{"score": 1}'


@pytest.mark.parametrize(
    "text",
    [
        f"<think>A draft: {{'score': 0}}</think>{ANSWER}",
        f"\n<think>\nA draft.\n</think>\n\n{ANSWER}\n",
        f"<thinking effort='high'>Hm.</thinking>{ANSWER}",
        f"[THINK]Hm.[/THINK]{ANSWER}",
        f"◁think▷Hm.◁/think▷{ANSWER}",
        f"<|begin_of_thought|>Hm.<|end_of_thought|>{ANSWER}",
        f"The prompt opened the thought.</think>{ANSWER}",
        f"<think>It says <think> itself.</think> still thinking</think>{ANSWER}",
        f"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}<|return|>",
        f"analysisThe user wants a score.assistantfinal{ANSWER}",
        f"<|channel|>analysis<|message|>Hm.<|end|><|channel|>final <|constrain|>json<|message|>{ANSWER}",
        f"<|channel>thought\nA draft.\n<channel|>{ANSWER}",
        f"<longcat_think>Hm.</longcat_think>\n{ANSWER}",
        f"Here is my thought process:\nHm.\nHere is my response:\n{ANSWER}",
        f'A draft {{"score": "0</think>{ANSWER}',
    ],
)
def test_the_answer_is_what_stands_behind_the_thoughts(text: str) -> None:
    assert answer_of(text) == ANSWER


def test_words_before_the_thoughts_stay() -> None:
    assert answer_of(f"Well, <think>a draft {{'score': 0}}</think>{ANSWER}") == f"Well, {ANSWER}"


@pytest.mark.parametrize(
    "text",
    [
        f"<think>A draft: {ANSWER} But wait",
        f"<think>One.</think><think>Two: {ANSWER}",
        f"[THINK]A draft: {ANSWER}",
        f"<|channel|>analysis<|message|>A draft: {ANSWER}",
        f"analysisWe need a score. A draft: {ANSWER}",
        "<|channel|>analysis",
    ],
)
def test_thoughts_that_do_not_end_leave_no_answer(text: str) -> None:
    assert answer_of(text) == ""
    assert Completion(text, "length").answer == ""


@pytest.mark.parametrize(
    "text",
    [
        "Monday: ten tasks.\n",
        'The mark "<think>" opens a thought, and `</think>` ends it.',
        '{"reason": "It leaves </think> in its text.", "score": 0}',
        "I think, therefore 3 < 4.",
        'Here it is: {"reason": "It leaves </think> in its text.", "score": 0}',
        '```json\n{"a": [{"reason": "A <think> beside \\frac{1}{2}, <|channel|>final too.", "score": 0}]}\n```',
        'The mark "<|channel|>" opens a channel.',
    ],
)
def test_a_text_without_thoughts_stays_as_it_is(text: str) -> None:
    assert answer_of(text) == text
