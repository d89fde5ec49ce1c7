"""A judge on a task of one's own: six hand-written replies whose quality is known, scored by a real model.

    python benchmarks/own_task_judge.py --judge gguf:FILE [--source FOLDER/src] [--per-criterion] [--keep FOLDER]

A history teacher's feedback on pupils' answers: to each of three requests there are six replies (good, good,
rude, false, off topic, "ok"). Prints one line of a Markdown table: the mean score of each kind of reply, and the share of rows
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
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

HERE = Path(__file__).parent
KINDS = ("good A", "good B", "rude", "false", "off topic", "ok")

SETTINGS = """\
task:
  subject: feedback
  role: You are a history teacher who gives feedback to pupils of fourteen.
  instruction: >-
    You are given a question and a pupil's answer. Write two or three sentences of feedback to the pupil: what is right,
    what is wrong or missing, and one thing to do next. Do not answer the question for the pupil.
models:
  judge:
    model: {judge}
    context: 4096
"""
RUBRIC = """\
criteria:
  - Be Accurate: What the feedback says about the pupil's answer and about history is true.
  - Be Kind: The feedback speaks to the pupil with respect and names something that was done right.
  - Be Actionable: The feedback names one thing that the pupil can do next to improve the answer.
scale: -1..1
"""

REQUESTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "wall": (
        "Question: Why was the Berlin Wall built in 1961? Pupil's answer: It was built so that people from West Berlin could not come to the East and steal things.",
        (
            "You are right that the wall was meant to stop people from crossing. Look again at the direction, though: who was leaving, and for where? Find out how many people left East Germany before 1961, and add the number.",
            "Good that you asked what the wall was for. The reason that you give is the one that the East gave; most historians see another. Compare your sentence with the source on page 40, and change the part about stealing.",
            "This is the most stupid answer I have read this year. Anybody who had listened for one minute would know that people fled from East to West. Do it again.",
            "Very well done, every word is right: thieves from West Berlin were the reason for the wall. Next, add the year 1949, in which the wall was built.",
            "Volcanoes form where plates meet. You can make a model with baking soda and vinegar; put it on a tray first.",
            "ok",
        ),
    ),
    "revolution": (
        "Question: Name two causes of the French Revolution. Pupil's answer: The king was poor and the bread was very expensive.",
        (
            "The price of bread is a strong cause, well chosen. That the king was poor is close, but say whose debts they were and where they came from. Add one sentence on who had to pay the taxes.",
            "You have found one clear cause, the bread, and half of another. Think about whether the king or the state had no money, and rewrite your first point in one exact sentence.",
            "Bread was expensive, bravo, even a small child knows that. You are clearly not made for history. Learn the chapter by heart before you bother me again.",
            "Both points are wrong: bread was cheap in 1789, and there were no debts. Write instead that the revolution began because Napoleon lost at Waterloo.",
            "Remember to wash the brushes after painting, and to let the colours dry before you turn the page.",
            "ok",
        ),
    ),
    "rome": (
        "Question: What did the Romans use aqueducts for? Pupil's answer: For water. They brought water into the cities for baths, fountains and for drinking.",
        (
            "All three uses that you name are right, and you put them clearly. What is missing is how the water moved without pumps. Look at the slope in the drawing, and add one sentence about it.",
            "A clear and true answer with three good examples. To make it stronger, say where the water came from: find one aqueduct in the book, and name its source and its city.",
            "Water, really? What a surprise. Three lines is all that your lazy head could do. Sit down and write a proper page, or do not hand in anything.",
            "That is not right: aqueducts were roads for soldiers, and the Romans drank only wine. Cross out the baths,  and write about chariots instead.",
            "The bus for the trip leaves at eight. Bring a lunch, a drink and a coat, and be at the gate in good time.",
            "ok",
        ),
    ),
}


def rows() -> list[dict[str, str]]:
    """Every request with each of its replies."""
    return [
        {"id": f"{name}-{kind.replace(' ', '-')}", "prompt": request, "reply": reply}
        for name, (request, replies) in REQUESTS.items()
        for kind, reply in zip(KINDS, replies, strict=True)
    ]


def label(folder: Path, source: Path, more: Sequence[str]) -> list[dict[str, object]]:
    """The rows as `hone label` of that source scored them."""
    out = folder / f"labelled-{time.time_ns()}.jsonl"
    code = "from hone.cli.main import main; main()"
    command = [sys.executable, "-c", code, "label", "replies.jsonl", "--rubric", "working", "--out", str(out), *more]
    subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(source)}, check=False)
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
    parser.add_argument("--source", type=Path, default=HERE.parent / "src")
    parser.add_argument("--name", default="")
    parser.add_argument("--per-criterion", action="store_true")
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    folder = args.keep or Path(tempfile.mkdtemp(prefix="hone-own-task-"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hone.yaml").write_text(SETTINGS.format(judge=args.judge), encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    (folder / "items.jsonl").write_text(
        "".join(json.dumps({"id": key, "prompt": request}) + "\n" for key, (request, _) in REQUESTS.items()),
        encoding="utf-8",
    )
    (folder / "replies.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows()), encoding="utf-8")
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
