"""Any OpenAI-compatible endpoint, through a thin client over chat completions.

It retries what may pass (429, 5xx, a lost connection), waits as long as the endpoint asks, learns which parameters
the endpoint does not take, and never lets a key into a message. It refuses redirects: a key goes to the host that the
user named and to no other.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

from hone.errors import CallError, ContextError, UnavailableError, UnreachableError
from hone.models.answers import read_answer, read_stream
from hone.models.base import Completion, Model, Request, Schema, schema_text
from hone.models.gate import Gate

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_MAX_BODY = 64 * 2**20
"""An answer larger than this is no chat completion."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an endpoint, in seconds."""

    connect: float = 10.0
    answer: float = 300.0
    retries: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0
    """A `Retry-After` beyond this ends the call: the endpoint is out of quota, not busy."""


@dataclass(slots=True)
class _Accepts:
    """What the endpoint has shown that it takes; the first refusal is remembered."""

    schema: str = "json_schema"
    """How the form of an answer is enforced: one of `_SCHEMA_STEPS`."""
    without: frozenset[str] = frozenset()
    max_tokens: str = "max_tokens"


class EndpointModel(Model):
    """A model behind an OpenAI-compatible endpoint.

    Args:
        spec: The spec that names it.
        url: The base URL, up to and including ``/v1``.
        name: The model's name at the endpoint.
        key: The API key, sent as a bearer token; none sends none.
        key_name: The environment variable that the key came from, for messages.
        concurrency: How many calls to have under way.
        patience: Time limits and retries.
    """

    def __init__(
        self,
        spec: str,
        url: str,
        name: str,
        *,
        key: str | None = None,
        key_name: str = "HONE_API_KEY",
        concurrency: int = 32,
        patience: Patience = Patience(),
    ) -> None:
        super().__init__(spec, concurrency)
        self.constrains = True
        self._url = url.rstrip("/")
        self._name = name
        self._key, self._key_name = key, key_name
        self._patience = patience
        self._accepts = _Accepts(max_tokens="max_completion_tokens" if spec.startswith("openai:") else "max_tokens")
        self.loop_breaker: Mapping[str, Any] = {}
        """What the engine behind the endpoint is told where a request asks to break loops; no standard names it."""
        self._session: aiohttp.ClientSession | None = None
        self._gate = Gate(concurrency)
        self._opened = 0

    async def __aenter__(self) -> Self:
        """Open the connection pool; a model that plays two parts is opened twice and has one pool."""
        self._opened += 1
        if self._session is None:
            self._gate = Gate(self.concurrency)
            headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            self._session = aiohttp.ClientSession(
                headers=headers,
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
                timeout=aiohttp.ClientTimeout(
                    total=self._patience.answer, sock_connect=self._patience.connect, ceil_threshold=1e9
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pool with the last user."""
        self._opened -= 1
        if self._opened == 0 and self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def ask(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            ContextError: The prompt is too long.
            UnreachableError: The endpoint did not answer, after all retries.
            CallError: The endpoint refused this request, or its answer is no chat completion.
            UnavailableError: The key or the model is refused.
        """
        for _ in range(len(_DROPPABLE) + 4):  # each turn learns one thing that the endpoint does not take
            status, body = await self._post_patiently(self._body(request))
            if status == 200:
                return read_answer(body, self._url, self._scrub)
            problem = self._problem(body)
            if status in {400, 422} and self._learn(problem, request):
                continue
            raise self._refusal(status, problem)
        raise CallError(f"{self._url} refuses every form of this request")

    async def stream(self, request: Request) -> AsyncIterator[str]:
        """The answer piece by piece. Nothing is tried again: a person sees what is there.

        Raises:
            ContextError: The prompt is too long.
            UnreachableError: The endpoint cannot be reached.
            CallError: The endpoint refused, or broke off in the middle.
            UnavailableError: The key or the model is refused.
        """
        if self._session is None:
            raise RuntimeError("use the model within `async with model:`")
        body = self._body(request)[:-1] + b', "stream": true}'
        try:
            async with self._session.post(
                f"{self._url}/chat/completions", data=body, headers=_JSON, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise self._refusal(response.status, self._problem(await response.read()))
                async for piece in read_stream(response.content, self._url, self._scrub):
                    yield piece
        except (aiohttp.ClientConnectionError, TimeoutError, OSError) as error:
            raise UnreachableError(f"{self._url} cannot be reached ({_reason(error)}); is it running?") from error
        except aiohttp.ClientError as error:
            raise CallError(f"{self._url} broke off in the middle of its reply ({_reason(error)})") from error

    def _body(self, request: Request) -> bytes:
        sampling, accepts = request.sampling, self._accepts
        body: dict[str, Any] = {
            "model": self._name,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            accepts.max_tokens: sampling.max_tokens,
            "temperature": sampling.temperature,
        }
        if sampling.seed is not None:
            body["seed"] = (sampling.seed + request.call.sample) % 2**32
        if sampling.top_p is not None:
            body["top_p"] = sampling.top_p
        if sampling.break_loops:
            body |= self.loop_breaker
        if request.top_logprobs:
            body["logprobs"], body["top_logprobs"] = True, request.top_logprobs
        for name in accepts.without:
            body.pop(name, None)
        text = json.dumps(body)
        form = self._response_format(request.schema) if request.schema is not None else None
        return (f'{text[:-1]}, "response_format": {form}}}' if form else text).encode()

    def _response_format(self, schema: Schema) -> str | None:
        """How the schema is put to this endpoint, as JSON; none where it takes none."""
        if self._accepts.schema in {"json_schema", "plain_schema"}:
            text = schema_text(schema)
            if self._accepts.schema == "plain_schema":
                text = json.dumps(without_limits(schema))
            return f'{{"type": "json_schema", "json_schema": {{"name": "answer", "strict": true, "schema": {text}}}}}'
        return '{"type": "json_object"}' if self._accepts.schema == "json_object" else None

    async def _post_patiently(self, body: bytes) -> tuple[int, bytes]:
        problem = ""
        for attempt in range(self._patience.retries + 1):
            wait = min(self._patience.longest_wait, self._patience.first_wait * 2**attempt)
            try:
                # Waiting before a retry happens outside the gate: it must not keep a place from calls that could go.
                async with self._gate as gate:
                    status, answer, asked = await self._post(body)
                    (gate.refused if status in {429, 503, 529} else gate.answered)()
            except aiohttp.ClientConnectorCertificateError as error:
                raise UnavailableError(
                    f"{self._url}: its certificate is not trusted ({error.certificate_error})"
                ) from error
            except TimeoutError:
                problem = f"did not answer within {self._patience.answer:g} s"
            except (aiohttp.ClientError, OSError) as error:
                problem = f"cannot be reached ({_reason(error)})"
            else:
                if status not in _RETRIED or "insufficient_quota" in (said := self._problem(answer)):
                    return status, answer
                problem = f"answers {status}: {said}"
                if asked is not None and asked > self._patience.longest_wait:
                    raise UnavailableError(f"{self._url} asks to wait {asked:.0f} s ({problem}); try later")
                # The jitter below takes up to half away; what the endpoint asks for is the least.
                wait = wait if asked is None else 2 * max(asked, 0.0)
            if attempt < self._patience.retries:
                # Jitter keeps many waiting calls from coming back together.
                await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
        tries = self._patience.retries + 1
        raise UnreachableError(
            f"{self._url} {self._scrub(problem)}, after {tries} tries; is it running, and is the address right?"
        )

    async def _post(self, body: bytes) -> tuple[int, bytes, float | None]:
        if self._session is None:
            raise RuntimeError("use the model within `async with model:`")
        async with self._session.post(
            f"{self._url}/chat/completions", data=body, headers=_JSON, allow_redirects=False
        ) as response:
            if response.content_length is not None and response.content_length > _MAX_BODY:
                raise CallError(f"{self._url}: an answer of {response.content_length} bytes is no chat completion")
            return response.status, await response.read(), _retry_after(response.headers)

    def _learn(self, problem: str, request: Request) -> bool:
        """Whether the refusal names something that can be left out; if so, leave it out from now on."""
        low, accepts = problem.lower(), self._accepts
        if request.schema is not None and accepts.schema != "prompt" and any(word in low for word in _SCHEMA_WORDS):
            accepts.schema = _SCHEMA_STEPS[_SCHEMA_STEPS.index(accepts.schema) + 1]
            if accepts.schema == "json_object":
                self.notes.append(
                    f"{self._url} takes no JSON schema ({problem[:120]}); the form is asked for in words"
                )
            return True
        other = "max_completion_tokens" if accepts.max_tokens == "max_tokens" else "max_tokens"
        if accepts.max_tokens in low and (other in low or "unsupported" in low):
            accepts.max_tokens = other
            return True
        for name in _DROPPABLE:
            if name in low and name not in accepts.without:
                accepts.without |= {name}
                self.notes.append(f"{self._url} takes no {name}; calls go without it")
                return True
        return False

    def _refusal(self, status: int, problem: str) -> CallError | UnavailableError:
        low = problem.lower()
        if status in {401, 403}:
            remedy = f"check the key in {self._key_name}" if self._key else f"put a key into {self._key_name}"
            return UnavailableError(f"{self._url} refuses entry ({status}: {problem}); {remedy}")
        if "insufficient_quota" in low:
            return UnavailableError(f"{self._url}: the account has no credit left ({problem})")
        if status == 404:
            return UnavailableError(
                f"{self._url} has no model {self._name!r} or no chat completions ({problem}); "
                "check the name after # and that the address ends in /v1"
            )
        if status == 413 or (
            "context" in low and any(word in low for word in ("exceed", "maximum", "length", "too"))
        ):
            return ContextError(
                f"the prompt does not fit into the context of {self.spec} ({problem}){_CONTEXT_REMEDY}"
            )
        if 300 <= status < 400:
            return UnavailableError(
                f"{self._url} redirects elsewhere ({status}); write the final address into the spec"
            )
        return CallError(f"{self._url} answers {status}: {problem}")

    def _problem(self, body: bytes) -> str:
        """What an error answer says, in one short line without the key: scrubbed before it is cut."""
        return " ".join(self._scrub(_message(body)).split())[:300]

    def _scrub(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


_JSON = {"Content-Type": "application/json"}
_SCHEMA_STEPS = ("json_schema", "plain_schema", "json_object", "prompt")
"""The whole schema; the schema without lengths, which some refuse; any JSON; the words of the prompt alone."""
_SCHEMA_WORDS = ("response_format", "json_schema", "schema", "grammar", "structured output")
_DROPPABLE = ("top_logprobs", "logprobs", "seed", "top_p", "temperature")
_CONTEXT_REMEDY = "; shorten the items or examples, or raise `context` for this model in hone.yaml"


def without_limits(schema: Any) -> Any:
    """The schema without patterns and limits on lengths and counts."""
    limits = {"minLength", "maxLength", "minItems", "maxItems", "pattern"}
    if isinstance(schema, Mapping):
        return {key: without_limits(value) for key, value in schema.items() if key not in limits}
    return [without_limits(value) for value in schema] if isinstance(schema, list) else schema


def _message(body: bytes) -> str:
    """What an error answer says."""
    try:
        data = json.loads(body)
        error = data.get("error", data) if isinstance(data, dict) else data
        text = error.get("message") or error.get("detail") or error if isinstance(error, dict) else error
        code = error.get("code") if isinstance(error, dict) else None
        return f"{text} [{code}]" if isinstance(code, str) else str(text)
    except (ValueError, AttributeError, RecursionError):
        return body[:2000].decode("utf-8", "replace")


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", None)
    return " ".join(str(getattr(inner, "strerror", None) or error or type(error).__name__).split())[:200]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait: a number or an HTTP date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return None
