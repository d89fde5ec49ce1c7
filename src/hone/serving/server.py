"""An OpenAI-compatible endpoint over an embedded model: what the engine answers, with a key, scores and counts.

Requests go to llama.cpp's own server in this process, which only this process can reach, and its answers come back as
they are, streams too. Of llama.cpp's own options only those of chat completions pass; files and other models cannot
be named in a request.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from hone.domain.task import Reply
from hone.errors import HoneError, UnavailableError
from hone.judging import Judge
from hone.judging.decider import Decider
from hone.models.embedded import EmbeddedModel
from hone.serving import decisions
from hone.serving.access import LOOPBACK, guard, refuse
from hone.serving.connections import Connections, Limits
from hone.serving.conversation import score
from hone.serving.listening import AT_ONCE, Listening, fitting, listening
from hone.serving.metrics import Metrics
from hone.serving.protocol import AiohttpConnection, Handler, told
from hone.serving.repeats import counted_lines
from hone.serving.requests import allowed
from hone.serving.turns import RETRY_SECONDS, ClientTurns, FullError
from hone.spelling import option

MAX_BODY = 8 * 2**20
"""Bytes of a request; longer ones are refused before they are read."""
_ENGINE = web.AppKey("engine", aiohttp.ClientSession)
_LAST = 2**16
"""Bytes from the end of a stream in which its last piece is looked for."""


@dataclass
class Serving:
    """What is served.

    Args:
        model: The model.
        name: Its name in answers.
        key: What clients must send; none lets everybody on this machine in.
        judge: Who scores at ``/v1/score``, if anybody.
        adapter: Whether an adapter lies over the model, whose scale a request may choose.
    """

    model: EmbeddedModel
    name: str
    key: str | None = None
    judge: Judge | None = None
    adapter: bool = False
    decider: Decider | None = None
    """Who answers questions at ``/v1/systemone``; by default the judge's models, else the model itself."""
    metrics: Metrics = field(default_factory=Metrics)
    turns: ClientTurns = field(init=False)
    """Who may ask the model now: clients in turn, by their addresses, as all have the same key."""

    def __post_init__(self) -> None:
        self.turns = ClientTurns(self.model.concurrency)
        if self.decider is None:
            models = self.judge.models if self.judge else (self.model,)
            self.decider = Decider(models, judge=self.judge, closed=not models)  # a judge of one's own may ask nobody

    def app(self) -> web.Application:
        """The web application."""
        middlewares = [told, self._counted(), guard(self.key)]
        app = web.Application(client_max_size=MAX_BODY, middlewares=middlewares)
        app.cleanup_ctx.append(self._engine)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/chat/completions", self._pass)
        app.router.add_post("/v1/completions", self._pass)
        app.router.add_post("/v1/score", self._score)
        app.router.add_get(decisions.ADDRESS, self._questions)
        app.router.add_post(decisions.ADDRESS, self._decide)
        return app

    async def _engine(self, app: web.Application) -> Any:
        limit = aiohttp.ClientTimeout(total=None, sock_connect=10)
        headers = {"Authorization": f"Bearer {self.model.key}"}
        # The engine closes idle connections after seconds: one that is kept may be gone as a request is sent over it.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with aiohttp.ClientSession(headers=headers, timeout=limit, connector=connector) as session:
            app[_ENGINE] = session
            yield

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _metrics(self, _: web.Request) -> web.Response:
        waiting = f"# TYPE hone_requests_waiting gauge\nhone_requests_waiting {self.turns.waiting}\n"
        return web.Response(text=self.metrics.text() + waiting, content_type="text/plain")

    async def _models(self, _: web.Request) -> web.Response:
        one = {"id": self.name, "object": "model", "created": int(self.metrics.started), "owned_by": "hone"}
        # Clients of OpenAI read `data`, those of System One `models`.
        made = time.strftime("%Y-%m-%d", time.gmtime(max(file.stat().st_mtime for file in self.model.files)))
        other = {"name": self.name, "description": "A model that Hone serves.", "release_date": made}
        return web.json_response({"object": "list", "data": [one], "models": [other]})

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        if isinstance(body, web.Response):
            return body
        try:
            body = allowed(body)
        except ValueError as error:
            return refuse(400, str(error))
        scale = body.pop("adapter_scale", None)
        body["model"] = self.name
        if scale is not None:
            if not self.adapter:
                return refuse(400, "adapter_scale is for a model that is served with an adapter")
            body["lora"] = [{"id": 0, "scale": float(scale)}]
        url = f"{self.model.url.removesuffix('/v1')}{request.path}"
        async with self.turns.turn(request.remote or ""), request.app[_ENGINE].post(url, json=body) as answer:
            if answer.content_type == "text/event-stream":
                return await self._stream(request, answer)
            content = self._named(await answer.read())
            self._count_tokens(content)
            return web.Response(body=content, status=answer.status, content_type="application/json")

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        # The engine ends a reply that nobody reads any more: leaving this block closes the connection to it.
        last = b""
        async for line in _lines(answer.content):
            start, data = line[:6], line[6:]
            piece = start + self._named(data) + b"\n" if start == b"data: " else line
            last = (last + piece)[-_LAST:]
            await response.write(piece)
        await response.write_eof()
        for line in reversed(last.splitlines()):
            if line.startswith(b"data: {"):
                self._count_tokens(line.removeprefix(b"data: "))
                break
        return response

    async def _score(self, request: web.Request) -> web.Response:
        if self.judge is None:
            return refuse(
                404, f"there is no rubric to score by; serve in a project, or name one with {option('rubric')}"
            )
        body = await _json(request)
        if isinstance(body, web.Response):
            return body
        prompt, reply, reference = (body.get(name) for name in ("prompt", "reply", "reference"))
        if not isinstance(prompt, str) or not isinstance(reply, str) or not isinstance(reference, str | None):
            return refuse(400, 'send {"prompt": "…", "reply": "…"}, and "reference" where there is one')
        if not prompt.strip():
            return refuse(400, "prompt is empty")
        try:
            asked = Reply(item="request", prompt=prompt, text=reply, model=self.name, reference=reference)
            # The served model itself may be the judge; any other has limits of its own.
            own = self.model in self.judge.models
            async with self.turns.turn(request.remote or "") if own else nullcontext():
                judgement = await score(self.judge, asked)
        except HoneError as error:
            return refuse(502, str(error), "server_error")
        return web.json_response(judgement.model_dump(mode="json"))

    async def _questions(self, _: web.Request) -> web.Response:
        return decisions.rubric_answer(self._decider, self._decider_name)

    async def _decide(self, request: web.Request) -> web.Response:
        body = await _json(request, decisions.loads)
        if isinstance(body, web.Response):
            return body
        own = self.model in self._decider.models
        turn = self.turns.turn(request.remote or "") if own else nullcontext()
        return await decisions.decide(self._decider, body, self._decider_name, turn)

    @property
    def _decider(self) -> Decider:
        if self.decider is None:
            raise RuntimeError("nobody answers questions")
        return self.decider

    @property
    def _decider_name(self) -> str:
        """Who answers questions, as answers name them."""
        models, judge = self._decider.models, self._decider.judge
        if judge is not None and not models:
            return judge.spec
        return self.name if models == (self.model,) else " + ".join(model.spec for model in models)

    def _named(self, content: bytes) -> bytes:
        """An answer, or a piece of a stream, under this model's name; what is no JSON object stays as it is."""
        try:
            told = json.loads(content)
        except ValueError:
            return content
        if not isinstance(told, dict) or "model" not in told:
            return content
        return json.dumps(told | {"model": self.name}, ensure_ascii=False, separators=(",", ":")).encode()

    def _count_tokens(self, content: bytes) -> None:
        """Count what an answer, or the last piece of a stream, says of itself."""
        try:
            told = json.loads(content)
            if usage := told.get("usage"):
                prompt, completion = usage["prompt_tokens"], usage["completion_tokens"]
            else:  # a stream tells its usage to those alone who ask for it, and its times to all
                times = told["timings"]
                prompt, completion = times["prompt_n"] + times.get("cache_n", 0), times["predicted_n"]
            self.metrics.tokens.update(prompt=int(prompt), completion=int(completion))
        except (ValueError, KeyError, TypeError, AttributeError):
            return

    def _counted(self) -> Any:
        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            metrics, started, status = self.metrics, time.perf_counter(), 499
            metrics.under_way += 1
            try:
                response = await handler(request)
                status = response.status
            except web.HTTPException as error:
                status = error.status
                return refuse(status, error.reason)
            except FullError as error:
                status = error.status
                refused = refuse(status, str(error), "rate_limit_error" if status == 429 else "server_error")
                refused.headers["Retry-After"] = str(RETRY_SECONDS)
                return refused
            except aiohttp.ClientConnectionResetError:
                raise  # the client went away
            except aiohttp.ClientError as error:
                status = 502
                return refuse(status, f"the engine broke off ({type(error).__name__})", "server_error")
            finally:
                metrics.under_way -= 1
                metrics.gone += status == 499
                metrics.seconds += time.perf_counter() - started
                route = request.match_info.route.resource
                metrics.requests[route.canonical if route else "other", status] += 1
            return response

        return count


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Whole lines, however long, as they come."""
    kept = b""
    async for piece in content.iter_any():
        *whole, kept = (kept + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
    if kept:
        yield kept


async def _json(request: web.Request, loads: Callable[[str], Any] = json.loads) -> dict[str, Any] | web.Response:
    try:
        body = await request.json(loads=loads)
    except decisions.RepeatedKeyError as error:
        return refuse(400, str(error))
    except (ValueError, RecursionError):
        return refuse(400, "the body is not JSON")
    return body if isinstance(body, dict) else refuse(400, "the body is a JSON object")


async def listen(
    app: web.Application, host: str, port: int, limits: Limits | None = None
) -> tuple[AsyncExitStack, str]:
    """Start to answer.

    Args:
        app: Who answers.
        host: Where.
        port: 0 takes a free one.
        limits: How long connections may wait, and how many may be open.

    Returns:
        What ends it, and the address.

    Raises:
        UnavailableError: The port is in use or may not be used.
    """
    stack = AsyncExitStack()
    connections, loop = Connections(fitting(limits or Limits())), asyncio.get_running_loop()
    # A client that goes away cancels its handler, so that the engine does not write for nobody.
    runner = web.AppRunner(app, shutdown_timeout=2.0, handler_cancellation=True, access_log=None)
    stack.enter_context(counted_lines("aiohttp.server", "asyncio"))
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    doors: list[Listening] = []
    try:
        for family, *_, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            # All on the port that the first one got.
            doors.append(listening(family, (address[0], doors[0].getsockname()[1] if doors else port, *address[2:])))
    except OSError as error:
        for door in doors:
            door.close()
        await stack.aclose()
        raise _unusable(host, port, error) from error
    for door in doors:
        server = await loop.create_server(
            lambda: AiohttpConnection(connections, runner.server, loop), sock=door, backlog=AT_ONCE
        )
        stack.callback(server.close)
    return stack, f"http://{f'[{host}]' if ':' in host else host}:{doors[0].getsockname()[1]}/v1"


def check_port(host: str, port: int) -> None:
    """See that a port can be had before a model is loaded for it; whether it still can is seen by `listen`.

    Raises:
        UnavailableError: It is in use, or may not be used.
    """
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as probe:
                if os.name == "posix":  # as asyncio does: a port that was just left may be taken up again
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise _unusable(host, port, error) from error


def _unusable(host: str, port: int, error: OSError) -> UnavailableError:
    return UnavailableError(
        f"port {port} of {host} cannot be used ({_why(error)}); name another with {option('port')}"
    )


def _why(error: OSError) -> str:
    # asyncio puts the address into the words of the system, which the message names already.
    return os.strerror(error.errno).lower() if error.errno else str(error)


def check_host(host: str, key: str | None) -> None:
    """Make sure that a server that others can reach asks for a key.

    Raises:
        UnavailableError: It does not.
    """
    if key is None and host not in LOOPBACK:
        raise UnavailableError(
            f"{host} can be reached from other machines; set a key in HONE_SERVE_KEY, or serve on 127.0.0.1"
        )
