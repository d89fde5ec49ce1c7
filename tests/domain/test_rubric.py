from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hone.domain.rubric import Criterion, Level, Rubric, Scale, ScoredExample

from .strategies import rubrics

DETAILED = Criterion(name="Be Detailed", sentence="Each session has a task.")
CLEAR = Criterion(name="Be Clear", sentence="Each sentence can be understood at once.")


def example(**scores: float) -> ScoredExample:
    return ScoredExample(prompt="p", reply="r", scores={f"Be {name}": value for name, value in scores.items()})


def test_a_criterion_is_written_the_way_a_person_says_it() -> None:
    assert Criterion.model_validate("Be Detailed: Each session has a task.") == DETAILED
    assert Criterion.model_validate({"Be Detailed": "Each session has a task."}) == DETAILED
    assert Criterion.model_validate("Be Short: two parts: this and that").sentence == "two parts: this and that"


def test_white_space_around_text_does_not_count() -> None:
    assert Criterion(name=" Be Detailed ", sentence="\nEach session has a task. ") == DETAILED


@pytest.mark.parametrize("name", ["Be Detailed and Actionable", "Be Age-Appropriate", "Be Élégant", "Be Reader's"])
def test_a_name_is_be_and_an_adjective(name: str) -> None:
    assert Criterion(name=name, sentence="x").name == name


@pytest.mark.parametrize(
    "name", ["Detailed", "be detailed", "Be", "Be ", "Be 7", "Be Detailed: yes", "Be a b c d e f", "Be\nDetailed", ""]
)
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Criterion(name=name, sentence="x")


def test_a_criterion_without_a_sentence_says_what_to_write() -> None:
    with pytest.raises(ValidationError, match="'Be Detailed' has no sentence; write 'Be Adjective: one sentence'"):
        Criterion.model_validate("Be Detailed")
    with pytest.raises(ValidationError):
        Criterion(name="Be Detailed", sentence="   ")


def test_two_criteria_of_one_name_are_refused_whatever_their_case() -> None:
    with pytest.raises(ValidationError, match="two criteria are called 'Be detailed'"):
        Rubric(criteria=(DETAILED, Criterion(name="Be detailed", sentence="x")))


@pytest.mark.parametrize(("name", "values"), [("-1..1", (-1, 0, 1)), ("1..5", (1, 2, 3, 4, 5)), ("0..1", (0, 1))])
def test_a_built_in_scale_goes_by_its_name(name: str, values: tuple[float, ...]) -> None:
    scale = Scale.model_validate(name)
    assert scale.values == values
    assert scale.name == name
    assert all(level.anchor for level in scale.levels)


def test_the_default_scale_does_not_meet_neutral_meets() -> None:
    assert [level.label for level in Rubric().scale.levels] == ["does not meet", "neutral", "meets"]


def test_a_scale_of_ones_own_has_no_name() -> None:
    levels = [{"value": 0, "label": "red", "anchor": "a"}, {"value": 2.5, "label": "green", "anchor": "b"}]
    scale = Scale.model_validate(levels)
    assert scale == Scale.model_validate({"levels": levels})
    assert scale.name is None
    assert scale.level(2.5).label == "green"
    with pytest.raises(KeyError):
        scale.level(1)


def test_an_unknown_scale_names_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"unknown scale '1\.\.7'; write one of -1\.\.1, 1\.\.5, 0\.\.1"):
        Scale.model_validate("1..7")


@pytest.mark.parametrize("values", [(1, 0), (1, 1), (0.0, -0.0), (1,), tuple(range(12))])
def test_levels_stand_worst_first_and_are_two_to_eleven(values: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        Scale(levels=tuple(Level(value=value, label=f"l{n}", anchor="a") for n, value in enumerate(values)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_level_is_a_finite_number(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Level(value=value, label="x", anchor="x")


def test_two_levels_of_one_label_are_refused() -> None:
    with pytest.raises(ValidationError, match="same label"):
        Scale(levels=(Level(value=0, label="no", anchor="a"), Level(value=1, label="No", anchor="b")))


def test_a_criterions_own_anchor_comes_before_the_scales() -> None:
    criterion = Criterion.model_validate({"name": "Be Kind", "sentence": "x", "anchors": {1: "Thanks the reader."}})
    scale = Scale.model_validate("-1..1")
    assert criterion.anchor(scale.level(1)) == "Thanks the reader."
    assert criterion.anchor(scale.level(0)) == scale.level(0).anchor


def test_scores_and_anchors_stand_on_the_scale_and_name_known_criteria() -> None:
    with pytest.raises(ValidationError, match=r"no criterion is called 'Be Kind'; there are Be Detailed"):
        Rubric(criteria=(DETAILED,), examples=(example(Kind=1),))
    with pytest.raises(ValidationError, match=r"0\.5 is not on the scale \(-1, 0, 1\)"):
        Rubric(criteria=(DETAILED,), examples=(example(Detailed=0.5),))
    anchored = Criterion.model_validate({"name": "Be Kind", "sentence": "x", "anchors": {3: "a"}})
    with pytest.raises(ValidationError, match="3 is not on the scale"):
        Rubric(criteria=(anchored,))
    reasoned = ScoredExample(prompt="p", reply="r", scores={"Be Detailed": 1}, reasons={"Be Clear": "x"})
    with pytest.raises(ValidationError, match="'Be Clear' has no score there"):
        Rubric(criteria=(DETAILED, CLEAR), examples=(reasoned,))
    twice = [{"value": 1, "text": "a"}, {"value": 1, "text": "b"}]
    with pytest.raises(ValidationError, match="two anchors for one level"):
        Rubric(criteria=(Criterion.model_validate({"name": "Be Kind", "sentence": "x", "anchors": twice}),))


def test_examples_keep_the_scores_of_criteria_that_remain_word_for_word() -> None:
    rubric = Rubric(criteria=(DETAILED, CLEAR), examples=(example(Detailed=1, Clear=0), example(Clear=1)))
    reworded = Criterion(name="Be Clear", sentence="No sentence has more than 20 words.")
    changed = rubric.with_criteria((DETAILED, reworded))
    assert changed.names == ("Be Detailed", "Be Clear")
    assert [dict(entry.scores) for entry in changed.examples] == [{"Be Detailed": 1}]
    assert rubric.with_criteria(rubric.criteria) == rubric


def test_the_digest_follows_the_content_and_nothing_else() -> None:
    rubric = Rubric(criteria=(DETAILED, CLEAR))
    assert rubric.digest == Rubric(criteria=(DETAILED, CLEAR), scale=Scale.model_validate("-1..1")).digest
    assert rubric.digest != Rubric(criteria=(CLEAR, DETAILED)).digest
    assert rubric.digest != Rubric(criteria=(DETAILED, CLEAR), scale=Scale.model_validate("0..1")).digest
    one, other = example(Detailed=1, Clear=0), example(Clear=-0.0, Detailed=1)
    digests = {Rubric(criteria=(DETAILED, CLEAR), examples=(entry,)).digest for entry in (one, other)}
    assert len(digests) == 1


def test_the_digest_never_changes_between_releases() -> None:
    assert Rubric(criteria=(DETAILED, CLEAR)).digest == "5e26b3773505c276"


@given(rubrics())
def test_a_rubric_survives_json(rubric: Rubric) -> None:
    again = Rubric.model_validate_json(rubric.model_dump_json())
    assert again == rubric
    assert again.digest == rubric.digest


@given(rubrics(), st.data())
def test_any_choice_of_criteria_gives_a_rubric_that_holds(rubric: Rubric, data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.sampled_from(rubric.criteria), unique=True)) if rubric.criteria else []
    changed = rubric.with_criteria(tuple(kept))
    assert set(changed.names) <= set(rubric.names)
    assert all(set(entry.scores) <= set(changed.names) for entry in changed.examples)


def test_rubrics_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError):
        DETAILED.name = "Be Kind"  # type: ignore[misc]
