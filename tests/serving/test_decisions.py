"""`/v1/systemone` over HTTP: its answers, what it refuses, and other packages where they are installed."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest

from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Reply
from hone.errors import CallError
from hone.judging import Judge, judge
from hone.judging.decider import Decider
from hone.models import Completion, Model, Request, ScriptedModel, connect
from hone.models.embedded import EmbeddedModel
from hone.serving.server import MAX_BODY, Serving

from ..models.loopback import hosting
from .test_server import post, served

pytestmark = pytest.mark.engine

RUBRIC = Rubric.model_validate({"criteria": ["Be Kind: It is.", "Be Brief: It is."], "scale": "0..1"})
VERDICT = json.dumps({name: {"reason": "It says so.", "score": 1} for name in RUBRIC.names})
QUESTIONS = {
    "billing": {"type": "noul", "instructions": "Is this about billing?"},
    "tone": {"type": "choice", "criteria": {"angry": "Upset.", "calm": None}},
    "urgency": {"type": "score", "instructions": "How urgent?", "criteria": ["It waits.", "This week.", "Today."]},
}
ASKED = {"model": "any", "state": "I was charged twice.", "questions": QUESTIONS}


@pytest.fixture(scope="module")
def model() -> Iterator[EmbeddedModel]:
    with connect(ModelSettings(model="smollm2", context=1024, concurrency=2)) as started:
        assert isinstance(started, EmbeddedModel)
        yield started


def test_the_served_model_answers_every_type_of_question(model: EmbeddedModel) -> None:
    async def run() -> None:
        async with served(Serving(model, "pocket")) as (session, root):
            status, data = await post(session, f"{root}/v1/systemone", ASKED)
            assert status == 200, data
            assert data["model"] == "pocket"
            assert data["usage"]["input_tokens"] > 0
            billing, tone, urgency = (data["answers"][name] for name in QUESTIONS)
            assert billing["type"] == "noul"
            assert 0 <= billing["noul"] <= 1
            assert tone["choice"] in {"angry", "calm"}
            assert sum(tone["probabilities"].values()) == pytest.approx(1)
            assert urgency["probabilities"].keys() == {"0", "1", "2"}
            assert 0 <= urgency["score"] <= 2
            assert urgency["legend"]["2"] == "Today."
            assert all(answer["basis"] in {"probabilities", "votes"} for answer in data["answers"].values())
            async with session.get(f"{root}/v1/systemone") as answer:
                assert (await answer.json())["questions"] == {}
            async with session.get(f"{root}/v1/models") as answer:
                assert (await answer.json())["models"][0]["name"] == "pocket"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"model": None}, "model is a name"),
        ({"model": 3}, "model is a name"),
        ({"state": None}, "state is missing"),
        ({"questions": {}}, "questions is an object with at least one question"),
        ({"questions": {"q": {"type": "box"}}}, "needs a type that is answered here"),
        ({"assets": {"a": {}}}, "assets are not read here"),
        ({"state": "\ud800"}, "half a character"),
    ],
)
def test_a_bad_body_gets_one_clear_line(model: EmbeddedModel, change: dict[str, Any], problem: str) -> None:
    async def run() -> None:
        async with served(Serving(model, "pocket")) as (session, root):
            status, data = await post(session, f"{root}/v1/systemone", ASKED | change)
            assert status == 400
            assert problem in data["error"]["message"]
            assert "\n" not in data["error"]["message"]

    asyncio.run(run())


def test_a_key_that_stands_twice_is_refused_and_no_question_is_lost(model: EmbeddedModel) -> None:
    question = '{"type": "choice", "criteria": {"a": "one", "a": "two"}}'
    bodies = [
        f'{{"model": "m", "state": "s", "questions": {{"q": {question}}}}}',
        '{"model": "m", "state": "s", "questions": {"q": {"type": "noul"}, "q": {"type": "noul"}}}',
    ]

    async def run() -> None:
        async with served(Serving(model, "pocket")) as (session, root):
            for body, name in zip(bodies, "aq", strict=True):
                headers = {"Content-Type": "application/json"}
                async with session.post(f"{root}/v1/systemone", data=body, headers=headers) as answer:
                    assert answer.status == 400
                    assert f"the key '{name}' stands twice" in (await answer.json())["error"]["message"]
            for depth in range(900, 1000, 7):
                deep = f'{{"model": "m", "state": {"[" * depth + "]" * depth}, "questions": {{}}}}'
                async with session.post(f"{root}/v1/systemone", data=deep, headers=headers) as answer:
                    assert answer.status == 400

    asyncio.run(run())


def test_it_has_the_limits_of_the_other_endpoints(model: EmbeddedModel) -> None:
    async def run() -> None:
        async with served(Serving(model, "pocket", key="s3cret")) as (session, root):
            url, key = f"{root}/v1/systemone", {"Authorization": "Bearer s3cret"}
            assert (await post(session, url, ASKED))[0] == 401
            async with session.get(url) as answer:
                assert answer.status == 401
            headers = key | {"Content-Type": "application/json"}
            for body, status in ((b"{", 400), (b"[]", 400), (b'{"a":' * 90_000, 400), (b" " * (MAX_BODY + 1), 413)):
                async with session.post(url, data=BytesIO(body), headers=headers) as answer:
                    assert answer.status == status
            bomb = gzip.compress(b" " * (MAX_BODY * 4))
            async with session.post(url, data=bomb, headers=headers | {"Content-Encoding": "gzip"}) as answer:
                assert answer.status == 413
            async with session.post(url, data={"request": "{}"}, headers=key) as answer:
                assert answer.status == 415
            async with session.post(url, json=ASKED | {"state": "word " * 3000}, headers=key) as answer:
                data = await answer.json()
                assert answer.status == 400
                assert data["detail"]["error_type"] == "max_tokens_exceeded"
                assert "does not fit into the context" in data["error"]["message"]
            async with session.get(f"{root}/metrics", headers=key) as answer:
                assert 'path="/v1/systemone",status="401"' in await answer.text()

    asyncio.run(run())


def test_an_answer_that_cannot_be_had_is_an_error_and_no_number(model: EmbeddedModel) -> None:
    async def run(who: Model) -> tuple[int, Any]:
        async with served(Serving(model, "pocket", decider=Decider((who,)))) as (session, root):
            return await post(session, f"{root}/v1/systemone", ASKED)

    status, data = asyncio.run(run(ScriptedModel("no answer")))
    assert status == 422
    assert "the judge gave no answer that reads" in data["error"]["message"]
    status, data = asyncio.run(run(ScriptedModel(CallError("the line is dead"))))
    assert (status, data["error"]["message"]) == (502, "the line is dead")


class Constant(Model):
    """A judge that says the same of every reply."""

    async def ask(self, _request: Request) -> Completion:
        return Completion(VERDICT)


def test_hone_s_own_door_reads_what_hone_serves(model: EmbeddedModel) -> None:
    """The rubric's questions come back as the rubric's judge answers them."""
    serving = Serving(model, "pocket", judge=Judge((Constant("constant", 4),), RUBRIC, "reply"))
    replies = [Reply(item=str(n), prompt="Hello", text="Good day.", model="m") for n in range(3)]
    with hosting(serving.app()) as address:
        for mode in ("verdict", "expected"):
            judging = Judging.model_validate({"mode": mode})
            with connect(f"systemone:{address}#pocket") as door:
                found = judge(replies, RUBRIC, door, subject="reply", judging=judging)
            assert [[score.value for score in one.scores] for one in found] == [[1, 1]] * 3
            assert found[0].scores[0].shares is None  # one vote is no certainty, and the server says that it is one


def test_the_rubric_s_questions_can_be_had_and_are_answered_alone_where_that_is_asked_for(
    model: EmbeddedModel,
) -> None:
    rules = Judge((Constant("constant", 4),), RUBRIC, "reply")
    serving = Serving(model, "pocket", decider=Decider(rules.models, judge=rules, closed=True))

    async def run() -> None:
        async with served(serving) as (session, root):
            async with session.get(f"{root}/v1/systemone") as answer:
                told = await answer.json()
            assert told["questions"].keys() == set(RUBRIC.names)
            state = {"request": "Hello", "reply": "Good day."}
            sent = {"model": "m", "state": state, "questions": told["questions"]}
            status, data = await post(session, f"{root}/v1/systemone", sent)
            assert status == 200
            assert data["model"] == "constant"
            kind = data["answers"]["Be Kind"]
            assert (kind["score"], kind["basis"], kind["votes"], kind["criterion"]) == (1, "votes", 1, "Be Kind")
            status, data = await post(session, f"{root}/v1/systemone", ASKED)
            assert status == 400
            assert "is not one of the rubric's" in data["error"]["message"]
            empty = sent | {"state": state | {"reply": " "}}
            status, data = await post(session, f"{root}/v1/systemone", empty)
            assert status == 422
            assert "the reply is empty" in data["error"]["message"]

    asyncio.run(run())


def test_typesafe_sdk_reads_what_hone_serves(model: EmbeddedModel) -> None:
    sdk = pytest.importorskip("typesafe_sdk")
    with (
        hosting(Serving(model, "pocket").app()) as address,
        sdk.TypeSafeClient(api_key="none", base_url=address, timeout=120) as client,
    ):
        answer = client.system_one("I was charged twice.", QUESTIONS, model="pocket")
        assert set(answer.answers) == set(QUESTIONS)
        assert client.models.list().models[0].name == "pocket"


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_deepeval_reads_what_hone_serves(model: EmbeddedModel) -> None:
    pytest.importorskip("typesafe_sdk")
    theirs = pytest.importorskip("deepeval.models.system_one")
    with hosting(Serving(model, "pocket").app()) as address:
        asked = theirs.TypeSafeModel(model="jev-latest", api_key="none", base_url=address, timeout=120)
        answers, _ = asked.decide("I was charged twice.", {"q": theirs.NoulQuestion(instructions="Is it billing?")})
        assert 0 <= answers.nouls["q"].probability <= 1


@pytest.mark.parametrize("zipped", [True, False])
def test_an_encoding_that_is_not_read_is_refused(model: EmbeddedModel, zipped: bool) -> None:
    async def run() -> None:
        async with served(Serving(model, "pocket")) as (session, root):
            headers = {"Content-Type": "application/json"} | ({"Content-Encoding": "zstd"} if zipped else {})
            async with session.post(f"{root}/v1/systemone", data=b"\x28\xb5\x2f\xfd", headers=headers) as answer:
                assert answer.status == 400

    asyncio.run(run())
