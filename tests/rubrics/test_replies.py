"""Replies are written under the task alone, or under task and rubric."""

from __future__ import annotations

import pytest

from hone.domain.rubric import Rubric
from hone.domain.task import Item, Task
from hone.errors import CallError, IncompleteError
from hone.models import Completion, ScriptedModel
from hone.prompts import load_prompts
from hone.rubrics.replies import system_text, write


def test_the_rubric_stands_in_the_writers_prompt_only_where_it_is_given(task: Task, rubric: Rubric) -> None:
    prompts = load_prompts()
    alone, stated = system_text(task, None, prompts), system_text(task, rubric, prompts)
    assert stated.startswith(alone)
    assert "Be Detailed" not in alone
    for criterion in rubric.criteria:
        assert f"- {criterion.name}: {criterion.sentence}" in stated
    assert system_text(task, Rubric(), prompts) == alone


def test_replies_come_in_the_order_of_the_items_with_what_they_were_written_under(
    task: Task, items: list[Item], rubric: Rubric
) -> None:
    model = ScriptedModel()
    for item in items:
        model.when(item.prompt, Completion(f"Plan for {item.id}", finish="length" if item.id == "i2" else "stop"))
    replies = write(task, items, model, rubric=rubric)
    assert [(one.item, one.text, one.cut) for one in replies] == [
        (item.id, f"Plan for {item.id}", item.id == "i2") for item in items
    ]
    assert {one.rubric for one in replies} == {rubric.digest}
    assert {one.rubric for one in write(task, items, model)} == {None}


def test_a_request_with_braces_reaches_the_writer_as_it_is(task: Task) -> None:
    model = ScriptedModel("ok")
    write(task, [Item(id="x", prompt="Use {{role}} and {subject}", reference="R")], model)
    assert model.requests[0].messages[-1].content == "Use {{role}} and {subject}"


def test_a_reply_that_was_not_written_is_named(task: Task, items: list[Item]) -> None:
    model = ScriptedModel()
    model.when("week 2", CallError("the endpoint answers 500"))
    model.when("week", "Plan.")
    with pytest.raises(IncompleteError, match="1 of 5 replies were not written; the first: i2: the endpoint answers"):
        write(task, items, model)
