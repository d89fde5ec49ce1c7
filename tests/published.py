"""The public ratings beside the checkout, written as the files that `hone agree` reads."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Row = tuple[object, ...]
RATINGS = ("item", "criterion", "rater", "score", "kind", "group")
VERDICTS = ("item", "rater", "order", "winner", "kind")
_WINNERS = {"0": "tie", "Tie": "tie", "1": "A", "2": "B"}


def folder() -> Path:
    """Where the public ratings are, or would be."""
    default = Path(__file__).parents[1].parent / "shared" / "data"
    return Path(os.environ.get("HONE_TEST_DATA", default))


def khan_saq(data: Path) -> Iterator[Row]:
    """800 answers, 3 people, each judge's majority of 3 runs under each rubric; a tie of runs is missing."""
    for row in _table(data / "khan_saq" / "human_labels.csv"):
        for rater in ("human_1", "human_2", "human_3"):
            yield row["response_id"], "correct", rater, row[rater], "human", ""
    for row in _table(data / "khan_saq" / "llm_labels.csv"):
        runs = [int(row[f"llm_{run}"]) for run in (1, 2, 3) if row[f"llm_{run}"] in ("0", "1")]
        yes, no = runs.count(1), runs.count(0)
        score: object = "" if yes == no else int(yes > no)
        yield row["response_id"], "correct", f"{row['model_name']} / {row['rubric_type']}", score, "judge", ""


def pandalm(data: Path) -> Iterator[Row]:
    """999 pairs, 3 people, two judges; a verdict that is neither 0, 1 nor 2 is missing."""
    for row in json.loads((data / "pandalm" / "testset-v1.json").read_text(encoding="utf-8")):
        for rater in (1, 2, 3):
            yield row["idx"], f"person {rater}", "AB", _WINNERS[str(row[f"annotator{rater}"])], "human"
    for name, key in (("gpt-3.5-turbo", "gpt_result"), ("pandalm-7b", "pandalm_result")):
        for row in json.loads((data / "pandalm" / f"{name}-testset-v1.json").read_text(encoding="utf-8")):
            yield row["idx"], name, "AB", _WINNERS.get(str(row[key]), ""), "judge"


def physics(data: Path) -> Iterator[Row]:
    """Summed rubric items of two graders, and of each judge and prompt in its first run."""
    lines = (data / "physics" / "judgements.jsonl").read_text(encoding="utf-8").splitlines()
    people = set()
    for row in map(json.loads, lines):
        item, question = f"{row['question']} {row['respondent']}", row["question"]
        if item not in people:
            people.add(item)
            for grader in (1, 2):
                yield item, question, f"grader {grader}", sum(row[f"human{grader}"]), "human", ""
        if row["run"] == 0:
            score = sum(row["judge_grade"]) if row["judge_grade"] else ""
            yield item, question, f"{row['judge_model']} {row['prompt']}", score, "judge", ""


def unieval(name: str) -> Callable[[Path], Iterator[Row]]:
    """Mean human scores and the judge's, one set."""

    def rows(data: Path) -> Iterator[Row]:
        found = json.loads((data / "unieval" / f"{name}_result.json").read_text(encoding="utf-8"))
        for place, row in enumerate(found):
            for criterion, score in row["scores"].items():
                if criterion in row["predict_scores"]:
                    yield place, criterion, "people's mean", score, "human", ""
                    yield place, criterion, "UniEval", row["predict_scores"][criterion], "judge", ""

    return rows


def mrbench(data: Path) -> Iterator[Row]:
    """One gold label on each criterion of each tutor's reply; replies to one conversation are one group."""
    for place, talk in enumerate(json.loads((data / "mrbench" / "MRBench_V1.json").read_text(encoding="utf-8"))):
        for tutor, reply in talk["anno_llm_responses"].items():
            for criterion, label in reply["annotation"].items():
                item = f"{place} {tutor}"  # two replies may answer one conversation at two points
                yield item, criterion, "gold", " ".join(label.split()), "human", talk["conversation_id"]


SETS: dict[str, tuple[Callable[[Path], Iterator[Row]], tuple[str, ...], str]] = {
    "khan_saq": (khan_saq, RATINGS, "nominal"),
    "pandalm": (pandalm, VERDICTS, "nominal"),
    "physics": (physics, RATINGS, "ordinal"),
    "unieval topical_chat": (unieval("topical_chat"), RATINGS, "interval"),
    "unieval sfres": (unieval("sfres"), RATINGS, "interval"),
    "unieval sfhot": (unieval("sfhot"), RATINGS, "interval"),
    "mrbench": (mrbench, RATINGS, "nominal"),
}
"""Each set: its rows, its columns and its level."""


def write(name: str, path: Path, data: Path) -> Path:
    """Write a set as CSV."""
    rows, columns, _ = SETS[name]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows(data))
    return path


def _table(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
