"""Any OpenAI-compatible endpoint, through a thin client over chat completions; or one that speaks another wire form.

It retries what may pass (429, 5xx, a lost connection), waits as long as the endpoint asks, learns which parameters
the endpoint does not take, and never lets a key into a message. An endpoint that asks to slow down is given fewer
calls and as many tries as it needs, while it answers any of them. It refuses redirects: a key goes to the host that
the user named and to no other.
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from hone.errors import CallError, ContextError, NoAnswerError, UnavailableError, UnreachableError
from hone.models.answers import error_words, hidden_failure
from hone.models.base import Chunk, Completion, Model, Request
from hone.models.capabilities import MOST_LESSONS, Capabilities
from hone.models.gate import CallGate
from hone.models.proxies import proxy_for
from hone.models.streaming import pieces

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_SLOW_DOWN = frozenset({429, 503, 529})
"""What an endpoint answers that has too much to do."""
_MAX_BODY = 64 * 2**20
"""An answer larger than this is no chat completion."""
_MOST_PROBLEM = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for an endpoint, in seconds."""

    connect: float = 10.0
    answer: float = 300.0
    retries: int = 6
    """How often a call is made again that failed, refusals for the lack of capacity left out."""
    busy: float = 300.0
    """How long an endpoint may refuse every call with "slow down" before calls are given up."""
    first_wait: float = 0.5
    longest_wait: float = 60.0
    """A `Retry-After` beyond this ends the call: the endpoint is out of quota, not busy."""


class WireForm(Protocol):
    """How a call to an endpoint is spelt, and what comes back is read."""

    path: str
    """Where calls go, below the base URL."""
    answers: str
    """What comes back, for messages: "chat completion"."""
    lessons: int
    """How many refusals were learnt from."""

    def body(self, request: Request, /) -> bytes:
        """The body of a call."""

    def read(self, body: bytes, request: Request, scrub: Callable[[str], str], /) -> Completion:
        """What a 200 answer to a request holds."""

    def refuses(self, status: int, problem: str, request: Request, /) -> bool:
        """Whether a refusal names something that can be left out."""

    def learn(self, status: int, problem: str, request: Request, /) -> str | None:
        """Leave it out from now on; none where there was nothing to learn."""


class EndpointModel(Model):
    """A model behind an endpoint, an OpenAI-compatible one by default.

    Args:
        spec: The spec that names it.
        url: The base URL, up to and including ``/v1``.
        name: The model's name at the endpoint.
        key: The API key, sent as a bearer token; none sends none.
        key_name: The environment variable that the key came from, for messages.
        concurrency: How many calls to have under way.
        patience: Time limits and retries.
        remote: Whether it runs elsewhere. Calls then take the proxy that the environment names, the reader asks once
            for a repair (many say that they enforce a schema, and do not), and an empty answer is a failed call.
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
        remote: bool = True,
    ) -> None:
        super().__init__(spec, concurrency)
        self.constrains, self.empty_is_failure = not remote, remote
        self._url = url.rstrip("/")
        most = "max_completion_tokens" if spec.startswith("openai:") else "max_tokens"
        self.wire: WireForm = Capabilities(self._url, name, most)
        """How calls are spelt, and answers read; chat completions unless another form is set."""
        self._name = name
        self._key, self._key_name = key, key_name
        self._patience = patience
        self._proxy = proxy_for(self._url) if remote else None
        self._session: aiohttp.ClientSession | None = None
        self._gate = self._new_gate()
        self._opened = 0
        self._answered = False

    async def __aenter__(self) -> Self:
        """Open the connection pool; a model that plays two parts is opened twice and has one pool."""
        self._opened += 1
        if self._session is None:
            self._gate = self._new_gate()
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
            CallError: The endpoint refused this request, or its answer does not read.
            UnavailableError: The key or the model is refused.
        """
        empty = tries = 0
        for _ in range(MOST_LESSONS + _EMPTY):
            learnt = self.wire.lessons
            status, body, more = await self._post_patiently(request)
            tries += more
            if status == 200:
                completion = replace(self.wire.read(body, request, self._scrub), tries=tries)
                if not completion.empty or not self.empty_is_failure:
                    return completion
                empty += 1
                if empty == _EMPTY:
                    raise NoAnswerError(f"{self._url} answered without any text, {empty} times in a row")
                await asyncio.sleep(self._patience.first_wait)
                continue
            problem = error_words(body, self._scrub)
            if not self._learn(status, problem, request, learnt):
                raise self._refusal(status, problem)
        raise CallError(f"{self._url} refuses every form of this request")

    async def stream(self, request: Request) -> AsyncGenerator[Chunk, None]:
        """The pieces of an answer as they are written; it is not tried again, because some of it was shown.

        Raises:
            UnreachableError: The connection failed.
            CallError: The endpoint refused this request, or what it streams is no chat completion.
            UnavailableError: The key or the model is refused.
        """
        try:
            for _ in range(MOST_LESSONS):
                learnt = self.wire.lessons
                told = b', "stream_options": {"include_usage": true}' if request.stop_loops else b""
                body = self.wire.body(request)[:-1] + b', "stream": true' + told + b"}"
                async with self._gate, self._posting(body) as response:
                    if response.status == 200:
                        async for piece in pieces(response.content, self._url, self._scrub):
                            yield piece
                        return
                    problem = error_words(await response.content.read(_MOST_PROBLEM), self._scrub)
                    if not self._learn(response.status, problem, request, learnt):
                        raise self._refusal(response.status, problem)
            raise CallError(f"{self._url} refuses every form of this request")
        except aiohttp.ClientSSLError as error:
            raise self._untrusted(error) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            problem = f"cannot be reached{self._way()} ({self._scrub(_reason(error))})"
            raise UnreachableError(f"{self._url} {problem}") from error
        except (ValueError, HttpProcessingError) as error:  # a line beyond what aiohttp holds
            raise CallError(f"{self._url} streams something that is not a chat completion") from error

    def _new_gate(self) -> CallGate:
        return CallGate(self.concurrency, self._patience.first_wait, self._patience.longest_wait)

    async def _post_patiently(self, request: Request) -> tuple[int, bytes, int]:
        """Status and body of the last try, and how many tries there were."""
        tries = failures = 0
        while True:
            tries += 1
            try:
                # Waiting before a retry happens outside the gate: it must not keep a place from calls that could go.
                async with self._gate as gate:
                    # Made anew for each try: others may have learnt meanwhile what the endpoint does not take.
                    status, answer, asked = await self._post(self.wire.body(request))
                    slow, self._answered = status in _SLOW_DOWN, True
                    (gate.refused if slow else gate.answered)()
            except aiohttp.ClientSSLError as error:
                raise self._untrusted(error) from error
            except TimeoutError:
                problem, asked, slow = f"did not answer within {self._patience.answer:g} s", None, False
            except (aiohttp.ClientError, OSError) as error:
                problem, asked, slow = self._unreached(error, failures), None, False
            else:
                if status not in _RETRIED:
                    return status, answer, tries
                problem = error_words(answer, self._scrub)
                if self._is_final(status, problem, request):
                    return status, answer, tries
                problem = f"answers {status}: {problem}"
                if asked is not None and asked > self._patience.longest_wait:
                    raise UnavailableError(f"{self._url} asks to wait {asked:.0f} s ({problem}); try later")
            failures += not slow
            if failures > self._patience.retries or (slow and self._gate.stalled > self._patience.busy):
                raise self._given_up(problem, tries, slow=slow)
            await self._pause(failures, asked, slow=slow)

    def _unreached(self, error: aiohttp.ClientError | OSError, failures: int) -> str:
        """What to say of a connection that failed.

        Raises:
            UnavailableError: Nobody is there for the second time, and never was.
        """
        problem = f"cannot be reached{self._way()} ({_reason(error)})"
        if failures and self.must_answer_once and not self._answered and _is_nobody(error):
            remedy = "is it running, and is the address right?"
            raise UnavailableError(f"{self._url} {self._scrub(problem)}; {remedy}") from error
        return problem

    def _is_final(self, status: int, problem: str, request: Request) -> bool:
        """Whether a refusal that looks as if it would pass will not."""
        low = problem.lower()
        # One request that alone is beyond the tokens of a minute is refused however long it waits.
        return (
            "insufficient_quota" in low or "request too large" in low or self.wire.refuses(status, problem, request)
        )

    async def _pause(self, failures: int, asked: float | None, *, slow: bool) -> None:
        patience = self._patience
        wait = self._gate.wait if slow else min(patience.longest_wait, patience.first_wait * 2 ** (failures - 1))
        # Jitter keeps many waiting calls from coming back together. It takes up to half away; what the endpoint
        # asks for is the least.
        await asyncio.sleep((wait if asked is None else 2 * asked) * random.uniform(0.5, 1.0))  # noqa: S311

    def _given_up(self, problem: str, tries: int, *, slow: bool) -> UnreachableError:
        what = f"{self._url} {self._scrub(problem)}"
        if slow:
            return UnreachableError(f"{what}, to every call for {self._gate.stalled:.0f} s; try again later")
        return UnreachableError(f"{what}, after {tries} tries; is it running, and is the address right?")

    async def _post(self, body: bytes) -> tuple[int, bytes, float | None]:
        async with self._posting(body) as response:
            if response.content_length is not None and response.content_length > _MAX_BODY:
                raise CallError(
                    f"{self._url}: an answer of {response.content_length} bytes is not a {self.wire.answers}"
                )
            body, wait = await self._read(response), _retry_after(response.headers)
            status, body = (hidden_failure(body) if response.status == 200 else None) or (response.status, body)
            return status, body, wait

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The body, counted as it comes: an answer without an end says nothing of its length before."""
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > _MAX_BODY:
                raise CallError(f"{self._url}: an answer of over {_MAX_BODY:,} bytes is not a {self.wire.answers}")
        return bytes(body)

    def _posting(self, body: bytes) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("use the model within `async with model:`")
        return self._session.post(
            f"{self._url}/{self.wire.path}", data=body, headers=_JSON, proxy=self._proxy, allow_redirects=False
        )

    def _learn(self, status: int, problem: str, request: Request, learnt: int) -> bool:
        """Whether the call is worth making again: its refusal teaches something, or others learnt since it was sent.

        Calls that are under way together are refused for the same thing, and it is learnt from the first of them.

        Args:
            status: Of the refusal.
            problem: What it says.
            request: What was asked.
            learnt: `Capabilities.lessons` before the call.
        """
        if learnt != self.wire.lessons:
            return True
        note = self.wire.learn(status, problem, request)
        if note:
            self.notes.append(note)
        return note is not None

    def _refusal(self, status: int, problem: str) -> CallError | UnavailableError:
        low = problem.lower()
        if status == 403 and any(word in low for word in _MODERATED):
            return NoAnswerError(f"{self._url} will not answer this request ({status}: {problem})")
        if status in {401, 403}:
            remedy = f"check the key in {self._key_name}" if self._key else f"put a key into {self._key_name}"
            return UnavailableError(f"{self._url} refuses entry ({status}: {problem}); {remedy}")
        if status == 402 or "insufficient_quota" in low:
            return UnavailableError(f"{self._url}: the account has no credit left ({problem})")
        if status == 404:
            return UnavailableError(
                f"{self._url} has no model {self._name!r} or no {self.wire.answers}s ({problem}); "
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

    def _way(self) -> str:
        """Through which proxy, for messages; without the password that its address may hold."""
        return f" through the proxy {urlsplit(self._proxy).netloc.rpartition('@')[2]}" if self._proxy else ""

    def _untrusted(self, error: aiohttp.ClientSSLError) -> UnavailableError:
        """What is wrong with the encryption; trying again would not help."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError):
            return UnavailableError(
                f"{self._url}: its certificate is not trusted ({error.certificate_error}); if it is your own "
                "authority's, name that one's file in SSL_CERT_FILE"
            )
        return UnavailableError(
            f"{self._url}: no encrypted connection can be made ({_reason(error)}); does it speak http instead?"
        )

    def _scrub(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


_JSON = {"Content-Type": "application/json"}
_EMPTY = 3
"""How often an answer without text is asked for before the call counts as failed."""
_MODERATED = ("flagged", "moderation", "content policy", "safety")
"""Words of a 403 that speaks of this request, and not of the key."""
_CONTEXT_REMEDY = "; shorten the items or examples, or raise `context` for this model in hone.yaml"


def _is_nobody(error: BaseException) -> bool:
    """Whether nobody listens there, or the host has no such name; what only takes long is another matter."""
    return isinstance(getattr(error, "os_error", error), ConnectionRefusedError | socket.gaierror)


def _reason(error: BaseException) -> str:
    inner = getattr(error, "os_error", None)
    return " ".join(str(getattr(inner, "strerror", None) or error or type(error).__name__).split())[:200]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the endpoint asks to wait: a number or an HTTP date (RFC 9110, 10.2.3)."""
    value = headers.get("Retry-After", "")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None
