"""A golden reply says which level it must get: one, or a range; what tests nothing is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hone.domain.golden import ExpectedLevel, GoldenReplies
from hone.domain.rubric import Rubric, Scale

SCALE = Scale.model_validate("-1..1")
RUBRIC = Rubric.model_validate({"criteria": ["Be Kind: It greets.", "Be Brief: It ends soon."]})


def level(said: object) -> ExpectedLevel:
    return ExpectedLevel.model_validate(said)


def replies(*levels: dict[str, Any]) -> GoldenReplies:
    return GoldenReplies.model_validate(
        {"replies": [{"id": f"g{n}", "prompt": "p", "reply": f"r{n}", "levels": one} for n, one in enumerate(levels)]}
    )


@pytest.mark.parametrize(
    ("said", "written", "fits"),
    [
        (1, 1, [1]),
        (-1.0, -1, [-1]),
        ("+1", 1, [1]),
        ("at least 0", "at least 0", [0, 1]),
        (" At  MOST 0", "at most 0", [-1, 0]),
        ("-1 to 0", "-1 to 0", [-1, 0]),
        ("0 to 0", 0, [0]),
    ],
)
def test_a_level_is_written_as_a_person_says_it(said: object, written: object, fits: list[float]) -> None:
    expected = level(said)
    assert expected.written == written
    assert level(expected.written) == expected
    assert [value for value in SCALE.values if expected.holds(value, SCALE)] == fits


@pytest.mark.parametrize("said", [True, None, "", "good", "1..2", "at least", [1], float("nan"), float("inf"), "1e3"])
def test_what_is_no_level_is_refused_with_what_may_stand_there(said: object) -> None:
    with pytest.raises(ValidationError, match="write one of the scale, or at least 0, at most 0, 0 to 1"):
        level(said)


@pytest.mark.parametrize(("said", "words"), [("1 to 0", "write the lower one first"), ({}, "a range has an end")])
def test_a_range_without_a_level_is_refused(said: object, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        level(said)


@pytest.mark.parametrize(("score", "passes"), [(0.9, True), (0.51, True), (0.5, False), (0.49, False), (1.0, True)])
def test_a_mean_of_votes_counts_as_the_nearest_level_and_between_two_as_both(score: float, passes: bool) -> None:
    assert level(1).holds(score, SCALE) is passes
    assert level("at least 0").holds(score, SCALE)


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({"Be Bold": 1}, "the rubric that is tested has no criterion 'Be Bold'; it has: Be Kind, Be Brief"),
        ({"Be Kind": 2}, "2 is not on the scale"),
        ({"Be Kind": "at least 0.5"}, "0.5 is not on the scale"),
        ({"Be Kind": "at least -1"}, "nothing is tested"),
        ({"Be Kind": "-1 to 1"}, "nothing is tested"),
    ],
)
def test_what_the_rubric_does_not_have_is_refused(levels: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replies({"Be Brief": 0}, levels).check(RUBRIC)


def test_an_id_and_a_reply_stand_once() -> None:
    one = {"id": "a", "prompt": "p", "reply": "r", "levels": {"Be Kind": 1}}
    with pytest.raises(ValidationError, match="the id 'a' stands twice"):
        GoldenReplies.model_validate({"replies": [one, one | {"reply": "other"}]})
    with pytest.raises(ValidationError, match="request and reply are those of 'a'"):
        GoldenReplies.model_validate({"replies": [one, one | {"id": "b"}]})
