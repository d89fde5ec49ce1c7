"""A person's choices are applied as they were made; what would break the rubric is said clearly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hone.domain.evidence import Advice
from hone.domain.rubric import Criterion, Rubric
from hone.errors import RubricError
from hone.rubrics.merge import Choice, accept_all, check_count, merge

Piece = Callable[..., Advice]
MINE = Criterion(name="Be Mine", sentence="It is in my own words.")


@pytest.fixture
def advice(piece: Piece) -> list[Advice]:
    return [
        piece("a1", "modify", "Be Detailed", "Be Precise: Each session names its minutes."),
        piece("a2", "keep", "Be Hierarchical"),
        piece("a3", "remove", "Be Adaptable"),
        piece("a4", "add", None, "Be Warm: The plan praises effort."),
    ]


def decide(rubric: Rubric, advice: list[Advice], *actions: Choice) -> Rubric:
    return merge(rubric, advice, dict(zip((one.id for one in advice), actions, strict=True)), by="me").rubric


ACCEPT, REJECT = Choice("accept"), Choice("reject")


def test_what_is_accepted_happens(rubric: Rubric, advice: list[Advice]) -> None:
    made = decide(rubric, advice, ACCEPT, ACCEPT, ACCEPT, ACCEPT)
    assert made.names == ("Be Precise", "Be Hierarchical", "Be Warm")


def test_what_is_rejected_does_not_happen(rubric: Rubric, advice: list[Advice]) -> None:
    assert decide(rubric, advice, REJECT, REJECT, REJECT, REJECT) == rubric


def test_an_edit_takes_the_persons_wording_in_the_place_of_the_criterion(
    rubric: Rubric, advice: list[Advice]
) -> None:
    mine = Choice("edit", MINE)
    assert decide(rubric, advice, mine, ACCEPT, REJECT, REJECT).criteria[0] == MINE
    assert decide(rubric, advice, REJECT, mine, REJECT, REJECT).criteria[1] == MINE
    assert decide(rubric, advice, REJECT, ACCEPT, mine, REJECT).criteria[2] == MINE
    assert decide(rubric, advice, REJECT, ACCEPT, REJECT, mine).criteria[3] == MINE


def test_decisions_say_who_when_and_what_came_of_it(rubric: Rubric, advice: list[Advice]) -> None:
    choices = {"a1": ACCEPT, "a2": REJECT, "a3": Choice("edit", MINE, "mine is shorter"), "a4": REJECT}
    merged = merge(rubric, advice, choices, by="Ada")
    assert [(one.advice.id, one.action) for one in merged.decisions] == [
        ("a1", "accept"), ("a2", "reject"), ("a3", "edit"), ("a4", "reject"),
    ]  # fmt: skip
    assert {(one.by, one.before, one.after) for one in merged.decisions} == {
        ("Ada", rubric.digest, merged.rubric.digest)
    }
    assert (merged.decisions[2].wording, merged.decisions[2].note) == (MINE, "mine is shorter")
    assert all(one.at.tzinfo for one in merged.decisions)


def test_examples_lose_the_scores_of_criteria_that_are_reworded_or_gone(rubric: Rubric, advice: list[Advice]) -> None:
    made = decide(rubric, advice, ACCEPT, ACCEPT, ACCEPT, REJECT)
    (example,) = made.examples
    assert example.scores == {"Be Hierarchical": 0}
    assert example.reasons == {}


def test_a_sentence_that_is_reworded_under_the_same_name_loses_its_scores_too(rubric: Rubric, piece: Piece) -> None:
    made = decide(rubric, [piece("a1", "modify", "Be Adaptable", "Be Adaptable: Other words.")], ACCEPT)
    assert made.examples[0].scores == {"Be Detailed": -1, "Be Hierarchical": 0}
    assert made.examples[0].reasons == {"Be Detailed": "No minutes."}
    assert made.examples[1].scores == {"Be Detailed": 1}


def test_advice_without_a_decision_is_named(rubric: Rubric, advice: list[Advice]) -> None:
    with pytest.raises(RubricError, match="no decision on a2, a4"):
        merge(rubric, advice, {"a1": ACCEPT, "a3": ACCEPT}, by="me")


def test_a_decision_on_no_advice_is_named(rubric: Rubric, advice: list[Advice]) -> None:
    choices = dict.fromkeys(("a1", "a2", "a3", "a4", "a9"), REJECT)
    with pytest.raises(RubricError, match="'a9', which is not a piece of advice; there are a1, a2, a3, a4"):
        merge(rubric, advice, choices, by="me")


def test_fewer_than_two_criteria_are_refused(rubric: Rubric, piece: Piece) -> None:
    advice = [piece("a1", "remove", "Be Detailed"), piece("a2", "remove", "Be Adaptable")]
    with pytest.raises(RubricError, match="would leave 1 criteria; a rubric has at least 2: reject a removal"):
        decide(rubric, advice, ACCEPT, ACCEPT)


def test_more_than_seven_criteria_are_refused(rubric: Rubric, piece: Piece) -> None:
    advice = [piece(f"a{n}", "add", None, f"Be {word}: New.") for n, word in enumerate("Aa Bb Cc Dd Ee Ff".split())]
    with pytest.raises(RubricError, match="would leave 9 criteria; a rubric has at most 7: reject 2 or remove 2"):
        decide(rubric, advice, *[ACCEPT] * 6)


@pytest.mark.parametrize("count", [2, 7])
def test_two_and_seven_criteria_are_allowed(count: int) -> None:
    check_count(count, "the rubric has")


def test_two_criteria_with_one_name_are_refused(rubric: Rubric, piece: Piece) -> None:
    advice = [piece("a1", "add", None, "Be detailed: Other words.")]
    with pytest.raises(RubricError, match="two criteria called 'be detailed'; edit or reject one"):
        decide(rubric, advice, ACCEPT)


def test_advice_on_a_criterion_that_is_gone_is_refused(rubric: Rubric, piece: Piece) -> None:
    with pytest.raises(RubricError, match="a1 is about 'Be Gone', which the rubric no longer has; advise again"):
        decide(rubric, [piece("a1", "remove", "Be Gone")], ACCEPT)


def test_accepting_all_stops_before_the_rubric_is_too_small(rubric: Rubric, piece: Piece) -> None:
    advice = [piece(f"a{n}", "remove", name) for n, name in enumerate(rubric.names, 1)]
    choices = accept_all(advice, 3)
    assert [choices[one.id].action for one in advice] == ["accept", "reject", "reject"]
    assert choices["a2"].note == "accepting it would leave 1 criteria"
    assert len(merge(rubric, advice, choices, by="me").rubric.criteria) == 2


def test_accepting_all_stops_before_the_rubric_is_too_large(rubric: Rubric, piece: Piece) -> None:
    advice = [piece(f"a{n}", "add", None, f"Be {word}: New.") for n, word in enumerate("Aa Bb Cc Dd Ee Ff".split())]
    merged = merge(rubric, advice, accept_all(advice, 3), by="me")
    assert len(merged.rubric.criteria) == 7
    assert [one.action for one in merged.decisions].count("reject") == 2


def test_accepting_all_accepts_what_leaves_the_number_alone(advice: list[Advice]) -> None:
    assert {choice.action for choice in accept_all(advice, 3).values()} == {"accept"}
