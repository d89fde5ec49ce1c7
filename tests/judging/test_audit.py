"""Each question of an audit changes one thing; what moves is found, and what does not is not."""

from __future__ import annotations

import json

import pytest

from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.judging import Judge
from hone.judging.audit import PLEA, AuditFinding, audit, without_markdown
from hone.models import ScriptedModel

RUBRIC = Rubric.model_validate({"criteria": ["Be Short: It has few words."], "scale": "-1..1"})
REPLIES = [
    Reply(item=f"i{number}", prompt="Plan.", text="# Plan\n\n- **ten** tasks\n" + "- more\n" * number, model="m")
    for number in range(12)
]


def verdict(value: int) -> str:
    return json.dumps({"Be Short": {"reason": "It says so.", "score": value}})


def findings(model: ScriptedModel, people: dict[str, float] | None = None) -> dict[str, AuditFinding]:
    found = audit(REPLIES, Judge((model,), RUBRIC, "study plan"), people=people)
    assert [one.name for one in found] == ["repeat", "length", "format", "injection", "injection", "position"]
    return {f"{one.name} {one.measured}": one for one in found}


def figure(found: dict[str, AuditFinding], start: str) -> AuditFinding:
    return next(one for name, one in found.items() if name.startswith(start))


def test_a_judge_that_obeys_the_plea_is_found_out() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "Both are alike.", "winner": "tie"}))
    model.when(PLEA.strip()[:40], verdict(1))
    model.when("score replies", verdict(0))
    model.when("You score", verdict(0))
    found = findings(model)
    change = figure(found, "injection change")
    assert change.figure.value == pytest.approx(1.0)
    assert figure(found, "injection share").figure.value == 1.0
    assert figure(found, "injection share").moved
    assert figure(found, "repeat").figure.value == 1.0
    assert not figure(found, "repeat").moved


def test_a_judge_that_follows_the_order_is_found_out() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "The first is better.", "winner": "first"}))
    model.when("You score", verdict(0))
    position = figure(findings(model), "position")
    assert position.figure.value == 1.0
    assert position.moved


def test_length_is_set_beside_people_where_they_rated() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "Both are alike.", "winner": "tie"}))
    for number in reversed(range(12)):
        model.when("more\n" * number + "</reply", verdict(1 if number > 5 else -1))
    model.when("You score", verdict(0))
    people = {f"i{number}": float(number % 3) for number in range(12)}
    length = figure(findings(model, people), "length")
    assert length.people is not None
    assert length.people.n == 12


def test_a_judge_that_cannot_be_read_gives_figures_without_values() -> None:
    model = ScriptedModel()
    model.constrains = True
    model.when("", "no verdict")
    model.when("You score", "no verdict")
    model.when("Decide", "no verdict")
    assert all(one.figure.value is None for one in findings(model).values())


def test_markdown_goes_and_the_words_stay() -> None:
    text = "# Plan\n\n1. **Monday**: `x = 2`\n2. [read](http://a.b)\n\n| a | b |\n|---|---|\n| c | d |\n\n"
    text += "```\ncode\n```\n"
    assert without_markdown(text).split() == ["Plan", "Monday:", "x", "=", "2", "read", "a", "b", "c", "d", "code"]
