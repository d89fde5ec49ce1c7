"""Answers while they are written: pieces in order, and whatever else an endpoint may send instead."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from hone.errors import CallError, ModelError, UnavailableError, UnreachableError
from hone.models import Chunk, Message, Model, Request, ScriptedModel
from hone.models.base import Usage
from hone.models.endpoint import EndpointModel

from .loopback import Loopback, break_off, chat, raw, refuse

ASKED = Request((Message("user", "Hello."),))


def chunks(model: Model, request: Request = ASKED) -> list[Chunk]:
    async def run() -> list[Chunk]:
        async with model:
            return [one async for one in model.stream(request)]

    return asyncio.run(run())


def streamed(model: Model) -> list[str]:
    return [one.text for one in chunks(model)]


def event(text: str | None) -> str:
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}}]})}\n\n"


def test_pieces_come_in_order_until_the_end(server: Loopback) -> None:
    body = f": a comment\n\n{event('One ')}{event(None)}{event('two.')}data: {{}}\n\ndata: [DONE]\n\n{event('more')}"
    server.queue.append(raw(body))
    assert "".join(streamed(EndpointModel("s", server.url, "m"))) == "One two."
    assert server.seen[0].body["stream"] is True


@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": []},
        {"choices": None},
        {"choices": [{"finish_reason": None, "content_filter_results": {}}]},
        {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"role": "assistant"}}]},
        {"usage": {"total_tokens": 3}},
    ],
)
def test_an_event_without_a_piece_of_text_is_passed_over(server: Loopback, chunk: dict[str, object]) -> None:
    server.queue.append(raw(f"{event('One ')}data: {json.dumps(chunk)}\n\n{event('two.')}data: [DONE]\n\n"))
    assert "".join(streamed(EndpointModel("s", server.url, "m"))) == "One two."


@pytest.mark.parametrize(("reason", "finish"), [("stop", "stop"), ("length", "length"), ("MAX_TOKENS", "length")])
def test_how_it_ended_comes_with_the_last_event(server: Loopback, reason: str, finish: str) -> None:
    last = json.dumps({"choices": [{"delta": {}, "finish_reason": reason}]})
    server.queue.append(raw(f"{event('One.')}data: {last}\n\ndata: [DONE]\n\n"))
    assert [one.finish for one in chunks(EndpointModel("s", server.url, "m"))] == ["", finish]


def test_the_tokens_of_an_answer_are_asked_for_where_loops_are_looked_for(server: Loopback) -> None:
    usage = json.dumps({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}})
    server.queue += [raw(f"{event('One.')}data: {usage}\n\ndata: [DONE]\n\n")] * 2
    model = EndpointModel("s", server.url, "m")
    assert [one.usage for one in chunks(model, replace(ASKED, stop_loops=True))] == [None, Usage(5, 2)]
    assert server.seen[0].body["stream_options"] == {"include_usage": True}
    chunks(model)
    assert "stream_options" not in server.seen[1].body


@pytest.mark.parametrize(("reason", "words"), [("content_filter", "filter withheld"), ("error", "broke off")])
def test_a_stream_that_is_withheld_or_broken_off_is_no_whole_answer(
    server: Loopback, reason: str, words: str
) -> None:
    last = json.dumps({"choices": [{"delta": {}, "finish_reason": reason}]})
    server.queue.append(raw(f"{event('One.')}data: {last}\n\ndata: [DONE]\n\n"))
    with pytest.raises(CallError, match=words):
        chunks(EndpointModel("s", server.url, "m"))


def test_an_answer_that_came_in_one_piece_is_the_answer(server: Loopback) -> None:
    server.queue.append(chat("All of it."))
    assert "".join(streamed(EndpointModel("s", server.url, "m"))) == "All of it."


@pytest.mark.parametrize("body", ["", "<html>Sign in</html>", '{"error": {"message": "no such thing"}}'])
def test_a_body_that_is_neither_a_stream_nor_an_answer_is_a_failed_call(server: Loopback, body: str) -> None:
    server.queue.append(raw(body))
    with pytest.raises(CallError, match="no such thing" if "thing" in body else "not JSON"):
        streamed(EndpointModel("s", server.url, "m"))


def test_what_an_endpoint_does_not_take_is_left_out_of_a_stream_too(server: Loopback) -> None:
    server.queue += [refuse(400, "temperature is not supported"), raw(event("Hi."))]
    assert streamed(EndpointModel("s", server.url, "m")) == ["Hi."]


def test_a_model_that_cannot_stream_gives_its_answer_at_once() -> None:
    assert streamed(ScriptedModel("All of it.")) == ["All of it."]


@pytest.mark.parametrize("body", ["data: {no json\n\n", "data: []\n\n", 'data: {"error": "x"}\n\n'])
def test_a_stream_that_is_no_answer_is_a_failed_call(server: Loopback, body: str) -> None:
    server.queue.append(raw(event("One") + body))
    with pytest.raises(CallError):
        streamed(EndpointModel("s", server.url, "m"))


def test_an_answer_without_an_end_is_a_failed_call(server: Loopback) -> None:
    server.queue.append(raw("data: " + "x" * 3_000_000))
    with pytest.raises(CallError):
        streamed(EndpointModel("s", server.url, "m"))


def test_refusals_and_lost_connections_are_what_they_are_elsewhere(server: Loopback) -> None:
    for answer, kind in ((refuse(401), UnavailableError), (refuse(418), ModelError), (break_off(), UnreachableError),
                         (break_off(event("One").encode()), UnreachableError)):  # fmt: skip
        server.queue.append(answer)
        with pytest.raises(kind):
            streamed(EndpointModel("s", server.url, "m"))
