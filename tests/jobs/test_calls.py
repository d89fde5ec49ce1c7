from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from hone.errors import CallError, RunError, UnavailableError, UnreachableError
from hone.jobs import CallTally, Journal, Setup, ask_all
from hone.models import Call, Completion, Message, Model, Request, ScriptedModel, Usage


def request(number: int) -> Request:
    return Request((Message("user", f"question {number}."),), call=Call(f"i{number}"))


REQUESTS = [request(number) for number in range(20)]


class Slow(Model):
    """Answers later questions sooner, and keeps count of itself."""

    def __init__(self, concurrency: int) -> None:
        super().__init__("slow:", concurrency)
        self.now = self.most = self.opened = self.closed = self.asked = 0

    async def __aenter__(self) -> Self:
        self.opened += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed += 1

    async def ask(self, request: Request) -> Completion:
        assert self.opened == self.closed + 1
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0.03 / (1 + int(request.call.item[1:])))
        finally:
            self.now -= 1
        return Completion(request.call.item, usage=Usage(2, 1))


def test_outcomes_stand_in_the_order_of_the_requests() -> None:
    outcomes = ask_all(Slow(8), REQUESTS)
    assert [outcome.request for outcome in outcomes] == REQUESTS
    assert [outcome.completion.text for outcome in outcomes if outcome.completion] == [f"i{n}" for n in range(20)]


@pytest.mark.parametrize("width", [1, 3, 64])
def test_no_more_calls_are_under_way_than_the_model_takes(width: int) -> None:
    model = Slow(width)
    ask_all(model, REQUESTS)
    assert model.most == min(width, len(REQUESTS))
    assert (model.opened, model.closed, model.asked) == (1, 1, 20)


def test_no_requests_give_no_outcomes() -> None:
    assert ask_all(Slow(4), []) == []


def test_what_is_in_the_journal_is_not_asked_again(tmp_path: Path) -> None:
    model = Slow(4)
    with Journal(tmp_path / "journal.jsonl") as journal:
        first = ask_all(model, REQUESTS[:12], journal=journal)
    tallies: list[tuple[int, int, int]] = []

    def note(tally: CallTally) -> None:
        tallies.append((tally.done, tally.reused, tally.usage.prompt))

    with Journal(tmp_path / "journal.jsonl") as journal:
        second = ask_all(model, REQUESTS, journal=journal, progress=note)
    assert model.asked == 20
    assert [outcome.completion for outcome in second[:12]] == [outcome.completion for outcome in first]
    assert [done for done, _, _ in tallies] == list(range(1, 21))
    assert tallies[-1] == (20, 12, 16)


def test_another_model_sampling_or_prompt_is_another_call() -> None:
    asked = request(1)
    keys = {
        asked.key("m"),
        asked.key("n"),
        request(2).key("m"),
        Request(asked.messages, top_logprobs=2).key("m"),
        Request(asked.messages, schema={"type": "object"}).key("m"),
        Request(asked.messages, call=Call("i1", sample=1)).key("m"),
        Request((Message("system", "question 1."),)).key("m"),
    }
    assert len(keys) == 7
    assert Request(asked.messages, call=Call("another name")).key("m") == asked.key("m")


def test_a_failed_call_is_reported_and_asked_again_next_time(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.when("question 1.", UnreachableError("gone"))
    model.when("question", "fine")
    tallies: list[int] = []
    with Journal(tmp_path / "journal.jsonl") as journal:
        outcomes = ask_all(model, REQUESTS[:3], journal=journal, progress=lambda tally: tallies.append(tally.failed))
        assert len(journal) == 2
    assert isinstance(outcomes[1].error, CallError)
    assert outcomes[1].completion is None
    assert [outcome.error for outcome in (outcomes[0], outcomes[2])] == [None, None]
    assert tallies[-1] == 1
    mended = ScriptedModel("late")
    with Journal(tmp_path / "journal.jsonl") as journal:
        again = ask_all(mended, REQUESTS[:3], journal=journal)
    assert [outcome.completion.text for outcome in again if outcome.completion] == ["fine", "late", "fine"]
    assert len(mended.requests) == 1


def test_a_model_that_cannot_answer_ends_the_run_and_what_was_answered_stays(tmp_path: Path) -> None:
    model = ScriptedModel("one", "two", UnavailableError("the key is refused"), "four")
    model.concurrency = 1
    with (
        Journal(tmp_path / "journal.jsonl") as journal,
        pytest.raises(UnavailableError, match="the key is refused"),
    ):
        ask_all(model, REQUESTS, journal=journal)
    assert len(model.requests) == 3
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert len(journal) == 2


def test_a_bug_is_not_taken_for_a_failed_call() -> None:
    with pytest.raises(ZeroDivisionError):
        ask_all(ScriptedModel(ZeroDivisionError()), REQUESTS[:1])


def test_the_model_is_closed_when_the_run_breaks() -> None:
    model = Slow(4)

    def stop(tally: CallTally) -> None:
        if tally.done == 3:
            raise RunError("stop")

    with pytest.raises(RunError, match="stop"):
        ask_all(model, REQUESTS, progress=stop)
    assert (model.opened, model.closed, model.now) == (1, 1, 0)


def test_it_works_where_a_loop_runs_as_in_a_notebook() -> None:
    async def cell() -> list[str]:
        outcomes = ask_all(Slow(4), REQUESTS)
        with pytest.raises(UnavailableError):
            ask_all(ScriptedModel(UnavailableError("no")), REQUESTS[:1])
        return [outcome.completion.text for outcome in outcomes if outcome.completion]

    assert asyncio.run(cell()) == [f"i{number}" for number in range(20)]


def test_a_setup_asks_with_its_journal_and_its_system_block(tmp_path: Path) -> None:
    model = ScriptedModel("a")
    seen: list[int] = []
    with Journal(tmp_path / "journal.jsonl") as journal:
        setup = Setup(journal=journal, progress=lambda tally: seen.append(tally.done))
        asked = Request(setup.messages("Write a plan."))
        setup.ask(model, [asked])
        setup.ask(model, [asked])
    assert len(model.requests) == 1
    assert seen == [1, 1]
    assert [message.role for message in asked.messages] == ["system", "user"]
    assert asked.messages[0].content
