"""Thousands of connections that are only held open, while a rater saves: how long a save takes, and what is closed.

    python benchmarks/hold_connections.py [--idle 2000] [--half 1100] [--saves 200] [--serve] [--out FILE.md]

Prints a Markdown table. The server is the real command in a process of its own on loopback, started with 1,024 open
files as most shells allow them. Half of the idle connections belong to raters who are signed in, half to nobody; the
half-open ones send the beginning of a head and then nothing. Whatever is closed is opened again, 200 a second, as an
attacker would. One save in four goes over a new connection. `--serve` measures `hone serve smollm2` as well: its list
of models instead of a save.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from rating_load import make_project

from hone.files import write_whole
from hone.people.store import open_store
from hone.serving.connections import Limits
from hone.serving.listening import fitting

AGAIN = 200
"""Connections a second that are opened in the place of closed ones."""
FILES = 1024
HALF = b"GET /rate HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
PAGE = """# Connections that are held open

Written by `python benchmarks/hold_connections.py --serve --out docs/results/hold_connections.md`, on two cores that
others used as well.

{idle:,} connections that asked once and {half:,} that sent the beginning of a request, all from one address; what is
closed is opened again, 200 a second. Meanwhile somebody saves ratings, or asks `hone serve` for its list of models.

{table}
"""
Address = tuple[str, int]


@dataclass
class Held:
    """What is held open."""

    address: Address
    wanted: list[bytes]
    """What each connection sends."""
    writers: dict[int, asyncio.StreamWriter] = field(default_factory=dict)
    opening: set[int] = field(default_factory=set)
    closed: int = 0
    refused: int = 0

    async def open(self, place: int) -> None:
        """One connection, which is noted again once the server closes it."""
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*self.address), 5)
            writer.write(self.wanted[place])
        except (OSError, TimeoutError):
            self.refused += 1
            return
        finally:
            self.opening.discard(place)
        self.writers[place] = writer
        with suppress(OSError):
            while await reader.read(65536):
                pass
        self.closed += 1
        writer.close()
        del self.writers[place]

    async def hold(self) -> None:
        """Hold all of them open, and open again what is closed."""
        async with asyncio.TaskGroup() as group:
            while True:
                there = self.opening | self.writers.keys()
                missing = [place for place in range(len(self.wanted)) if place not in there][: AGAIN // 10]
                self.opening.update(missing)
                for place in missing:
                    group.create_task(self.open(place))
                await asyncio.sleep(0.1)


@asynccontextmanager
async def holding(held: Held) -> AsyncIterator[None]:
    """The connections, all opened before the block runs, as far as the server lets them."""
    task = asyncio.create_task(held.hold())
    await asyncio.sleep(len(held.wanted) / AGAIN + 2)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@contextmanager
def started(log: Path, *words: str) -> Iterator[tuple[str, int]]:
    """A command of Hone's that serves; gives its host and port."""

    def few_files() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))

    with log.open("wb") as stream:
        command = [sys.executable, "-m", "hone.cli.main", *words, "--port", "0"]
        server = subprocess.Popen(command, stderr=stream, stdout=stream, preexec_fn=few_files)  # noqa: PLW1509
        try:
            deadline = time.monotonic() + 120
            while not (found := re.search(r"http://[\w.]+:(\d+)", log.read_text())):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(log.read_text())
                time.sleep(0.1)
            yield "127.0.0.1", int(found[1])
        finally:
            server.terminate()
            server.wait(30)


async def save(address: Address, token: str, saves: int) -> list[float]:
    """Seconds that each save of a rater takes."""
    root, seconds = f"http://localhost:{address[1]}", []
    jar, drawing = aiohttp.CookieJar(unsafe=True), random.Random(0)  # noqa: S311 - scores, not secrets
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=30)) as session:
        async with session.get(f"{root}/enter/{token}") as answer:
            html, page = await answer.text(), answer.url
        form = {name: re.findall(rf'name="{name}" value="([^"]*)"', html)[0] for name in ("token", "rubric")}
        for number in range(saves):
            sent = form | {"score-0": str(drawing.choice((-1, 0, 1))), "key": f"{number:x}"}
            headers = {"Accept": "application/json"} | ({"Connection": "close"} if number % 4 == 0 else {})
            began = time.monotonic()
            async with session.post(page, data=sent, headers=headers) as answer:
                said = await answer.json()
            seconds.append(time.monotonic() - began)
            if said.get("saved") is not True:
                raise RuntimeError(f"{answer.status}: {said}")
            await asyncio.sleep(0.05)
    return seconds


async def ask(address: Address, times: int) -> list[float]:
    """Seconds that each answer of `hone serve` takes."""
    seconds = []
    async with aiohttp.ClientSession() as session:
        for number in range(times):
            began = time.monotonic()
            headers = {"Connection": "close"} if number % 4 == 0 else {}
            async with session.get(f"http://localhost:{address[1]}/v1/models", headers=headers) as answer:
                await answer.read()
            seconds.append(time.monotonic() - began)
            await asyncio.sleep(0.05)
    return seconds


def row(name: str, seconds: list[float], held: Held | None, log: Path) -> str:
    """A row of the table."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    figures = (
        f"{statistics.median(seconds) * 1000:.0f} ms",
        f"{cuts[94] * 1000:.0f} ms",
        f"{max(seconds) * 1000:.0f} ms",
    )
    counts = ("0", "0", "0") if held is None else (f"{len(held.writers):,}", f"{held.closed:,}", f"{held.refused:,}")
    return " | ".join(("", name, *counts, f"{len(seconds):,}", *figures, f"{log.stat().st_size:,}", "")).strip()


async def rating(folder: Path, options: argparse.Namespace) -> list[str]:
    """Rows of `hone rate`."""
    project, log = make_project(folder / "plans"), folder / "rate.log"
    with open_store(project.database) as store:
        tokens = [store.invite(f"rater {number}") for number in range(3)]
    with started(log, "rate", "--project", str(project.folder), "--no-open", "--stop-after", "120") as address:
        rows = [row("`hone rate`, nobody else", await save(address, tokens[0], options.saves), None, log)]
        link = f"http://localhost:{address[1]}/enter/{tokens[2]}"
        async with aiohttp.ClientSession() as session, session.get(link, allow_redirects=False) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
        get = "GET /mine HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
        idle = [get.format(f"Cookie: {cookie}\r\n" if place % 2 else "").encode() for place in range(options.idle)]
        held = Held(address, idle + [HALF] * options.half)
        async with holding(held):
            rows.append(row("`hone rate`, held", await save(address, tokens[1], options.saves), held, log))
    return rows


async def serving(folder: Path, options: argparse.Namespace) -> list[str]:
    """Rows of `hone serve`."""
    log = folder / "serve.log"
    with started(log, "serve", "smollm2", "--context", "256", "--slots", "1") as address:
        rows = [row("`hone serve`, nobody else", await ask(address, options.saves), None, log)]
        get = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
        held = Held(address, [get] * options.idle + [HALF] * options.half)
        async with holding(held):
            rows.append(row("`hone serve`, held", await ask(address, options.saves), held, log))
    return rows


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle", type=int, default=2000)
    parser.add_argument("--half", type=int, default=1100)
    parser.add_argument("--saves", type=int, default=200)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    fitting(Limits())  # as many files as may be had, for this process as well
    with tempfile.TemporaryDirectory() as name:
        rows = asyncio.run(rating(Path(name), options))
        if options.serve:
            rows += asyncio.run(serving(Path(name), options))
    head = "| server | held at the end | closed by it | not opened | asked | p50 | p95 | longest | bytes of log |\n"
    table = f"{head}|---|---|---|---|---|---|---|---|---|\n" + "".join(f"{one}\n" for one in rows)
    print(table)
    if options.out:
        write_whole(options.out, PAGE.format(idle=options.idle, half=options.half, table=table))


if __name__ == "__main__":
    main()
