"""`hone rubric refine` from start to end with one small model on this machine as judge and as expert, honestly told.

    python benchmarks/refine_live.py MODEL.gguf FOLDER [--into docs/results/refine_live.md]

60 short answers of pupils to two questions of khan_saq (../shared/data; HONE_TEST_DATA overrides), 30 each, drawn
with a seed, each scored 0 or 1 by three people. The rubric says no more than that an answer is right. Every answer of
the model is in FOLDER's journals: a run that was stopped goes on, and a finished one is only read.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.khan import PEOPLE, rows  # noqa: E402

from hone.project import Project  # noqa: E402
from hone.report.refinement import refinement_lines  # noqa: E402
from hone.rubrics.refinement import Refinement  # noqa: E402

QUESTIONS, EACH = ("12", "13"), 30
SETTINGS = """\
task:
  subject: pupil's short answer
  role: You are a pupil in an algebra class.
  instruction: Answer the question.
models:
  writer: {{model: "gguf:{model}"}}
  expert: {{model: "gguf:{model}"}}
  judge: {{model: "gguf:{model}"}}
"""
RUBRIC = """\
criteria:
  - Be Correct: The answer is right.
scale: 0..1
"""


def make_project(folder: Path, model: Path) -> Path:
    """The project, and the file of ratings."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hone.yaml").write_text(SETTINGS.format(model=model.resolve()))
    if not (folder / "rubric.yaml").exists():
        (folder / "rubric.yaml").write_text(RUBRIC)
    questions = {row["item"]: row["question"].strip() for row in rows("items.csv")}
    items = [{"id": number, "prompt": questions[number]} for number in QUESTIONS]
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    draw, ratings = np.random.default_rng(0), folder / "ratings.csv"
    with ratings.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["item", "criterion", "rater", "score", "prompt", "reply"])
        for question in QUESTIONS:
            answers = [row for row in rows("human_labels.csv") if row["item"] == question]
            for at in sorted(draw.choice(len(answers), EACH, replace=False).tolist()):
                row = answers[at]
                for person in PEOPLE:
                    text = [
                        row["response_id"],
                        "Be Correct",
                        person,
                        row[person],
                        questions[question],
                        row["response"],
                    ]
                    out.writerow(text)
    return ratings


def told(found: Refinement, model: str, seconds: float) -> str:
    """The page."""
    what = (
        f"`python benchmarks/refine_live.py {model} FOLDER --into docs/results/refine_live.md`, seeded: 60 answers "
        "of pupils to two algebra questions (khan_saq, CC BY 4.0), scored by three people. Judge and expert are "
        f"{model} in the embedded engine. The rubric in use says: “Be Correct: The answer is right.” What follows is "
        "what `hone rubric refine` said."
    )
    took = f"Judging and wording took {seconds / 60:.0f} minutes on two cores shared with other work."
    lines = [
        "# A rubric refined by a small model, live",
        "",
        what,
        "",
        *([took, ""] if seconds else []),
        *(f"- {line.strip()}" for line in refinement_lines(found)),
        "",
        "## What was tried",
        "",
        "| | kind | words |",
        "|---|---|---|",
    ]
    for one in found.proposals:
        words = "; ".join(
            " ".join([of.sentence, *(f"[{anchor.value:g}: {anchor.text}]" for anchor in of.anchors)])
            for of in one.rubric.criteria
        )
        if one.kind == "examples":
            words += f" With {len(one.rubric.examples)} scored examples."
        lines.append(f"| {one.id} | {one.kind} | {words.replace('|', '/')} |")
    lines += ["", f"Chosen block by block: {', '.join(found.chosen)}.", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--into", type=Path)
    parser.add_argument("--proposals", type=int, default=2)
    asked = parser.parse_args()
    ratings = make_project(asked.folder, asked.model)
    began = time.monotonic()
    command = [sys.executable, "-m", "hone.cli.main", "rubric", "refine", str(ratings)]
    command += ["--project", str(asked.folder), "--proposals", str(asked.proposals)]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    if done.returncode not in (0, 3):
        raise SystemExit(done.returncode)
    run = Project(asked.folder).latest_run("rubric refine")
    if run is None:
        raise SystemExit("the run is not there")
    (found,) = run.read(Refinement)
    seconds = time.monotonic() - began
    page = told(found, asked.model.name, seconds if seconds > 120 else 0)
    sys.stdout.write(page)
    if asked.into:
        asked.into.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
