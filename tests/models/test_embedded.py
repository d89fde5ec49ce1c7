"""The embedded model, real and small: started once for all of these tests."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hone.domain.settings import ModelSettings, Sampling
from hone.errors import ContextError, UnavailableError
from hone.jobs import ask_all
from hone.models import Completion, Message, Request, connect
from hone.models.embedded import EmbeddedModel
from hone.problems import has_looped, prompting
from hone.weights.smollm2 import smollm2_file

pytestmark = pytest.mark.engine

CONTEXT = 1024
FORM = {
    "type": "object",
    "properties": {"colour": {"enum": ["red", "green"]}, "number": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["colour", "number"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddedModel]:
    with connect(ModelSettings(model="smollm2", context=CONTEXT, concurrency=2)) as started:
        assert isinstance(started, EmbeddedModel)
        yield started


def asking(text: str, tokens: int = 24, temperature: float = 0.0, seed: int | None = 0) -> Request:
    return Request((Message("user", text),), Sampling(max_tokens=tokens, temperature=temperature, seed=seed))


def ask(model: EmbeddedModel, *requests: Request) -> list[Completion]:
    outcomes = ask_all(model, requests)
    answers = [outcome.completion for outcome in outcomes if outcome.completion]
    assert len(answers) == len(requests), [outcome.error for outcome in outcomes]
    return answers


def test_it_answers_in_words(model: EmbeddedModel) -> None:
    (answer,) = ask(model, asking("What is the capital of France? Answer in one sentence.", 60))
    assert "Paris" in answer.text
    assert answer.usage.prompt > 5
    assert 0 < answer.usage.completion <= 60


def test_an_answer_at_its_limit_is_cut(model: EmbeddedModel) -> None:
    (answer,) = ask(model, asking("Write a long story about a dog.", 5))
    assert answer.cut
    assert answer.usage.completion == 5


def test_an_answer_that_falls_into_a_loop_is_ended_there_where_that_is_asked_for(model: EmbeddedModel) -> None:
    question = "Lena has 24 plums. Ines has 15 more plums than Lena. How many plums do they have together?"
    rambles = Request(prompting().ask(question), Sampling(max_tokens=400))
    hello = asking("What is the capital of France? Answer in one sentence.", 60)
    (full,) = ask(model, rambles)
    assert full.cut
    assert has_looped(full.text)
    ended, short = ask(model, replace(rambles, stop_loops=True), replace(hello, stop_loops=True))
    assert ended.looped
    assert not ended.cut
    assert has_looped(ended.text)
    assert 60 < ended.usage.completion < full.usage.completion
    assert (short.finish, short.usage) == (ask(model, hello)[0].finish, ask(model, hello)[0].usage)


def test_a_schema_holds_whatever_the_model_would_rather_say(model: EmbeddedModel) -> None:
    question = asking("Write a poem about a tree.", 60)
    (answer,) = ask(model, Request(question.messages, question.sampling, schema=FORM))
    data = json.loads(answer.text)
    assert data["colour"] in {"red", "green"}
    assert 0 <= data["number"] <= 9
    assert data.keys() == {"colour", "number"}


def test_a_seed_gives_the_same_draws_again(model: EmbeddedModel) -> None:
    drawn = [ask(model, asking("Tell me a story.", 16, 1.5, seed))[0].text for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 1


def test_log_probabilities_are_told(model: EmbeddedModel) -> None:
    (answer,) = ask(
        model, Request(asking("Is water wet? Answer yes or no.", 3).messages, Sampling(max_tokens=3), None, 4)
    )
    assert answer.logprobs
    for token in answer.logprobs:
        assert token.logprob <= 0
        assert len(token.top) == 4
        assert sum(math.exp(value) for _, value in token.top) <= 1 + 1e-3
    assert "".join(token.token for token in answer.logprobs).strip().startswith(answer.text.strip()[:2])


def test_a_prompt_that_is_too_long_names_the_context(model: EmbeddedModel) -> None:
    (outcome,) = ask_all(model, [asking("word " * 3 * CONTEXT)])
    assert isinstance(outcome.error, ContextError)
    assert str(CONTEXT) in str(outcome.error)
    assert "smollm2" in str(outcome.error)
    assert ask(model, asking("Say hello."))[0].text


def test_several_calls_are_answered_side_by_side(model: EmbeddedModel) -> None:
    assert model.concurrency == 2
    answers = ask(model, *(asking(f"Say the number {number}.", 8) for number in range(5)))
    assert all(answer.text for answer in answers)


def test_the_server_takes_calls_with_its_key_only(model: EmbeddedModel) -> None:
    assert model.url.startswith("http://127.0.0.1:")
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}).encode()

    def status(key: str | None) -> int:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        call = urllib.request.Request(f"{model.url}/chat/completions", body, headers)  # noqa: S310 - loopback
        try:
            with urllib.request.urlopen(call, timeout=60) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    assert status(None) == 401
    assert status("another") == 401
    assert status(model.key) == 200
    assert model.key not in model.spec + model.identity + "".join(model.notes)


def test_after_its_end_it_says_so() -> None:
    with EmbeddedModel("gguf:x.gguf", smollm2_file(), context=256, slots=1) as closed:
        assert ask(closed, asking("Hi", 1))
    closed.close()
    with pytest.raises(UnavailableError, match=r"gguf:x\.gguf was closed; connect to it again"):
        ask_all(closed, [asking("Hi", 1)])


def test_a_model_that_is_closed_at_once_does_not_hang() -> None:
    # In a process of its own: the engine's wait cannot be interrupted.
    code = """
from hone.weights.smollm2 import smollm2_file
from hone.models.embedded import EmbeddedModel
from hone.problems import has_looped, prompting
for _ in range(4):
    EmbeddedModel("gguf:x.gguf", smollm2_file(), context=64, slots=1).close()
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)
