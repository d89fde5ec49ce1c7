"""A tune that helps, a tune that harms, and the gate that tells them apart, on a processor.

    python benchmarks/tune_sums.py [--examples 440] [--problems 200] [--folder FOLDER]

Runs the commands that a person would: `hone tune sums`, `hone bench sums --gate` with the base and the tuned model;
then the same questions with shuffled answers, `hone tune` on them, and the gate again. Exits 1 unless the first gate
opens with a gain whose 95% interval excludes 0, and the second refuses with exit code 3.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hone.cli.demo_model import Recipe

REFUSED = 3
RECIPE = Recipe()
"""As `hone demo --full` tunes."""


def hone(folder: Path, *arguments: str) -> tuple[int, Any, float]:
    """Run a command of `hone` in a folder: its exit code, its JSON document and its seconds."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "hone.cli.main", *arguments, "--json"], cwd=folder, stdout=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    try:
        data = json.loads(done.stdout)
    except ValueError:
        data = None
    return done.returncode, data, time.perf_counter() - started


def tuned(folder: Path, source: str, examples: int) -> tuple[str, dict[str, Any], float]:
    """Tune and give the tuned model's spec."""
    code, told, seconds = hone(folder, "tune", source, *RECIPE.tune, "--limit", str(examples))
    if code:
        raise SystemExit(f"hone tune {source} failed with exit code {code}")
    return f"hf:smollm2+runs/{told['run']}/adapter", told, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=RECIPE.examples)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
        print("| step | seconds | what came of it |\n|---|---|---|")
        code, _, seconds = hone(folder, "tune", "data", "sums", "--shuffle", "--out", "harmful.jsonl",
                                "--limit", str(options.examples))  # fmt: skip
        assert code == 0
        passed = True
        total = seconds
        for name, source, wanted in (("helpful", "sums", 0), ("harmful", "harmful.jsonl", REFUSED)):
            spec, told, seconds = tuned(folder, source, options.examples)
            total += seconds
            print(f"| tune, {name} | {seconds:.0f} | {told['tokens']:,} tokens in {told['seconds']:.0f} s, scale "
                  f"{told['scale']:g} kept |", flush=True)  # fmt: skip
            code, found, seconds = hone(folder, "bench", "sums", "--model", "hf:smollm2", "--model", spec, "--gate",
                                        "--limit", str(options.problems))  # fmt: skip
            total += seconds
            print(f"| bench, {name} | {seconds:.0f} | {json.dumps(found)[:1500]} |", flush=True)
            passed &= code == wanted
            print(f"| gate, {name} | | exit {code}, {wanted} is wanted |", flush=True)
        print(f"| in all | {total:.0f} | |")
    raise SystemExit(0 if passed else 1)


if __name__ == "__main__":
    main()
