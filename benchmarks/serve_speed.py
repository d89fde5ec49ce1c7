"""How fast `hone serve` is beside the bare engine: the same GGUF file, the same requests, in turn.

    python benchmarks/serve_speed.py FILE.gguf [--runs 5]

The bare engine is llama.cpp's server from xllamacpp, asked over its own port; its figures are its own timings. `hone
serve` passes requests on to such a server, so both timings come from llama.cpp, and the wall clock shows what the way
through costs. Prompts are of about 256 tokens and never repeated; answers of 64 tokens.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import aiohttp

from hone.export.corpus import prose
from hone.models.embedded import EmbeddedModel
from hone.serving.server import Serving, listen


def body(number: int) -> dict[str, Any]:
    """A request that no cache has seen."""
    return {"messages": [{"role": "user", "content": f"Text {number}. {prose()[number * 37:][:1000]}"}],
            "max_tokens": 64, "temperature": 0, "ignore_eos": True, "cache_prompt": False}  # fmt: skip


async def ask(session: aiohttp.ClientSession, url: str, key: str, number: int) -> tuple[float, float, float]:
    """Prompt and generation tokens a second by llama.cpp's count, and the seconds on the clock."""
    started = time.perf_counter()
    headers = {"Authorization": f"Bearer {key}"}
    async with session.post(f"{url}/chat/completions", json=body(number), headers=headers) as answer:
        timings = (await answer.json())["timings"]
    return timings["prompt_per_second"], timings["predicted_per_second"], time.perf_counter() - started


async def measure(file: Path, runs: int) -> None:
    """Ask both in turn, so that what else the machine does falls on both alike."""
    found: dict[str, list[tuple[float, float, float]]] = {"bare engine": [], "hone serve": []}
    with EmbeddedModel(f"gguf:{file}", file, context=1024, slots=1) as model:
        stack, address = await listen(Serving(model, "speed", "key").app(), "127.0.0.1", 0)
        async with stack, aiohttp.ClientSession() as session:
            for number in range(runs + 1):
                pairs = [("bare engine", model.url, model.key), ("hone serve", address, "key")]
                for name, url, key in pairs if number % 2 else reversed(pairs):
                    timed = await ask(session, url, key, number)
                    if number:  # the first warms up
                        found[name].append(timed)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {file.name}, {runs} runs, medians\n"
    )
    print("| what | prompt tokens/s | generation tokens/s | seconds a request |\n|---|---|---|---|")
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()
    }
    for name, (prompt, generation, seconds) in medians.items():
        print(f"| {name} | {prompt:.1f} | {generation:.1f} | {seconds:.3f} |")
    ratios = [ours / bare for ours, bare in zip(medians["hone serve"], medians["bare engine"], strict=True)]
    print(f"\nRatios, `hone serve` to bare: {ratios[0]:.2f}, {ratios[1]:.2f}, {ratios[2]:.2f}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    asyncio.run(measure(options.file, options.runs))


if __name__ == "__main__":
    main()
