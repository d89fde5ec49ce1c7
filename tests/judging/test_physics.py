"""Real grading texts of GPT-4o, replayed and parsed: the published agreement with the two graders comes out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from hone.domain.rubric import Criterion, Rubric, Scale
from hone.domain.settings import Judging
from hone.domain.task import Reply
from hone.judging import judge
from hone.models import connect

DATA = Path(os.environ.get("HONE_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "physics"
PATTERN = r"\{\s*([01])\s*,\s*([01])\s*,\s*([01])\s*\}"
RUBRIC = Rubric(
    criteria=tuple(
        Criterion(name=f"Be {name}", sentence="The explanation satisfies the item of the rubric.")
        for name in ("First", "Second", "Third")
    ),
    scale=Scale.model_validate("0..1"),
)
FIGURES = {
    ("Q1", "naive_cot_1"): (0.8815, 0.8713),
    ("Q1", "naive_cot_2"): (0.9297, 0.9350),
    ("Q2", "detailed_compare"): (0.6316, 0.6786),
    ("Q2", "detailed_compare_2"): (0.8082, 0.8496),
}

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.exists(), reason=f"the human ratings are not there: {DATA}"),
]


@pytest.mark.parametrize(("question", "prompt"), FIGURES)
def test_recorded_gradings_give_the_published_kappas(tmp_path: Path, question: str, prompt: str) -> None:
    lines = (DATA / "judgements.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [
        row
        for row in map(json.loads, lines)
        if (row["question"], row["prompt"]) == (question, prompt)
        and "gpt-4o" in row["judge_model"]
        and row["run"] == 0
    ]
    assert len(rows) >= 10
    recording = tmp_path / "gradings.jsonl"
    recording.write_text(
        "".join(json.dumps({"item": row["respondent"], "text": row["judge_text"]}) + "\n" for row in rows)
    )
    replies = [Reply(item=row["respondent"], prompt=question, text=row["response"], model="student") for row in rows]
    with connect(f"recorded:{recording}") as model:
        judgements = judge(replies, RUBRIC, model, subject="explanation", judging=Judging(pattern=PATTERN))

    scored = [(one, row) for one, row in zip(judgements, rows, strict=True) if one.unscored is None]
    assert [[score.value for score in one.scores] for one, _ in scored] == [row["judge_grade"] for _, row in scored]
    assert len(scored) == len(rows)
    sums = [sum(score.value for score in one.scores) for one, _ in scored]
    for grader, published in zip(("human1", "human2"), FIGURES[question, prompt], strict=True):
        people = [sum(row[grader]) for _, row in scored]
        assert cohen_kappa_score(sums, people, weights="quadratic") == pytest.approx(published, abs=5e-5)
