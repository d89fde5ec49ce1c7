"""Turns of a conversation in a cell: OpenAI's `messages`, ShareGPT's `conversations`, TRL's prompts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SPEAKERS: Mapping[str, str] = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bard": "assistant"}
"""Who speaks in ShareGPT's form, by the roles of messages."""

COLUMNS = ("messages", "conversations", "conversation")
"""What columns of turns are called."""


def as_messages(turns: Any) -> Any:
    """Turns with `from` and `value` as ones with `role` and `content`; anything else as it is."""
    if not isinstance(turns, list):
        return turns
    return [
        {"role": SPEAKERS.get(str(turn["from"]), turn["from"]), "content": turn["value"]}
        if isinstance(turn, dict) and {"from", "value"} <= turn.keys()
        else turn
        for turn in turns
    ]


def spoken(value: Any) -> list[tuple[str, str]] | None:
    """Role and text of every turn in a cell; none where it holds no turns, or one whose content is no text."""
    turns = as_messages(value if isinstance(value, list) else [value])
    read = []
    for turn in turns:
        if not isinstance(turn, dict) or not isinstance(turn.get("role"), str):
            return None
        text = text_of_turn(turn.get("content"))
        if text is None:
            return None
        read.append((turn["role"], text))
    return read or None


def turns_text(turns: list[tuple[str, str]]) -> str:
    """The turns as one text: what a user alone says as it is, else each turn after its speaker."""
    if len(turns) == 1 and turns[0][0] == "user":
        return turns[0][1]
    return "\n\n".join(f"{role.capitalize()}: {text}" for role, text in turns)


def text_of_turn(content: Any) -> str | None:
    """The text of a turn's content, parts of text joined as chat APIs do; none where some of it is no text."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else None
    parts = [
        part.get("text") if isinstance(part, Mapping) and part.get("type") == "text" else part for part in content
    ]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else None
