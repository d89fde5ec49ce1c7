"""Writes docs/results/agreement.md: public ratings through `hone agree`, and what a million rows cost.

    python benchmarks/agreement_results.py [--rows 1000000] [--resamples 10000] [--part all|sets|rows]

The ratings are read from ../shared/data (HONE_TEST_DATA overrides).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.published import SETS, folder, write  # noqa: E402 - the converters stand beside the tests that use them

PAGE = ROOT / "docs" / "results" / "agreement.md"
RUBRICS = ("Empty", "Criteria Only", "Full")


def shown(figure: dict[str, Any], digits: int = 3, sign: str = "") -> str:
    """A figure with its interval."""
    if figure["value"] is None:
        return f"– ({figure.get('reason', 'undefined')})"
    value = f"{figure['value']:{sign}.{digits}f}"
    return value if figure["low"] is None else f"{value} ({figure['low']:{sign}.2f} to {figure['high']:{sign}.2f})"


def agreed(path: Path, level: str, resamples: int, *more: str) -> dict[str, Any]:
    """What `hone agree --json` prints."""
    command = [sys.executable, "-m", "hone.cli.main", "agree", str(path), "--level", level, "--json"]
    command += ["--resamples", str(resamples), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def khan(path: Path, resamples: int) -> Iterator[str]:
    found = agreed(path, "nominal", resamples)["criteria"]["correct"]
    people, ceiling = found["people"], found["ceiling"]["cohen_kappa"]
    yield f"## khan_saq: 11 judges under 3 rubrics, {found['items']} answers, 3 people\n"
    yield (
        f"People among each other: Fleiss' kappa {shown(people['fleiss_kappa'])}. The ceiling, a person against the "
        f"others: Cohen's kappa {shown(ceiling)}. Each judge's majority of three runs is held against the people's "
        "majority; \"gap\" is its kappa minus a person's on the same answers; the gaps' intervals hold together. "
        "Answers are resampled one by one: the intervals are for other answers to these 20 questions.\n"
    )
    yield "| judge | rubric | n | Cohen's kappa | gap to a person | verdict |\n|---|---|---|---|---|---|"
    models = sorted({name.rpartition(" / ")[0] for name in found["judges"]})
    for model in models:
        for rubric in RUBRICS:
            judge = found["judges"][f"{model} / {rubric}"]
            kappa = shown(judge["consensus"]["cohen_kappa"], 4)
            verdict = judge["verdict"].partition(":")[0]
            yield f"| {model} | {rubric} | {judge['items']} | {kappa} | {shown(judge['gap'], 2, '+')} | {verdict} |"
    yield "\nThe gain of a rubric, `Full` minus `Empty` on the same answers (`--compare`), p from permutations:\n"
    yield "| judge | n | gain in kappa | p |\n|---|---|---|---|"
    for model in models:
        more = ("--compare", f"{model} / Full", f"{model} / Empty")
        gain = agreed(_only(path, more[1:]), "nominal", resamples, *more)["comparison"]["criteria"]["correct"]
        yield f"| {model} | {gain['items']} | {shown(gain['difference'], 3, '+')} | {gain['p_value']:.4f} |"


def _only(path: Path, judges: tuple[str, ...]) -> Path:
    """The same file with the people and these judges alone, so that each comparison is quick."""
    chosen = path.with_name("chosen.csv")
    with path.open(newline="", encoding="utf-8") as source, chosen.open("w", newline="", encoding="utf-8") as target:
        reader = csv.reader(source)
        writer = csv.writer(target)
        writer.writerows(row for row in reader if row[4] != "judge" or row[2] in judges)
    return chosen


def others(name: str, path: Path, resamples: int) -> Iterator[str]:
    found = agreed(path, SETS[name][2], resamples)
    main = {
        "nominal": ["cohen_kappa"],
        "ordinal": ["weighted_kappa"],
        "interval": ["pearson", "spearman", "kendall_tau"],
    }
    columns = main[found["level"]]
    yield f"\n## {name} ({found['level']})\n"
    head = ["criterion", "who", "n", *columns, "verdict"]
    yield f"| {' | '.join(head)} |\n|{'---|' * len(head)}"
    for criterion, one in found["criteria"].items():
        if len(one["raters"]) > 1:
            pairs = one["people"]["weighted_kappa" if found["level"] == "ordinal" else "cohen_kappa"]
            for pair, figure in pairs.items():
                yield _row(criterion, pair.replace("|", " and "), figure["n"], [shown(figure)], "")
            alpha = one["people"]["krippendorff_alpha"]
            yield _row(criterion, "people together: Krippendorff's alpha", alpha["n"], [shown(alpha, 4)], "")
            yield _row(criterion, "ceiling", one["items"], [shown(one["ceiling"][key]) for key in columns], "")
        for judge, entry in one["judges"].items():
            if entry["items"]:
                figures = [shown(entry["consensus"][key], 4) for key in columns]
                yield _row(criterion, judge, entry["items"], figures, entry["verdict"].partition(":")[0])
        if not one["judges"]:
            figure = one["baselines"]["majority_class"]["accuracy"]
            who, none = f"always the commonest label: right in {shown(figure)}", ["–"] * len(columns)
            yield _row(criterion, who, one["items"], none, "no ceiling: one label each")


def _row(*cells: Any) -> str:
    flat = [str(part) for cell in cells for part in (cell if isinstance(cell, list) else [cell])]
    return f"| {' | '.join(flat)} |"


_MEASURED = """
import json, resource, sys, time
from pathlib import Path
from hone.measuring import Reading, read_ratings
from hone.stats import BootstrapOptions, agreement_figures
start = time.perf_counter()
found = read_ratings(Path(sys.argv[1]), Reading())
read, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
busy = None
if sys.argv[2] != "0":
    agreement_figures(found.ratings, BootstrapOptions(int(sys.argv[2])))
    busy = time.process_time()
whole = time.perf_counter() - start
print(json.dumps([found.rows, read, peak, whole, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, busy]))
"""


def large(rows: int, resamples: int, place: Path) -> Iterator[str]:
    yield f"\n## {rows:,} rows\n"
    load = os.getloadavg()[0]
    yield f"Items x 4 people and 1 judge x 5 criteria, scores 1 to 5, simulated; 1-minute load before: {load:.1f}.\n"
    yield "| file | size | reading | peak memory of reading | with every figure |\n|---|---|---|---|---|"
    for form in ("csv", "jsonl", "parquet"):
        path = _written(place / f"large.{form}", rows)
        with_figures = str(resamples) if form == "csv" else "0"
        command = [sys.executable, "-c", _MEASURED, str(path), with_figures]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        read_rows, read, peak, whole, most, busy = json.loads(done.stdout)
        figures = (
            f"{whole:.0f} s ({busy:.0f} s of processor time), {most:,.0f} MB, {resamples:,} resamples" if busy else ""
        )
        size = path.stat().st_size / 1e6
        yield f"| {form}, {read_rows:,} rows | {size:.0f} MB | {read:.1f} s | {peak:.0f} MB | {figures} |"


def _written(path: Path, rows: int) -> Path:
    from hone.tables import open_writer  # noqa: PLC0415

    chance = random.Random(0)  # noqa: S311 - simulated ratings, not secrets
    columns: dict[str, type] = {"item": str, "criterion": str, "rater": str, "score": float, "kind": str}
    with open_writer(path, columns) as writer:
        for row in range(rows):
            item, rest = divmod(row, 25)
            criterion, rater = divmod(rest, 5)
            kind = "judge" if rater == 4 else "human"
            score = float(min(5, max(1, item * 7 % 5 + 1 + chance.randint(-1, 1))))
            writer.write(
                {
                    "item": f"item {item}",
                    "criterion": f"criterion {criterion}",
                    "rater": f"{kind} {rater}",
                    "score": score,
                    "kind": kind,
                }
            )
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--resamples", type=int, default=10_000)
    parser.add_argument("--part", choices=["all", "sets", "rows"], default="all")
    given = parser.parse_args()
    started = time.perf_counter()
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores (shared with other work), Python {platform.python_version()}"
    )
    intervals = f"95% intervals, cluster bootstrap, {given.resamples:,} resamples, seed 0"
    head = f"`python benchmarks/agreement_results.py`, {machine}. In brackets: {intervals}.\n"
    lines = ["# Agreement on public ratings\n", head]
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        if given.part in ("all", "sets"):
            for name in SETS:
                path = write(name, place / f"{name}.csv", folder())
                lines += khan(path, given.resamples) if name == "khan_saq" else others(name, path, given.resamples)
        if given.part in ("all", "rows"):
            lines += large(given.rows, given.resamples, place)
    text = "\n".join(lines) + "\n"
    if given.part == "all":
        PAGE.write_text(text, encoding="utf-8")
    print(text if given.part != "all" else f"{PAGE}: {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
