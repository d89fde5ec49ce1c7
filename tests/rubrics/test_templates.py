"""Every template of the library is whole: its criteria, its examples, and every prompt made from it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hone.domain.language import LANGUAGES
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.jobs import Setup
from hone.judging.form import JudgeQuestion
from hone.judging.rules import rule_scores
from hone.models import ScriptedModel
from hone.project import Project, Template, templates
from hone.rubrics.draft import draft
from hone.rubrics.replies import system_text

NAMES = [template.name for template in templates()]
BEGINNINGS = {"study-plan-student", "course-plan-teacher"}
"""Their anchors stand in their finalised rubrics."""
pytestmark = pytest.mark.parametrize("template", templates(), ids=NAMES)


@pytest.fixture
def project(template: Template, tmp_path: Path) -> Project:
    return Project.create(tmp_path / "new", template.name)


def test_each_criterion_has_an_anchor_for_each_level_or_is_a_rule(project: Project, template: Template) -> None:
    if template.name in BEGINNINGS:
        assert template.finalised
        return
    rubric = project.rubric
    assert sum(criterion.rule is not None for criterion in rubric.criteria) == 1
    assert len(rubric.judged.criteria) in (2, 3)
    for criterion in rubric.judged.criteria:
        assert {anchor.value for anchor in criterion.anchors} == set(rubric.scale.values), criterion.name


def test_examples_score_each_judged_criterion_with_a_reason(project: Project) -> None:
    rubric = project.rubric
    assert len(rubric.examples) == 2
    for example in rubric.examples:
        assert set(example.scores) == set(example.reasons) == set(rubric.judged.names)


def test_the_example_that_meets_every_criterion_meets_its_rules(project: Project) -> None:
    assert min(project.rubric.examples[0].scores.values()) >= 0
    for score in rule_scores(project.rubric.examples[0].reply, project.rubric):
        assert score.value == project.rubric.scale.values[-1], score.reason


def test_its_prompts_render_and_ask_for_its_language(project: Project) -> None:
    settings, rubric, prompts = project.settings, project.rubric, project.prompts
    language = LANGUAGES[settings.language or "en"]
    reply = Reply(item="a", prompt=project.items[0].prompt, text="-", model="-")
    question = JudgeQuestion(rubric.judged, settings.task.subject, Setup(prompts), brief=settings.task.brief)
    asked = "\n".join(message.content for message in question.request(reply).messages)
    written = system_text(settings.task, rubric, prompts)
    for text in (asked, written):
        assert settings.task.instruction in text
        assert ("Write all of your own words in" in text) == (settings.language is not None)
        assert (f"in {language.name}," in text) == (settings.language is not None)
    assert all(name in asked for name in rubric.judged.names)
    assert all(name.startswith(f"{language.lead} ") for name in rubric.names)


def test_an_expert_may_draft_criteria_in_its_language(project: Project) -> None:
    language = LANGUAGES[project.settings.language or "en"]
    answer = (
        f'{{"criteria": [{{"name": "{language.lead} Ágil", "sentence": "Das erste Wort nennt Tage."}}, '
        f'{{"name": "{language.lead} Weit", "sentence": "Am Ende steht eine Frage."}}]}}'
    )
    model = ScriptedModel(answer)
    setup = Setup(project.prompts, language=language)
    drafted = draft(project.settings.task, project.items, model, setup)
    assert [one.name for one in drafted] == [f"{language.lead} Ágil", f"{language.lead} Weit"]
    assert f"^{language.lead} [A-Z" in str(model.requests[0].schema)


def test_nothing_in_it_stands_twice(project: Project) -> None:
    assert max(Counter(item.id for item in project.items).values()) == 1
    assert Rubric.model_validate(project.rubric.model_dump()) == project.rubric
