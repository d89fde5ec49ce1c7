"""Turns of a conversation: what is learnt, what is context, what is refused with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hone.errors import FileFormatError
from hone.examples.reading import Example, ExampleRow, data_digest
from hone.examples.turns import read_turns

ASKED = {"role": "user", "content": "How tall is it?"}
SAID = {"role": "assistant", "content": "Two metres."}


def read(*turns: Any) -> Any:
    return read_turns(list(turns), Path("talks.jsonl"), 7)


@pytest.mark.parametrize(
    ("turn", "words"),
    [
        ({"content": "", "tool_calls": [{"id": "a"}]}, "tool_calls"),
        ({"content": "so", "function_call": {"name": "look"}}, "function_call"),
        ({"content": None, "refusal": "I will not."}, "refusal"),
        ({"content": None}, "content as text"),
        ({"content": ""}, "empty"),
        ({"content": " \n"}, "empty"),
        ({"content": []}, "content as text"),
        ({"content": [{"type": "image_url", "image_url": "x"}]}, "not text"),
        ({"content": "so", "weight": 0.5}, "weight is 0.5"),
        ({"content": "so", "weight": 1, "mask": True}, "both"),
        ({"content": "so", "importance": 3}, "importance"),
    ],
)
def test_a_turn_that_cannot_be_learnt_as_it_stands_is_refused_with_its_place(
    turn: dict[str, Any], words: str
) -> None:
    with pytest.raises(FileFormatError, match=rf"talks\.jsonl:7: messages\.1: .*{words}"):
        read(ASKED, {"role": "assistant", **turn}, ASKED, SAID)


@pytest.mark.parametrize("key", [{"weight": 0}, {"train": False}, {"loss": "false"}, {"mask": 1}, {"weight": 0.0}])
def test_a_turn_that_is_switched_off_is_context(key: dict[str, Any]) -> None:
    turns, context = read(ASKED, {"role": "assistant", "content": "Dunno", **key}, ASKED, SAID | {"weight": 1})
    assert context == (1,)
    assert turns[1] == ("assistant", "Dunno")


def test_a_conversation_ends_in_a_reply_that_is_learnt() -> None:
    with pytest.raises(FileFormatError, match="does not end with a turn of the assistant"):
        read(ASKED, SAID, ASKED)
    with pytest.raises(FileFormatError, match="last turn must not be learnt"):
        read(ASKED, SAID | {"weight": 0})


def test_a_system_turn_in_the_middle_is_refused() -> None:
    with pytest.raises(FileFormatError, match="system turn"):
        read(ASKED, SAID, {"role": "system", "content": "Be kind."}, ASKED, SAID)


def test_parts_of_text_are_one_text() -> None:
    parts = [{"type": "text", "text": "Two "}, {"type": "text", "text": "metres."}]
    assert read(ASKED, {"role": "assistant", "content": parts})[0][1] == ("assistant", "Two metres.")


def test_context_survives_the_runs_folder_and_counts_in_the_digest() -> None:
    turns = (("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"))
    one, other = Example("1", turns, "1", context=(1,)), Example("1", turns, "1")
    assert ExampleRow.of(one).example == one
    assert data_digest([one]) != data_digest([other])
