"""What a request to the endpoint may say: everything that OpenAI's clients send, nothing that stops the engine."""

from __future__ import annotations

from typing import Any

import pytest

from hone.serving.requests import allowed


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def test_what_clients_send_passes_as_it_is() -> None:
    body = {
        "messages": [{"role": "user", "content": "Hi."}],
        "max_tokens": 12,
        "temperature": 0.7,
        "top_p": 0.9,
        "stop": ["\n"],
        "stream": True,
        "logprobs": True,
        "top_logprobs": 5,
        "seed": 2**32 - 1,
        "response_format": {"type": "json_schema", "json_schema": {"schema": nested(5)}},
        "adapter_scale": 0.5,
    }
    assert allowed(body) == body


def test_what_the_engine_alone_may_be_told_is_left_out() -> None:
    secret = {"lora": [], "id_slot": 1, "slot_id": 1, "grammar": "root ::= a", "samplers": ["x"], "user": "me"}
    assert allowed({"max_tokens": 1, "top_p": None} | secret) == {"max_tokens": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("repeat_last_n", 2**31 - 1),
        ("repeat_last_n", -2),
        ("n_probs", 10**6),
        ("n", 10**6),
        ("n", 0),
        ("max_tokens", 2**40),
        ("max_tokens", 10**400),
        ("max_tokens", "12"),
        ("max_tokens", 1.5),
        ("max_tokens", True),
        ("temperature", float("inf")),
        ("temperature", float("nan")),
        ("temperature", -1),
        ("top_logprobs", 21),
        ("adapter_scale", 2.1),
        ("stream", "yes"),
        ("stop", ["a"] * 17),
        ("stop", [1]),
        ("stop", 5),
        ("tools", [{"function": {"parameters": nested(500)}}]),
        ("tools", [{"function": {"description": "x" * 300_000}}]),
        ("response_format", {"json_schema": {"schema": nested(500)}}),
        ("messages", [[[[]] * 2] * 2, nested(500)]),
    ],
)
def test_what_is_out_of_range_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is"):
        allowed({name: value})
