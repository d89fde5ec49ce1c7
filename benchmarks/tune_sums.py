"""A tune that helps, a tune that harms, and the gate that tells them apart, on a processor.

    python benchmarks/tune_sums.py [--examples 440] [--problems 200] [--harmful 160] [--folder FOLDER]

Runs the commands that a person would: `hone tune sums`, `hone bench sums --gate` with the base and the tuned model;
then questions with shuffled answers, `hone tune` on them, and the gate again, against the base and against the model
that was tuned well. Exits 1 unless the first gate opens with a gain whose 95% interval excludes 0, and the others
refuse with exit code 3.
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
        [sys.executable, "-m", "hone.cli.main", *arguments, "--json"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
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


def gated(folder: Path, first: str, second: str, problems: int) -> tuple[int, dict[str, Any], float]:
    """The gate on two models: its exit code, the pair's comparison and its seconds."""
    models = ("--model", first, "--model", second)
    code, found, seconds = hone(folder, "bench", "sums", *models, "--gate", "--limit", str(problems))
    return code, {"models": found["models"], **found["comparisons"][0]}, seconds


def shown(found: dict[str, Any]) -> str:
    """Both accuracies and their difference, with intervals."""
    shares = [one["accuracy"] for one in found["models"]]
    both = ", ".join(f"{one['value']:.1%} ({one['low']:.1%} to {one['high']:.1%})" for one in shares)
    gap = found["difference"]
    points = f"{100 * gap['value']:+.1f} ({100 * gap['low']:+.1f} to {100 * gap['high']:+.1f})"
    return f"{both}; difference {points} points, McNemar p = {found['mcnemar']['p_value']:.2g}, n = {gap['n']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=RECIPE.examples)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--harmful", type=int, default=160, help="examples with shuffled answers")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
        print("| step | seconds | what came of it |\n|---|---|---|")
        hone(folder, "tune", "data", "sums", "--shuffle", "--out", "harmful.jsonl", "--limit", str(options.harmful))
        specs, passed = {"base": "hf:smollm2"}, True
        for name, source, count in (
            ("helpful", "sums", options.examples),
            ("harmful", "harmful.jsonl", options.harmful),
        ):
            specs[name], told, seconds = tuned(folder, source, count)
            print(
                f"| tune, {name} ({count} examples) | {seconds:.0f} | {told['tokens']:,} tokens in "
                f"{told['seconds']:.0f} s, scale {told['scale']:g} kept |",
                flush=True,
            )
            for first in ("base", "helpful") if name == "harmful" else ("base",):
                code, found, seconds = gated(folder, specs[first], specs[name], options.problems)
                wanted = REFUSED if name == "harmful" else 0
                passed &= code == wanted and (name == "harmful" or found["difference"]["low"] > 0)
                gate = f"gate: exit {code}, {wanted} wanted"
                print(f"| bench, {first} and {name} | {seconds:.0f} | {shown(found)}; {gate} |", flush=True)
    raise SystemExit(0 if passed else 1)


if __name__ == "__main__":
    main()
