"""Criteria that are rules: what holds, what each costs, and what they leave as it was."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hone.domain.base import digest
from hone.domain.rubric import Criterion, Rubric
from hone.domain.rule import Rule
from hone.domain.task import Reply
from hone.errors import RubricError, VerdictError
from hone.judging import Judge, judge
from hone.judging.rules import PatternSearcher, count_words, reading_age, rule_scores
from hone.models import ScriptedModel
from hone.project.files import read_yaml


def rubric_of(*rules: dict[str, Any], scale: str = "-1..1", kind: bool = False) -> Rubric:
    names = ["Be Alpha", "Be Beta", "Be Gamma"]
    criteria = [{"name": name, "sentence": "It is.", "rule": rule} for name, rule in zip(names, rules, strict=False)]
    return Rubric.model_validate({"criteria": [*(["Be Kind: It is."] if kind else []), *criteria], "scale": scale})


def score(text: str, **rule: Any) -> float:
    return rule_scores(text, rubric_of(rule))[0].value


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"max_words": 3}, "One - two, three!", "one two three four"),
        ({"min_words": 2}, "don't stop", "stop - …"),
        ({"contains": "Straße"}, "in der STRASSE", "in der Gasse"),
        ({"contains": ["a", "b"]}, "ab", "a"),
        ({"not_contains": ["x", "y"]}, "ab", "ay"),
        ({"regex": r"\d{4}"}, "in 1789", "in 178"),
        ({"json": True}, ' {"a": [1]}\n', "{'a': 1}"),
        ({"json": True}, "1", "[NaN]"),
        ({"json": True}, "[]", "[" * 100_000),
        ({"reading_age": 9}, "The cat sat. It was fat.", "Institutional ramifications necessitate deliberation."),
        ({"reading_age": 25, "max_words": 5}, "The cat sat.", "…"),
    ],
)
@pytest.mark.parametrize(("scale", "low", "high"), [("-1..1", -1, 1), ("1..5", 1, 5)])
def test_a_rule_gives_the_highest_level_or_the_lowest(
    rule: dict[str, Any], good: str, bad: str, scale: str, low: float, high: float
) -> None:
    rubric = rubric_of(rule, scale=scale)
    assert rule_scores(good, rubric)[0].value == high
    assert rule_scores(bad, rubric)[0].value == low


def test_the_reason_says_what_does_not_hold() -> None:
    (one,) = rule_scores("a b c x", rubric_of({"max_words": 3, "not_contains": "x"}))
    assert one.reason == "It has 4 words, at most 3 are asked for. “x” stands in it."
    (one,) = rule_scores("a", rubric_of({"max_words": 3, "contains": "a"}))
    assert one.reason == "The rule holds: at most 3 words; contains “a”."


def test_the_reading_age_is_the_published_grade_plus_five() -> None:
    # 13 words, 1 sentence, 24 syllables: grade 0.39 * 13 + 11.8 * 24 / 13 - 15.59 = 11.27
    text = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    assert reading_age(text) == pytest.approx(0.39 * 13 + 11.8 * 24 / 13 - 15.59 + 5, abs=1.5)
    assert reading_age("Go.") == 5
    assert reading_age("12 34") is None
    assert count_words("") == 0


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({}, "a rule without a check"),
        ({"json": False}, "a rule without a check"),
        ({"max_words": 1, "min_words": 2}, "no reply has"),
        ({"regex": "("}, "not a regular expression"),
        ({"regex": "a" * 1001}, "at most 1000 characters"),
        ({"max_words": 0}, "greater than or equal to 1"),
        ({"words": 3}, "Extra inputs"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rule: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Rule.model_validate(rule)


def test_a_rule_is_written_beside_the_words_or_beneath_them(tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text(
        "criteria:\n  - Be Brief: It is short.\n    rule: {max_words: 60}\n"
        "  - name: Be Sound\n    sentence: It is JSON.\n    rule: {json: true}\n"
    )
    rubric = read_yaml(tmp_path / "rubric.yaml", Rubric)
    assert [one.rule and one.rule.words for one in rubric.criteria] == [("at most 60 words",), ("is JSON",)]
    assert Rubric.model_validate(rubric.model_dump(mode="json")) == rubric


def test_the_digest_of_a_rubric_without_rules_is_what_it_was() -> None:
    rubric = Rubric.model_validate({"criteria": ["Be Kind: It is.", "Be Clear: It is."]})
    plain = {
        "criteria": [
            {"name": "Be Kind", "sentence": "It is.", "anchors": []},
            {"name": "Be Clear", "sentence": "It is.", "anchors": []},
        ],
        "scale": rubric.scale.model_dump(mode="json"),
        "examples": [],
    }
    assert rubric.digest == digest(plain)
    assert rubric.judged is rubric
    ruled = rubric.model_copy(update={"criteria": (*rubric.criteria[:1], Criterion(
        name="Be Clear", sentence="It is.", rule=Rule(max_words=3)))})  # fmt: skip
    assert ruled.digest != rubric.digest
    assert ruled.judged.names == ("Be Kind",)


def reply(text: str) -> Reply:
    return Reply(item="a", prompt="p", text=text, model="m")


def test_rules_alone_ask_no_model() -> None:
    rubric = rubric_of({"max_words": 1}, {"contains": "a"})
    (one,) = judge([reply("a b")], rubric, (), subject="reply")
    assert [(score.criterion, score.value) for score in one.scores] == [("Be Alpha", -1), ("Be Beta", 1)]
    assert (one.judge, one.votes) == ("rules", 1)
    assert Judge((), rubric, "reply").calls == 0


def test_a_model_is_asked_for_the_other_criteria_only_and_scores_stand_in_the_rubrics_order() -> None:
    rubric = rubric_of({"max_words": 1}, kind=True)
    rubric = rubric.with_criteria(tuple(reversed(rubric.criteria)))
    model = ScriptedModel()
    model.when("Be Kind", json.dumps({"Be Kind": {"reason": "It says so.", "score": 0}}))
    (one,) = judge([reply("a b")], rubric, model, subject="reply")
    assert [(score.criterion, score.value) for score in one.scores] == [("Be Alpha", -1), ("Be Kind", 0)]
    assert "Be Alpha" not in str(model.requests[0].messages)
    assert "Be Alpha" not in str(model.requests[0].schema)
    with pytest.raises(RubricError, match="name a judge"):
        Judge((), rubric, "reply")


def test_a_pattern_that_would_not_end_is_stopped_and_given_up() -> None:
    searcher = PatternSearcher()
    started = time.monotonic()
    for _ in range(3):
        with pytest.raises(VerdictError, match="did not end within 1 s"):
            searcher.search("(a+)+$", "a" * 40 + "b")
    with pytest.raises(VerdictError, match="did not end on 3 replies"):
        searcher.search("(a+)+$", "aaa")
    assert time.monotonic() - started < 30
    assert searcher.search("b$", "a\nb")
    assert not searcher.search("c", "half \ud800 \n b")
    searcher.close()


def test_a_searcher_whose_child_was_killed_starts_another() -> None:
    searcher = PatternSearcher()
    assert searcher.search("a", "a")
    process = searcher._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert searcher.search("a", "a")
    searcher.close()
