"""A project that Hone 0.1 made opens with all that people said."""

import shutil
from pathlib import Path

import pytest

from hone.project import Project
from hone.steps.people import feedback_status, import_feedback
from hone.steps.stored import project_ratings, project_store

FIXTURE = Path(__file__).parents[1] / "fixtures" / "project-0.1"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(Path(shutil.copytree(FIXTURE, tmp_path / "old")))


def test_its_rubric_items_and_runs_are_read(project: Project) -> None:
    assert [version.version for version in project.versions] == [1]
    assert [item.id for item in project.items] == ["1", "2", "1000001", "1000002", "trip"]
    assert project.latest_run("label") is not None


def test_raters_and_items_in_two_spellings_become_one_with_the_newest_score_and_one_line_is_said(
    project: Project,
) -> None:
    said: list[str] = []
    found = feedback_status(project, tell=said.append)
    assert [one["name"] for one in found["raters"]] == ["Bo", "Jos\u00e9"]
    assert found["ratings"] == 4 * 2 * 2
    assert len(said) == 1
    feedback_status(project, tell=said.append)
    assert len(said) == 1
    with project_store(project) as store:
        rows = store.ratings(project.versions[-1].rubric)
        assert {row.score for row in rows if row.rater == "Jos\u00e9"} == {5.0}
        assert sorted({row.item for row in rows}) == ["1", "1e+06", "2", "trip"]
        merged = [change for change in store.history() if change.kind == "merge"]
    assert {(change.old or {}).get("value") for change in merged if change.place == "ratings"} >= {3.0}


def test_its_export_of_the_whole_store_goes_into_a_new_store_in_the_same_spelling(project: Project) -> None:
    import_feedback(project, FIXTURE / "whole.jsonl", database=str(project.folder / "new.db"))
    assert feedback_status(project, database=str(project.folder / "new.db"))["ratings"] == 4 * 2 * 2


def test_a_command_that_only_reads_opens_it_too(project: Project) -> None:
    said: list[str] = []
    assert project_ratings(project, project.versions[-1].rubric, tell=said.append).count() >= 16
    assert sum("up to date" in line for line in said) == 1
