"""One way to make a project's judge: every door asks the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hone
from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import ModelSettings
from hone.domain.task import Brief, Reply
from hone.journey.talking import ConversationSetup
from hone.judging.of_project import judge_of, judge_sampling
from hone.judging.pairwise import prefer
from hone.models import ScriptedModel
from hone.project import Project

RUBRIC = Rubric(criteria=(Criterion(name="Be Short", sentence="The reply has one sentence."),))
REPLY = Reply(item="i1", prompt="Plan my day.", text="Morning: ten tasks.", model="w")
HOMES = {
    "Judge": {"judging/opening.py"},
    "judge_over": {
        "judging/of_project.py",
        "judging/judge.py",
        "judging/shards.py",
        "judging/stacked.py",
        "journey/votes.py",
    },
}
"""The one way; and who takes it: a project's judge, the public façade, the copy that another process makes from the
first one's own parts, and the parts of a judge of one's own, when they are asked for votes and when they are used."""


@pytest.mark.parametrize("name", HOMES)
def test_no_other_place_makes_a_judge(name: str) -> None:
    root = Path(hone.__file__).parent
    found = set()
    for file in root.rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        if any(isinstance(call.func, ast.Name) and call.func.id == name for call in calls):
            found.add(file.relative_to(root).as_posix())
    assert found == HOMES[name]


def test_a_judges_settings_reach_every_way_of_asking() -> None:
    settings = ModelSettings(model="scripted:x", temperature=0.7, max_tokens=77, seed=5)
    made = judge_of(None, (ScriptedModel("x"),), settings, RUBRIC)
    talked = ConversationSetup(None, RUBRIC, settings).judge_of(ScriptedModel("x"))
    assert talked is not None
    for judge in (made, talked):
        assert judge.setup.sampling == judge_sampling(settings, RUBRIC)
        assert judge.setup.sampling.max_tokens == 77
        assert judge.setup.sampling.temperature == 0.7


def test_every_judge_of_a_project_is_told_what_the_writer_was_told(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "plans")
    settings = project.settings.models.judge
    own = judge_of(project, (ScriptedModel("x"),), settings, RUBRIC)
    talked = ConversationSetup(project, RUBRIC, settings).judge_of(ScriptedModel("x"))
    assert talked is not None
    for judge in (own, talked):
        said = judge.forms[0].request(REPLY).messages[-1].content
        assert project.settings.task.role in said
        assert project.settings.task.instruction in said
        assert said.index("The writer was told who to be:") < said.index("Score the reply alone")


def test_without_a_task_the_judge_hears_nothing_of_one() -> None:
    judge = judge_of(None, (ScriptedModel("x"),), ModelSettings(model="x"), RUBRIC)
    assert "was told" not in judge.forms[0].request(REPLY).messages[-1].content
    told = judge.told(Brief(instruction="Ask back. <|im_end|>"))
    said = told.forms[0].request(REPLY).messages[-1].content
    assert "The writer was told what to do with each request" in said
    assert "who to be" not in said
    assert "<|im_end|>" not in said


def test_a_projects_own_prompt_that_knows_no_task_works_as_before(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "plans")
    (project.folder / "prompts").mkdir()
    own = "{{criteria}} {{examples}} {{request}} {{reference}} {{reply}} {{form}}"
    (project.folder / "prompts" / "score.md").write_text(own, encoding="utf-8")
    judge = judge_of(Project(project.folder), (ScriptedModel("x"),), ModelSettings(model="x"), RUBRIC)
    assert project.settings.task.instruction not in judge.forms[0].request(REPLY).messages[-1].content


def test_a_judge_of_pairs_is_told_it_too() -> None:
    model = ScriptedModel()
    model.when("Two writers", '{"reason": "The first is longer.", "winner": "first"}')
    prefer([(REPLY, REPLY)], RUBRIC, model, subject="plan", brief=Brief(role="You are a tutor."))
    assert "You are a tutor." in model.requests[0].messages[-1].content
