"""`hone show`: what was asked, and what was answered."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import ANSWERS, Hone


def test_a_call_is_shown_whole(hone: Hone, project: Path) -> None:
    assert hone("reply", "--items", "2").code == 0
    assert hone("label").code == 0
    assert hone("show", "label", "--json").data["items"] == ["i1", "i2"]
    (call,) = hone("show", "label", "i2", "--json").data["calls"]
    assert "Please plan week 2." in call["messages"][1]["content"]
    assert "Rich plan: 20 minutes a day." in call["messages"][1]["content"]
    assert "Please plan week 1." not in call["messages"][1]["content"]
    assert json.loads(call["answer"]["text"]) == json.loads(ANSWERS["You score replies"])
    assert call["answer"]["seconds"] >= 0
    text = hone("show", "label", "i2").out
    assert "[system]" in text
    assert "You score replies" in text
    assert "tokens" in text


def test_calls_whose_answers_an_earlier_run_gave_are_shown_too(hone: Hone, project: Path) -> None:
    assert hone("reply").code == 0
    lines = (project / "items.jsonl").read_text().splitlines()
    (project / "items.jsonl").write_text("\n".join(lines[:2]) + "\n")
    again = hone("reply", "--json").data["run"]
    (call,) = hone("show", again, "i2", "--json").data["calls"]
    assert call["answer"]["text"] == "Rich plan: 20 minutes a day."
    size = (project / "runs" / again / "asked.jsonl").stat().st_size
    assert hone("reply").code == 0
    assert (project / "runs" / again / "asked.jsonl").stat().st_size == size


def test_both_orders_of_a_comparison_are_shown(hone: Hone, project: Path) -> None:
    assert hone("rubric", "compare", "--items", "1").code == 0
    calls = hone("show", "compare", "i1", "--json").data["calls"]
    assert len(calls) == 4
    assert len({call["step"] for call in calls}) == 4


def test_what_is_not_there_is_one_line(hone: Hone, project: Path) -> None:
    assert "there is no run 'label'; the latest are: none" in hone("show", "label", "i1").err
    assert hone("reply").code == 0
    missing = hone("show", "reply", "i9")
    assert (missing.code, len(missing.err.splitlines())) == (1, 1)
    assert "asked nothing about 'i9'; it asked about: i1, i2, i3, i4" in missing.err
    next((project / "runs").glob("*-reply-*/asked.jsonl")).unlink()
    assert "does not hold what was asked" in hone("show", "reply", "i1").err
