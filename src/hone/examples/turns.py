"""The turns of one conversation out of a table: what is learnt, what is context, what is refused with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hone.errors import FileFormatError
from hone.tables.turns import text_of_turn

ROLES = ("assistant", "system", "tool", "user")
_SWITCHES = ("weight", "train", "loss", "training", "learn")
"""Keys by which other tools say whether a turn counts: 0 or false makes it context."""
_MASKS = ("mask", "masked")
"""Keys that say the opposite: 1 or true makes a turn context."""
_CALLS = ("tool_calls", "function_call", "refusal", "audio", "reasoning_content", "thinking")
"""Parts of an answer beside its text; without them the model would learn another answer than the one given."""
_IGNORED = ("role", "content", "name", "id", "tool_call_id", "timestamp", "created_at", *_SWITCHES, *_MASKS)
"""Keys that are read, or that say nothing which a model writes."""

Turns = tuple[tuple[str, str], ...]


def read_turns(messages: object, path: Path, line: int) -> tuple[Turns, tuple[int, ...]]:
    """The turns of one row, and the places of the assistant's turns that are context only.

    Args:
        messages: The row's list of `{"role": …, "content": …}`.
        path: The file, for messages.
        line: The row's line, from 1.

    Raises:
        FileFormatError: A turn cannot be learnt as it stands, or no reply ends the conversation.
    """
    if not isinstance(messages, list) or not all(isinstance(turn, Mapping) for turn in messages):
        raise FileFormatError(path, 'write a list of {"role": …, "content": …}', line=line, key="messages")
    read, context = [], []
    for place, turn in enumerate(messages):
        try:
            role, text = _turn(turn, first=place == 0)
            if role == "assistant" and _masked(turn):
                context.append(place)
            elif role == "assistant" and not text.strip():
                raise ValueError("the assistant's turn is empty; write its text, or remove the row")
        except ValueError as error:
            raise FileFormatError(path, str(error), line=line, key=f"messages.{place}") from error
        read.append((role, text))
    if not read or read[-1][0] != "assistant":
        raise FileFormatError(
            path,
            "the conversation does not end with a turn of the assistant; add its reply, or remove the row",
            line=line,
            key="messages",
        )
    if len(read) - 1 in context:
        raise FileFormatError(
            path,
            "the last turn must not be learnt; end the row with a reply that may be, or remove it",
            line=line,
            key=f"messages.{len(read) - 1}",
        )
    return tuple(read), tuple(context)


def _turn(turn: Mapping[str, Any], *, first: bool) -> tuple[str, str]:
    """Role and text of a turn; a ValueError says why it cannot be learnt."""
    role = turn.get("role")
    if role not in ROLES:
        raise ValueError(f"a turn needs a role ({', '.join(ROLES)})")
    if role == "system" and not first:
        raise ValueError("a system turn stands only at the beginning; move its text into the first turn")
    known = [key for key in _CALLS if turn.get(key)]
    if known:
        raise ValueError(f"the turn holds {', '.join(known)}, which cannot be learnt; remove the row")
    others = [str(key) for key, value in turn.items() if key not in {*_IGNORED, *_CALLS} and value not in (None, [])]
    if others:
        raise ValueError(f"the turn has keys that Hone does not know ({', '.join(others)}); remove them")
    content = turn.get("content")
    text = None if content == [] else text_of_turn(content)
    if text is None and content and isinstance(content, list):
        raise ValueError("the content has parts that are not text; remove the row")
    if text is None:
        raise ValueError("a turn needs its content as text; write it, or remove the row")
    return str(role), text


def _masked(turn: Mapping[str, Any]) -> bool:
    """Whether the row says that this turn is context; a ValueError where it says neither yes nor no."""
    said = {_switch(name, turn[name]) for name in _SWITCHES if turn.get(name) is not None}
    said |= {not _switch(name, turn[name]) for name in _MASKS if turn.get(name) is not None}
    if len(said) > 1:
        raise ValueError("the turn says both that it is learnt and that it is not; keep one of the keys")
    return said == {False}


def _switch(name: str, value: object) -> bool:
    words = {"0": False, "false": False, "no": False, "1": True, "true": True, "yes": True, "0.0": False, "1.0": True}
    found = words.get(str(value).strip().casefold())
    if found is None:
        raise ValueError(f"{name} is {value!r}; write 1 to learn the turn or 0 to leave it as context")
    return found
