"""Connections that wait: how long, how many, who makes room; files that run out; log lines that would repeat."""

from __future__ import annotations

import asyncio
import errno
import logging
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from hone.serving.access import guard
from hone.serving.connections import Connection, Connections, Limits
from hone.serving.listening import AT_ONCE, fitting, listening
from hone.serving.protocol import told
from hone.serving.repeats import Once, counted_lines
from hone.serving.server import listen
from tests.serving.doors import Door, Pair

MUCH = 65536 * 2000
QUICK = Limits(head=0.3, body=0.4, idle=0.5, write=0.4, per_address=3, total=6, grace=0)
SOON = 5.0
"""Seconds for what must come to pass: client and server share a thread, and a busy machine may hold both up."""


def in_loop(work: Callable[[], None]) -> None:
    async def run() -> None:
        work()

    asyncio.run(run())


def come(all_: Connections, address: str = "a") -> tuple[Connection, list[int]]:
    closed: list[int] = []
    return all_.came(address, lambda: closed.append(1)), closed


def test_the_one_that_has_waited_longest_makes_room_for_a_newcomer_of_its_address() -> None:
    def work() -> None:
        all_ = Connections(QUICK)
        came = [come(all_) for _ in range(5)]
        others = [come(all_, "b") for _ in range(1)]
        assert [bool(closed) for _, closed in came] == [True, True, False, False, False]
        assert not others[0][1], "another address is not concerned"
        assert all_.closed == {"address": 2}
        assert len(all_.open) == 4

    in_loop(work)


def test_a_burst_closes_nobody_before_what_they_sent_can_have_been_read() -> None:
    async def run() -> None:
        all_ = Connections(Limits(per_address=3, total=40, grace=0.2))
        first = [come(all_) for _ in range(30)]
        assert not any(closed for _, closed in first)
        await asyncio.sleep(0.25)
        latest = come(all_)
        assert [bool(closed) for _, closed in first].count(False) == 2
        assert not latest[1]
        for _ in range(100):
            come(all_)
        assert len(all_.open) == 40, "within the total at any moment"

    asyncio.run(run())


def test_the_door_lets_in_a_few_at_a_time_and_keeps_its_long_line() -> None:
    async def run() -> None:
        door, came = listening(socket.AF_INET, ("127.0.0.1", 0)), list[socket.socket]()
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, sock=door, backlog=AT_ONCE)
        for _ in range(300):  # more than are let in at once, and nobody is let in meanwhile
            came.append(socket.create_connection(door.getsockname(), timeout=1))
        server.close()
        for one in came:
            one.close()

    asyncio.run(run())


def test_who_is_signed_in_or_waits_for_us_is_not_closed_for_strangers() -> None:
    def work() -> None:
        all_ = Connections(QUICK)
        member, asking = come(all_), come(all_)
        member[0].busy()
        member[0].idle()
        member[0].sign_in()
        asking[0].busy()
        for _ in range(50):
            come(all_)
        assert not member[1]
        assert not asking[1]
        asking[0].idle()  # answered, and still a stranger: it waits like the others, as the latest
        assert not asking[1]
        for _ in range(3):
            come(all_)
        assert asking[1]

    in_loop(work)


def test_in_all_strangers_make_room_first_then_members_and_a_newcomer_is_refused_only_where_all_are_busy() -> None:
    def work() -> None:
        all_ = Connections(Limits(per_address=9, total=2))
        member, stranger = come(all_, "a"), come(all_, "b")
        member[0].sign_in()
        newest = come(all_, "c")
        assert (bool(member[1]), bool(stranger[1])) == (False, True)
        newest[0].busy()
        busy = come(all_, "d")
        assert member[1]
        busy[0].busy()
        late = come(all_, "e")
        assert late[1]
        assert all_.closed == {"total": 2, "refused": 1}
        for one, _ in (newest, busy):
            one.gone()
        assert not all_.open
        assert not all_._by_address
        assert not all_._strangers
        assert not all_._members

    in_loop(work)


def test_nothing_happens_to_a_connection_that_is_gone() -> None:
    async def run() -> None:
        all_ = Connections(QUICK)
        one, closed = come(all_)
        one.gone()
        for step in (one.head, one.body, one.idle, one.busy, one.stalled, one.sign_in, lambda: one.close("head")):
            step()
        await asyncio.sleep(0.6)
        assert closed == []
        assert one.state == "gone"
        assert not all_.closed

    asyncio.run(run())


async def _hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def _much(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(MUCH // 65536):
        await response.write(b"x" * 65536)
    return response


@asynccontextmanager
async def served(limits: Limits = QUICK, key: str | None = None) -> AsyncIterator[Door]:
    app = web.Application(middlewares=[told, guard(key)])
    app.router.add_get("/health", _hello)
    app.router.add_get("/hello", _hello)
    app.router.add_get("/much", _much)
    app.router.add_post("/echo", _echo)
    stack, address = await listen(app, "127.0.0.1", 0, limits)
    async with stack:
        door = Door(int(address.removesuffix("/v1").rpartition(":")[2]))
        yield door
        door.leave()
        await asyncio.sleep(0)


HEAD = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"
GET = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n"


async def closed_within(pair: Pair, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while await pair[0].read(65536):
                pass
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return True


@pytest.mark.parametrize("sent", [(), (b"GET /he",), (GET,), (HEAD,), (HEAD, b"12")])
def test_a_request_that_does_not_come_whole_is_given_up(sent: tuple[bytes, ...]) -> None:
    async def run() -> None:
        async with served() as door:
            assert await closed_within(await door.come(*sent), 2)

    asyncio.run(run())


def test_a_client_that_sends_one_byte_at_a_time_gets_no_more_time() -> None:
    async def run() -> None:
        async with served() as door:
            for start in (b"", GET + b"\r\n", HEAD + b"1234", HEAD):
                reader, writer = await door.come(start)
                dripping = asyncio.create_task(drip(writer))
                assert await closed_within((reader, writer), 2), start
                dripping.cancel()

    async def drip(writer: asyncio.StreamWriter) -> None:
        for piece in GET:
            writer.write(bytes([piece]))
            await asyncio.sleep(0.1)

    asyncio.run(run())


def test_a_client_in_time_is_served_over_one_connection_and_closed_when_it_asks_no_more() -> None:
    async def run() -> None:
        # Limits that the pauses below come nowhere near, also where the machine itself pauses.
        async with served(replace(QUICK, head=2.0, body=2.0, idle=2.0)) as door:
            reader, writer = await door.come()
            for _ in range(4):
                await asyncio.sleep(0.15)
                writer.write(HEAD)
                await asyncio.sleep(0.15)
                writer.write(b"1234")
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200")
                assert await reader.readexactly(4) == b"1234"
            assert await closed_within((reader, writer), SOON)

    asyncio.run(run())


def test_a_client_that_takes_nothing_of_its_answer_is_closed() -> None:
    async def run() -> None:
        async with served() as door:
            with socket.create_connection(("127.0.0.1", door.port)) as client:
                client.sendall(b"GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await asyncio.sleep(1.5)
                assert await asyncio.to_thread(taken, client) < MUCH

    def taken(client: socket.socket) -> int:
        count = 0
        try:
            while piece := client.recv(65536):
                count += len(piece)
        except ConnectionError:
            pass
        return count

    asyncio.run(run())


def test_connections_that_hold_out_do_not_keep_others_waiting() -> None:
    async def run() -> None:
        limits = Limits(head=5, body=5, idle=5, per_address=20, total=40, grace=0)
        async with served(limits) as door, aiohttp.ClientSession() as session:
            held = [await door.come(piece) for piece in (b"", b"GET", HEAD) for _ in range(60)]
            for _ in range(5):
                async with session.get(f"http://127.0.0.1:{door.port}/hello") as answer:
                    assert await answer.text() == "hello"
            gone = [await closed_within(pair, 0.1) for pair in held]
            assert sum(not one for one in gone) <= 20

    asyncio.run(run())


def test_who_brought_the_key_keeps_the_connection_when_strangers_crowd_in() -> None:
    async def run() -> None:
        limits = Limits(head=5, body=5, idle=5, per_address=3, total=40, grace=0)
        async with served(limits, key="s") as door:
            known = await door.come(GET + b"Authorization: Bearer s\r\n\r\n")
            open_ = await door.come(GET.replace(b"hello", b"health") + b"\r\n")
            for reader, _ in (known, open_):
                await reader.readuntil(b"hello")
            for _ in range(10):
                await door.come()
            assert not await closed_within(known, 0.2)
            assert await closed_within(open_, SOON), "who needs no key is not known by it"

    asyncio.run(run())


def test_no_more_connections_are_allowed_than_there_are_files_for() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 300))\n"
        "from hone.serving.listening import fitting\n"
        "from hone.serving.connections import Limits\n"
        "print(fitting(Limits()).total, fitting(Limits(total=5)).total, resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "150 5 (300, 300)"
    assert fitting(Limits()).total <= resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_without_files_newcomers_are_turned_away_with_one_line_and_the_server_goes_on() -> None:
    code = """
import asyncio, resource, socket, sys, time
from aiohttp import web
from hone.serving.connections import Limits
from hone.serving.server import listen
async def hello(_): return web.Response(text="hello")
async def main():
    app = web.Application()
    app.router.add_get("/", hello)
    stack, address = await listen(app, "127.0.0.1", 0, Limits(per_address=999, total=999))
    port = int(address.split(":")[2].split("/")[0])
    clients = [socket.socket() for _ in range(60)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(one.fileno() for one in clients) + 20, 4096))
    async with stack:
        began = time.process_time()
        for one in clients:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        await asyncio.sleep(1)
        print("busy" if time.process_time() - began > 0.5 else "quiet")
        for one in clients:
            one.close()
        await asyncio.sleep(0.2)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
        print((await reader.readuntil(b"hello"))[:15].decode())
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    assert done.stdout.splitlines() == ["quiet", "HTTP/1.1 200 OK"], done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 2, done.stderr
    assert "newcomers are turned away; raise the limit: ulimit -n" in lines[0]
    assert "times more" in lines[1]


def test_a_door_that_finds_no_spare_file_neither_fails_nor_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0)) as door:
        client = socket.create_connection(door.getsockname())

        def out_of_files(_: object) -> Any:
            raise OSError(errno.EMFILE, "too many open files")

        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "accept", out_of_files)
            for _ in range(2):
                with pytest.raises(BlockingIOError):
                    door.accept()
        accepted, _ = door.accept()
        accepted.close()
        client.close()


def record(message: str, *args: object, kind: type[Exception] | None = None) -> logging.LogRecord:
    info = (kind, kind("x"), None) if kind else None
    return logging.LogRecord("n", logging.WARNING, "f", 1, message, args, info)


def test_a_line_that_repeats_is_counted_whatever_its_values_and_told_after_a_while() -> None:
    now = [0.0]
    once = Once(60.0, lambda: now[0])
    assert once.filter(record("bad request from %s", "1.2.3.4"))
    for number in range(1234):
        assert not once.filter(record("bad request from %s", number))
    assert once.filter(record("another line"))
    assert once.filter(record("bad request from %s", "x", kind=ValueError)), "another error is another line"
    now[0] = 60.0
    told_ = record("bad request from %s", "5.6.7.8")
    assert once.filter(told_)
    assert told_.getMessage() == "bad request from 5.6.7.8 (1,234 times more since the last line)"
    assert not once.filter(record("bad request from %s", "x"))
    assert list(once.rest()) == ["bad request from %s (1 times more)"]
    assert list(once.rest()) == []


def test_lines_that_are_all_different_take_no_memory_without_end() -> None:
    once = Once()
    for number in range(5000):
        once.filter(record(f"line {number}"))
    assert len(once._seen) <= Once.MOST


def test_lines_are_counted_only_as_long_as_the_server_runs(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("hone.some")
    with counted_lines("hone.some"):
        for _ in range(5):
            logger.warning("same")
    for _ in range(2):
        logger.warning("same")
    assert [one.getMessage() for one in caplog.records] == ["same", "same (4 times more)", "same", "same"]
