"""`hone label` against an endpoint: what gave no answer is asked again, and what could not be read on request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hone.jobs import Journal
from hone.models import Completion, Request

from ..models.loopback import Loopback, chat, raw, refuse, said
from .conftest import Hone

GOOD = json.dumps(
    {"Be Detailed": {"reason": "It says so.", "score": 1}, "Be Adaptable": {"reason": "It says so.", "score": 0}}
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"id": "a", "prompt": "Plan my day.", "reply": "Ten tasks."}) + "\n")
    return path


def label(hone: Hone, server: Loopback, data: Path, *more: str) -> Any:
    return hone("label", data, "--rubric", "working", "--judge", f"{server.url}#m", "--json", *more)


def test_a_filtered_answer_is_not_kept_and_asked_for_again(hone: Hone, server: Loopback, data: Path) -> None:
    server.queue.append(raw(json.dumps(said({"role": "assistant", "content": ""}, finish_reason="content_filter"))))
    server.react = lambda _: chat(GOOD)
    first = label(hone, server, data)
    assert first.code == 4
    assert "filter withheld" in next(iter(first.data["unscored"]))
    second = label(hone, server, data)
    assert (second.code, second.data["scored"], second.data["calls"]) == (0, 1, 1)


def test_an_answer_that_cannot_be_read_is_repaired_once(hone: Hone, server: Loopback, data: Path) -> None:
    server.queue.append(refuse(400, "'response_format' is not supported by this model"))
    server.react = lambda sent: (
        refuse(400, "'response_format' is not supported")
        if "response_format" in sent
        else chat(GOOD if len(sent["messages"]) > 2 else "Detailed: 1")
    )
    assert label(hone, server, data).data["scored"] == 1


def test_retry_asks_again_for_what_could_not_be_read_and_for_nothing_else(
    hone: Hone, server: Loopback, data: Path
) -> None:
    with data.open("a") as stream:
        stream.write(json.dumps({"id": "b", "prompt": "Plan my week.", "reply": "Rest."}) + "\n")
    server.react = lambda sent: chat(GOOD if "Plan my day" in sent["messages"][1]["content"] else "Sorry.")
    assert label(hone, server, data).data["scored"] == 1
    asked = len(server.seen)
    assert label(hone, server, data).data["calls"] == 0
    server.react = lambda _: chat(GOOD)
    again = label(hone, server, data, "--retry")
    assert (again.data["scored"], again.data["calls"]) == (2, 1)
    assert len(server.seen) == asked + 1
    assert label(hone, server, data).data == again.data | {"calls": 0, "reused": 2} | dict.fromkeys(
        ("prompt_tokens", "completion_tokens"), 0
    )


def test_an_empty_answer_in_a_journal_of_an_older_version_is_asked_for_again(
    hone: Hone, server: Loopback, data: Path, project: Path
) -> None:
    server.react = lambda _: chat(GOOD)
    label(hone, server, data)
    (journal,) = project.glob("runs/*label*/journal.jsonl")
    entry = json.loads(journal.read_text())
    with Journal(journal, index=project / "runs" / "index.db") as kept:
        kept.add(entry["key"], Request(()), Completion(""))
    results = journal.with_name("results.jsonl")
    row = json.loads(results.read_text()) | {"scores": [], "unscored": "the model wrote nothing"}
    results.write_text(json.dumps(row) + "\n")
    again = label(hone, server, data)
    assert (again.data["scored"], again.data["calls"]) == (1, 1)


def test_a_judge_that_was_cut_while_it_reasoned_says_what_to_raise(hone: Hone, server: Loopback, data: Path) -> None:
    server.react = lambda _: chat(f"<think>A draft: {GOOD} But wait", finish_reason="length")
    found = label(hone, server, data)
    assert list(found.data["unscored"]) == ["cut at its length limit; raise `max_tokens` of the judge"]
    assert "it was still reasoning" in found.data["judgements"][0]["unscored"]


def test_probabilities_that_were_not_told_are_not_made_up(hone: Hone, server: Loopback, data: Path) -> None:
    tokens = [{"token": character, "logprob": -0.9, "top_logprobs": []} for character in GOOD]
    server.react = lambda _: chat(GOOD, logprobs={"content": tokens})
    found = label(hone, server, data, "--mode", "expected")
    assert found.data["judgements"][0]["mode"] == "verdict"
    assert "no probabilities" in next(iter(found.data["notes"]))


def test_what_an_endpoint_does_not_take_is_said(hone: Hone, server: Loopback, data: Path) -> None:
    server.react = lambda sent: refuse(403, "logprobs are not allowed") if "logprobs" in sent else chat(GOOD)
    found = label(hone, server, data, "--mode", "expected")
    assert found.data["scored"] == 1
    assert "takes no logprobs" in found.err
