"""`hone judge tune`, through the command: figures, words, exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import hone
from tests.measuring.planted import Planted, votes_and_texts

from .conftest import Hone

QUICK = ("--resamples", "200", "--curve", "0")


def written(planted: Planted, folder: Path) -> tuple[Path, list[Path]]:
    """The ratings as a long file, and each wording as `hone label` writes it."""
    collected = planted.collected
    people = np.asarray(collected.ratings.people["Be Right"])
    votes = np.asarray((collected.ratings.judges or {})["Be Right"])
    ratings = folder / "ratings.csv"
    with ratings.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["item", "criterion", "rater", "score", "group", "system"])
        for place, item in enumerate(collected.items):
            group, system = (collected.ratings.clusters or [])[place], (collected.systems or ())[place]
            for rater, score in zip(collected.ratings.raters, people[place], strict=True):
                out.writerow([item, "Be Right", rater, int(score), group, system])
    files = []
    for at in range(votes.shape[1]):
        path = folder / f"wording{at + 1}.jsonl"
        rows = [
            {
                "id": item,
                "prompt": one.request,
                "reply": one.reply,
                "reference": one.reference,
                "judge": "small",
                "Be Right": int(votes[place, at]),
            }
            for place, (item, one) in enumerate((item, planted.texts[item]) for item in collected.items)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files.append(path)
    return ratings, files


def test_a_judge_that_pays_is_accepted_and_its_figures_are_printed(bare: Hone, tmp_path: Path) -> None:
    ratings, (first, second) = written(votes_and_texts(), tmp_path)
    found = bare("judge", "tune", ratings, "--judged", first, "--judged", second, *QUICK)
    assert found.code == 0, found.err
    for words in (
        "your own judge",
        "bag of words",
        "writer only",
        "person: Ann",
        "a person, on average",
        "30 groups",
    ):
        assert words in found.out
    assert "better than the present judge" in " ".join(found.out.split())
    assert "300 of 300 rated items have its scores" in found.err
    data = bare("judge", "tune", ratings, "--judged", first, "--judged", second, "--json", *QUICK).data
    assert data["accepted"]
    assert data["criteria"]["Be Right"]["unseen"] == "group"


def test_shuffled_ratings_end_with_three(bare: Hone, tmp_path: Path) -> None:
    ratings, (first, _) = written(votes_and_texts(150, 15).shuffled(), tmp_path)
    found = bare("judge", "tune", ratings, "--judged", first, *QUICK)
    assert found.code == 3
    assert "refused: Be Right" in found.err
    assert "do not use it" in found.out


def test_few_ratings_end_with_three_and_one_line(bare: Hone, tmp_path: Path) -> None:
    ratings, (first, _) = written(votes_and_texts(40, 10), tmp_path)
    found = bare("judge", "tune", ratings, "--judged", first, *QUICK)
    assert found.code == 3
    assert found.out.strip() == "Be Right · 40 replies were rated; a judge of your own is made from 50 or more"


def test_without_the_texts_one_line_says_what_to_name(bare: Hone, tmp_path: Path) -> None:
    ratings, _ = written(votes_and_texts(60, 10), tmp_path)
    found = bare("judge", "tune", ratings, *QUICK)
    assert found.code == 1
    assert "no file has the texts of the rated replies; name what `hone label` wrote with --judged" in found.err


def test_python_has_the_same(tmp_path: Path) -> None:
    ratings, files = written(votes_and_texts(150, 15), tmp_path)
    rule = hone.OwnJudgeRule(options=hone.BootstrapOptions(resamples=200))
    found = hone.tune_judge(ratings, judged=files, rule=rule)
    assert found.criteria["Be Right"].held_out["question"].units == 15
    assert found.collected.ratings.judge_names == ("small", "small (wording2)")
    with pytest.raises(hone.HoneError, match="a file knows no version 'v1'"):
        hone.tune_judge(ratings, rubric="v1")


def test_without_a_file_the_project_s_own_ratings_are_read(hone: Hone, tmp_path: Path) -> None:
    ratings, judged = tmp_path / "ratings.csv", tmp_path / "labelled.jsonl"
    scores = np.random.default_rng(0).integers(-1, 2, 60).tolist()
    lines = [
        f"r{place},Be Detailed,{rater},{score}" for place, score in enumerate(scores) for rater in ("Ann", "Ben")
    ]
    ratings.write_text("\n".join(["item,criterion,rater,score", *lines]) + "\n")
    rows = [
        {
            "id": f"r{place}",
            "prompt": f"Plan {place % 12}?",
            "reply": f"Plan of {score + 3} days.",
            "Be Detailed": score,
        }
        for place, score in enumerate(scores)
    ]
    judged.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert hone("feedback", "import", ratings).code == 0
    found = hone("judge", "tune", "--judged", judged, *QUICK)
    assert found.code == 3, "the number in the reply tells its score: a bag of words is as good"
    assert "not shown to be better than a bag of words" in " ".join(found.out.split())
    assert "Be Detailed · 60 rated replies · weighted kappa" in found.out
    assert "new writers was not measured" in " ".join(found.out.split())
