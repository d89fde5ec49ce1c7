"""`hone rubric weights`: tables, words, and files that cannot be weighed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .conftest import Hone

NAMES = ("Be Clear", "Be Kind", "Be Long")


def ratings(path: Path, items: int = 150, overall: str = "Overall", *, more: str = "") -> Path:
    """Two people rate whole items from 1 to 5; the overall rating follows clear most, kind less, and never long."""
    generator = np.random.default_rng(6)
    lines = ["item,criterion,rater,score"]
    for item in range(items):
        levels = generator.integers(1, 6, 3)
        for rater, strict in (("ann", 0), ("ben", 1)):
            score = 0.6 * levels[0] + 0.3 * levels[1] - strict + generator.normal(0, 0.4) + 0.5
            given = [*levels.tolist(), int(np.clip(np.rint(score), 1, 5))]
            lines += [f"i{item},{name},{rater},{one}" for name, one in zip((*NAMES, overall), given, strict=True)]
    path.write_text("\n".join([*lines, more] if more else lines) + "\n")
    return path


def test_weights_are_shown_with_intervals_and_what_each_criterion_adds(bare: Hone, tmp_path: Path) -> None:
    path = ratings(tmp_path / "r.csv")
    found = bare("rubric", "weights", path, "--json").data
    assert found["overall"] == "Overall"
    assert {name: one["adding"] for name, one in found["criteria"].items()} == {
        "Be Clear": "adds",
        "Be Kind": "adds",
        "Be Long": "adds nothing",
    }
    assert found["criteria"]["Be Clear"]["low"] < 0.6 < found["criteria"]["Be Clear"]["high"]
    assert found["better_than_equal"]
    told = bare("rubric", "weights", path)
    assert told.code == 0
    words = " ".join(told.out.split())
    assert "adds to the overall rating" in words
    assert "adds nothing within the margin: less than 0.1" in words
    assert "they predict the overall rating better than equal weights do" in words


def test_few_items_show_nothing_and_that_is_not_said_to_be_nothing(bare: Hone, tmp_path: Path) -> None:
    result = bare("rubric", "weights", ratings(tmp_path / "r.csv", items=8))
    words = " ".join(result.out.split())
    assert "fewer than 10 items for each criterion" in words
    assert "adds nothing" not in words


def test_another_criterion_can_be_the_overall_rating(bare: Hone, tmp_path: Path) -> None:
    path = ratings(tmp_path / "r.csv", overall="Be Good")
    refused = bare("rubric", "weights", path)
    assert refused.code == 1
    assert "name the criterion that is the overall rating; the criteria are: Be Clear, Be Kind" in refused.err
    assert "--overall NAME" in refused.err
    assert bare("rubric", "weights", path, "--overall", "Be Good", "--json").data["overall"] == "Be Good"
    assert "there is no criterion 'Be Bad'" in bare("rubric", "weights", path, "--overall", "Be Bad").err


def test_what_does_not_fit_is_left_out_and_said(bare: Hone, tmp_path: Path) -> None:
    path = ratings(tmp_path / "r.csv", more="i999,Overall,ann,3\ni0,Be Same,ann,3")
    result = bare("rubric", "weights", path, "--json")
    assert "Be Same: left out, every rating is the same" in result.err
    assert "1 overall rating is left out: the same person did not rate every criterion of that item" in result.err
    assert list(result.data["criteria"]) == list(NAMES)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["a,Overall,x,1", "b,Overall,x,2"], "there is no criterion beside 'Overall' whose ratings differ"),
        (["a,Overall,x,1", "b,c,x,2", "d,c,x,1"], "nobody rated 'Overall' and every other criterion"),
        (
            ["a,Overall,x,1", "a,c,x,2", "b,Overall,x,2", "b,c,x,1"],
            "too few for the weights of 1 criterion; it takes 4",
        ),
    ],
)
def test_what_cannot_be_weighed_is_one_line(bare: Hone, tmp_path: Path, rows: list[str], why: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text("\n".join(["item,criterion,rater,score", *rows]) + "\n")
    result = bare("rubric", "weights", path)
    assert result.code == 1
    assert why in result.err
    assert "Traceback" not in result.err
