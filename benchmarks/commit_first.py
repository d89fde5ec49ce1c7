"""Does it help a small judge to answer a question itself before it sees a pupil's answer? Measured on khan_saq.

    python benchmarks/commit_first.py MODEL.gguf FOLDER [--questions 1 2] [--each 30] [--into FILE.md]

Pupils' answers to questions that have one right answer (../shared/data; HONE_TEST_DATA overrides), drawn with a seed,
each scored 0 or 1 by three people; the judge knows no reference. It scores all of them as it comes, and again with
`--commit-first`. Every answer of the model is in FOLDER's journals: a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.khan import PEOPLE, rows  # noqa: E402
from benchmarks.refine_live import RUBRIC, SETTINGS  # noqa: E402

from hone.report.wording import with_interval  # noqa: E402
from hone.stats.paired import paired_agreement  # noqa: E402


def answers(questions: list[str], each: int) -> list[dict[str, str]]:
    """The pupils' answers that were drawn."""
    draw, found = np.random.default_rng(0), []
    for question in questions:
        there = [row for row in rows("human_labels.csv") if row["item"] == question]
        found += [there[at] for at in sorted(draw.choice(len(there), each, replace=False).tolist())]
    return found


def make_project(folder: Path, model: Path, chosen: list[dict[str, str]]) -> Path:
    """The project, and the table of replies."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hone.yaml").write_text(SETTINGS.format(model=model.resolve()))
    (folder / "rubric.yaml").write_text(RUBRIC)
    questions = {row["item"]: row["question"].strip() for row in rows("items.csv")}
    items = [{"id": one, "prompt": questions[one]} for one in dict.fromkeys(row["item"] for row in chosen)]
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    table = folder / "replies.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["id", "prompt", "reply"])
        out.writerows([row["response_id"], questions[row["item"]], row["response"]] for row in chosen)
    return table


def scores(folder: Path, table: Path, name: str, *more: str) -> dict[str, float]:
    """What the judge gives, by answer; those that cannot be read are left out."""
    into = folder / f"{name}.csv"
    command = [sys.executable, "-m", "hone.cli.main", "label", str(table), "--rubric", "working", "--out", str(into)]
    done = subprocess.run([*command, "--project", str(folder), *more], check=False, stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 4):
        raise SystemExit(done.returncode)
    with into.open(newline="", encoding="utf-8") as stream:
        return {row["id"]: float(row["Be Correct"]) for row in csv.DictReader(stream) if row["Be Correct"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", nargs="+", default=["1", "2"])
    parser.add_argument("--each", type=int, default=30)
    parser.add_argument("--into", type=Path)
    asked = parser.parse_args()
    chosen = answers(asked.questions, asked.each)
    table = make_project(asked.folder, asked.model, chosen)
    usual = scores(asked.folder, table, "usual")
    first = scores(asked.folder, table, "first", "--commit-first")
    people = np.array([[float(row[person]) for person in PEOPLE] for row in chosen])

    def column(given: dict[str, float]) -> np.ndarray:
        return np.array([given.get(row["response_id"], np.nan) for row in chosen])

    found = paired_agreement(column(first), column(usual), people, "nominal")
    what = (
        f"`python benchmarks/commit_first.py {asked.model.name} FOLDER`, seeded: {len(chosen)} pupils' answers to "
        f"{len(asked.questions)} questions with one right answer (khan_saq, CC BY 4.0), scored by three people, and "
        f"the judge {asked.model.name} in the embedded engine, without a reference."
    )
    both = f"difference, paired, on {found.n} answers that both scored"
    lines = [
        "# A judge that answers first",
        "",
        what,
        "",
        "| | Cohen's kappa with the majority of people |",
        "|---|---|",
        f"| as it comes | {with_interval(found.second)} |",
        f"| with `--commit-first` | {with_interval(found.first)} |",
        f"| {both} | {with_interval(found.difference, 'gap')} |",
        "",
    ]
    page = "\n".join(lines)
    sys.stdout.write(page)
    if asked.into:
        asked.into.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
