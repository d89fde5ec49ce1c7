"""The expert proposes criteria, and is asked again until two of them say different things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hone.domain.settings import Sampling
from hone.domain.task import Item, Task
from hone.errors import CallError, UnavailableError, VerdictError
from hone.jobs import Setup
from hone.models import ScriptedModel
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
