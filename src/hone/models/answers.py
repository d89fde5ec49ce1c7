"""Reads what an endpoint sent back: untrusted bytes that are, or are not, a chat completion."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from hone.errors import CallError
from hone.models.base import Completion, TokenLogprob, Usage


def read_answer(body: bytes, where: str, scrub: Callable[[str], str] = str) -> Completion:
    """The completion in the body of a 200 answer.

    Args:
        body: The bytes.
        where: The endpoint, for messages.
        scrub: Takes the key out of what a message quotes.

    Raises:
        CallError: The body is no chat completion: HTML, half a JSON, no choice, no text, another role.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        start = " ".join(scrub(body[:2000].decode("utf-8", "replace")).split())[:80]
        raise CallError(
            f"{where} answers something that is not JSON ({start!r}); does the address end in /v1?"
        ) from error
    try:
        choice = data["choices"][0]
        message = choice["message"]
        text = message["content"] if message["content"] is not None else message.get("refusal")
        role = message.get("role", "assistant")
    except (KeyError, IndexError, TypeError) as error:
        raise CallError(f"{where} answers JSON without a reply in it") from error
    if not isinstance(text, str) or role != "assistant":
        raise CallError(f"{where} answers without text of an assistant in it")
    return Completion(
        # A lone surrogate is legal in JSON and in no file: it becomes a question mark.
        text=text.encode("utf-8", "replace").decode(),
        finish="length" if choice.get("finish_reason") == "length" else "stop",
        usage=_usage(data.get("usage")),
        logprobs=_logprobs(choice.get("logprobs")),
    )


async def read_stream(
    lines: AsyncIterable[bytes], where: str, scrub: Callable[[str], str] = str
) -> AsyncIterator[str]:
    """The pieces of text in a stream of server-sent events, as chat completions are streamed.

    Args:
        lines: The lines of the body.
        where: The endpoint, for messages.
        scrub: Takes the key out of what a message quotes.

    Raises:
        CallError: The stream ends before it says so, or holds an error.
    """
    async for line in lines:
        text = line.decode("utf-8", "replace").strip()
        if not text.startswith("data:"):
            continue  # comments and names of events
        text = text.removeprefix("data:").strip()
        if text == "[DONE]":
            return
        try:
            data = json.loads(text)
            if "error" in data:
                raise CallError(f"{where} stops in the middle: {scrub(str(data['error']))[:200]}")
            piece = data["choices"][0]["delta"].get("content") if data.get("choices") else None
        except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise CallError(f"{where} streams something that is no chat completion") from error
        if isinstance(piece, str) and piece:
            yield piece.encode("utf-8", "replace").decode()
    raise CallError(f"{where} broke off in the middle of its reply")


def _usage(data: Any) -> Usage:
    if not isinstance(data, dict):
        return Usage()
    prompt, completion = data.get("prompt_tokens"), data.get("completion_tokens")
    return Usage(prompt if isinstance(prompt, int) else 0, completion if isinstance(completion, int) else 0)


def _logprobs(data: Any) -> tuple[TokenLogprob, ...] | None:
    """The log-probabilities where they are whole, else none: half of them would shift every token's place."""
    try:
        return tuple(_token(entry) for entry in data["content"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _token(entry: Any) -> TokenLogprob:
    top = tuple((str(other["token"]), _finite(other["logprob"])) for other in entry.get("top_logprobs") or ())
    return TokenLogprob(str(entry["token"]), _finite(entry["logprob"]), top)


def _finite(value: Any) -> float:
    number = float(value)
    if math.isnan(number):
        raise ValueError("a log-probability that is not a number")
    return number
