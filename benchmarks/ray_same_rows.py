"""Runs `hone label` on both engines against a mock endpoint, and compares what they wrote byte for byte.

    python benchmarks/ray_same_rows.py [--items 5000] [--wait SECONDS]

Prints a Markdown table, and exits with 1 where a row differs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from label_speed import endpoint, write_project

FILES = ("out.jsonl", "people.csv", "results.jsonl")


def label(folder: Path, engine: str) -> float:
    """Seconds that the whole command takes."""
    command = [sys.executable, "-m", "hone.cli.main", "label", "data.jsonl", "--out", "out.jsonl"]
    command += ["--people", "people.csv", "--engine", engine, "--project", "."]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def written(folder: Path) -> list[bytes]:
    (run,) = folder.glob("runs/*-label-*")
    return [path.read_bytes() for path in (folder / FILES[0], folder / FILES[1], run / FILES[2])]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=5000)
    parser.add_argument("--wait", type=float, default=0.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, endpoint(options.wait) as url:
        files = {}
        print("| engine | rows | seconds, all included |\n|---|---|---|")
        for engine in ("local", "ray"):
            project = Path(folder) / engine
            write_project(project, url, options.items, concurrency=32)
            seconds = label(project, engine)
            files[engine] = written(project)
            print(f"| {engine} | {files[engine][0].count(bytes([10])):,} | {seconds:.1f} |")
    same = [one == other for one, other in zip(files["local"], files["ray"], strict=True)]
    print(
        "\n" + ", ".join(f"{name}: {'same' if equal else 'DIFFERS'}" for name, equal in zip(FILES, same, strict=True))
    )
    return 0 if all(same) else 1


if __name__ == "__main__":
    raise SystemExit(main())
