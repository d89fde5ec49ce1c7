"""Reads what an endpoint sent back: untrusted bytes that are, or are not, a chat completion."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from hone.errors import CallError, NoAnswerError
from hone.models.base import Completion, TokenLogprob, Usage
from hone.text import visible

_CUT = frozenset({"length", "max_tokens", "model_length", "max_output_tokens"})
"""How endpoints say that an answer reached its length limit."""
_FILTERED = frozenset(
    {
        "content_filter",
        "safety",
        "prohibited_content",
        "blocklist",
        "recitation",
        "sensitive",
        "spii",
        "content_filtered",
        "contentfilter",
        "guardrail_intervened",
    }
)
_BROKEN_OFF = frozenset({"abort", "aborted", "cancelled", "canceled", "error"})
"""How engines say that they stopped in the middle."""
_SAID = (
    (("rate limit", "rate_limit", "rate-limit", "too many requests", "resource_exhausted"), 429),
    (("overloaded", "unavailable", "capacity"), 503),
    (("invalid_request", "bad request", "invalid_argument"), 400),
)
"""What an error without a number says, and the status that it stands for."""


def read_completion(body: bytes, where: str, scrub: Callable[[str], str] = str) -> Completion:
    """The completion in the body of a 200 answer.

    Args:
        body: The bytes.
        where: The endpoint, for messages.
        scrub: Takes the key out of what a message quotes.

    Raises:
        CallError: The body is no chat completion: HTML, half a JSON, no choice.
        NoAnswerError: There is no answer in it: no text, withheld by a filter, a call of a tool, another role.
    """
    try:
        data = parsed_body(body)
    except (ValueError, RecursionError) as error:
        start = " ".join(scrub(body[:2000].decode("utf-8", "replace")).split())[:80]
        raise CallError(
            f"{where} answers something that is not JSON ({start!r}); does the address end in /v1?"
        ) from error
    try:
        choice = data["choices"][0]
        message = choice["message"]
        role = str(message.get("role") or "assistant").lower()
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise CallError(f"{where} answers JSON without a reply in it ({error_words(body, scrub)[:120]})") from error
    text = text_of(message.get("content"))
    if not text and isinstance(message.get("refusal"), str):
        text = message["refusal"]
    finish = finish_of(choice, where)
    if not text and (message.get("tool_calls") or message.get("function_call")):
        raise NoAnswerError(f"{where} calls a tool where an answer was asked for")
    if (text is None and message.get("content") is not None) or role not in {"assistant", "model"}:
        raise NoAnswerError(f"{where} answers without text of an assistant in it")
    return Completion(
        text=text or "",
        finish=finish or "stop",
        usage=usage_of(data.get("usage")),
        logprobs=_logprobs(choice.get("logprobs")),
    )


def finish_of(choice: Mapping[str, Any], where: str) -> str:
    """How a choice says that its answer ended: ``stop``, ``length``, or empty where it does not say.

    Raises:
        NoAnswerError: A filter withheld it, or the engine broke off.
    """
    told = choice.get("finish_reason")
    finish = str(told).lower().replace("-", "_") if told else ""
    if finish in _FILTERED:
        raise NoAnswerError(f"{where}: a content filter withheld the answer")
    if finish in _BROKEN_OFF:
        raise NoAnswerError(f"{where} broke off while it answered ({finish})")
    return "length" if finish in _CUT else "stop" if finish else ""


def hidden_failure(body: bytes) -> tuple[int, bytes] | None:
    """The status and the error of an answer that says 200 and reports a failure in its body; none where it does not.

    Gateways do so: OpenRouter with ``{"error": {"code": 429, …}}`` in place of the choices, or within one.
    """
    if b'"error"' not in body.lower():  # neither as a key nor as a reason to finish
        return None
    try:
        data = parsed_body(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    choices = data.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    error = data.get("error") or first.get("error") or (data if data.get("object") == "error" else None)
    if not error and str(first.get("finish_reason")).lower() == "error":
        error = {"message": "the answer broke off with an error"}
    return (_status(error), orjson.dumps({"error": error})) if error else None


def error_words(body: bytes, scrub: Callable[[str], str] = str) -> str:
    """What an error answer says, in one short line without the key: scrubbed before it is cut.

    It is written into journals and tables and shown on screens, so it holds nothing that one of them would act on.
    """
    text = visible(scrub(_message(body)))
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:300]


def _message(body: bytes) -> str:
    try:
        data = json.loads(body)
        error = data.get("error", data) if isinstance(data, dict) else data
        text = error.get("message") or error.get("detail") or error if isinstance(error, dict) else error
        code = error.get("code") if isinstance(error, dict) else None
        return f"{text} [{code}]" if isinstance(code, str) else str(text)
    except (ValueError, AttributeError, RecursionError):
        return body[:2000].decode("utf-8", "replace")


def _status(error: Any) -> int:
    """The status that an error in a body would have had as an answer of its own; 502 where it does not say."""
    entry = error if isinstance(error, dict) else {"message": error}
    for key in ("code", "status", "status_code", "http_code"):
        value = entry.get(key)
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, int) and 400 <= value < 600:
            return value
    said = " ".join(str(entry.get(key, "")) for key in ("code", "type", "status", "message")).lower()
    return next((status for words, status in _SAID if any(word in said for word in words)), 502)


def text_of(content: Any) -> str | None:
    """The text of a message: as it is, or the text parts of a list of parts; thoughts among them are left out."""
    if isinstance(content, str) or content is None:
        return content
    if not isinstance(content, list):
        return None
    texts = [part if isinstance(part, str) else _part(part) for part in content]
    kept = [text for text in texts if text is not None]
    return "".join(kept) if kept else None


def _part(part: Any) -> str | None:
    if not isinstance(part, dict) or part.get("type", "text") not in ("text", "output_text"):
        return None
    text = part.get("text", part.get("content"))
    return text if isinstance(text, str) else None


def parsed_body(body: bytes) -> Any:
    """The JSON of an answer; where only the standard library reads it (half a character, NaN), as that reads it."""
    try:
        return orjson.loads(body)
    except ValueError:
        # Half a character is legal in JSON and in no file: it becomes a question mark.
        return json.loads(json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace"))


def usage_of(data: Any) -> Usage:
    """The tokens that an answer tells; 0 for what it does not tell."""
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
