"""200 raters at once on `hone rate` with SQLite: how long a saved rating takes, and whether each is kept, once.

    python benchmarks/rating_load.py [--raters 200] [--seconds 60] [--kills 5] [--out docs/results/rating_load.md]

Prints a Markdown table. The server is the real command in a process of its own on loopback; raters come in by their
links, load each page as a browser does, and save criterion by criterion. Between two actions they think: exponential
times with a mean of 10 s for reading a reply and 2 s for each criterion, 16 s a reply. People take longer (a study
plan of 250 words takes a minute to read at 240 words a minute), so the load is several times that of 200 people. One
save in twenty is sent twice with the same id, as a browser does that lost the answer. Then the server is killed with
SIGKILL in the middle of saves without any thinking, several times over, and what it had acknowledged is looked up.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from hone.domain.task import Reply
from hone.people.store import open_store
from hone.project import Project

REPLIES, CRITERIA, PER_ITEM = 300, 3, 60
READING, CHOOSING = 10.0, 2.0
TWICE = 0.05
PLAN = "## Week {n}\n\nDay 1, 20 minutes: expand $({n}x + 3)(x - 2)$. Day 2: ten tasks of the same kind.\n\n" * 8
Cell = tuple[str, str, int]


@dataclass
class Seen:
    """What the raters saw."""

    saves: list[float] = field(default_factory=list)
    """Seconds from sending a save to its acknowledgement."""
    pages: list[float] = field(default_factory=list)
    files: list[float] = field(default_factory=list)
    """Of a static file, which costs the server next to nothing: what the machine itself takes at that moment."""
    flushes: list[float] = field(default_factory=list)
    """Of 4 KB written to the same disk and flushed, by nobody else: what a save cannot be quicker than."""
    processor: float = 0.0
    """Seconds of processor time that the server took."""
    acknowledged: dict[Cell, float] = field(default_factory=dict)
    """The value that was acknowledged last, by rater, subject and criterion."""
    sent: dict[Cell, float] = field(default_factory=dict)
    """The value that was sent last, acknowledged or not."""
    changes: int = 0
    """Acknowledged saves, those that were sent twice counted once."""
    doubled: int = 0
    problems: list[str] = field(default_factory=list)


def make_project(folder: Path) -> Project:
    """A project with replies of a real length to rate."""
    project = Project.create(folder)
    replies = [
        Reply(item=f"i{n}", prompt=f"Plan week {n} for me, please.", text=PLAN.format(n=n), model="m")
        for n in range(REPLIES)
    ]
    project.open_run("reply", {"n": 1}).finish(replies)
    return project


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The real command; gives its address and its process."""
    command = [sys.executable, "-m", "hone.cli.main", "rate", "--project", str(folder), "--port", "0", "--no-open"]
    command += ["--per-item", str(PER_ITEM), "--stop-after", "60"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        lines = server.stderr or ()
        found = next(found for line in lines if (found := re.search(r"http://localhost:\d+", line)))
        try:
            yield found[0], server
        finally:
            server.terminate()


async def rate(address: str, name: str, token: str, seen: Seen, *, until: float, thinking: bool) -> None:
    """One rater, from the link to the end of the time."""
    drawing = random.Random(name)  # noqa: S311 - paces, not secrets
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=60)) as session:
        if thinking:  # people do not all click within one second
            await asyncio.sleep(drawing.uniform(0, READING))
        page = f"/enter/{token}"
        while time.monotonic() < until:
            started = time.monotonic()
            async with session.get(address + page) as answer:
                html, subject = await answer.text(), answer.url.path.removeprefix("/rate/")
            seen.pages.append(time.monotonic() - started)
            if 'name="rubric"' not in html:
                return
            started = time.monotonic()
            async with session.get(f"{address}/static/icon.svg") as answer:
                await answer.read()
            seen.files.append(time.monotonic() - started)
            form = {key: _field(html, key) for key in ("token", "rubric")}
            await _think(drawing, READING, thinking)
            for criterion in range(CRITERIA):
                await _think(drawing, CHOOSING, thinking)
                form[f"score-{criterion}"] = str(drawing.choice((-1, 0, 1)))
                cell = (name, subject, criterion)
                seen.sent[cell] = float(form[f"score-{criterion}"])
                await _save(session, address, cell, form | {"key": f"{drawing.getrandbits(64):x}"}, seen, drawing)
            page = "/rate"


async def _save(
    session: aiohttp.ClientSession, address: str, cell: Cell, form: dict[str, str], seen: Seen, drawing: random.Random
) -> None:
    turns = 2 if drawing.random() < TWICE else 1
    for turn in range(turns):
        started = time.monotonic()
        async with session.post(
            f"{address}/rate/{cell[1]}", data=form, headers={"Accept": "application/json"}
        ) as answer:
            said = await answer.json()
        if answer.status != 200 or said.get("saved") is not True:
            seen.problems.append(f"{answer.status}: {said}")
            continue
        seen.saves.append(time.monotonic() - started)
        seen.acknowledged[cell] = float(form[f"score-{cell[2]}"])
        seen.changes += turn == 0
        seen.doubled += turn


async def _think(drawing: random.Random, mean: float, thinking: bool) -> None:
    if thinking:
        await asyncio.sleep(min(drawing.expovariate(1 / mean), 6 * mean))


def _field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    if found is None:
        raise RuntimeError(f"the page has no field {name}")
    return found[1]


def invited(project: Project, raters: int) -> dict[str, str]:
    """A token by rater's name."""
    with open_store(project.database) as store:
        return {f"rater {n}": store.invite(f"rater {n}") for n in range(raters)}


def check(project: Project, seen: Seen) -> tuple[int, int]:
    """How many acknowledged ratings are not there, and how many entries the history has too many."""
    rubric = project.rubric
    with open_store(project.database) as store:
        there = {
            (row.rater, row.subject, rubric.names.index(row.criterion)): row.score for row in store.ratings(rubric)
        }
        changed = sum(one.place == "ratings" for one in store.history(limit=10_000_000))
    # A save that was sent and not acknowledged may be there or not; either is right.
    lost = sum(there.get(cell) not in (value, seen.sent[cell]) for cell, value in seen.acknowledged.items())
    unanswered = sum(cell not in seen.acknowledged for cell in there)
    return lost, changed - len(seen.acknowledged) - unanswered


async def _all(address: str, tokens: dict[str, str], seen: Seen, *, until: float, thinking: bool) -> None:
    tasks = [
        asyncio.create_task(rate(address, name, token, seen, until=until, thinking=thinking))
        for name, token in tokens.items()
    ]
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, BaseException) and thinking:
            seen.problems.append(repr(outcome))


async def _flushing(folder: Path, seen: Seen) -> None:
    def flush() -> float:
        started = time.monotonic()
        with (folder / "flush.bin").open("wb") as stream:
            stream.write(b"x" * 4096)
            stream.flush()
            os.fsync(stream.fileno())
        return time.monotonic() - started

    while True:
        seen.flushes.append(await asyncio.to_thread(flush))
        await asyncio.sleep(0.1)


def load(folder: Path, raters: int, seconds: float) -> tuple[Seen, int, int]:
    """All raters at once, at a human pace."""
    project, seen = make_project(folder), Seen()
    tokens = invited(project, raters)
    with serving(folder) as (address, server):
        before = _processor(server.pid)

        async def both() -> None:
            flushing = asyncio.create_task(_flushing(folder, seen))
            await _all(address, tokens, seen, until=time.monotonic() + seconds, thinking=True)
            flushing.cancel()

        asyncio.run(both())
        seen.processor = _processor(server.pid) - before
    return seen, *check(project, seen)


def _processor(pid: int) -> float:
    """Seconds of processor time that a process took so far; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kill(folder: Path, after: float) -> tuple[Seen, int, int]:
    """Twenty raters who save as fast as they can, and a server that is killed meanwhile."""
    project, seen = make_project(folder), Seen()
    tokens = invited(project, 20)

    async def both(address: str, server: subprocess.Popen[str]) -> None:
        work = asyncio.create_task(_all(address, tokens, seen, until=time.monotonic() + 60, thinking=False))
        while not seen.changes:
            await asyncio.sleep(0.05)
        await asyncio.sleep(after)
        server.send_signal(signal.SIGKILL)
        await work

    with serving(folder) as (address, server), suppress(ProcessLookupError):
        asyncio.run(both(address, server))
    return seen, *check(project, seen)


def quantiles(times: list[float]) -> str:
    """Median, 95% and 99% in milliseconds."""
    cuts = statistics.quantiles(times, n=100)
    return " | ".join(f"{1000 * value:.0f}" for value in (statistics.median(times), cuts[94], cuts[98], max(times)))


def report(raters: int, seconds: float, kills: int) -> Iterator[str]:
    """The whole page, line by line."""
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as place:
        seen, lost, extra = load(Path(place) / "load", raters, seconds)
    yield f"Machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; SQLite in WAL"
    yield "mode with a flush to the disk before each acknowledgement; raters, server and database on the same cores,"
    yield f"which had a load average of {busy:.1f} from other work at the start."
    yield ""
    yield f"{raters} raters for {seconds:g} s, {len(seen.saves) / seconds:.0f} saves a second:"
    yield ""
    yield "| what | n | median ms | p95 ms | p99 ms | longest ms |"
    yield "|---|--:|--:|--:|--:|--:|"
    yield f"| a saved rating | {len(seen.saves):,} | {quantiles(seen.saves)} |"
    yield f"| a page with the next reply | {len(seen.pages):,} | {quantiles(seen.pages)} |"
    yield f"| a static file of 0.2 KB, for comparison | {len(seen.files):,} | {quantiles(seen.files)} |"
    yield f"| 4 KB flushed to the disk, for comparison | {len(seen.flushes):,} | {quantiles(seen.flushes)} |"
    yield ""
    share = seen.processor / seconds
    yield f"The server took {seen.processor:.1f} s of processor time, {share:.0%} of one core, for all of it."
    yield ""
    yield f"Saves sent twice: {seen.doubled}. Lost: {lost}. Doubled: {extra}. Refused: {len(seen.problems)}."
    for problem in seen.problems[:3]:
        yield f"  {problem}"
    yield ""
    yield "The server killed with SIGKILL while 20 raters save without a pause:"
    yield ""
    yield "| killed after the first save | acknowledged | of these not there | doubled |"
    yield "|--:|--:|--:|--:|"
    for number in range(kills):
        after = 0.5 + 0.7 * number
        with tempfile.TemporaryDirectory() as place:
            seen, lost, extra = kill(Path(place) / "kill", after)
        yield f"| {after:.1f} s | {seen.changes:,} | {lost} | {extra} |"


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--raters", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    lines = []
    for line in report(options.raters, options.seconds, options.kills):
        print(line, flush=True)
        lines.append(line)
    if options.out:
        written = "Written by `python benchmarks/rating_load.py --out docs/results/rating_load.md`."
        head = f"# 200 raters at once\n\n{written}\n\n"
        options.out.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
