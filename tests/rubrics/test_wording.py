"""A model's wording is brought into form, and criteria that say the same are found."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.domain.rubric import Criterion
from hone.rubrics.wording import bullets, likeness, names_match, stems, worded


@pytest.mark.parametrize(
    ("name", "mended"),
    [
        ("Be Specific", "Be Specific"),
        ("specific", "Be Specific"),
        ('"be specific:"', "Be Specific"),
        ("Be clear and concise", "Be Clear and Concise"),
        ("**Be Specific**", "Be Specific"),
        ("BE Specific", "Be Specific"),
        ("Be one two three four five six seven", "Be One Two Three Four Five"),
    ],
)
def test_a_name_is_brought_into_form(name: str, mended: str) -> None:
    made = worded(name, "it says so")
    assert made == Criterion(name=mended, sentence="it says so.")


@pytest.mark.parametrize("sentence", ["it says so.", '"it says so."', "  it   says\nso. "])
def test_a_sentence_loses_its_quotation_marks_and_line_breaks(sentence: str) -> None:
    made = worded("Be Clear", sentence)
    assert made is not None
    assert made.sentence == "it says so."


@pytest.mark.parametrize("name", ["", "Be", "be ", "!!!", "—", "123", None, 7, ["Be Clear"]])
def test_what_holds_no_name_is_no_criterion(name: Any) -> None:
    assert worded(name, "It says so.") is None


@pytest.mark.parametrize("sentence", ["", "  ", '""', None, 7, {"text": "x"}, "x" * 2000, "half \ud83d"])
def test_what_holds_no_sentence_is_no_criterion(sentence: Any) -> None:
    assert worded("Be Clear", sentence) is None


@given(st.text(), st.text())
def test_any_wording_is_a_criterion_in_form_or_none(name: str, sentence: str) -> None:
    made = worded(name, sentence)
    assert made is None or (made.name.startswith("Be ") and made.sentence and "\n" not in made.sentence)


def test_criteria_stand_in_prompts_as_a_list() -> None:
    one, two = Criterion(name="Be Clear", sentence="It is."), Criterion(name="Be Kind", sentence="It greets.")
    assert bullets([one, two]) == "- Be Clear: It is.\n- Be Kind: It greets."


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Be Specific", "Be More Specific", True),
        ("Be Detailed", "Be Detail-Oriented", True),
        ("Be Adaptable", "Be Adaptive", True),
        ("Be Organised", "Be Honest", False),
        ("Be Good", "Be Be", False),
    ],
)
def test_names_match_by_their_content_words(left: str, right: str, same: bool) -> None:
    assert names_match(left, right) is same


def test_short_and_empty_words_have_no_stem_but_themselves() -> None:
    assert stems("the Plan is on") == {"plan"}
    assert stems("") == frozenset()


def test_criteria_with_the_same_name_are_alike_whatever_they_say() -> None:
    one, two = Criterion(name="Be Clear", sentence="Apples."), Criterion(name="be Clear".title(), sentence="Pears.")
    assert likeness(one, two) == 1.0


_CRITERIA = st.builds(
    Criterion,
    name=st.sampled_from(["Be Clear", "Be Kind", "Be Detailed and Clear", "Be Adaptable"]),
    sentence=st.text(min_size=1, max_size=60).filter(lambda text: bool(text.strip())),
)


@given(_CRITERIA, _CRITERIA)
def test_likeness_is_symmetric_and_between_0_and_1(left: Criterion, right: Criterion) -> None:
    assert 0 <= likeness(left, right) <= 1
    assert likeness(left, right) == likeness(right, left)
    assert likeness(left, left) == 1
