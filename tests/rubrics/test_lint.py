"""Lint finds what will be read in different ways, and nothing in the rubrics that are shipped as finalised."""

from __future__ import annotations

import pytest

from hone.domain.evidence import Advice
from hone.domain.rubric import Criterion, Rubric
from hone.project import finalised_rubrics, templates
from hone.project.files import read_yaml
from hone.project.templates import Template
from hone.rubrics.lint import VAGUE, advice_findings, anchor_problems, lint

CLEAN = "Be Kind: The first line greets the reader by name."


def rules(*criteria: object) -> list[tuple[str, str]]:
    return [(one.rule, one.criterion) for one in lint(Rubric.model_validate({"criteria": list(criteria)}))]


def test_two_clear_criteria_have_no_finding() -> None:
    assert rules("Be Detailed: Each session names its topic and its minutes.", CLEAN) == []


@pytest.mark.parametrize("word", sorted(VAGUE))
def test_a_word_that_only_praises_is_vague(word: str) -> None:
    assert rules(f"Be Fit: The plan is {word}.", CLEAN) == [("vague", "Be Fit")]


def test_several_vague_words_are_one_finding_that_names_them() -> None:
    (finding,) = lint(Rubric.model_validate({"criteria": ["Be Fit: Good, good and Appropriate tasks.", CLEAN]}))
    assert finding.message.startswith("good, appropriate: say what a reader would see")


@pytest.mark.parametrize("sentence", ["The goods arrive.", "It is wellness.", "Tasks are in order."])
def test_a_word_that_merely_contains_a_vague_one_is_not_vague(sentence: str) -> None:
    assert rules(f"Be Fit: {sentence}", CLEAN) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The plan names each topic and explains its use.",
        "The plan names each topic, and it also gives the minutes.",
        "The plan names each topic but also keeps to the time.",
        "The plan names each topic and is short.",
    ],
)
def test_a_second_verb_is_two_criteria_in_one(sentence: str) -> None:
    assert rules(f"Be Fit: {sentence}", CLEAN) == [("two-in-one", "Be Fit")]


def test_as_well_as_is_two_in_one_but_praises_nothing() -> None:
    assert rules("Be Fit: It names each topic as well as gives the minutes.", CLEAN) == [("two-in-one", "Be Fit")]
    assert rules("Be Fit: The plan names topics as well as minutes.", CLEAN) == []


@pytest.mark.parametrize("sentence", ["Each session names a topic and minutes.", "Every stage and session has one."])
def test_two_things_of_one_verb_are_one_criterion(sentence: str) -> None:
    assert rules(f"Be Fit: {sentence}", CLEAN) == []


def test_a_long_sentence_is_found() -> None:
    assert rules(f"Be Fit: {'word ' * 46}", CLEAN) == [("long", "Be Fit")]
    assert rules(f"Be Fit: {'word ' * 45}", CLEAN) == []


def test_more_than_one_sentence_is_found() -> None:
    assert rules("Be Fit: The plan has days. Each day has a task.", CLEAN) == [("sentences", "Be Fit")]
    assert rules("Be Fit: Each step takes 1.5 hours.", CLEAN) == []


def test_two_levels_with_one_anchor_are_found() -> None:
    anchored = {"name": "Be Fit", "sentence": "Days have tasks.", "anchors": {0: "Some have.", 1: "some have."}}
    assert rules(anchored, CLEAN) == [("anchors", "Be Fit")]


def test_criteria_that_say_nearly_the_same_are_found_as_a_pair() -> None:
    same = "Each session names its topic."
    assert rules(f"Be Detailed: {same}", CLEAN, f"Be Detail-Minded: {same}") == [("overlap", "Be Detailed")]


@pytest.mark.parametrize("count", [0, 1, 8])
def test_a_number_of_criteria_that_cannot_be_finalised_is_found(count: int) -> None:
    words = "apples bears clouds doors eggs foxes gates hills".split()
    found = rules(*(f"Be {word.title()}: {word.title()} stand there." for word in words[:count]))
    assert ("count", "") in found


@pytest.mark.parametrize("name", sorted(finalised_rubrics()))
def test_a_finalised_rubric_of_the_library_lints_clean(name: str) -> None:
    assert lint(finalised_rubrics()[name]) == []


def test_the_library_has_three_finalised_rubrics() -> None:
    assert set(finalised_rubrics()) == {"study-plan-student", "course-plan-teacher", "educational-reply"}


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_the_starting_criteria_of_a_template_are_clear_and_distinct(template: Template) -> None:
    assert lint(read_yaml(template.folder / "rubric.yaml", Rubric)) == []


def test_there_are_ten_templates() -> None:
    assert len(templates()) == 10


TOPIC = "Each session names its topic and its minutes."


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        ("Be Exact: Each session names its topic and its minutes.", "same"),
        ("Be Exact: Every session names the minutes and the topic.", "same"),
        ("Be Exact: No session names its topic and its minutes.", "negated"),
        ("Be Exact: A session never names its topic or its minutes.", "negated"),
        ("Be Exact: The greeting stands in the first line.", ""),
    ],
)
def test_a_sentence_that_stands_twice_is_found_whatever_its_name(other: str, rule: str) -> None:
    assert rules(f"Be Detailed: {TOPIC}", other) == ([(rule, "Be Detailed")] if rule else [])


def test_a_word_with_a_prefix_of_denial_denies() -> None:
    assert rules("Be Plain: The aims are clear.", "Be Dark: The aims are unclear.") == [("negated", "Be Plain")]


def test_a_word_that_only_begins_like_a_denial_denies_nothing() -> None:
    assert rules("Be Apt: The pupil understands aims.", "Be Dark: Every derstands aims.") == []


@pytest.mark.parametrize(
    ("anchors", "said"),
    [
        ({-1: "No day has a task.", 0: "Some days have a task.", 1: "All days have a task."}, ""),
        ({-1: "Every claim is false.", 0: "Some claims are false.", 1: "No claim is false."}, ""),
        ({-1: "Some days have a task.", 0: "No day has a task.", 1: "All days have a task."}, "do not rise or fall"),
        ({-1: "0 to 2 tasks.", 0: "2 to 4 tasks.", 1: "5 to 9 tasks."}, "levels -1 and 0 both hold 2"),
        ({-1: "Nothing is named.", 1: "It is good."}, "level 1: good"),
        ({0: "It is named.", 1: "it is named."}, "the same anchor"),
    ],
)
def test_anchors_of_a_criterion_are_observable_ordered_and_disjoint(anchors: dict[float, str], said: str) -> None:
    criterion = Criterion.model_validate({"name": "Be Fit", "sentence": "Days have tasks.", "anchors": anchors})
    found = list(anchor_problems(criterion.anchors))
    assert [said in one for one in found] == ([True] if said else [])


def test_proposals_of_advice_are_looked_at_with_the_same_eyes() -> None:
    rubric = Rubric.model_validate({"criteria": [f"Be Detailed: {TOPIC}", CLEAN]})
    new = Criterion.model_validate("Be Exact: Each session names its topic and its minutes.")
    better = Criterion.model_validate("Be Kind: The first line is nice.")
    advice = [
        Advice(id="a1", action="add", criterion=None, proposal=new, reason="So."),
        Advice(id="a2", action="modify", criterion="Be Kind", proposal=better, reason="So."),
    ]
    assert [(one.rule, one.criterion) for one in advice_findings(advice, rubric)] == [
        ("vague", "Be Kind"),
        ("same", "Be Exact"),
    ]
