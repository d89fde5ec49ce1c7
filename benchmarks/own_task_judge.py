"""A judge on a task of one's own: six hand-written replies whose quality is known, scored by a real model.

    python benchmarks/own_task_judge.py --judge gguf:FILE [--task history|leaflet|support] [--source FOLDER/src]
        [--per-criterion] [--keep FOLDER]

Three tasks (a history teacher's feedback, a nurse's explanations, a shop's answers): to each of three requests there
are six replies (good, good, rude, false, off topic, "ok"), which stand in `own_tasks`. Prints one line of a Markdown table: the mean score of each kind of reply, and the share of rows
with one level on all criteria. `--source` names another version of Hone to label with, for before and after.
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
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent
KINDS = ("good A", "good B", "rude", "false", "off topic", "ok")
TASKS = sorted(path.stem for path in (HERE / "own_tasks").glob("*.yaml"))


def rows(requests: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every request with each of its replies."""
    return [
        {"id": f"{name}-{kind.replace(' ', '-')}", "prompt": one["request"], "reply": one["replies"][kind]}
        for name, one in requests.items()
        for kind in KINDS
    ]


def label(folder: Path, source: Path, more: Sequence[str]) -> list[dict[str, object]]:
    """The rows as `hone label` of that source scored them."""
    out = folder / f"labelled-{time.time_ns()}.jsonl"
    code = "from hone.cli.main import main; main()"
    command = [sys.executable, "-c", code, "label", "replies.jsonl", "--rubric", "working", "--out", str(out), *more]
    path = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": path}, check=False)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def line(name: str, found: Sequence[dict[str, object]], names: Sequence[str]) -> str:
    """One line of the table: the mean by kind, rows with one opinion, rows without scores."""
    scored = [row for row in found if row["unscored"] is None]
    cells = []
    for kind in KINDS:
        own = [row for row in scored if str(row["id"]).endswith(kind.replace(" ", "-"))]
        cells.append(f"{fmean(float(str(row[key])) for row in own for key in names):+.2f}" if own else "none")
    one = sum(len({row[key] for key in names}) == 1 for row in scored)
    return f"| {name} | {' | '.join(cells)} | {one} of {len(scored)} | {len(found) - len(scored)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--task", choices=TASKS, default="history")
    parser.add_argument("--source", type=Path, default=HERE.parent / "src")
    parser.add_argument("--name", default="")
    parser.add_argument("--per-criterion", action="store_true")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="hone-own-task-"))
    folder.mkdir(parents=True, exist_ok=True)
    yaml = YAML(typ="safe")
    made = yaml.load(HERE / "own_tasks" / f"{args.task}.yaml")
    requests = made["requests"]
    yaml.dump(
        {"task": made["task"], "models": {"judge": {"model": args.judge, "context": 4096}}}, folder / "hone.yaml"
    )
    yaml.dump({"criteria": made["criteria"], "scale": "-1..1"}, folder / "rubric.yaml")
    items = [{"id": key, "prompt": one["request"]} for key, one in requests.items()]
    for name, data in (("items", items), ("replies", rows(requests))):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data), encoding="utf-8")
    started = time.monotonic()
    found = label(folder, args.source.resolve(), ["--per-criterion"] if args.per_criterion else [])
    names = [key for key in found[0] if f"{key} reason" in found[0]]
    print(f"| asked | {' | '.join(KINDS)} | one level on all criteria | no score |")
    print("|---|" + "---|" * (len(KINDS) + 2))
    print(line(args.name or str(args.source), found, names))
    print(
        f"\n{len(found)} rows, {time.monotonic() - started:.0f} s, {platform.machine()}, {os.cpu_count()} cores; {folder}"
    )


if __name__ == "__main__":
    main()
