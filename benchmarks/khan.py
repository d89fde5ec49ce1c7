"""The tables of khan_saq, and people's scores with recorded votes in long form, for the scripts beside this one."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.published import folder

PEOPLE = ("human_1", "human_2", "human_3")
WORDINGS = ("Empty", "Criteria Only", "Full")
RUNS = ("1", "2", "3")


def rows(name: str) -> list[dict[str, str]]:
    """A table of the set."""
    with (folder() / "khan_saq" / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def write_long_form(path: Path, named: Callable[[Mapping[str, str], str], str | None]) -> None:
    """Write what people scored, and recorded votes that are a score.

    Args:
        path: Where to.
        named: What a vote's rater is called, by its row and run; none leaves it out.
    """
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["item", "criterion", "rater", "score", "kind"])
        for row in rows("human_labels.csv"):
            for person in PEOPLE:
                out.writerow([row["response_id"], "correct", person, row[person], "human"])
        for row in rows("llm_labels.csv"):
            for run in RUNS:
                name = named(row, run)
                if name and row[f"llm_{run}"] in {"0", "1"}:
                    out.writerow([row["response_id"], "correct", name, row[f"llm_{run}"], "judge"])
