from __future__ import annotations

from pathlib import Path

import pytest

from hone.domain.rubric import MAX_CRITERIA, MIN_CRITERIA
from hone.errors import ProjectError
from hone.project import Project, Template, finalised_rubrics, find_template, templates


def test_the_library_has_ten_templates_from_five_fields_and_the_default_comes_first() -> None:
    names = [template.name for template in templates()]
    assert len(names) >= 10
    assert len({template.field for template in templates()} - {""}) >= 5
    assert all(template.field for template in templates())
    assert names[0] == "study-plan-student"
    assert "course-plan-teacher" in names


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_every_template_makes_a_project_that_reads(template: Template, tmp_path: Path) -> None:
    assert template.title
    assert template.about
    project = Project.create(tmp_path / "new", template.name)
    assert project.settings.task.role
    assert MIN_CRITERIA <= len(project.rubric.criteria) <= MAX_CRITERIA
    items = project.items
    assert len(items) >= 8
    assert len({item.prompt for item in items}) == len(items)
    assert find_template(template.name) == template


def test_three_finalised_rubrics_are_ready_to_use() -> None:
    rubrics = finalised_rubrics()
    assert {"study-plan-student", "course-plan-teacher", "educational-reply"} <= set(rubrics)
    for name, rubric in rubrics.items():
        assert MIN_CRITERIA <= len(rubric.criteria) <= MAX_CRITERIA, name
        assert rubric.examples, name
        for example in rubric.examples:
            assert set(example.scores) == set(rubric.names), name


def test_the_education_templates_have_a_finalised_rubric() -> None:
    assert find_template("study-plan-student").finalised
    assert find_template("course-plan-teacher").finalised


def test_an_unknown_template_is_refused() -> None:
    with pytest.raises(ProjectError, match="there is no template 'x'"):
        find_template("x")
