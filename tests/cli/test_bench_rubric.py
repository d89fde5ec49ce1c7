"""`hone bench rubric`: models compared by the rubric's judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hone = Callable[..., Any]
ITEMS = 12


def _lines(path: Path, rules: dict[str, str]) -> str:
    path.write_text("".join(json.dumps({"contains": key, "text": text}) + "\n" for key, text in rules.items()))
    return f"scripted:{path}"


def _verdict(detailed: int, adaptable: int) -> str:
    scores = {"Be Detailed": detailed, "Be Adaptable": adaptable}
    return json.dumps({name: {"reason": "It says so.", "score": score} for name, score in scores.items()})


@pytest.fixture
def judge(tmp_path: Path) -> str:
    rules = {"GOOD PLAN": _verdict(1, 0), "BAD PLAN": _verdict(-1, 0), "ODD PLAN": "I would rather not say."}
    return _lines(tmp_path / "judge.jsonl", rules)


@pytest.fixture
def items(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    path.write_text("".join(json.dumps({"id": f"i{n}", "prompt": f"Plan week {n}w."}) + "\n" for n in range(ITEMS)))
    return path


def _writer(tmp_path: Path, name: str, good: int, otherwise: str = "BAD PLAN") -> str:
    rules = {f"week {n}w": "GOOD PLAN" if n < good else otherwise for n in reversed(range(ITEMS))}
    return _lines(tmp_path / f"{name}.jsonl", rules)


@pytest.fixture
def match(hone: Hone, items: Path, judge: str) -> Hone:
    return lambda *arguments: hone("bench", "rubric", "--data", items, "--judge", judge, *arguments)


def test_models_are_compared_by_the_judge_s_scores(match: Hone, tmp_path: Path) -> None:
    base, tuned = _writer(tmp_path, "base", 3), _writer(tmp_path, "tuned", 9)
    data = match("--model", base, "--model", tuned, "--json").data
    first, second = data["models"]
    # Be Detailed: 3 and 9 of 12 have the highest level; Be Adaptable stands in the middle of the scale for all.
    assert (first["criteria"]["Be Detailed"], second["criteria"]["Be Detailed"]) == (0.25, 0.75)
    assert (first["mean"], second["mean"]) == (0.375, 0.625)
    (pair,) = data["comparisons"]
    assert pair["difference"]["value"] == pytest.approx(0.25)
    assert pair["difference"]["low"] > 0
    assert pair["criteria"]["Be Adaptable"]["value"] == 0
    assert data["not_worse"] is True
    shown = match("--model", base, "--model", tuned)
    assert "+25.0 points" in shown.out
    assert "nothing was asked again" in shown.err


def test_the_gate_refuses_a_model_that_the_judge_finds_worse(match: Hone, tmp_path: Path) -> None:
    base, tuned = _writer(tmp_path, "base", 3), _writer(tmp_path, "tuned", 9)
    assert match("--model", base, "--model", tuned, "--gate").code == 0
    refused = match("--model", tuned, "--model", base, "--gate")
    assert refused.code == 3
    assert "gate: refused" in refused.err


def test_what_could_not_be_scored_is_counted_and_keeps_the_gate_shut(match: Hone, tmp_path: Path) -> None:
    base, silent = _writer(tmp_path, "base", 3), _writer(tmp_path, "silent", 9, "ODD PLAN")
    result = match("--model", base, "--model", silent, "--gate", "--json")
    assert result.code == 3
    assert [one["unscored"] for one in result.data["models"]] == [0, 3]
    assert result.data["comparisons"][0]["pairs"] == 9
    shown = match("--model", base, "--model", silent)
    assert "25% of the items have no pair of scores" in shown.out


def test_a_second_judge_scores_what_the_first_gave_no_verdict_on(match: Hone, project: Path, tmp_path: Path) -> None:
    base, odd = _writer(tmp_path, "base", 3), _writer(tmp_path, "odd", 9, "ODD PLAN")
    second = _lines(tmp_path / "second.jsonl", {"PLAN": _verdict(1, 1)})
    words = ("--model", base, "--model", odd, "--then", second, "--below", "0.9", "--json")
    refused = match(*words)
    assert "the first judge does not tell how sure it is" in refused.err
    with (project / "hone.yaml").open("a", encoding="utf-8") as stream:
        stream.write("judging:\n  samples: 2\n")
    data = match(*words).data
    assert [one["unscored"] for one in data["models"]] == [0, 0]
    # Nine replies by the first judge (1, 0), three by the second (1, 1): shares 1 and (9 * 0.5 + 3) / 12.
    assert data["models"][1]["criteria"] == {"Be Detailed": 1, "Be Adaptable": 0.625}
    assert data["then"] == second
    alone = match("--model", base, "--model", odd, "--json").data  # another run, of the first judge by itself
    assert alone["models"][1]["unscored"] == 3
    assert "would score its own replies" in match("--model", base, "--then", base, "--below", "0.9").err


def test_a_judge_does_not_score_itself(match: Hone, judge: str, tmp_path: Path) -> None:
    refused = match("--model", _writer(tmp_path, "base", 3), "--model", judge)
    assert refused.code == 1
    assert "would score its own replies" in refused.err


def test_options_of_the_other_kind_are_refused(hone: Hone, match: Hone, tmp_path: Path) -> None:
    base = _writer(tmp_path, "base", 3)
    assert "--shots" in match("--model", base, "--shots", 2).err
    assert "go with the task `rubric`" in hone("bench", "sums", "--model", base, "--judge", base).err


def test_one_model_alone_is_scored(match: Hone, tmp_path: Path) -> None:
    data = match("--model", _writer(tmp_path, "base", 3), "--limit", 4, "--json").data
    assert data["comparisons"] == []
    assert data["models"][0]["scored"] == 4


def test_the_gate_opens_for_a_model_that_is_better_on_every_item(match: Hone, tmp_path: Path) -> None:
    base, tuned = _writer(tmp_path, "base", 0), _writer(tmp_path, "tuned", ITEMS)
    opened = match("--model", base, "--model", tuned, "--gate")
    assert "gate: open" in opened.err
    assert "the same on every item; 95% interval" in " ".join(opened.out.split())
    same = _writer(tmp_path, "same", ITEMS)
    shut = match("--model", tuned, "--model", same, "--gate")
    assert shut.code == 3
    assert "may be worse than" in shut.err, "12 items that are equal leave room for more than 2 points"
    assert "by more than 2 points" in shut.err


def test_the_confidence_of_the_intervals_is_an_option(match: Hone, tmp_path: Path) -> None:
    base, tuned = _writer(tmp_path, "base", 3), _writer(tmp_path, "tuned", 9)
    usual = match("--model", base, "--model", tuned, "--json").data["comparisons"][0]["difference"]
    narrow = match("--model", base, "--model", tuned, "--json", "--confidence", "0.8").data["comparisons"][0]
    assert usual["low"] < narrow["difference"]["low"] < narrow["difference"]["high"] < usual["high"]
    assert "80% interval" in " ".join(match("--model", base, "--model", tuned, "--confidence", "0.8").out.split())
