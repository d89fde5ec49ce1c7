"""What was asked is kept, and read back to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.domain.settings import Sampling
from hone.errors import CallError
from hone.jobs import Journal, ask_all
from hone.jobs.asked import AskedLog, _changed, difference, read_asked
from hone.models import Call, Message, Request, ScriptedModel

letters = st.text("ab\n é😀", max_size=12)


@given(letters, letters)
def test_a_text_is_its_pattern_and_what_differs(text: str, pattern: str) -> None:
    change = difference(text, pattern)
    assert (pattern if change is None else _changed(pattern, change)) == text


def request(item: str, text: str, **more: object) -> Request:
    messages = (Message("system", "Be fair."), Message("user", f"Score this:\n{text}\nNow."))
    return Request(messages, Sampling(), call=Call(item, "score"), **more)  # type: ignore[arg-type]


def test_every_call_is_read_back_as_it_was_asked(tmp_path: Path) -> None:
    asked = [request("a", "one" * 500), request("b", "two \ud800 half"), request("a", "", schema={"type": "object"})]
    log = AskedLog(tmp_path / "asked.jsonl")
    for place, one in enumerate(asked):
        log.note(f"k{place}", one, "m")
    log.close()
    found = list(read_asked(tmp_path / "asked.jsonl"))
    assert [call.key for call in found] == ["k0", "k1", "k2"]
    assert found[0].messages == asked[0].messages
    assert found[2].messages == asked[2].messages
    assert (found[2].schema, found[2].model, found[2].step) == ({"type": "object"}, "m", "score")
    assert [call.key for call in read_asked(tmp_path / "asked.jsonl", "a")] == ["k0", "k2"]
    assert (tmp_path / "asked.jsonl").stat().st_mode & 0o077 == 0


def test_what_is_the_same_in_all_calls_is_written_once(tmp_path: Path) -> None:
    log = AskedLog(tmp_path / "asked.jsonl")
    for place in range(200):
        log.note(f"k{place}", request(str(place), f"{'long words ' * 300}{place}"), "m")
    log.close()
    assert (tmp_path / "asked.jsonl").stat().st_size < 200 * 150 + 10_000


def test_a_torn_line_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    for key in ("k0", "k1"):
        log = AskedLog(path)
        log.note(key, request(key, key), "m")
        log.close()
        path.write_bytes(path.read_bytes() + b'{"call": ["x"')
    assert [call.key for call in read_asked(path)] == ["k0", "k1"]
    path.write_bytes(path.read_bytes() + b'\n[1]\n{"call": 3, "key": 1, "of": 2}\n\xff\n')
    assert len(list(read_asked(path))) == 2


def test_a_journal_keeps_time_and_tries_of_an_answer(tmp_path: Path) -> None:
    model = ScriptedModel()
    model.when("one", "Yes.")
    model.when("two", CallError("no"))
    with Journal(tmp_path / "journal.jsonl", asked=tmp_path / "asked.jsonl") as journal:
        ask_all(model, [request("a", "one"), request("b", "two")], journal=journal)
        answer = journal.get(request("a", "one").key(model.identity))
    assert answer is not None
    assert answer.seconds is not None
    assert answer.tries == 1
    assert [call.item for call in read_asked(tmp_path / "asked.jsonl")] == ["a"]


@pytest.mark.parametrize(("keeps", "count"), [(True, 2), (False, 1)])
def test_known_answers_are_kept_where_that_is_wanted(tmp_path: Path, keeps: bool, count: int) -> None:
    model = ScriptedModel()
    model.when("one", "Yes.")
    for keeps_known in (True, keeps):
        with Journal(tmp_path / "journal.jsonl", asked=tmp_path / "asked.jsonl", keeps_known=keeps_known) as journal:
            ask_all(model, [request("a", "one")], journal=journal)
    assert len(list(read_asked(tmp_path / "asked.jsonl"))) == count
