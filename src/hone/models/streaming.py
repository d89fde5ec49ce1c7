"""Reads an answer while it is written: server-sent events with pieces of a chat completion. Untrusted bytes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Callable

from hone.errors import CallError
from hone.models.answers import error_words, finish_of, hidden_failure, read_completion, text_of, usage_of
from hone.models.base import Chunk

MOST_BYTES = 16 * 2**20
"""Of one answer; more is no chat completion."""


async def pieces(lines: AsyncIterable[bytes], where: str, scrub: Callable[[str], str] = str) -> AsyncIterator[Chunk]:
    """The pieces of text in a stream of events.

    Args:
        lines: The body, line by line.
        where: The endpoint, for messages.
        scrub: Takes the key out of what a message quotes.

    Raises:
        CallError: An event is no piece of a chat completion, reports an error, or there are too many; or the body is
            neither a stream nor an answer in one piece.
        NoAnswerError: A filter withheld the rest, or the engine broke off.
    """
    total, streams = 0, False
    other: list[bytes] = []
    async for line in lines:
        total += len(line)
        if total > MOST_BYTES:
            raise CallError(f"{where}: an answer of over {MOST_BYTES:,} bytes is not a chat completion")
        text = line.strip()
        if not text.startswith(b"data:"):
            if not streams:
                other.append(line)
            continue
        streams = True
        other.clear()
        data = text.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return
        yield _piece(data, where, scrub)
    if not streams:
        yield _whole(b"".join(other), where, scrub)


def _whole(body: bytes, where: str, scrub: Callable[[str], str]) -> Chunk:
    """The text of an answer that came in one piece though a stream was asked for."""
    if failure := hidden_failure(body):
        raise CallError(f"{where} answers {failure[0]}: {error_words(failure[1], scrub)}")
    answer = read_completion(body, where, scrub)
    return Chunk(answer.text, answer.finish, answer.usage)


def _piece(data: bytes, where: str, scrub: Callable[[str], str]) -> Chunk:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CallError(f"{where} streams something that is not JSON") from error
    if not isinstance(event, dict):
        raise CallError(f"{where} streams JSON without a piece of a reply in it")
    if failure := hidden_failure(data):
        raise CallError(f"{where} broke off while it answered ({error_words(failure[1], scrub)})")
    choices = event.get("choices")
    usage = usage_of(event["usage"]) if isinstance(event.get("usage"), dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    # Azure sends choices that carry a filter's findings and no piece of text.
    if not isinstance(first, dict):
        return Chunk("", usage=usage)
    content = text_of((first.get("delta") or {}).get("content")) or ""
    return Chunk(content.encode("utf-8", "replace").decode(), finish_of(first, where), usage)
