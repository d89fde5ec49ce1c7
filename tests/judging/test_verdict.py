"""A judge's text becomes a whole verdict, or an error that says why not; never a made-up score."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hone.domain.rubric import Rubric, Scale
from hone.errors import VerdictError
from hone.judging import read_object, read_verdict
from hone.judging.verdict import read_level, read_pattern

VerdictText = Callable[..., str]
FIVE = Scale.model_validate("1..5")
THREE = Scale.model_validate("-1..1")


def test_a_whole_verdict_gives_one_score_a_criterion_in_the_order_of_the_rubric(
    rubric: Rubric, verdict: VerdictText
) -> None:
    text = json.dumps(dict(reversed(json.loads(verdict(-1, 1)).items())))
    scores = read_verdict(text, rubric)
    assert [(score.criterion, score.value, score.reason) for score in scores] == [
        ("Be Detailed", -1.0, "It says so."),
        ("Be Adaptable", 1.0, "It says so."),
    ]


@pytest.mark.parametrize(
    "around", ["{}", "```json\n{}\n```", "```\n{}```", "Here is my verdict:\n{}\nI hope it helps.", "\ufeff \n{}\n"]
)
def test_words_and_code_fences_around_a_verdict_do_not_matter(
    rubric: Rubric, verdict: VerdictText, around: str
) -> None:
    assert len(read_verdict(around.replace("{}", verdict()), rubric)) == 2


def test_a_verdict_that_misses_a_criterion_is_refused(rubric: Rubric) -> None:
    with pytest.raises(VerdictError, match="no score for 'Be Adaptable'"):
        read_verdict('{"Be Detailed": {"reason": "Yes.", "score": 1}}', rubric)


def test_a_verdict_with_an_invented_criterion_is_refused(rubric: Rubric, verdict: VerdictText) -> None:
    with pytest.raises(VerdictError, match="'Be Kind', which is not a criterion"):
        read_verdict(verdict(**{"Be Kind": 1}), rubric)


def test_a_criterion_spelt_in_another_way_is_not_the_criterion(rubric: Rubric, verdict: VerdictText) -> None:
    with pytest.raises(VerdictError, match="no score for 'Be Detailed'"):
        read_verdict(verdict().replace("Be Detailed", "be detailed"), rubric)


def test_a_verdict_that_repeats_a_criterion_is_refused_even_with_the_same_score(rubric: Rubric) -> None:
    one = '"Be Detailed": {"reason": "Yes.", "score": 1}'
    two = '"Be Adaptable": {"reason": "Yes.", "score": 1}'
    with pytest.raises(VerdictError, match="'Be Detailed' stands twice"):
        read_verdict(f"{{{one}, {two}, {one}}}", rubric)


def test_a_score_that_is_repeated_within_a_criterion_is_refused(rubric: Rubric, verdict: VerdictText) -> None:
    text = verdict().replace('"score": 1', '"score": 1, "score": 0')
    with pytest.raises(VerdictError, match="'score' stands twice"):
        read_verdict(text, rubric)


@pytest.mark.parametrize(
    ("score", "why"),
    [
        (2, "2 is not on the scale"),
        (0.5, "0.5 is not on the scale"),
        (1e300, "1e.300 is not on the scale"),
        (True, "not a level of the scale"),
        (False, "not a level of the scale"),
        (None, "not a level of the scale"),
        ([1], "is not a level"),
        ({"value": 1}, "is not a level"),
        ("splendid", "'splendid' is not a level"),
        ("nan", "'nan' is not a level"),
        ("-inf", "'-inf' is not a level"),
        ("", "'' is not a level"),
    ],
)
def test_a_score_off_the_scale_is_refused(rubric: Rubric, verdict: VerdictText, score: Any, why: str) -> None:
    with pytest.raises(VerdictError, match=why):
        read_verdict(verdict(score), rubric)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_score_that_is_no_number_in_json_is_refused(rubric: Rubric, verdict: VerdictText, number: str) -> None:
    with pytest.raises(VerdictError, match=f"{number} is not a number"):
        read_verdict(verdict().replace('"score": 1', f'"score": {number}'), rubric)


@pytest.mark.parametrize("number", ["1e400", "1" + "0" * 400, "-" + "9" * 5000])
def test_a_score_too_large_for_any_scale_is_refused(rubric: Rubric, verdict: VerdictText, number: str) -> None:
    with pytest.raises(VerdictError):
        read_verdict(verdict().replace('"score": 1', f'"score": {number}'), rubric)


@pytest.mark.parametrize(
    ("score", "value"), [("meets", 1), ("Does Not Meet", -1), (" neutral ", 0), ("1", 1), ("-1.0", -1), (1.0, 1)]
)
def test_a_label_or_a_number_in_quotes_counts_as_its_level(
    rubric: Rubric, verdict: VerdictText, score: Any, value: float
) -> None:
    assert read_verdict(verdict(score), rubric)[0].value == value


@pytest.mark.parametrize("reason", ["", "   ", None, 3, ["It says so."]])
def test_a_score_without_a_reason_is_refused(rubric: Rubric, verdict: VerdictText, reason: Any) -> None:
    data = json.loads(verdict())
    data["Be Adaptable"]["reason"] = reason
    with pytest.raises(VerdictError, match="'Be Adaptable' has a score without a reason"):
        read_verdict(json.dumps(data), rubric)


@pytest.mark.parametrize("entry", [1, "meets", None, [], {"score": 1}, {"reason": "x", "score": 1, "note": "y"}])
def test_an_entry_of_another_form_is_refused(rubric: Rubric, entry: Any) -> None:
    text = json.dumps({"Be Detailed": entry, "Be Adaptable": {"reason": "Yes.", "score": 1}})
    with pytest.raises(VerdictError, match="'Be Detailed' lacks its reason or its score"):
        read_verdict(text, rubric)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON object"),
        ("I cannot score this.", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('{"Be Detailed": {"reason": "It', "does not parse"),
        ("{'Be Detailed': 1}", "does not parse"),
        ('{"a": 1} {"a": 1}', "several JSON objects"),
        ('{"a": 1}\nor rather {"a": 0}', "several JSON objects"),
        ('{"a": 1, "a": 1}', "'a' stands twice"),
        ('{"a": [NaN]}', "NaN is not a number"),
        ('{"a":' * 100_000, "."),
    ],
)
def test_a_text_without_one_whole_object_is_refused(text: str, why: str) -> None:
    with pytest.raises(VerdictError, match=why):
        read_object(text)


def test_braces_inside_strings_are_text() -> None:
    assert read_object('{"reason": "uses {x} and } and {"}') == {"reason": "uses {x} and } and {"}


def test_every_proper_beginning_of_a_verdict_is_refused(rubric: Rubric, verdict: VerdictText) -> None:
    text = verdict()
    for end in range(len(text)):
        with pytest.raises(VerdictError):
            read_verdict(text[:end], rubric)


def test_a_reason_with_half_a_character_does_not_stop_the_run(rubric: Rubric, verdict: VerdictText) -> None:
    """JSON may hold a lone surrogate, which no text file can."""
    text = verdict().replace("It says so.", "It says \\ud83d so.")
    try:
        scores = read_verdict(text, rubric)
    except VerdictError:
        return
    assert all(score.reason.encode() for score in scores)


@given(st.text())
@settings(max_examples=400)
def test_any_text_is_an_object_or_a_verdict_error(text: str) -> None:
    with contextlib.suppress(VerdictError):
        assert isinstance(read_object(text), dict)


_LEAF = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-3, 3), st.floats(), st.text(max_size=8),
    st.sampled_from(["meets", "neutral", "1", "-1", "1e0", "0x1", "yes"]),
)  # fmt: skip
_ENTRY = st.one_of(
    _LEAF,
    st.lists(_LEAF, max_size=2),
    st.fixed_dictionaries({"reason": st.one_of(st.text(max_size=8), _LEAF), "score": _LEAF}),
    st.dictionaries(st.sampled_from(["reason", "score", "note"]), _LEAF),
)
_NAMES = st.sampled_from(["Be Detailed", "Be Adaptable", "Be Kind", ""])


@given(st.dictionaries(_NAMES, _ENTRY), st.text(max_size=10), st.text(max_size=10), st.integers(0, 400))
@settings(max_examples=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_score_that_comes_out_was_stated_in_the_text(
    rubric: Rubric, data: dict[str, Any], before: str, after: str, cut: int
) -> None:
    text = before + json.dumps(data)[: cut or None] + after
    try:
        scores = read_verdict(text, rubric)
    except VerdictError:
        return
    assert [score.criterion for score in scores] == list(rubric.names)
    for score in scores:
        stated = data[score.criterion]["score"]
        label = rubric.scale.level(score.value).label
        assert not isinstance(stated, bool)
        assert str(stated).strip().lower() == label or float(stated) == score.value
        assert data[score.criterion]["reason"].strip() == score.reason


@given(st.one_of(_LEAF, st.lists(_LEAF), st.dictionaries(st.text(max_size=3), _LEAF)))
def test_a_level_that_comes_out_is_on_the_scale(value: Any) -> None:
    for scale in (THREE, FIVE):
        with contextlib.suppress(VerdictError):
            assert read_level(value, scale) in scale.values


def test_a_level_is_found_by_its_label_before_its_number() -> None:
    scale = Scale.model_validate(
        [{"value": 0, "label": "1", "anchor": "low"}, {"value": 1, "label": "2", "anchor": "high"}]
    )
    assert read_level("1", scale) == 0
    assert read_level(1, scale) == 1


@pytest.mark.parametrize(
    "reason",
    [
        "A score of 0 would need jargon.",
        "It would get a score of 0 if it had jargon.",
        "The score is 0 only if a sentence is missing.",
        "A rating of -1 means that nothing is there.",
        "This could have been given a score of 0.",
        "It does not deserve a score of 0.",
        "Unlike replies that get a score of 0, it is short.",
        "The final score is 0-1 in the story.",
        "Its score is 0% wrong.",
    ],
)
def test_a_level_that_a_reason_supposes_is_not_the_score(rubric: Rubric, reason: str) -> None:
    data = {name: {"reason": reason, "score": 1} for name in rubric.names}
    assert [score.value for score in read_verdict(json.dumps(data), rubric)] == [1, 1]


@pytest.mark.parametrize(
    "reason",
    [
        "So the score is 0.",
        "Score: 0",
        "I give it a score of 0.",
        "It deserves a score of 0.",
        "The reply earns a rating of 0 here.",
        "Rating = 0",
        "**Score:** 0",
    ],
)
def test_a_reason_that_gives_another_score_is_refused(rubric: Rubric, reason: str) -> None:
    data = {name: {"reason": reason, "score": 1} for name in rubric.names}
    with pytest.raises(VerdictError, match="its reason says 0"):
        read_verdict(json.dumps(data), rubric)


def test_a_verdict_in_the_thoughts_is_not_the_verdict(rubric: Rubric, verdict: VerdictText) -> None:
    assert [score.value for score in read_verdict(f"<think>{verdict(-1, -1)}</think>{verdict(1, 0)}", rubric)] == [
        1,
        0,
    ]
    with pytest.raises(VerdictError, match="thoughts do not end"):
        read_verdict(f"<think>{verdict(-1, -1)} But wait", rubric)
    pattern = re.compile(r"A=(\d) B=(\d)")
    with pytest.raises(VerdictError, match="does not match"):
        read_pattern("<think>A=1 B=1 or", rubric, pattern)
