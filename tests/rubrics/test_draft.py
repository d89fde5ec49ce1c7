"""The expert proposes criteria, and is asked again until two of them say different things."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hone.domain.rubric import Rubric
from hone.domain.settings import Sampling
from hone.domain.task import Item, Task
from hone.errors import CallError, UnavailableError, VerdictError
from hone.jobs import Setup
from hone.models import ScriptedModel
from hone.prompts import Prompt, load_prompts
from hone.rubrics.draft import draft


def proposal(*pairs: tuple[Any, Any]) -> str:
    return json.dumps({"criteria": [{"name": name, "sentence": sentence} for name, sentence in pairs]})


TOPIC = ("Be Specific", "Each day names a topic.")
REST = ("Be Realistic", "Rest days are planned.")
CHECK = ("Be Encouraging", "Praise follows a hard task.")


def test_two_criteria_of_one_answer_are_enough(task: Task, items: list[Item]) -> None:
    model = ScriptedModel(proposal(TOPIC, REST))
    assert [one.name for one in draft(task, items, model)] == ["Be Specific", "Be Realistic"]
    assert len(model.requests) == 1


def test_the_expert_sees_the_task_and_the_first_three_requests(task: Task, items: list[Item]) -> None:
    model = ScriptedModel(proposal(TOPIC, REST))
    draft(task, items, model)
    system, user = model.requests[0].messages
    assert "Read the whole request" in system.content
    assert "You are a tutor. Write a plan." in user.content
    assert [f"Please plan week {n}." in user.content for n in (1, 2, 3, 4)] == [True, True, True, False]


def test_it_keeps_asking_with_a_draw_of_its_own_until_there_are_two(task: Task, items: list[Item]) -> None:
    model = ScriptedModel(proposal(TOPIC), "no JSON", proposal(TOPIC, TOPIC), proposal(("Specific", "Other."), REST))
    made = draft(task, items, model)
    assert [one.name for one in made] == ["Be Specific", "Be Realistic"]
    assert [request.call.sample for request in model.requests] == [0, 1, 2, 3]
    assert [request.sampling.temperature for request in model.requests] == [0.0, 1.0, 1.0, 1.0]
    keys = {request.key(model.spec) for request in model.requests}
    assert len(keys) == 4


def test_criteria_that_say_the_same_are_dropped(task: Task, items: list[Item]) -> None:
    same = ("Be Precise", "Each day names a topic.")
    model = ScriptedModel(proposal(TOPIC, ("Be More Specific", "Every session has one."), same), proposal(REST))
    assert [one.name for one in draft(task, items, model)] in (
        ["Be Specific", "Be Realistic"],
        ["Be Specific", "Be Precise"],
    )


def test_at_most_three_criteria_are_taken(task: Task, items: list[Item]) -> None:
    model = ScriptedModel(proposal(TOPIC, REST, CHECK, ("Be Honest", "Doubts are marked as doubts.")))
    assert len(draft(task, items, model)) == 3


@pytest.mark.parametrize(
    "useless",
    ["", "{}", '{"criteria": null}', '{"criteria": "Be Kind"}', '{"criteria": [1, null, "Be Kind"]}',
     proposal(("", ""), (None, None), (["Be Kind"], {"a": 1})), proposal(TOPIC)],
)  # fmt: skip
def test_an_expert_that_never_proposes_two_is_told_so_after_six_tries(
    task: Task, items: list[Item], useless: str
) -> None:
    model = ScriptedModel()
    model.when("Propose", useless)
    with pytest.raises(VerdictError, match=r"proposed \d usable criteria.*rubric.yaml.*stronger expert"):
        draft(task, items, model)
    assert len(model.requests) == 6


def test_a_setting_for_the_temperature_is_never_lowered(task: Task, items: list[Item]) -> None:
    model = ScriptedModel("", proposal(TOPIC, REST))
    draft(task, items, model, Setup(sampling=Sampling(temperature=1.5)))
    assert [request.sampling.temperature for request in model.requests] == [1.5, 1.5]


@pytest.mark.parametrize("error", [CallError("cut off"), UnavailableError("no such model")])
def test_a_call_that_fails_ends_the_draft(task: Task, items: list[Item], error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        draft(task, items, ScriptedModel(error))


SCALE = Rubric().scale
LEVELS = {"-1": "No day names a topic.", "0": "Some days name a topic.", "1": "Every day names a topic."}


def anchored(levels: Any) -> str:
    criteria = [{"name": name, "sentence": sentence, "levels": levels} for name, sentence in (TOPIC, REST)]
    return json.dumps({"criteria": criteria})


def test_each_criterion_gets_anchors_of_its_own_for_every_level(task: Task, items: list[Item]) -> None:
    model = ScriptedModel(anchored(LEVELS))
    first, _ = draft(task, items, model, scale=SCALE)
    assert [(anchor.value, anchor.text) for anchor in first.anchors] == [
        (-1, "No day names a topic."),
        (0, "Some days name a topic."),
        (1, "Every day names a topic."),
    ]
    said = model.requests[0].messages[-1].content
    assert '"-1" (does not meet), "0" (neutral), "1" (meets)' in said
    assert not any(level.anchor in said for level in SCALE.levels)


@pytest.mark.parametrize(
    "levels",
    [
        None,
        "all",
        {"0": "Some days name a topic."},
        LEVELS | {"1": "A good topic stands there."},
        LEVELS | {"1": "No day names a topic."},
        LEVELS | {"0": 3},
    ],
)
def test_anchors_that_lint_finds_fault_with_are_left_out(task: Task, items: list[Item], levels: Any) -> None:
    first, second = draft(task, items, ScriptedModel(anchored(levels)), scale=SCALE)
    assert (first.anchors, second.anchors) == ((), ())


def test_a_projects_own_prompt_without_levels_asks_for_none(task: Task, items: list[Item]) -> None:
    prompts = dict(load_prompts()) | {"draft": Prompt("draft", "Propose. {{requests}}", "draft.md")}
    model = ScriptedModel(proposal(TOPIC, REST))
    assert len(draft(task, items, model, Setup(prompts), scale=SCALE)) == 2
    assert "levels" not in json.dumps(model.requests[0].schema)


def test_a_proposal_that_denies_another_is_dropped(task: Task, items: list[Item]) -> None:
    model = ScriptedModel(proposal(TOPIC, ("Be Silent", "No day names a topic."), REST))
    assert [one.name for one in draft(task, items, model)] == ["Be Specific", "Be Realistic"]


def test_beside_others_one_new_criterion_is_enough_and_none_repeats_them(task: Task, items: list[Item]) -> None:
    there = Rubric.model_validate({"criteria": [": ".join(TOPIC), ": ".join(CHECK)]}).criteria
    model = ScriptedModel(proposal(TOPIC, CHECK), proposal(TOPIC, REST))
    drafted = draft(task, items, model, beside=there)
    assert [one.name for one in drafted] == ["Be Realistic"]
    said = model.requests[0].messages[-1].content
    assert "Propose only what none of them asks for:\n\n- Be Specific: Each day names a topic." in said
    assert "there already" not in asked_of_none(task, items)


def asked_of_none(task: Task, items: list[Item]) -> str:
    model = ScriptedModel(proposal(TOPIC, REST))
    draft(task, items, model)
    return model.requests[0].messages[-1].content


def test_beside_six_there_is_room_for_one(task: Task, items: list[Item]) -> None:
    words = "Apt Bold Calm Deft Even Fair".split()
    there = Rubric.model_validate({"criteria": [f"Be {word}: {word} things stand there." for word in words]}).criteria
    assert len(draft(task, items, ScriptedModel(proposal(TOPIC, REST, CHECK)), beside=there)) == 1


@pytest.mark.parametrize("name", ["draft", "compare"])
def test_a_prompt_shows_no_example_of_a_name(name: str) -> None:
    assert "such as" not in load_prompts()[name].sent
    assert not re.search(r"Be [A-Z]|Specific|Realistic|Structured|Encouraging|Honest", load_prompts()[name].sent)
