from __future__ import annotations

import asyncio
import itertools
import json
import socket
import time
from email.utils import formatdate
from typing import Any

import pytest

from hone.domain.settings import Sampling
from hone.errors import CallError, ContextError, ModelError, NoAnswerError, UnavailableError, UnreachableError
from hone.jobs import ask_all
from hone.models import Call, Completion, Message, Request, TokenLogprob, Usage
from hone.models.capabilities import without_limits
from hone.models.endpoint import EndpointModel, Patience

from .loopback import Loopback, break_off, chat, hang, raw, refuse, said, serving

KEY = "sk-secret-0123456789abcdef"
QUICK = Patience(connect=2.0, answer=5.0, retries=3, first_wait=0.01, longest_wait=2.0)
ASKED = Request((Message("system", "Be kind."), Message("user", "Hello.")))
SCHEMA = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}}, "required": ["a"]}
FORM = Request(ASKED.messages, schema=SCHEMA)


def model(
    url: str, *, key: str | None = KEY, patience: Patience = QUICK, spec: str = "http://x/v1#m"
) -> EndpointModel:
    return EndpointModel(spec, url, "m", key=key, patience=patience)


def ask(asked: EndpointModel, *requests: Request) -> Completion:
    """The answer to the last request."""

    async def run() -> Completion:
        async with asked:
            return [await asked.ask(request) for request in requests or (ASKED,)][-1]

    return asyncio.run(run())


def refusal(asked: EndpointModel, kind: type[ModelError], request: Request = ASKED) -> str:
    with pytest.raises(ModelError) as caught:
        ask(asked, request)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert "\n" not in message
    assert all(KEY not in text for text in (message, *asked.notes))
    return message


def test_a_call_is_a_chat_completion(server: Loopback) -> None:
    server.queue.append(chat("Hi."))
    assert ask(model(server.url)) == Completion("Hi.", "stop", Usage(7, 3))
    (seen,) = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.key == f"Bearer {KEY}"
    assert seen.body == {
        "model": "m",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello."}],
        "max_tokens": 512,
        "temperature": 0.0,
        "seed": 0,
    }


def test_without_a_key_none_is_sent(server: Loopback) -> None:
    ask(model(server.url + "/", key=None))
    assert server.seen[0].key is None
    assert server.seen[0].path == "/v1/chat/completions"


def test_what_a_request_is_about_is_never_sent(server: Loopback) -> None:
    ask(model(server.url), Request(ASKED.messages, call=Call("secret-item", "with")))
    assert "secret-item" not in json.dumps(server.seen[0].body)


def test_sampling_is_sent_and_each_sample_has_a_seed_of_its_own(server: Loopback) -> None:
    sampling = Sampling(temperature=0.7, max_tokens=9, seed=2**32 - 1, top_p=0.9)
    ask(model(server.url), Request(ASKED.messages, sampling, call=Call("i", sample=2)))
    body = server.seen[0].body
    assert (body["temperature"], body["max_tokens"], body["top_p"], body["seed"]) == (0.7, 9, 0.9, 1)
    ask(model(server.url), Request(ASKED.messages, Sampling(seed=None)))
    assert "seed" not in server.seen[1].body


def test_an_answer_that_was_cut_says_so(server: Loopback) -> None:
    server.queue.append(chat("Hi", finish_reason="length"))
    assert ask(model(server.url)).cut


def test_a_refusal_of_the_model_is_its_answer(server: Loopback) -> None:
    server.queue.append(raw(json.dumps(said({"role": "assistant", "content": None, "refusal": "I will not."}))))
    assert ask(model(server.url)).text == "I will not."


def test_log_probabilities_are_read(server: Loopback) -> None:
    top = [{"token": "H", "logprob": -0.1}, {"token": "h", "logprob": -2}]
    server.queue.append(chat("H", logprobs={"content": [{"token": "H", "logprob": -0.1, "top_logprobs": top}]}))
    answer = ask(model(server.url), Request(ASKED.messages, top_logprobs=2))
    assert answer.logprobs == (TokenLogprob("H", -0.1, (("H", -0.1), ("h", -2.0))),)
    assert (server.seen[0].body["logprobs"], server.seen[0].body["top_logprobs"]) == (True, 2)


@pytest.mark.parametrize(
    "broken",
    [
        {"content": [{"token": "a", "logprob": float("nan")}]},
        {"content": [{"token": "a", "logprob": -1}, {"token": "b"}]},
        {"content": [{"token": "a", "logprob": "high"}]},
        {"content": [{"token": "a", "logprob": -1, "top_logprobs": [{"token": "b", "logprob": None}]}]},
        {"content": None},
        {},
        None,
        [],
    ],
)
def test_log_probabilities_that_are_not_whole_are_none(server: Loopback, broken: Any) -> None:
    server.queue.append(chat("Hi.", logprobs=broken))
    answer = ask(model(server.url), Request(ASKED.messages, top_logprobs=2))
    assert (answer.text, answer.logprobs) == ("Hi.", None)


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": "many"}, {"prompt_tokens": None}])
def test_usage_that_is_no_count_is_none(server: Loopback, usage: Any) -> None:
    server.queue.append(raw(json.dumps(said({"content": "Hi."}) | {"usage": usage})))
    assert ask(model(server.url)) == Completion("Hi.")


def test_a_lone_surrogate_becomes_a_question_mark(server: Loopback) -> None:
    server.queue.append(chat("a \ud83d b"))
    assert ask(model(server.url)).text == "a ? b"
    server.queue.append(chat("🎓"))
    assert ask(model(server.url)).text == "🎓"


def test_a_prompt_with_any_text_arrives(server: Loopback) -> None:
    text = "é🎓\u2028\x00\ud83d {{x}}"
    ask(model(server.url), Request((Message("user", text),)))
    assert server.seen[0].body["messages"][0]["content"] == text


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            "<html><body>Welcome</body></html>",
            "not JSON ('<html><body>Welcome</body></html>'); does the address end in",
        ),
        ('{"choices": [{"message": {"content": "Hi', "not JSON"),
        ("", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ('{"choices": []}', "without a reply"),
        ("{}", "without a reply"),
        ("[]", "without a reply"),
        ("null", "without a reply"),
        ('{"choices": [null]}', "without a reply"),
        ('{"choices": [{"message": null}]}', "without a reply"),
        ('{"choices": [{"message": "Hi"}]}', "without a reply"),
        ('{"choices": [{"text": "Hi"}]}', "without a reply"),
        (json.dumps(said({"role": "assistant", "content": 5})), "without text"),
        (json.dumps(said({"role": "assistant", "content": [{"type": "text"}]})), "without text"),
        (json.dumps(said({"role": "user", "content": "Hi"})), "without text of an assistant"),
    ],
)
def test_an_answer_that_is_no_chat_completion_is_a_failed_call(
    server: Loopback, body: str | bytes, problem: str
) -> None:
    server.queue.append(raw(body))
    message = refusal(model(server.url), NoAnswerError if "without text" in problem else CallError)
    assert problem in message
    assert server.url in message
    assert len(server.seen) == 1


def test_a_busy_endpoint_is_asked_again_after_as_long_as_it_says(server: Loopback) -> None:
    server.queue.append(refuse(429, headers={"Retry-After": "0.4"}))
    start = time.monotonic()
    assert ask(model(server.url)).text == "fine"
    assert 0.15 <= time.monotonic() - start < 3
    assert len(server.seen) == 2


def test_a_busy_endpoint_may_name_a_date(server: Loopback) -> None:
    server.queue.append(refuse(429, headers={"Retry-After": formatdate(time.time() + 1.5, usegmt=True)}))
    server.queue.append(refuse(503, headers={"Retry-After": formatdate(time.time() - 60, usegmt=True)}))
    server.queue.append(refuse(429, headers={"Retry-After": "soon"}))
    assert ask(model(server.url)).text == "fine"
    assert len(server.seen) == 4


@pytest.mark.parametrize("when", ["3600", formatdate(time.time() + 7200, usegmt=True)], ids=["seconds", "date"])
def test_an_endpoint_that_asks_to_wait_for_hours_ends_the_run(server: Loopback, when: str) -> None:
    server.queue.append(refuse(429, "out of quota", headers={"Retry-After": when}))
    message = refusal(model(server.url), UnavailableError)
    assert "asks to wait" in message
    assert "out of quota" in message
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again(server: Loopback, status: int) -> None:
    server.queue.extend([refuse(status), refuse(status), refuse(status)])
    assert ask(model(server.url)).text == "fine"
    assert len(server.seen) == 4


def test_a_storm_of_errors_ends_the_call_and_names_the_last_one(server: Loopback) -> None:
    server.react = lambda _: refuse(500, f"out of memory, {KEY}")
    message = refusal(model(server.url), UnreachableError)
    assert "answers 500: out of memory" in message
    assert "after 4 tries" in message
    assert len(server.seen) == 4


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_busy_endpoint_gets_as_many_tries_as_it_needs_while_it_answers_others(
    server: Loopback, status: int
) -> None:
    calls = itertools.count(1)
    server.react = lambda _: chat("fine") if next(calls) % 12 == 0 else refuse(status)
    requests = [Request((Message("user", f"{n}"),)) for n in range(20)]
    outcomes = ask_all(model(server.url, patience=Patience(retries=3, first_wait=0.01, busy=20.0)), requests)
    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert len(server.seen) == 240


def test_an_endpoint_that_refuses_every_call_is_given_up_after_a_time_and_not_waited_for_again(
    server: Loopback,
) -> None:
    server.react = lambda _: refuse(429, "slow down")
    patience = Patience(first_wait=0.01, longest_wait=0.1, busy=0.6)
    asked = model(server.url, patience=patience)
    start = time.monotonic()
    outcomes = ask_all(asked, [Request((Message("user", f"{n}"),)) for n in range(200)])
    assert time.monotonic() - start < 5
    assert all(isinstance(outcome.error, UnreachableError) for outcome in outcomes)
    assert "answers 429: slow down, to every call for" in str(outcomes[-1].error)
    # The next opening is a new start: the endpoint has its time again.
    server.queue.append(refuse(429))
    server.react = lambda _: chat("fine")
    assert ask(asked).text == "fine"


def test_one_request_that_is_beyond_the_tokens_of_a_minute_is_not_asked_again(server: Loopback) -> None:
    server.react = lambda _: refuse(429, "Request too large for m on tokens per min (TPM): Limit 9, Requested 10")
    assert "Request too large" in refusal(model(server.url), CallError)
    assert len(server.seen) == 1


def test_an_account_without_credit_is_not_asked_again(server: Loopback) -> None:
    server.react = lambda _: refuse(429, f"You exceeded your quota, {KEY}", code="insufficient_quota")
    assert "no credit left" in refusal(model(server.url), UnavailableError)
    assert len(server.seen) == 1


def test_an_endpoint_that_hangs_is_given_up(server: Loopback) -> None:
    server.react = lambda _: hang(5)
    patience = Patience(answer=0.15, retries=1, first_wait=0.01)
    start = time.monotonic()
    message = refusal(model(server.url, patience=patience), UnreachableError)
    assert "did not answer within 0.15 s, after 2 tries" in message
    assert time.monotonic() - start < 3


def test_a_hang_that_passes_costs_one_retry(server: Loopback) -> None:
    server.queue.append(hang(5))
    assert ask(model(server.url, patience=Patience(answer=0.3, retries=1, first_wait=0.01))).text == "fine"


def test_nobody_at_the_address_says_so() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    message = refusal(model(url), UnreachableError)
    assert "cannot be reached" in message
    assert "is it running, and is the address right?" in message
    assert url in message


@pytest.mark.parametrize("sent", [b"", b'{"choices": [{"mess'])
def test_a_connection_lost_is_tried_again(server: Loopback, sent: bytes) -> None:
    server.queue.append(break_off(sent))
    assert ask(model(server.url)).text == "fine"
    server.react = lambda _: break_off(sent)
    assert "cannot be reached" in refusal(model(server.url), UnreachableError)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_ends_the_run_and_names_the_variable(server: Loopback, status: int) -> None:
    server.react = lambda _: refuse(status, f"Incorrect API key provided: {KEY}")
    message = refusal(model(server.url), UnavailableError)
    assert "[key]" in message
    assert "check the key in HONE_API_KEY" in message
    assert len(server.seen) == 1


def test_an_error_s_text_is_kept_without_what_a_screen_acts_on(server: Loopback) -> None:
    server.react = lambda _: refuse(400, "no \x1b]0;title\x07 \u202edetrevni\u202c\x00 a\u200bb\r\nnext \x9b31m")
    message = refusal(model(server.url), CallError)
    assert message.isprintable()
    assert "no ]0;title detrevni ab next 31m" in message


def test_a_missing_key_is_asked_for(server: Loopback) -> None:
    server.react = lambda _: refuse(401, "Missing key")
    assert "put a key into HONE_API_KEY" in refusal(model(server.url, key=None), UnavailableError)


def test_an_unknown_model_ends_the_run(server: Loopback) -> None:
    server.react = lambda _: refuse(404, "The model `m` does not exist")
    message = refusal(model(server.url), UnavailableError)
    assert "no model 'm'" in message
    assert "check the name after #" in message


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (413, "Payload too large"),
        (400, "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."),
        (400, "the request exceeds the available context size, try increasing it"),
        (422, "prompt too long for the context window"),
    ],
)
def test_a_prompt_that_is_too_long_names_the_context(server: Loopback, status: int, problem: str) -> None:
    server.react = lambda _: refuse(status, problem)
    message = refusal(model(server.url), ContextError)
    assert "does not fit into the context of http://x/v1#m" in message
    assert problem in message
    assert "raise `context`" in message


def test_another_refusal_is_a_failed_call(server: Loopback) -> None:
    server.react = lambda _: refuse(400, f"flagged by the content filter {KEY}")
    assert "answers 400: flagged by the content filter [key]" in refusal(model(server.url), CallError)
    server.react = lambda _: raw("not json at all", 418)
    assert "answers 418: not json at all" in refusal(model(server.url), CallError)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else(server: Loopback, status: int) -> None:
    with serving() as elsewhere:
        server.react = lambda _: refuse(status, headers={"Location": f"{elsewhere.url}/chat/completions"})
        assert "redirects elsewhere" in refusal(model(server.url), UnavailableError)
        assert elsewhere.seen == []


def test_a_schema_is_sent_whole(server: Loopback) -> None:
    ask(model(server.url), FORM)
    form = server.seen[0].body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["schema"] == SCHEMA


def test_an_endpoint_without_schemas_is_asked_for_less_and_less(server: Loopback) -> None:
    def react(body: dict[str, Any]) -> Any:
        return refuse(400, "'response_format' is not supported") if "response_format" in body else chat('{"a": "b"}')

    server.react = react
    asked = model(server.url)
    assert ask(asked, FORM).text == '{"a": "b"}'
    forms = [seen.body.get("response_format") for seen in server.seen]
    assert [form and form["type"] for form in forms] == ["json_schema", "json_schema", "json_object", None]
    assert forms[1] is not None
    assert forms[1]["json_schema"]["schema"] == without_limits(SCHEMA)
    assert len(asked.notes) == 1
    assert "takes no JSON schema" in asked.notes[0]
    ask(asked, FORM)
    assert len(server.seen) == 5
    assert len(asked.notes) == 1


def test_a_schema_is_tried_without_limits_first(server: Loopback) -> None:
    def react(body: dict[str, Any]) -> Any:
        schema = json.dumps(body.get("response_format", {}))
        return refuse(400, "Invalid schema: 'maxLength' is not permitted") if "maxLength" in schema else chat("{}")

    server.react = react
    asked = model(server.url)
    ask(asked, FORM)
    assert len(server.seen) == 2
    assert asked.notes == []


def test_limits_are_left_out_at_any_depth() -> None:
    schema = {"items": {"minItems": 1, "anyOf": [{"pattern": "x", "type": "string"}]}, "maxItems": 4}
    assert without_limits(schema) == {"items": {"anyOf": [{"type": "string"}]}}


def test_an_endpoint_may_want_max_completion_tokens(server: Loopback) -> None:
    def react(body: dict[str, Any]) -> Any:
        wrong = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return refuse(400, wrong) if "max_tokens" in body else chat("fine")

    server.react = react
    asked = model(server.url)
    ask(asked, ASKED, ASKED)
    assert ["max_tokens" in seen.body for seen in server.seen] == [True, False, False]
    assert server.seen[1].body["max_completion_tokens"] == 512
    ask(model(server.url, spec="openai:m"))
    assert "max_completion_tokens" in server.seen[-1].body


def test_what_an_endpoint_does_not_take_is_left_out_and_noted_once(server: Loopback) -> None:
    def react(body: dict[str, Any]) -> Any:
        for name in ("temperature", "seed", "logprobs"):
            if name in body:
                return refuse(400, f"Unsupported value: '{name}' with key {KEY}")
        return chat("fine")

    server.react = react
    asked = model(server.url)
    sampled = Request(ASKED.messages, Sampling(temperature=0.5), top_logprobs=3)
    assert ask(asked, sampled, sampled).text == "fine"
    assert len(server.seen) == 5
    assert len(asked.notes) == 3
    assert all(KEY not in note for note in asked.notes)


def test_an_endpoint_that_refuses_everything_is_not_asked_for_ever(server: Loopback) -> None:
    server.react = lambda _: refuse(400, "response_format max_tokens unsupported temperature seed top_p logprobs")
    asked = Request(ASKED.messages, Sampling(top_p=0.5), schema=SCHEMA, top_logprobs=1)
    refusal(model(server.url), CallError, asked)
    assert len(server.seen) <= 12


def test_many_calls_share_one_pool_and_all_are_answered(server: Loopback) -> None:
    server.react = lambda body: chat(body["messages"][0]["content"])
    server.queue.extend(refuse(429, headers={"Retry-After": "0"}) for _ in range(5))
    requests = [Request((Message("user", f"n{number}"),)) for number in range(60)]
    outcomes = ask_all(model(server.url), requests)
    assert [outcome.completion.text for outcome in outcomes if outcome.completion] == [f"n{n}" for n in range(60)]
    assert len(server.seen) == 65


def test_a_model_that_plays_two_parts_is_opened_twice(server: Loopback) -> None:
    asked = model(server.url)

    async def run() -> str:
        async with asked, asked:
            await asked.ask(ASKED)
        async with asked:
            return (await asked.ask(ASKED)).text

    assert asyncio.run(run()) == "fine"


def test_the_key_is_in_no_part_of_the_model_that_is_written_down(server: Loopback) -> None:
    asked = model(server.url)
    assert KEY not in asked.spec
    assert KEY not in asked.identity
    assert KEY not in repr(asked)
