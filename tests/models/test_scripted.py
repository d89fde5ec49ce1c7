from __future__ import annotations

import asyncio

import pytest

from hone.errors import CallError, UnavailableError
from hone.models import Completion, Message, Request, ScriptedModel, Usage

ASKED = Request((Message("system", "Be kind."), Message("user", "Hello there.")))


def ask(model: ScriptedModel, request: Request = ASKED) -> Completion:
    return asyncio.run(model.ask(request))


def test_answers_come_in_order_and_requests_are_kept() -> None:
    model = ScriptedModel("one")
    model.enqueue("two three", Completion("cut", "length"))
    assert [ask(model).text for _ in range(2)] == ["one", "two three"]
    assert ask(model).cut
    assert model.requests == [ASKED] * 3
    with pytest.raises(CallError, match="has no answer left"):
        ask(model)


def test_the_first_rule_that_fits_answers_every_time() -> None:
    model = ScriptedModel("queued")
    model.when("Hello", "rule")
    model.when("there", "never")
    assert [ask(model).text for _ in range(3)] == ["rule"] * 3
    assert ask(model, Request((Message("user", "x"),))).text == "queued"


def test_an_error_can_be_scripted() -> None:
    model = ScriptedModel(UnavailableError("the key is refused"), "fine")
    with pytest.raises(UnavailableError, match="the key is refused"):
        ask(model)
    assert ask(model).text == "fine"


def test_words_are_counted_as_tokens() -> None:
    assert ask(ScriptedModel("a b c")).usage == Usage(4, 3)
    assert Usage(1, 2) + Usage(3, 4) == Usage(4, 6)
