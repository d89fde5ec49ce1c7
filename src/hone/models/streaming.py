"""Reads an answer while it is written: server-sent events with pieces of a chat completion. Untrusted bytes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator

from hone.errors import CallError

MOST_BYTES = 16 * 2**20
"""Of one answer; more is no chat completion."""


async def pieces(lines: AsyncIterable[bytes], where: str) -> AsyncIterator[str]:
    """The pieces of text in a stream of events.

    Args:
        lines: The body, line by line.
        where: The endpoint, for messages.

    Raises:
        CallError: An event is no piece of a chat completion, reports an error, or there are too many.
    """
    total = 0
    async for line in lines:
        total += len(line)
        if total > MOST_BYTES:
            raise CallError(f"{where}: an answer of over {MOST_BYTES:,} bytes is no chat completion")
        text = line.strip()
        if not text.startswith(b"data:"):
            continue
        data = text.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return
        yield _piece(data, where)


def _piece(data: bytes, where: str) -> str:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CallError(f"{where} streams something that is not JSON") from error
    if not isinstance(event, dict) or event.get("error"):
        raise CallError(f"{where} broke off while it answered")
    try:
        content = event["choices"][0]["delta"].get("content") if event.get("choices") else None
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise CallError(f"{where} streams JSON without a piece of a reply in it") from error
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""
