"""Connections to the pages that send nothing, or too slowly, or are too many, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from hone.serving.connections import Limits
from hone.serving.listening import listening
from hone.serving.repeats import counted_lines
from hone.web.app import create_app
from hone.web.server import PageOptions, configured
from hone.web.site import Site
from tests.serving.doors import Door, Pair

QUICK = Limits(head=0.3, body=0.5, idle=1.0, write=0.4, per_address=5, total=400, grace=0)
SOON = 5.0
"""Seconds for what must come to pass: client and server share a thread, and a busy machine may hold both up."""


@asynccontextmanager
async def served(app: Any, limits: Limits = QUICK, **options: Any) -> AsyncIterator[Door]:
    door = listening(socket.AF_INET, ("127.0.0.1", 0))
    port = door.getsockname()[1]
    server = uvicorn.Server(configured(app, PageOptions(limits=limits, **options)))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    came = Door(port)
    try:
        yield came
    finally:
        came.leave()
        server.should_exit = True
        await serving


async def answered(pair: Pair) -> tuple[int, bytes]:
    """One answer over a connection that stays open."""
    head = await pair[0].readuntil(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
    return int(head.split()[1]), await pair[0].readexactly(int(fields.get(b"content-length", b"0")))


async def is_closed(pair: Pair, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while await pair[0].read(65536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def get(path: str, cookie: str = "") -> bytes:
    sent = f"Cookie: {cookie}\r\n" if cookie else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{sent}\r\n".encode()


def post(cookie: str, length: int) -> bytes:
    fields = f"Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n"
    return f"POST /undo HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()


def cookie_of(site: Site) -> str:
    ann = site.store.add_rater("Ann")
    return f"{site.sessions.cookie}={site.sessions.begin(ann.id, ann.epoch)[1]}"


@pytest.mark.parametrize("sent", ["", "GET /ra", "GET / HTTP/1.1\r\nHost: localhost\r\n", "POST", "POST and some"])
def test_a_request_that_does_not_come_whole_is_given_up_in_silence(
    site: Site, sent: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with served(create_app(site)) as door:
            if sent.startswith("POST"):
                pieces = [post(cookie_of(site), 30), *([b"token=1"] if "some" in sent else [])]
            else:
                pieces = [sent.encode()]
            assert await is_closed(await door.come(*pieces), 2)

    run(work)
    assert caplog.records == []


def test_a_body_that_is_refused_unread_gets_no_more_time_than_another(site: Site) -> None:
    async def work() -> None:
        async with served(create_app(site)) as door:
            pair = await door.come(post("x=y", 300_000), b"a")
            assert (await answered(pair))[0] == 413
            for _ in range(20):
                if pair[1].transport.is_closing():
                    break
                pair[1].write(b"a")
                await asyncio.sleep(0.1)
            assert await is_closed(pair, SOON)

    run(work)


def test_people_in_time_are_served_over_one_connection(site: Site) -> None:
    async def work() -> None:
        cookie = cookie_of(site)
        # A limit that the pauses below come nowhere near, also where the machine itself pauses.
        async with served(create_app(site), replace(QUICK, head=2.0, idle=2.0)) as door:
            pair = await door.come()
            for _ in range(3):
                await asyncio.sleep(0.1)
                request = get("/mine", cookie)
                pair[1].write(request[:20])
                await asyncio.sleep(0.1)
                pair[1].write(request[20:])
                status, body = await answered(pair)
                assert status == 200
                assert b"Ann" in body
            assert not await is_closed(pair, 0.5)
            assert await is_closed(pair, SOON)

    run(work)


def test_crowds_of_strangers_neither_keep_a_newcomer_out_nor_end_a_connection_that_is_signed_in(site: Site) -> None:
    async def work() -> None:
        cookie, slow = cookie_of(site), replace(QUICK, head=9, body=9, idle=9)
        async with served(create_app(site), slow) as door:
            known, stranger = await door.come(get("/mine", cookie)), await door.come(get("/mine"))
            assert (await answered(known))[0] == 200
            assert (await answered(stranger))[0] == 401
            held = [await door.come(piece) for piece in (b"", b"GET /", post("x=y", 30)) for _ in range(30)]
            for _ in range(5):
                newcomer = await door.come(get("/mine", cookie))
                assert (await answered(newcomer))[0] == 200
            assert await is_closed(stranger, SOON)
            known[1].write(get("/mine", cookie))
            assert (await answered(known))[0] == 200
            assert sum([not await is_closed(one, 0.3) for one in held]) <= 5

    run(work)


def test_behind_a_proxy_all_have_one_address_and_the_cap_of_an_address_does_not_count(site: Site) -> None:
    async def work() -> None:
        slow = replace(QUICK, head=9)
        async with served(create_app(site), slow, base_url="https://rate.example") as door:
            held = [await door.come() for _ in range(30)]
            assert [await is_closed(one, 0.01) for one in held] == [False] * 30

    run(work)


def test_the_cap_in_all_holds_for_those_who_are_signed_in_too(site: Site) -> None:
    async def work() -> None:
        cookie = cookie_of(site)
        async with served(create_app(site), replace(QUICK, total=4, idle=9)) as door:
            pairs = []
            for _ in range(6):
                pairs.append(await door.come(get("/mine", cookie)))
                assert (await answered(pairs[-1]))[0] == 200
            assert [await is_closed(one, SOON) for one in pairs[:2]] == [True, True]
            assert [await is_closed(one, 0.05) for one in pairs[2:]] == [False] * 4

    run(work)


def test_a_browser_that_takes_nothing_is_closed() -> None:
    ended: list[int] = []

    async def much(_: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for count in range(2000):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": count < 1999})
            if len(ended) == 0 and await gone(receive):
                ended.append(count)
                return

    async def gone(receive: Any) -> bool:
        try:
            async with asyncio.timeout(0.001):
                return bool((await receive())["type"] == "http.disconnect")
        except TimeoutError:
            return False

    async def work() -> None:
        async with served(much) as door:
            with socket.create_connection(("127.0.0.1", door.port)) as client:
                client.sendall(get("/"))
                await asyncio.sleep(1.5)
                assert ended, "the answer is written on for nobody"

    run(work)


def test_bad_requests_by_the_hundred_are_two_lines(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        # Each is closed for what it sent, and none for being late: that would be no bad request.
        async with served(create_app, replace(QUICK, head=60.0)) as door:
            with counted_lines("uvicorn.error", "asyncio"):
                for _ in range(200):
                    assert await is_closed(await door.come(b"\x16\x03\x01 nonsense\r\n\r\n"), SOON)

    run(work)
    assert capfd.readouterr().err.count("Invalid HTTP request received.") == 1
    assert [one.getMessage() for one in caplog.records] == ["Invalid HTTP request received. (199 times more)"]
