"""The door to a System One server: what is sent, what is read, and that nothing is made of an answer that is none."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hone.errors import CallError, ModelError, NoAnswerError, UnavailableError
from hone.models import Call, Completion, Message, Request, connect
from hone.models.endpoint import EndpointModel, Patience
from hone.models.questions import (
    AnswerOption,
    Question,
    answer_data,
    check_state,
    likeliest,
    read_answers,
    read_questions,
)
from hone.models.systemone import SystemOneForm, decision_request

from .loopback import Loopback, raw, refuse

QUICK = Patience(connect=2.0, answer=5.0, retries=1, first_wait=0.01, longest_wait=2.0)
SPAM = Question("noul", "Is this spam?", (AnswerOption("false"), AnswerOption("true", "It advertises.")))
TONE = Question("choice", None, (AnswerOption("angry", "Upset."), AnswerOption("calm")))
URGENCY = Question("score", "How urgent?", (AnswerOption("0", "It waits."), AnswerOption("1", {"when": "today"})))
QUESTIONS = {"spam": SPAM, "tone": TONE, "urgency": URGENCY}
ASKED = decision_request({"message": "Help <|im_end|>"}, QUESTIONS, Call("i1"))
GOOD: dict[str, Any] = {
    "spam": {"type": "noul", "noul": 0.25},
    "tone": {"type": "choice", "choice": "calm", "confidence": 0.6, "probabilities": {"angry": 0.2, "calm": 0.8}},
    "urgency": {
        "type": "score",
        "score": 0.9,
        "confidence": 0.8,
        "legend": {"0": "It waits.", "1": "Today."},
        "probabilities": {"0": 0.1, "1": 0.9},
    },
}


def body(answers: Any = GOOD, **more: Any) -> str:
    return json.dumps(
        {"model": "jev", "answers": answers, "usage": {"input_tokens": 120, "output_tokens": 12}} | more
    )


def ask(url: str, request: Request = ASKED) -> Completion:
    model = EndpointModel(f"systemone:{url}#m", url, "m", key="k-secret", patience=QUICK)
    model.wire, model.decides = SystemOneForm(url, "m"), True

    async def run() -> Completion:
        async with model:
            return await model.ask(request)

    return asyncio.run(run())


def test_questions_go_out_in_the_form_and_answers_come_back_as_they_are(server: Loopback) -> None:
    server.queue.append(raw(body(GOOD | {"other": {"type": "box"}})))
    answer = ask(server.url)
    (seen,) = server.seen
    assert seen.path == "/v1/systemone"
    assert seen.key == "Bearer k-secret"
    assert seen.body["model"] == "m"
    assert seen.body["state"] == {"message": "Help <\u200b|im_end|>"}
    assert seen.body["questions"] == {
        "spam": {
            "type": "noul",
            "instructions": "Is this spam?",
            "criteria": {"false": None, "true": "It advertises."},
        },
        "tone": {"type": "choice", "criteria": {"angry": "Upset.", "calm": None}},
        "urgency": {"type": "score", "instructions": "How urgent?", "criteria": ["It waits.", {"when": "today"}]},
    }
    assert json.loads(answer.text) == GOOD
    assert (answer.usage.prompt, answer.usage.completion) == (120, 12)


def test_a_spec_opens_the_door_below_v1() -> None:
    for address in ("http://127.0.0.1:9", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1/"):
        model = connect(f"systemone:{address}#m")
        assert isinstance(model, EndpointModel)
        assert model.decides
        assert model._url == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"spam": {"type": "noul", "noul": 1.2}}, "not a number from 0 to 1: 1.2"),
        ({"spam": {"type": "noul", "noul": True}}, "not a number from 0 to 1"),
        ({"spam": {"type": "noul", "noul": "0.5"}}, "not a number from 0 to 1"),
        ({"spam": {"type": "noul", "noul": float("nan")}}, "not a number from 0 to 1"),
        ({"spam": {"type": "noul"}}, "not a number from 0 to 1"),
        ({"spam": {"type": "score", "score": 1}}, "is not of the type noul"),
        ({"spam": None}, "is not of the type noul"),
        ({"tone": GOOD["tone"] | {"probabilities": {"angry": 0.5, "calm": 0.9}}}, "sum to 1.4"),
        ({"tone": GOOD["tone"] | {"probabilities": {"angry": 0.0, "calm": 0.0}}}, "sum to 0,"),
        ({"tone": GOOD["tone"] | {"probabilities": {"calm": 1.0}}}, "no probability for each of its 2 answers"),
        ({"tone": GOOD["tone"] | {"probabilities": {"angry": 0.2, "bored": 0.8}}}, "no probability for each"),
        ({"tone": GOOD["tone"] | {"probabilities": [0.2, 0.8]}}, "no probability for each"),
        ({"tone": GOOD["tone"] | {"choice": "angry"}}, "chooses 'angry', which is not its likeliest answer"),
        ({"tone": GOOD["tone"] | {"choice": ["calm"]}}, "not its likeliest answer"),
        ({"urgency": GOOD["urgency"] | {"score": 0.1}}, "its probabilities say 0.9"),
        ({"urgency": GOOD["urgency"] | {"score": 7}}, "no score from 0 to 1"),
        ({"urgency": GOOD["urgency"] | {"probabilities": {"1": 0.1, "2": 0.9}}}, "no probability for each"),
    ],
)
def test_what_is_no_distribution_over_the_answers_is_a_failed_call(
    server: Loopback, change: dict[str, Any], problem: str
) -> None:
    server.queue.append(raw(body(GOOD | change)))
    with pytest.raises(NoAnswerError) as caught:
        ask(server.url)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind", "problem"),
    [
        (body({"spam": GOOD["spam"]}), NoAnswerError, "the answer to 'tone' is missing"),
        (body([]), NoAnswerError, "the answer to 'spam' is missing"),
        ("<html>k-secret</html>", CallError, "is not a System One answer (<html>[key]</html>)"),
        ('{"choices": []}', CallError, "is not a System One answer"),
        ("[" * 100_000, CallError, "is not a System One answer"),
        ("[]", CallError, "is not a System One answer"),
    ],
)
def test_a_body_of_another_form_is_told_in_one_line(
    server: Loopback, answer: str, kind: type[ModelError], problem: str
) -> None:
    server.react = lambda _: raw(answer)
    with pytest.raises(kind) as caught:
        ask(server.url)
    assert problem in str(caught.value)
    assert "k-secret" not in str(caught.value)


def test_refusals_are_those_of_any_endpoint(server: Loopback) -> None:
    server.queue.append(refuse(404, "no such path"))
    with pytest.raises(UnavailableError, match=r"no System One answers .*check the name after #"):
        ask(server.url)
    server.queue.append(refuse(401, "no"))
    with pytest.raises(UnavailableError, match="refuses entry"):
        ask(server.url)
    server.queue.extend([refuse(503, "busy"), raw(body())])
    assert ask(server.url).text


def test_it_writes_no_text_and_says_who_does(server: Loopback) -> None:
    for request in (Request((Message("user", "Hello."),)), Request((Message("user", '{"state": 1}'),))):
        with pytest.raises(UnavailableError, match="name it as a judge, and another model as writer or expert"):
            ask(server.url, request)
    assert not server.seen


def test_rounded_probabilities_are_brought_to_a_sum_of_1() -> None:
    third = {"type": "choice", "choice": "a", "probabilities": {"a": 0.33, "b": 0.33, "c": 0.33}}
    question = Question("choice", None, tuple(AnswerOption(key) for key in "abc"))
    shares = read_answers({"q": question}, {"q": third})["q"]
    assert shares == pytest.approx(dict.fromkeys("abc", 1 / 3))
    assert likeliest(question, shares) == "a"


@pytest.mark.parametrize("each", [0.0, 0.008])
def test_of_very_many_answers_a_sum_far_from_1_is_no_rounding(each: float) -> None:
    keys = [f"c{place}" for place in range(255)]
    told = {"type": "choice", "choice": "c0", "probabilities": dict.fromkeys(keys, each)}
    question = Question("choice", None, tuple(map(AnswerOption, keys)))
    with pytest.raises(ValueError, match="not to 1"):
        read_answers({"q": question}, {"q": told})


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
@pytest.mark.parametrize("first", [0.0, 0.3, 0.5, 1.0])
def test_what_is_answered_in_the_form_is_read_back(question: Question, first: float) -> None:
    shares = dict(zip(question.keys, (first, 1 - first), strict=True))
    data = json.loads(json.dumps(answer_data(question, shares)))
    assert read_answers({"q": question}, {"q": data})["q"] == pytest.approx(shares)
    if question.type != "noul":
        assert data["confidence"] == pytest.approx(abs(2 * first - 1))


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_a_question_is_read_back_as_it_was_written(question: Question) -> None:
    assert read_questions(json.loads(json.dumps({"q": question.to_data()}))) == {"q": question}


def deep(levels: int) -> Any:
    content: Any = "end"
    for _ in range(levels):
        content = [content]
    return content


@pytest.mark.parametrize(
    ("questions", "problem"),
    [
        (None, "questions is an object with at least one question"),
        ({}, "questions is an object with at least one question"),
        ({str(n): SPAM.to_data() for n in range(65)}, "there are 65 questions; send at most 64"),
        ({"q": "Is it?"}, "question 'q' needs a type that is answered here: noul, choice, score"),
        ({"q": {"type": "box"}}, "question 'q' needs a type"),
        ({"q": {"type": ["noul"]}}, "question 'q' needs a type"),
        ({"q": SPAM.to_data() | {"weight": 2}}, "has the key 'weight'"),
        ({"q": {"type": "noul"}}, "question 'q' asks nothing"),
        ({"q": {"type": "noul", "criteria": {"true": None}}}, "question 'q' asks nothing"),
        ({"q": {"type": "noul", "instructions": "?", "criteria": ["a"]}}, 'are {"true": "…", "false": "…"}'),
        (
            {"q": {"type": "noul", "instructions": 3}},
            "the instructions of question 'q': send text, an object or a list",
        ),
        ({"q": {"type": "choice", "criteria": {}}}, "are the choices"),
        ({"q": {"type": "choice", "criteria": ["a"]}}, "are the choices"),
        (
            {"q": {"type": "choice", "criteria": {str(n): None for n in range(256)}}},
            "has 256 answers; send at most 255",
        ),
        ({"q": {"type": "choice", "criteria": {"a": 3}}}, "the criteria of question 'q': send text"),
        ({"q": {"type": "score", "criteria": []}}, "are a list of levels, worst first"),
        ({"q": {"type": "score", "criteria": ["a", None]}}, "are a list of levels, worst first"),
        ({"q": {"type": "noul", "instructions": deep(40)}}, "nested more than 32 levels deep"),
    ],
)
def test_questions_that_do_not_read_say_how_to_write_them(questions: Any, problem: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is looked at below
        read_questions(questions)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_state_is_text_an_object_or_a_list() -> None:
    good: list[Any] = ["", "text", {}, ["a"], {"a": {"b": [1]}}]
    bad: list[Any] = [None, 3, True, deep(40)]
    for state in good:
        check_state(state)
    for state in bad:
        with pytest.raises(ValueError, match="state"):
            check_state(state)
