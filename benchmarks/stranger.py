"""A stranger's path: from a fresh clone to the first of everything, each with its one command and its time.

    python benchmarks/stranger.py [--work /tmp/stranger] [--quick] [--write]

Clones this repository, sets it up as its Makefile says, and types the commands that the docs name, each in a shell of
its own. `--write` puts the table into docs/stranger.md; `--quick` makes everything smaller, to try the script. What a
person does in between (deciding, rating) is done by the script and said so: its ratings are made up.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "stranger.md"
HERE_TOO = "## An engineer's path"
"""Where the part of benchmarks/engineer.py begins, which this script leaves as it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a stranger has for the first time."""

    first: str
    command: str
    """What is typed, in the project's folder."""
    by: str = ""
    """What the script does in a person's place before it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How long a step took."""

    step: Step
    seconds: float
    since: float
    """Seconds since the clone."""


def steps(*, quick: bool) -> list[Step]:
    """The path, in order."""
    tune = (
        "hone tune sums --limit 24 --max-steps 2 --set scales=[0,1]"
        if quick
        else "hone tune sums --limit 440 --epochs 1"
    )
    few = "--items 1" if quick else ""
    return [
        Step("project", "hone init plans --template study-plan-student"),
        Step("comparison of replies with and without the rubric", f"hone rubric compare {few}".strip()),
        Step("advice", "hone rubric advise"),
        Step("rubric, frozen", "hone rubric merge --accept all && hone rubric finalise", "accepts all advice"),
        Step("scores by a judge", f"hone reply {few or '--items 4'} && hone label"),
        Step(
            "rating",
            "hone feedback import ratings.csv",
            "makes up the ratings of three people; `hone rate` is where people give theirs",
        ),
        Step("agreement figure", "hone agree"),
        Step("tuned model", tune),
        Step("file for a laptop", "hone export $ADAPTER --out pocket.gguf" + (" --prompts 2" if quick else "")),
        Step(
            "chat with it",
            "echo 'Anna has 12 apples and gives 5 to Ben. How many has she?' | hone chat gguf:pocket.gguf",
        ),
    ]


def run(command: str, folder: Path, environment: dict[str, str]) -> float:
    """Seconds that a command takes; what it prints goes to the screen.

    Raises:
        SystemExit: It failed.
    """
    print(f"$ {command}", flush=True)
    started = time.perf_counter()
    done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: exit code {done.returncode}")
    return time.perf_counter() - started


def made_up(project: Path, python: Path, environment: dict[str, str]) -> None:
    """Ratings of three people who mostly agree, for the replies that are there."""
    code = "import hone, json; j = hone.Journey('.'); print(json.dumps([[one.item for one in j.judgements()], list(j.rubric().names)]))"
    told = subprocess.run(
        [python, "-c", code], cwd=project, env=environment, check=True, capture_output=True, text=True
    )
    items, criteria = json.loads(told.stdout)
    draw = random.Random(1)
    rows = ["item,criterion,rater,score"]
    for item in items:
        for criterion in criteria:
            truth = draw.choice([-1, 0, 1])
            for rater in ("Ann", "Ben", "Cleo"):
                score = truth if draw.random() < 0.8 else draw.choice([-1, 0, 1])
                rows.append(f'{item},"{criterion}",{rater},{score}')
    (project / "ratings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def walk(work: Path, *, quick: bool) -> list[Taken]:
    """Clone, set up, and take every step."""
    clone, project = work / "hone", work / "plans"
    environment = os.environ | {"PATH": f"{clone / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    begun = time.perf_counter()
    taken: list[Taken] = []

    def note(step: Step, seconds: float) -> None:
        taken.append(Taken(step, seconds, time.perf_counter() - begun))

    note(Step("clone", "git clone …"), run(f"git clone -q {ROOT} {clone}", work, environment))
    target = ".venv/pocket"
    note(Step("installation", f"make {target}"), run(f"make -s {target} PYTHON={sys.executable}", clone, environment))
    extra = '.venv/bin/python -m pip install --quiet -c constraints.txt -e ".[export,figures,web]"'
    note(Step("pages and pictures", 'pip install "hone-llm[figures,web]"'), run(extra, clone, environment))
    for step in steps(quick=quick):
        folder = work if step.first == "project" else project
        if step.first == "rating":
            made_up(project, clone / ".venv" / "bin" / "python", environment)
        if "$ADAPTER" in step.command:
            adapter = next(iter(sorted(project.glob("runs/*-tune-*/adapter"))))
            environment["ADAPTER"] = f"smollm2+{adapter}"
        note(step, run(step.command, folder, environment))
    return taken


def table(taken: Sequence[Taken]) -> str:
    """What was first, its command, and how long it took."""
    head = "| what | command | took | since the start |\n|---|---|---|---|\n"
    return head + "\n".join(
        f"| first {one.step.first} | `{one.step.command.replace('|', chr(92) + '|')}` | {_time(one.seconds)} | {_time(one.since)} |"
        for one in taken
    )


def page(taken: Sequence[Taken], *, quick: bool) -> str:
    """The table as a page of the docs."""
    before = [f"- *{one.step.first}*: the script {one.step.by}." for one in taken if one.step.by]
    small = " **Made with `--quick`: smaller than what the commands do by themselves.**" if quick else ""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"""# A stranger's path

From a fresh clone to the first of everything, each with its one command. `python benchmarks/stranger.py --write` on
{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load} at the end, one run; packages come from an
index nearby.{small} Models are all SmolLM2-135M, inside the machine.

{table(taken)}

What a person does in between is done by the script:

{chr(10).join(before)}

The model is tuned on 440 word problems; how much better it gets, with intervals, is in
[Tuning on a processor](results/tune_sums.md).
"""


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def main() -> int:
    """Walk the path."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/stranger"))  # noqa: S108 - the user's to choose
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.work.exists():
        raise SystemExit(f"{arguments.work} is there already; name another folder with --work, or remove it")
    arguments.work.mkdir(parents=True)
    text = page(walk(arguments.work, quick=arguments.quick), quick=arguments.quick)
    print(text)
    if arguments.write:
        _, begins, kept = PAGE.read_text(encoding="utf-8").partition(HERE_TOO)
        PAGE.write_text(f"{text}\n{begins}{kept}" if begins else text, encoding="utf-8")
    shutil.rmtree(arguments.work)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
