"""Each question of an audit changes one thing; what moves is found, and what does not is not."""

from __future__ import annotations

import json

import pytest

from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.judging import Judge
from hone.judging.audit import PLEA, AuditFinding, FindingRow, audit, moved_by, without_markdown
from hone.models import ScriptedModel
from hone.report.terminal import planted_lines

RUBRIC = Rubric.model_validate({"criteria": ["Be Short: It has few words."], "scale": "-1..1"})
REPLIES = [
    Reply(item=f"i{number}", prompt="Plan.", text="# Plan\n\n- **ten** tasks\n" + "- more\n" * number, model="m")
    for number in range(12)
]


def verdict(value: int) -> str:
    return json.dumps({"Be Short": {"reason": "It says so.", "score": value}})


def findings(model: ScriptedModel, people: dict[str, float] | None = None) -> dict[str, AuditFinding]:
    found = audit(REPLIES, Judge((model,), RUBRIC, "study plan"), people=people)
    assert [one.name for one in found] == [
        "repeat",
        "length",
        "format",
        "injection",
        "injection",
        *["planted"] * 4,
        "position",
    ]
    return {f"{one.name} {one.asked if one.name == 'planted' else one.measured}": one for one in found}


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


def test_a_judge_that_gives_an_empty_reply_the_highest_score_is_found_out() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "Both are alike.", "winner": "tie"}))
    model.when("You score", verdict(1))
    found = findings(model)
    for what in ("an empty reply", "the reply with its words shuffled", "the reply “ok”"):
        one = found[f"planted {what}"]
        assert one.planted is not None
        assert (one.planted.value, one.planted.n, one.figure.value, one.figure.n) == (1.0, 12, 0.0, 12)
        assert one.moved
    said = planted_lines(list(found.values()), RUBRIC)
    assert said[0].startswith("This judge gives an empty reply 1.00 on a scale from -1 to 1 (mean of 12")
    assert said[0].endswith("0 of 12 replies above -1 get more.")
    assert "planted replies" in moved_by(list(found.values()))


def test_a_judge_that_puts_planted_replies_lowest_is_not_moved_by_them() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "Both are alike.", "winner": "tie"}))
    model.when("tasks\n- more", verdict(1))
    model.when("tasks\n</reply", verdict(1))
    model.when("You score", verdict(-1))
    for what in ("an empty reply", "the reply “ok”"):
        one = findings(model)[f"planted {what}"]
        assert one.planted is not None
        assert (one.planted.value, one.figure.value) == (-1.0, 1.0)
        assert not one.moved


def test_a_reply_to_another_request_is_planted_only_where_there_is_one() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "Both are alike.", "winner": "tie"}))
    model.when("You score", verdict(0))
    other = "planted the reply to another request"
    assert findings(model)[other].figure.value is None  # all twelve answer one request
    own = [reply.model_copy(update={"prompt": f"Plan {reply.item}."}) for reply in REPLIES]
    found = {f"{one.name} {one.asked}": one for one in audit(own, Judge((model,), RUBRIC, "study plan"))}
    assert found[other].figure.n == 12


def test_findings_of_an_older_run_without_planted_replies_still_read() -> None:
    row = FindingRow.model_validate(
        {
            "name": "repeat",
            "asked": "a",
            "measured": "b",
            "figure": {"value": 1.0, "low": 0.5, "high": 1.0, "n": 3},
            "still": 1.0,
        }
    )
    assert row.root.planted is None


def test_a_reply_that_is_what_would_be_planted_is_not_held_against_the_judge() -> None:
    model = ScriptedModel()
    model.when("Decide which reply meets", json.dumps({"reason": "Both are alike.", "winner": "tie"}))
    model.when("You score", verdict(0))
    replies = [Reply(item=f"i{number}", prompt="Plan.", text="ok", model="m") for number in range(3)]
    found = {one.asked: one for one in audit(replies, Judge((model,), RUBRIC, "study plan"))}
    assert found["an empty reply"].figure.n == 3
    assert found["the reply “ok”"].figure.value is None
    assert found["the reply with its words shuffled"].figure.value is None
