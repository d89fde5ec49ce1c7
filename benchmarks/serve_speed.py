"""How fast `hone serve` is beside the bare engine: the same GGUF file, the same requests, in turn.

    python benchmarks/serve_speed.py FILE.gguf [--runs 9]

The bare engine is llama.cpp's server from xllamacpp, asked over its own port, and its figures are llama.cpp's own
timings. What `hone serve` gives is taken from the client's clock: prompt tokens over the seconds to the first piece,
generated tokens over the seconds from the first piece to the last. So all that lies between counts against it. Where
the extra `quantise` is installed, a row shows the library alone, without any server, as `llama-bench` measures it.
Prompts are of about 256 tokens and never repeated; answers of 64 tokens. Exits 1 where `hone serve` is below 90% of
the bare engine.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from hone.export.corpus import prose
from hone.models.embedded import EmbeddedModel
from hone.serving.server import Serving, listen

LEAST = 0.9
PROMPT, REPLY = 256, 64
OWN, BARE, SERVED = (
    "bare engine, llama.cpp's own timings",
    "bare engine, client's clock",
    "hone serve, client's clock",
)
LIBRARY = "llama.cpp's library alone, as llama-bench"

# Another build of llama.cpp than xllamacpp's, so in a process of its own.
_LIBRARY = """\
import ctypes, statistics, sys, time
import llama_cpp as l
file, threads, prompt, reply, runs = sys.argv[1], *map(int, sys.argv[2:])
silent = l.llama_log_callback(lambda *_: None)  # kept, because llama.cpp keeps only where it is; tokens likewise
l.llama_log_set(silent, None)
l.llama_backend_init()
model = l.llama_model_load_from_file(file.encode(), l.llama_model_default_params())
params = l.llama_context_default_params()
params.n_ctx, params.n_batch, params.n_threads, params.n_threads_batch = 1024, 2048, threads, threads
context = l.llama_init_from_model(model, params)
def decode(tokens):
    array = (l.llama_token * len(tokens))(*tokens)
    if l.llama_decode(context, l.llama_batch_get_one(array, len(tokens))):
        raise SystemExit("llama_decode failed")
    l.llama_synchronize(context)
rates = []
for run in range(runs + 1):
    l.llama_memory_clear(l.llama_get_memory(context), True)
    start = time.perf_counter(); decode([100 + run + n for n in range(prompt)])
    middle = time.perf_counter()
    for n in range(reply): decode([200 + n])
    rates.append((prompt / (middle - start), reply / (time.perf_counter() - middle)))
print(*(statistics.median(column) for column in zip(*rates[1:])))
"""


def body(number: int) -> dict[str, Any]:
    """A request that no cache has seen."""
    return {
        "messages": [{"role": "user", "content": f"Text {number}. {prose()[number * 37 :][:1000]}"}],
        "max_tokens": REPLY,
        "temperature": 0,
        "ignore_eos": True,
        "cache_prompt": False,
        "stream": True,
        "timings_per_token": True,
    }


async def ask(session: aiohttp.ClientSession, url: str, key: str, number: int) -> tuple[list[float], list[float]]:
    """Prompt and generation tokens a second: by llama.cpp's count, and by the clock here."""
    headers = {"Authorization": f"Bearer {key}"}
    started = time.perf_counter()
    pieces: list[float] = []
    timings: dict[str, float] = {}
    async with session.post(f"{url}/chat/completions", json=body(number), headers=headers) as answer:
        async for line in answer.content:
            if line.startswith(b"data: {"):
                event = json.loads(line[6:])
                if event["choices"] and event["choices"][0]["delta"].get("content"):
                    pieces.append(time.perf_counter())
                timings = event.get("timings") or timings
    own = [timings["prompt_per_second"], timings["predicted_per_second"]]
    clock = [timings["prompt_n"] / (pieces[0] - started), (timings["predicted_n"] - 1) / (pieces[-1] - pieces[0])]
    return own, clock


async def measure(file: Path, runs: int) -> dict[str, list[float]]:
    """Ask both in turn, so that what else the machine does falls on both alike."""
    found: dict[str, list[Sequence[float]]] = {OWN: [], BARE: [], SERVED: []}
    with EmbeddedModel(f"gguf:{file}", file, context=1024, slots=1) as model:
        stack, address = await listen(Serving(model, "speed", "key").app(), "127.0.0.1", 0)
        async with stack, aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            for number in range(runs + 1):
                pairs = [(BARE, model.url, model.key), (SERVED, address, "key")]
                for name, url, key in pairs if number % 2 else reversed(pairs):
                    own, clock = await ask(session, url, key, number)
                    if number:  # the first warms up
                        found[name].append(clock)
                        found[OWN] += [own] if name == BARE else []
    return {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}


def library_alone(file: Path, runs: int) -> list[float]:
    """The same by the library alone."""
    numbers = [str(number) for number in (len(os.sched_getaffinity(0)), PROMPT, REPLY, runs)]
    command = [sys.executable, "-c", _LIBRARY, str(file), *numbers]
    environment = {"GOMP_SPINCOUNT": "1000"} | os.environ  # as the embedded engine sets it
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    options = parser.parse_args()
    found = asyncio.run(measure(options.file, options.runs))
    if importlib.util.find_spec("llama_cpp"):
        found[LIBRARY] = library_alone(options.file, options.runs)
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}, {options.file.name}, {options.runs} runs, medians\n")
    print("| what | prompt tokens/s | generation tokens/s |\n|---|---|---|")
    for name, (prompt, generation) in found.items():
        print(f"| {name} | {prompt:.1f} | {generation:.1f} |")
    ratios = [ours / bare for ours, bare in zip(found[SERVED], found[OWN], strict=True)]
    print(f"\n`hone serve` to the bare engine's own timings: prompt {ratios[0]:.2f}, generation {ratios[1]:.2f}.")
    raise SystemExit(0 if min(ratios) >= LEAST else 1)


if __name__ == "__main__":
    main()
