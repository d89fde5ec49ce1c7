"""What an endpoint has shown that it takes.

A refusal that names a parameter is learnt by what it says, whatever its status; the call is then made again without
that parameter, and the person is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from hone.domain.conversation import without_system
from hone.models.answers import read_completion
from hone.models.base import Completion, Request, Schema, schema_text
from hone.prompts import break_marks

SCHEMA_STEPS = ("json_schema", "plain_schema", "json_object", "prompt")
"""The whole schema; the schema without lengths, which some refuse; any JSON; the words of the prompt alone."""
_SCHEMA_WORDS = ("response_format", "json_schema", "schema", "grammar", "structured output")
_DROPPABLE = ("logprobs", "seed", "top_p", "temperature")
_ABOUT_THE_REQUEST = frozenset({400, 422})
_ABOUT_THE_MOMENT = frozenset({408, 425, 429, 503, 504, 529})
"""Statuses that speak of load and time, never of a parameter."""
_REFUSING = re.compile(
    r"support|not (allowed|permitted|available|enabled|accepted)|unknown|unrecogni[sz]ed|unexpected|disabled"
    r"|must (be|alternate)|at most|greater than|too (large|many|high)"
)
_SYSTEM = re.compile(
    r"system\W{0,3}(role|message|prompt|instruction|turn)|role\W{0,12}system|developer instruction"
    r"|only .{0,60}roles are supported|roles must alternate"
)
_AT_MOST = re.compile(
    r"(?:at most|max\w*(?: \w+){0,2}|less than or equal to|between \d+ and|<=|≤|up to|not exceed|\[0,)"
    r"\D{0,3}(\d{1,3})"
)
_FEWER = 5
"""Alternatives that nearly every endpoint gives, where a refusal names no number."""

MOST_LESSONS = len(SCHEMA_STEPS) + len(_DROPPABLE) + 4
"""Each refused call teaches one thing, so there are never more."""


class Capabilities:
    """Makes the body of a call of what the endpoint takes, and learns from its refusals.

    Args:
        url: The endpoint, for notes.
        name: The model's name there.
        max_tokens: How the length limit is called: ``max_tokens`` or ``max_completion_tokens``.
        extra: What the engine is told where a request asks to break loops; no standard names it.
    """

    path = "chat/completions"
    answers = "chat completion"

    def __init__(
        self, url: str, name: str, max_tokens: str = "max_tokens", extra: Mapping[str, Any] | None = None
    ) -> None:
        self._url, self._name, self._max_tokens = url, name, max_tokens
        self._schema = SCHEMA_STEPS[0]
        self._without: frozenset[str] = frozenset()
        self._system = True
        self._alternatives: int | None = None
        self.lessons = 0
        """How many refusals were learnt from: a call that was sent before the last of them says nothing new."""
        self._extra = extra or {}

    def body(self, request: Request) -> bytes:
        """The body of a call, as JSON."""
        sampling = request.sampling
        messages = request.messages if self._system else without_system(request.messages)
        body: dict[str, Any] = {
            "model": self._name,
            "messages": [{"role": message.role, "content": break_marks(message.content)} for message in messages],
            self._max_tokens: sampling.max_tokens,
            "temperature": sampling.temperature,
        }
        if sampling.seed is not None:
            body["seed"] = (sampling.seed + request.call.sample) % 2**32
        if sampling.top_p is not None:
            body["top_p"] = sampling.top_p
        if sampling.break_loops:
            body |= self._extra
        if request.top_logprobs and "logprobs" not in self._without:
            body["logprobs"] = True
            body["top_logprobs"] = min(request.top_logprobs, self._alternatives or request.top_logprobs)
        for name in self._without:
            body.pop(name, None)
        try:
            text = orjson.dumps(body)
        except TypeError:  # half a character, which orjson refuses and the standard library escapes
            text = json.dumps(body).encode()
        form = self._response_format(request.schema) if request.schema is not None else None
        return b'%b,"response_format":%b}' % (text[:-1], form.encode()) if form else text

    def read(self, body: bytes, _request: Request, scrub: Callable[[str], str]) -> Completion:
        """The completion in a 200 answer.

        Args:
            body: The bytes.
            scrub: Takes the key out of what a message quotes.

        Raises:
            CallError: There is none in it.
        """
        return read_completion(body, self._url, scrub)

    def refuses(self, status: int, problem: str, request: Request) -> bool:
        """Whether a refusal names something that can be left out or said otherwise."""
        return self._lesson(status, problem.lower(), request) is not None

    def learn(self, status: int, problem: str, request: Request) -> str | None:
        """Leave out from now on what a refusal names.

        Returns:
            What the person should know, which may be nothing; none where there was nothing to learn.
        """
        lesson = self._lesson(status, problem.lower(), request)
        if lesson is None:
            return None
        self.lessons += 1
        kind, value = lesson
        if kind == "schema":
            self._schema = SCHEMA_STEPS[SCHEMA_STEPS.index(self._schema) + 1]
            if self._schema != "json_object":
                return ""
            return f"{self._url} takes no JSON schema ({problem[:120]}); the form is asked for in words"
        if kind == "system":
            self._system = False
            return f"{self._url} takes no system turn; its text opens the first turn of the user"
        if kind == "alternatives":
            self._alternatives = int(value)
            return f"{self._url} tells at most {value} alternatives a token"
        if kind == "max_tokens":
            self._max_tokens = value
            return ""
        self._without |= {value}
        return f"{self._url} takes no {value}; calls go without it"

    def _lesson(self, status: int, low: str, request: Request) -> tuple[str, str] | None:
        if status in _ABOUT_THE_MOMENT or not 400 <= status < 600:
            return None
        if status not in _ABOUT_THE_REQUEST and not _REFUSING.search(low):
            return None
        if request.schema is not None and self._schema != "prompt" and any(word in low for word in _SCHEMA_WORDS):
            return "schema", ""
        other = "max_completion_tokens" if self._max_tokens == "max_tokens" else "max_tokens"
        if self._max_tokens in low and (other in low or "unsupported" in low):
            return "max_tokens", other
        if self._system and any(one.role == "system" for one in request.messages) and _SYSTEM.search(low):
            return "system", ""
        if request.top_logprobs and "logprobs" in low and (fewer := self._fewer(low, request.top_logprobs)):
            return "alternatives", str(fewer)
        dropped = next((name for name in _DROPPABLE if name in low and name not in self._without), None)
        return ("drop", dropped) if dropped else None

    def _fewer(self, low: str, asked: int) -> int | None:
        """How many alternatives to ask for after a refusal, where fewer may be taken."""
        now = min(asked, self._alternatives or asked)
        named = [int(text) for text in _AT_MOST.findall(low)]
        fewer = max(named, default=_FEWER if "top_logprobs" in low and "support" not in low else 0)
        return fewer if 0 < fewer < now else None

    def _response_format(self, schema: Schema) -> str | None:
        """How the schema is put to this endpoint, as JSON; none where it takes none."""
        if self._schema in {"json_schema", "plain_schema"}:
            text = schema_text(schema)
            if self._schema == "plain_schema":
                text = json.dumps(without_limits(schema))
            return f'{{"type": "json_schema", "json_schema": {{"name": "answer", "strict": true, "schema": {text}}}}}'
        return '{"type": "json_object"}' if self._schema == "json_object" else None


def without_limits(schema: Any) -> Any:
    """The schema without patterns and limits on lengths and counts."""
    limits = {"minLength", "maxLength", "minItems", "maxItems", "pattern"}
    if isinstance(schema, Mapping):
        return {key: without_limits(value) for key, value in schema.items() if key not in limits}
    return [without_limits(value) for value in schema] if isinstance(schema, list) else schema
