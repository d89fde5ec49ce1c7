"""How fast `hone label` is, beside a bare aiohttp loop that does nothing but send and receive.

    python benchmarks/label_speed.py [--items 20000] [--memory-items 200000] [--runs 3]

Prints a Markdown table. The endpoint runs in a process of its own on loopback and ends with the script; times are
medians. The time of `hone label` is that of the whole command: start, one pass over the data, calls, journal, results
and the output file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from ruamel.yaml import YAML

HERE = Path(__file__).parent
CRITERIA = [f"Be Measured {letter}" for letter in "ABC"]
SENTENCE = "The reply names each step together with the time that it takes."
REPLY = "Day one: twenty minutes of factorising, ten tasks. Day two: the same with brackets. " * 6


@contextmanager
def endpoint(wait: float = 0.0) -> Iterator[str]:
    """The mock endpoint's base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(HERE / "endpoint.py"), str(port), "--wait", str(wait)])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def write_project(folder: Path, url: str, items: int, concurrency: int) -> None:
    """A project whose judge is the endpoint, and a data set of so many rows."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "task": {"subject": "study plan", "role": "You are a tutor.", "instruction": "Write a study plan."},
        "models": {"judge": {"model": f"{url}#mock", "concurrency": concurrency}},
    }
    yaml = YAML()
    with (folder / "hone.yaml").open("w") as stream:
        yaml.dump(settings, stream)
    with (folder / "rubric.yaml").open("w") as stream:
        yaml.dump({"criteria": [{name: SENTENCE} for name in CRITERIA], "scale": "-1..1"}, stream)
    with (folder / "data.jsonl").open("w") as stream:
        for number in range(items):
            row = {"id": f"row-{number}", "prompt": f"Request {number}: plan my week.", "reply": f"{number}. {REPLY}"}
            stream.write(json.dumps(row) + "\n")


def label(folder: Path) -> tuple[float, float]:
    """Run `hone label` in a process of its own: seconds and peak memory in MB, interpreter and imports included."""
    command = [sys.executable, "-m", "hone.cli.main", "label", "data.jsonl", "--out", "out.jsonl", "--project", "."]
    # An installed package has its bytecode; a development machine may be told not to write any.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status:
        raise SystemExit(f"hone label failed in {folder}")
    return seconds, usage.ru_maxrss / 1024


async def bare(url: str, items: int, concurrency: int) -> float:
    """Seconds that aiohttp alone takes for the same number of calls with bodies of the same size."""
    body = {"model": "mock", "messages": [{"role": "user", "content": "x" * 2600}], "max_tokens": 448}
    data = json.dumps(body).encode()
    numbers = iter(range(items))
    started = time.perf_counter()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def worker() -> None:
            for _ in numbers:
                async with session.post(f"{url}/chat/completions", data=data) as response:
                    await response.read()

        await asyncio.gather(*(worker() for _ in range(concurrency)))
    return time.perf_counter() - started


def median_label(url: str, items: int, concurrency: int, runs: int) -> tuple[float, float]:
    """The median seconds and the highest peak of several runs, each in a fresh project."""
    results = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch, "project")
            write_project(folder, url, items, concurrency)
            results.append(label(folder))
    return statistics.median(seconds for seconds, _ in results), max(peak for _, peak in results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--memory-items", type=int, default=200_000)
    parser.add_argument("--waiting-items", type=int, default=100_000, help="rows of the longer run with a wait")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    rows = []
    with endpoint() as url:
        loop = statistics.median(asyncio.run(bare(url, options.items, 64)) for _ in range(options.runs))
        rows.append(("bare aiohttp loop, no wait", options.items, loop, None))
        seconds, peak = median_label(url, options.items, 64, options.runs)
        rows.append(("hone label, no wait", options.items, seconds, peak))
        if options.memory_items:
            rows.append(
                ("hone label, no wait", options.memory_items, *median_label(url, options.memory_items, 64, 1))
            )
    ideals = []
    with endpoint(wait=0.2) as url:
        for items in (options.items, options.waiting_items):
            waiting = asyncio.run(bare(url, items, 512))
            rows.append(("bare aiohttp loop, 0.2 s, 512 in flight", items, waiting, None))
            seconds, peak = median_label(url, items, 512, 1)
            rows.append(("hone label, 0.2 s, 512 in flight", items, seconds, peak))
            ideals.append((items, items / 512 * 0.2, seconds, waiting))
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n"
    )
    print("| what | items | seconds | items/s | peak MB |\n|---|---|---|---|---|")
    for name, items, seconds, peak in rows:
        print(f"| {name} | {items:,} | {seconds:.1f} | {items / seconds:,.0f} | {f'{peak:.0f}' if peak else ''} |")
    print(
        f"\n`hone label` without a wait: {rows[1][1] / rows[1][2] / (rows[0][1] / rows[0][2]):.2f} of the bare loop."
    )
    for items, ideal, seconds, waiting in ideals:
        print(
            f"With 0.2 s and 512 in flight, {items:,} rows: {seconds / ideal:.2f} times the ideal of {ideal:.1f} s; "
            f"the bare loop takes {waiting / ideal:.2f} times."
        )


if __name__ == "__main__":
    main()
