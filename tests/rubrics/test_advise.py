"""The expert's advice: one piece a criterion, resting on the comparisons whose measures speak of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hone.domain.evidence import Advice, Comparison
from hone.domain.rubric import Rubric
from hone.domain.task import Task
from hone.errors import CallError, RubricError, VerdictError
from hone.jobs import Setup
from hone.models import Completion, ScriptedModel
from hone.prompts import Prompt, load_prompts
from hone.rubrics.advise import UNREAD, advise, measured
from hone.rubrics.merge import Choice, accept_all, merge

Make = Callable[..., Comparison]


def entry(action: str, name: str = "", sentence: str = "", measures: Any = (), reason: Any = "So.") -> dict[str, Any]:
    return {
        "reason": reason,
        "measures": list(measures),
        "items": ["i1"],
        "action": action,
        "name": name,
        "sentence": sentence,
    }


def said(first: Any = None, second: Any = None, third: Any = None, missing: Any = ()) -> str:
    """An answer about the three criteria of the rubric; `keep` where nothing is given."""
    names = ("Be Detailed", "Be Hierarchical", "Be Adaptable")
    criteria = {name: given or entry("keep") for name, given in zip(names, (first, second, third), strict=True)}
    return json.dumps({"criteria": criteria, "missing": list(missing)})


@pytest.fixture
def advised(task: Task, rubric: Rubric, comparison: Make) -> Callable[..., list[Advice]]:
    """Advice from an answer; three comparisons lie behind it."""
    comparisons = [
        comparison("i1", measures=[("Be Detailed", "with"), ("Be Warm", "tie")]),
        comparison("i2", measures=[("be more detailed", "without")]),
        comparison("i3", measures=[("Be Warm", "with")]),
    ]

    def make(text: str | Completion) -> list[Advice]:
        return advise(task, rubric, comparisons, ScriptedModel(text))

    return make


OWN = "{{criteria}} {{measures}}"
"""A project's own prompt of version 0.2, which knows of no pairs."""


@pytest.fixture
def advised_by_measures(task: Task, rubric: Rubric, comparison: Make) -> Callable[..., list[Advice]]:
    """Advice under a project's own prompt that shows measures alone."""
    comparisons = [
        comparison("i1", measures=[("Be Detailed", "with"), ("Be Warm", "tie")]),
        comparison("i2", measures=[("be more detailed", "without")]),
        comparison("i3", measures=[("Be Warm", "with")]),
    ]
    prompts = dict(load_prompts()) | {"advise": Prompt("advise", OWN, "advise.md")}

    def make(text: str) -> list[Advice]:
        return advise(task, rubric, comparisons, ScriptedModel(text), Setup(prompts))

    return make


Advised = Callable[..., list[Advice]]


def test_measures_of_one_name_are_counted_together_the_most_used_first(comparison: Make) -> None:
    made = measured(
        [
            comparison("i1", measures=[("Be Warm", "tie"), ("Be Clear", "with")]),
            comparison("i2", measures=[("be clear", "without")]),
            comparison("i3", None, "with", measures=[("clear:", "with")]),
        ]
    )
    assert [(one.name, list(one.comparisons)) for one in made] == [
        ("Be Clear", ["i1", "i2", "i3"]),
        ("Be Warm", ["i1"]),
    ]
    assert (made[0].better_with, made[0].better_without, made[0].tied) == (4, 2, 0)
    assert str(made[1]) == "Be Warm: used 2 times; better with the criteria stated 0, without 0, tied 2"


def test_every_criterion_gets_one_piece_in_the_order_of_the_rubric(advised: Advised, rubric: Rubric) -> None:
    pieces = advised(said())
    assert [piece.id for piece in pieces] == ["a1", "a2", "a3"]
    assert tuple(piece.criterion for piece in pieces) == rubric.names
    assert {piece.action for piece in pieces} == {"keep"}


def test_each_action_carries_what_it_needs(advised: Advised) -> None:
    pieces = advised(
        said(
            entry("modify", "Be Precise", "each session names its minutes"),
            entry("remove"),
            missing=[entry("", "Be Warm", "The plan praises effort.")],
        )
    )
    assert [(piece.action, piece.criterion, piece.proposal and piece.proposal.name) for piece in pieces] == [
        ("modify", "Be Detailed", "Be Precise"),
        ("remove", "Be Hierarchical", None),
        ("keep", "Be Adaptable", None),
        ("add", None, "Be Warm"),
    ]


def test_measures_are_matched_by_name_and_by_what_the_expert_names(advised_by_measures: Advised) -> None:
    pieces = advised_by_measures(said(second=entry("keep", measures=["be warm", "Be Unknown"])))
    assert [piece.comparisons for piece in pieces] == [("i1", "i2"), ("i1", "i3"), ()]


@pytest.mark.parametrize("measures", [None, "Be Warm", 3, [None, 4, ["Be Warm"]]])
def test_measures_of_another_form_count_for_nothing(advised_by_measures: Advised, measures: Any) -> None:
    given = entry("keep") | {"measures": measures}
    assert advised_by_measures(said(third=given))[2].comparisons == ()


def test_the_expert_sees_criteria_task_and_measures(task: Task, rubric: Rubric, comparison: Make) -> None:
    model = ScriptedModel(said())
    advise(task, rubric, [comparison("i1", measures=[("Be {{Warm}}", "tie")])], model)
    text = model.requests[0].messages[-1].content
    assert "- Be Detailed: Each session names its topic" in text
    assert "You are a tutor." in text
    assert "used 2 times" in text


def test_without_any_measure_the_prompt_says_so(task: Task, rubric: Rubric) -> None:
    model = ScriptedModel(said())
    advise(task, rubric, [], model)
    assert "- none could be read" in model.requests[0].messages[-1].content


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Be Detailed", "Each session names its topic and its minutes."),
        ("detailed", "Each session names its topic and its minutes"),
        ("Be Other", ""),
        ("", ""),
        (None, None),
        (["x"], {"y": 1}),
    ],
)
def test_a_change_that_changes_nothing_is_a_keep(advised: Advised, name: Any, sentence: Any) -> None:
    first = advised(said(entry("modify", name, sentence)))[0]
    assert (first.action, first.proposal) == ("keep", None)


def test_a_new_sentence_without_a_usable_name_keeps_the_name(advised: Advised) -> None:
    first = advised(said(entry("modify", "!!!", "Each session names its minutes.")))[0]
    assert first.proposal is not None
    assert (first.proposal.name, first.proposal.sentence) == ("Be Detailed", "Each session names its minutes.")


def test_a_missing_criterion_that_repeats_another_lends_it_its_comparisons(advised_by_measures: Advised) -> None:
    pieces = advised_by_measures(
        said(missing=[entry("", "Be Adaptable", "Anything.", ["Be Warm"]), entry("", "be hierarchical", "Else.", [])])
    )
    assert [piece.action for piece in pieces] == ["keep", "keep", "keep"]
    assert pieces[2].comparisons == ("i1", "i3")


def test_two_missing_criteria_that_say_the_same_are_one(advised_by_measures: Advised) -> None:
    same = entry("", "Be Warm", "The plan praises effort.", ["Be More Detailed"])
    pieces = advised_by_measures(said(missing=[same | {"measures": []}, same]))
    assert [piece.id for piece in pieces] == ["a1", "a2", "a3", "a4"]
    assert pieces[3].comparisons == ("i1", "i3", "i2")


def test_a_missing_criterion_that_repeats_a_new_wording_is_merged_into_it(advised_by_measures: Advised) -> None:
    new = ("Be Kind", "The plan praises effort.")
    pieces = advised_by_measures(said(third=entry("modify", *new), missing=[entry("", *new, ["Be Warm"])]))
    assert len(pieces) == 3
    assert "i3" in pieces[2].comparisons


@pytest.mark.parametrize("useless", [None, 3, "Be Warm", {}, {"name": "Be Warm"}, {"name": None, "sentence": None}])
def test_a_missing_criterion_without_wording_is_passed_over(advised: Advised, useless: Any) -> None:
    assert len(advised(said(missing=[useless]))) == 3


def test_a_new_name_that_another_criterion_has_is_not_taken(advised: Advised) -> None:
    first = advised(said(entry("modify", "Be Adaptable", "Each session names its minutes.")))[0]
    assert first.proposal is not None
    assert first.proposal.name == "Be Detailed"


@pytest.mark.parametrize(
    "names",
    [
        ("Be Warm", "Be Warm", "Be Warm"),
        ("Be Hierarchical", "Be Detailed", ""),
        ("Be Hierarchical", "Be Adaptable", "Be Detailed"),
        ("be hierarchical", "Be Adaptable", ""),
        ("Be Adaptable", "Be Detailed", ""),
    ],
)
def test_whatever_a_person_accepts_no_two_criteria_share_a_name(
    advised: Advised, rubric: Rubric, names: tuple[str, str, str]
) -> None:
    changes = [entry("modify", name, f"New words number {n}.") if name else None for n, name in enumerate(names)]
    pieces = advised(said(*changes))
    for taken in range(8):
        choices = {
            piece.id: Choice("accept" if taken >> number & 1 else "reject") for number, piece in enumerate(pieces)
        }
        assert len(merge(rubric, pieces, choices, by="me").rubric.criteria) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("I would keep them.", "no JSON object"),
        ("{}", "no `criteria`"),
        ('{"criteria": []}', "no `criteria`"),
        ('{"criteria": {}, "missing": {}}', "`missing` is not a list"),
        ('{"criteria": {}}', "no keep, modify or remove for 'Be Detailed'"),
        (said(entry("improve")), "no keep, modify or remove for 'Be Detailed'"),
        (said(third=entry("keep", reason="")), "no reason for 'Be Adaptable'"),
        (said(third=entry("keep", reason=None)), "no reason for 'Be Adaptable'"),
        (said(third=entry("keep") | {"action": ["keep"]}), "no keep, modify or remove for 'Be Adaptable'"),
        (said(third=["keep"]), "no keep, modify or remove for 'Be Adaptable'"),
    ],
)
def test_an_answer_that_does_not_assess_every_criterion_is_refused(advised: Advised, text: str, why: str) -> None:
    with pytest.raises(VerdictError, match=f"the advice of scripted: cannot be read: .*{why}"):
        advised(text)


def test_an_answer_that_was_cut_names_the_setting(advised: Advised) -> None:
    with pytest.raises(VerdictError, match="raise `max_tokens` of the expert"):
        advised(Completion(said()[:50], finish="length"))


def test_a_rubric_without_criteria_cannot_be_advised_on(task: Task) -> None:
    with pytest.raises(RubricError, match="hone rubric draft"):
        advise(task, Rubric(), [], ScriptedModel())


def test_a_call_that_failed_ends_the_step(task: Task, rubric: Rubric) -> None:
    with pytest.raises(CallError, match="too long"):
        advise(task, rubric, [], ScriptedModel(CallError("too long")))


def test_all_advice_can_be_accepted(advised: Advised, rubric: Rubric) -> None:
    pieces = advised(
        said(
            entry("modify", "Be Adaptable", "Each session names its minutes."),
            entry("remove"),
            missing=[
                entry("", "Be Warm", "The plan praises effort."),
                entry("", "Be Fair", "Both sides speak."),
            ],
        )
    )
    merged = merge(rubric, pieces, accept_all(pieces, 3), by="me")
    assert merged.rubric.names == ("Be Detailed", "Be Adaptable", "Be Warm", "Be Fair")


def test_the_expert_sees_the_pairs_that_hold_with_reasons_and_the_quotes_that_were_found(
    task: Task, rubric: Rubric, comparison: Make
) -> None:
    model = ScriptedModel(said())
    flipped = comparison("i2", "with", "without", measures=[("Be Warm", "with")])
    advise(task, rubric, [comparison("i1", measures=[("Be Warm", "with")]), flipped], model)
    text = model.requests[0].messages[-1].content
    assert 'Item "i1":' in text
    assert 'Item "i2":' not in text
    assert "better: the reply that was written with the criteria stated" in text
    assert "reason: So." in text
    assert 'quote, Be Warm, written without them: "a"' in text


def test_advice_rests_on_the_items_that_the_expert_names(advised: Advised) -> None:
    pieces = advised(said(second=entry("keep") | {"items": ["i3", "i1"]}))
    assert [piece.comparisons for piece in pieces] == [("i1",), ("i3", "i1"), ("i1",)]


REPEATED = "Each session names its topic and minutes."


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (entry("remove", reason=REPEATED), "says the criterion again"),
        (entry("remove", reason="It is detailed."), "says the criterion again"),
        (entry("remove") | {"items": ["i9"]}, "'i9' is not the id of a pair"),
        (entry("remove") | {"items": []}, "names no item"),
        (entry("remove") | {"items": "i1"}, "names no item"),
    ],
)
def test_advice_without_evidence_is_asked_once_more_and_then_changes_nothing(
    task: Task, rubric: Rubric, comparison: Make, given: dict[str, Any], why: str
) -> None:
    model = ScriptedModel(said(given), said(given))
    first, *others = advise(task, rubric, [comparison("i1")], model)
    assert why in model.requests[1].messages[-1].content
    assert first.action == "keep"
    assert first.reason.startswith(UNREAD)
    assert why in first.reason
    assert first.comparisons == ()
    assert all(piece.reason == "So." for piece in others)


def test_what_is_put_right_the_second_time_is_taken(task: Task, rubric: Rubric, comparison: Make) -> None:
    model = ScriptedModel(said(entry("remove", reason=REPEATED)), said(entry("remove", reason="Nobody saw it.")))
    first = advise(task, rubric, [comparison("i1")], model)[0]
    assert (first.action, first.reason, first.comparisons) == ("remove", "Nobody saw it.", ("i1",))


def test_an_addition_that_repeats_a_criterion_is_refused(task: Task, rubric: Rubric, comparison: Make) -> None:
    again = said(missing=[entry("", "Be Precise", "Each session names its topic and its minutes.")])
    model = ScriptedModel(again, again)
    assert len(advise(task, rubric, [comparison("i1")], model)) == 3
    assert "it says 'Be Detailed' again" in model.requests[1].messages[-1].content


def test_where_no_pair_holds_advice_rests_on_none(task: Task, rubric: Rubric, comparison: Make) -> None:
    pieces = advise(
        task,
        rubric,
        [comparison("i1", "with", "without")],
        ScriptedModel(
            said(entry("keep") | {"items": []}, entry("keep") | {"items": []}, entry("keep") | {"items": []})
        ),
    )
    assert [piece.comparisons for piece in pieces] == [(), (), ()]
    assert not any(piece.reason.startswith(UNREAD) for piece in pieces)


def test_one_reason_for_two_criteria_is_refused_for_the_second(task: Task, rubric: Rubric, comparison: Make) -> None:
    reason = "The first reply mentions other causes of the war."
    both = said(entry("remove", reason=reason), entry("remove", reason=reason))
    model = ScriptedModel(both, both)
    first, second, _ = advise(task, rubric, [comparison("i1")], model)
    assert (first.action, first.reason) == ("remove", reason)
    assert (second.action, second.comparisons) == ("keep", ())
    assert "its reason is that for 'Be Detailed', in (nearly) the same words" in second.reason


def test_a_reason_that_differs_from_another_by_a_word_is_the_same(
    task: Task, rubric: Rubric, comparison: Make
) -> None:
    reason = "The first reply gives a {} for the wall, the second a valid one, and both stay kind."
    both = said(
        entry("remove", reason=reason.format("reason")), entry("remove", reason=reason.format("specific reason"))
    )
    _, second, _ = advise(task, rubric, [comparison("i1")], ScriptedModel(both, both))
    assert second.reason.startswith(UNREAD)
