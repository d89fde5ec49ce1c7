"""Conversations in the forms of other tools, as messages: ShareGPT's turns, and what stands before them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hone.errors import FileFormatError
from hone.tables import Row
from hone.tables.turns import as_messages

PLACED = ("system", "system_prompt", "history")
"""Columns that have their own place before what is asked: the system turn, and turns that came earlier."""


def from_sharegpt(row: Row, path: Path, line: int) -> Row:
    """The row with ShareGPT's turns, `from` and `value`, as messages."""
    return turns_of(row | {"messages": as_messages(row.get("conversations"))}, path, line)


def turns_of(row: Row, path: Path, line: int) -> Row:
    """The row whose messages begin with the system text and the earlier turns that stand beside them."""
    turns = row.get("messages")
    return row | {"messages": with_before(row, turns, path, line)} if isinstance(turns, list) else row


def with_before(row: Row, turns: list[Any], path: Path, line: int) -> list[Any]:
    """The turns after the row's system text and its earlier turns.

    Args:
        row: The row; its columns `system` (or `system_prompt`) and `history` are read.
        turns: The conversation, as messages.
        path: The file, for messages.
        line: The row's line, from 1.

    Raises:
        FileFormatError: The history has another form, or a system text stands in two places.
    """
    turns = [*_history(row.get("history"), path, line), *turns]
    system = next((text for name in ("system", "system_prompt") if (text := row.get(name))), None)
    if system is None or not str(system).strip():
        return turns
    first = turns[0] if turns and isinstance(turns[0], dict) else {}
    if first.get("role") == "system":
        if first.get("content") == system:
            return turns
        raise FileFormatError(
            path, "the turns begin with a system text of their own; keep one of the two", line=line, key="system"
        )
    return [{"role": "system", "content": system}, *turns]


def _history(value: object, path: Path, line: int) -> list[Any]:
    """Earlier turns: pairs of what was asked and answered, as LLaMA-Factory has them, or messages."""
    if value in (None, "", []):
        return []
    if isinstance(value, list):
        if all(isinstance(one, dict) for one in value):
            return value
        if all(isinstance(one, list) and len(one) == 2 for one in value):
            roles = ("user", "assistant")
            return [{"role": role, "content": text} for pair in value for role, text in zip(roles, pair, strict=True)]
    raise FileFormatError(
        path,
        "write a list of [question, answer] pairs, or of messages with role and content",
        line=line,
        key="history",
    )
