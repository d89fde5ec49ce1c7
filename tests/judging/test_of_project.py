"""One way to make a project's judge: every door asks the same."""

from __future__ import annotations

import ast
from pathlib import Path

import hone
from hone.domain.rubric import Criterion, Rubric
from hone.domain.settings import ModelSettings
from hone.journey.talking import ConversationSetup
from hone.judging.of_project import judge_of, judge_sampling
from hone.models import ScriptedModel

RUBRIC = Rubric(criteria=(Criterion(name="Be Short", sentence="The reply has one sentence."),))
HOMES = {"judging/of_project.py", "judging/judge.py", "judging/shards.py"}
"""The one way, its public façade, and the copy that another process makes from the first one's own parts."""


def test_no_other_place_makes_a_judge() -> None:
    root = Path(hone.__file__).parent
    found = set()
    for file in root.rglob("*.py"):
        calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
        if any(isinstance(call.func, ast.Name) and call.func.id == "Judge" for call in calls):
            found.add(file.relative_to(root).as_posix())
    assert found == HOMES


def test_a_judges_settings_reach_every_way_of_asking() -> None:
    settings = ModelSettings(model="scripted:x", temperature=0.7, max_tokens=77, seed=5)
    made = judge_of(None, (ScriptedModel("x"),), settings, RUBRIC)
    talked = ConversationSetup(None, RUBRIC, settings).judge_of(ScriptedModel("x"))
    assert talked is not None
    for judge in (made, talked):
        assert judge.setup.sampling == judge_sampling(settings, RUBRIC)
        assert judge.setup.sampling.max_tokens == 77
        assert judge.setup.sampling.temperature == 0.7
