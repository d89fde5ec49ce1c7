"""A real endpoint on loopback that answers as a test tells it to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as it came in."""

    path: str
    key: str | None
    body: dict[str, Any]


class Loopback:
    """Answers from the queue, then by `react`."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.queue: deque[Answer] = deque()
        self.react: Callable[[dict[str, Any]], Answer] = lambda _: chat("fine")
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.seen.append(Seen(request.path, request.headers.get("Authorization"), body))
        answer = self.queue.popleft() if self.queue else self.react(body)
        return await answer(request)


def said(message: dict[str, Any], **choice: Any) -> dict[str, Any]:
    """The body of a chat completion."""
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    return {"choices": [{"message": message, "finish_reason": "stop"} | choice], "usage": usage}


def chat(text: str, **choice: Any) -> Answer:
    return raw(json.dumps(said({"role": "assistant", "content": text}, **choice)))


def raw(body: str | bytes, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    data = body if isinstance(body, bytes) else body.encode()

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, status=status, headers=headers, content_type="application/json")

    return answer


def refuse(
    status: int, message: str = "no", headers: dict[str, str] | None = None, code: str | None = None
) -> Answer:
    return raw(json.dumps({"error": {"message": message, "code": code}}), status, headers)


def hang(seconds: float) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.Response(text="{}")

    return answer


def break_off(sent: bytes = b"") -> Answer:
    """Close the connection, before the answer or in the middle of it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        if sent:
            await response.prepare(request)
            await response.write(sent)
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


@contextmanager
def serving() -> Iterator[Loopback]:
    """The endpoint, in a thread and an event loop of its own."""
    server, app = Loopback(), web.Application()
    app.router.add_post("/{path:.*}", server.answer)
    with hosting(app) as url:
        server.url = f"{url}/v1"
        yield server


@contextmanager
def hosting(app: web.Application) -> Iterator[str]:
    """The address of an application that runs on loopback, in a thread and an event loop of its own."""
    loop, started, addresses = asyncio.new_event_loop(), threading.Event(), list[str]()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        return runner

    def run() -> None:
        runner = loop.run_until_complete(start())
        started.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=run, name="loopback")
    thread.start()
    assert started.wait(10)
    try:
        yield addresses[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
