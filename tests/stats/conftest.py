"""The public ratings, read into arrays; a test that asks for them skips where the folder is absent."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Floats = npt.NDArray[np.float64]


def _number(text: str) -> float:
    return float(text) if text not in {"", "NA"} else float("nan")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of public ratings."""
    default = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("HONE_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no ratings at {folder}; set HONE_TEST_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def khan(data: Path) -> tuple[Floats, dict[tuple[str, str], Floats]]:
    """800 answers x 3 people, and each judge's majority of 3 runs by (model, rubric)."""
    with (data / "khan_saq" / "human_labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    place = {row["response_id"]: number for number, row in enumerate(rows)}
    people = np.array([[_number(row[f"human_{rater}"]) for rater in (1, 2, 3)] for row in rows])
    judges: dict[tuple[str, str], Floats] = {}
    with (data / "khan_saq" / "llm_labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            scores = judges.setdefault((row["model_name"], row["rubric_type"]), np.full(len(rows), np.nan))
            runs = [_number(row[f"llm_{run}"]) for run in (1, 2, 3)]
            given = [run for run in runs if not np.isnan(run)]
            if given and np.mean(given) != 0.5:
                scores[place[row["response_id"]]] = float(np.mean(given) > 0.5)
    return people, judges


@pytest.fixture(scope="session")
def pandalm(data: Path) -> Floats:
    """999 pairs x 3 people: 0 tie, 1 or 2 the better reply."""
    rows = json.loads((data / "pandalm" / "testset-v1.json").read_text(encoding="utf-8"))
    return np.array([[float(row[f"annotator{rater}"]) for rater in (1, 2, 3)] for row in rows])


@pytest.fixture(scope="session")
def physics(data: Path) -> Callable[[str, str], tuple[Floats, Floats]]:
    """Summed rubric items: the two graders, shape (answers, 2), and GPT-4o's first run under a prompt."""
    lines = (data / "physics" / "judgements.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    def choose(question: str, prompt: str) -> tuple[Floats, Floats]:
        wanted = {"question": question, "judge_model": "gpt-4o", "prompt": prompt, "run": 0}
        chosen = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
        assert chosen
        people = np.array([[float(sum(row["human1"])), float(sum(row["human2"]))] for row in chosen])
        return people, np.array([float(sum(row["judge_grade"])) for row in chosen])

    return choose


@pytest.fixture(scope="session")
def unieval(data: Path) -> Callable[[str, str], tuple[Floats, Floats]]:
    """Mean human scores, shape (items,), and the judge's, for a set and a criterion."""

    def choose(name: str, criterion: str) -> tuple[Floats, Floats]:
        rows: list[dict[str, Any]] = json.loads(
            (data / "unieval" / f"{name}_result.json").read_text(encoding="utf-8")
        )
        people = np.array([float(row["scores"][criterion]) for row in rows])
        return people, np.array([float(row["predict_scores"][criterion]) for row in rows])

    return choose
