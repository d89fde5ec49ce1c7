"""Versions know their parent and the decisions behind them; a diff says what changed between two rubrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from hone.domain.evidence import Advice, Decision, RubricVersion
from hone.domain.rubric import Criterion, Rubric
from hone.errors import RubricError
from hone.rubrics.finalise import diff, finalise
from hone.rubrics.merge import Choice, Merged, merge

Piece = Callable[..., Advice]


def removed(rubric: Rubric, piece: Piece, name: str) -> Merged:
    return merge(rubric, [piece("a1", "remove", name)], {"a1": Choice("accept")}, by="me")


def start(rubric: Rubric) -> RubricVersion:
    made = finalise(rubric, [], [], by="me")
    return made.model_copy(update={"version": 0})


def kinds(old: Rubric, new: Rubric) -> list[tuple[str, str]]:
    return [(change.kind, change.name) for change in diff(old, new) if change.kind != "same"]


def test_the_first_version_has_no_parent(rubric: Rubric) -> None:
    made = finalise(rubric, [], [], by="Ada", note="a start")
    assert (made.version, made.parent, made.decisions, made.by, made.note) == (1, None, (), "Ada", "a start")
    assert made.hash == rubric.digest


def test_a_version_names_its_parent_and_carries_each_decision_once(rubric: Rubric, piece: Piece) -> None:
    first = removed(rubric, piece, "Be Adaptable")
    zero = start(rubric)
    one = finalise(first.rubric, [zero], first.decisions, by="me")
    assert one.version == 1
    assert one.parent is not None
    assert (one.parent.version, one.parent.hash) == (0, rubric.digest)
    assert one.decisions == first.decisions
    assert one.note == ""

    advice = [piece("a1", "add", None, "Be Warm: The plan praises effort.")]
    second = merge(first.rubric, advice, {"a1": Choice("accept")}, by="me")
    every: Sequence[Decision] = (*first.decisions, *second.decisions)
    two = finalise(second.rubric, [zero, one], every, by="me")
    assert (two.version, two.decisions) == (2, second.decisions)
    assert two.parent is not None
    assert two.parent.hash == one.hash
    three = finalise(second.rubric, [zero, one, two], every, by="me")
    assert three.decisions == ()


def test_an_edit_by_hand_after_the_last_decision_is_noted(rubric: Rubric, piece: Piece) -> None:
    merged = removed(rubric, piece, "Be Adaptable")
    edited = merged.rubric.with_criteria((*merged.rubric.criteria, Criterion(name="Be Warm", sentence="It is.")))
    made = finalise(edited, [start(rubric)], merged.decisions, by="me", note="for spring")
    assert made.note == "for spring; edited by hand after the last decision"


def test_an_edit_by_hand_without_any_decision_is_noted(rubric: Rubric) -> None:
    edited = rubric.with_criteria(rubric.criteria[:2])
    assert finalise(edited, [start(rubric)], [], by="me").note == "edited by hand after the last decision"


@pytest.mark.parametrize("count", [0, 1, 8])
def test_a_rubric_of_another_size_is_not_finalised(count: int) -> None:
    criteria = [f"Be {letter}a: Words." for letter in "ABCDEFGH"[:count]]
    with pytest.raises(RubricError, match=f"the rubric has {count} criteria"):
        finalise(Rubric.model_validate({"criteria": criteria}), [], [], by="me")


def test_equal_rubrics_have_no_difference(rubric: Rubric) -> None:
    assert kinds(rubric, rubric) == []
    assert [change.kind for change in diff(rubric, rubric)] == ["same"] * 3


def test_a_new_sentence_is_a_rewording(rubric: Rubric) -> None:
    new = Criterion(name="Be Detailed", sentence="Other words.")
    other = rubric.with_criteria((new, *rubric.criteria[1:]))
    (change,) = (one for one in diff(rubric, other) if one.kind == "reworded")
    assert (change.name, change.old, change.new) == ("Be Detailed", rubric.criteria[0].sentence, "Other words.")


def test_new_anchors_are_a_rewording(rubric: Rubric) -> None:
    anchored = Criterion.model_validate(
        {"name": "Be Detailed", "sentence": rubric.criteria[0].sentence, "anchors": {1: "Every one."}}
    )
    (change, *_) = diff(rubric, rubric.with_criteria((anchored, *rubric.criteria[1:])))
    assert change.kind == "reworded"
    assert change.new.endswith("[1: Every one.]")


def test_a_criterion_that_was_renamed_is_found_again(rubric: Rubric) -> None:
    renamed = Criterion(name="Be Precise", sentence=rubric.criteria[0].sentence)
    changes = diff(rubric, rubric.with_criteria((*rubric.criteria[1:], renamed)))
    (change,) = (one for one in changes if one.kind == "renamed")
    assert change.old.startswith("Be Detailed: ")
    assert change.new.startswith("Be Precise: ")


def test_what_came_and_what_went_is_said(rubric: Rubric) -> None:
    new = Criterion(name="Be Warm", sentence="The plan praises effort.")
    changes = kinds(rubric, rubric.with_criteria((*rubric.criteria[:2], new)))
    assert changes[:2] == [("added", "Be Warm"), ("removed", "Be Adaptable")]


def test_another_scale_is_said_with_its_levels(rubric: Rubric) -> None:
    bare = Rubric(criteria=rubric.criteria)
    other = Rubric.model_validate({"criteria": list(rubric.criteria), "scale": "0..1"})
    (change,) = (one for one in diff(bare, other) if one.kind != "same")
    assert change.kind == "scale"
    assert change.old.startswith("-1 does not meet: ")
    assert change.new.startswith("0 no: ")


def test_other_examples_are_said_with_their_number(rubric: Rubric) -> None:
    (change,) = (one for one in diff(rubric, Rubric(criteria=rubric.criteria)) if one.kind != "same")
    assert (change.kind, change.old, change.new) == ("examples", "2 examples", "0 examples")


def test_from_nothing_everything_is_added(rubric: Rubric) -> None:
    assert [change.kind for change in diff(Rubric(), Rubric(criteria=rubric.criteria))] == ["added"] * 3
    assert [change.kind for change in diff(Rubric(criteria=rubric.criteria), Rubric())] == ["removed"] * 3
