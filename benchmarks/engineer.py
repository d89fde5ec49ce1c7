"""An engineer's path, outside any project: label, agree, tune, export, chat, each with its one command and its time.

    python benchmarks/engineer.py [--work /tmp/engineer] [--write]

Uses the Hone that is installed where it runs. Rows, rubric and ratings are made up here, and said to be; the judge and
the base are SmolLM2-135M, inside the machine. `--write` puts the table into docs/stranger.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import sys
from pathlib import Path

from stranger import HERE_TOO, PAGE, Step, Taken, run, table

PLACES = "library bakery museum station pool market cinema school clinic garden theatre workshop".split()
RUBRIC = """\
criteria:
  - name: Be Complete
    sentence: The reply names the place and the hour that the request names.
    anchors:
      -1: Neither the place nor the hour stands in the reply.
      0: One of the two stands in the reply.
      1: Both stand in the reply.
  - name: Be Short
    sentence: The reply has at most 12 words.
    rule: {max_words: 12}
scale: -1..1
"""
STEPS = (
    Step("scores on own rows", "hone label data.csv --rubric rubric.yaml --judge smollm2 --out labelled.jsonl"),
    Step("agreement with people", "hone agree ratings.csv --judged labelled.jsonl"),
    Step("model tuned on own rows", 'hone tune labelled.jsonl --keep "Be Short >= 1" --epochs 2'),
    Step("file for a laptop", "hone export smollm2+$(ls -d runs/*-tune-*/adapter) --out mine.gguf"),
    Step("chat with it", "echo 'When does the harbour office open? It opens at 7.' | hone chat gguf:mine.gguf"),
)
HEAD = "## An engineer's path, outside any project"


def write_files(folder: Path) -> None:
    """Forty-eight rows, a rubric, and a wide table of ratings by three people who mostly agree."""
    draw = random.Random(3)
    rows, ratings = ["id,prompt,reply"], ["item,criterion,Ann,Ben,Cleo"]
    for number in range(48):
        place, hour = PLACES[number % 12], 6 + number // 12
        whole = f"The {place} opens at {hour}."
        reply = draw.choice(
            [whole, whole, f"It opens at {hour}.", f"{whole} " + "We look forward to seeing you there. " * 2]
        )
        rows.append(f'r{number},"When does the {place} open? It opens at {hour}.","{reply.strip()}"')
        truth = {"Be Complete": 1 if place in reply else 0, "Be Short": 1 if len(reply.split()) <= 12 else -1}
        for criterion, level in truth.items():
            said = [level if draw.random() < 0.9 else draw.choice([-1, 0, 1]) for _ in range(3)]
            ratings.append(f"r{number},{criterion},{','.join(map(str, said))}")
    (folder / "data.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "ratings.csv").write_text("\n".join(ratings) + "\n", encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")


def part(taken: list[Taken], rows: int) -> str:
    """The part of the page."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"""{HEAD}

Files in an empty folder, no project: a CSV of requests and replies, a rubric, and a CSV with one column a rater.
`python benchmarks/engineer.py --write` on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},
load {load} at the end (other work ran beside it), one run, after the installation. The 48 rows, and the ratings of three
people, are made up by the script; one of the two criteria is a rule, the other is judged by SmolLM2-135M, which is also
the base. {rows} rows passed `--keep`.

{table(taken)}

`$(ls -d runs/*-tune-*/adapter)` stands for the adapter of the run. The files are there to show the way: on the
criterion that SmolLM2 judges, `hone agree` calls it worse than a person, and 48 rows teach a form, not a skill.
"""


def main() -> int:
    """Walk the path."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/engineer"))  # noqa: S108 - the user's to choose
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.work.exists():
        raise SystemExit(f"{arguments.work} is there already; name another folder with --work, or remove it")
    arguments.work.mkdir(parents=True)
    write_files(arguments.work)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    taken, since = [], 0.0
    for step in STEPS:
        seconds = run(step.command, arguments.work, os.environ | {"PATH": path})
        since += seconds
        taken.append(Taken(step, seconds, since))
    labelled = (arguments.work / "labelled.jsonl").read_text(encoding="utf-8").splitlines()
    kept = sum(json.loads(line).get("Be Short", -1) >= 1 for line in labelled)
    text = part(taken, kept)
    print(text)
    if arguments.write:
        before = PAGE.read_text(encoding="utf-8").partition(HERE_TOO)[0].rstrip()
        PAGE.write_text(f"{before}\n\n{text}", encoding="utf-8")
    shutil.rmtree(arguments.work)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
