"""A project that Hone 0.1 made opens with all that people said."""

import shutil
from pathlib import Path

import pytest

from hone.journey.people import feedback_status, import_feedback
from hone.journey.stored import project_ratings, project_store
from hone.people.store.respelt import Respelt
from hone.project import Project
from hone.tables import RowProblem

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
    done = import_feedback(project, FIXTURE / "whole.jsonl", database=str(project.folder / "new.db"))
    assert "1 rater got one spelling" in " ".join(done.notes)
    assert feedback_status(project, database=str(project.folder / "new.db"))["ratings"] == 4 * 2 * 2
    with project_store(project, database=str(project.folder / "new.db")) as store:
        assert all(rater.epoch for rater in store.raters()), "no cookie from before is good in the new store"


def test_a_command_that_only_reads_opens_it_too(project: Project) -> None:
    said: list[str] = []
    assert project_ratings(project, project.versions[-1].rubric, tell=said.append).table.count() >= 16
    assert sum("up to date" in line for line in said) == 1


def test_what_was_changed_in_its_store_is_said_in_one_line(project: Project) -> None:
    said: list[str] = []
    feedback_status(project, tell=said.append)
    (line,) = said
    assert line.startswith("the store was brought up to date; 1 reply and 1 rater got one spelling; ")
    assert "duplicates gave way to the newest; the older ones are in the history; ids that an earlier" in line
    assert "stored as 1e+06 cannot be told apart: import that file again; a copy from before is in " in line


def test_nothing_is_said_of_spellings_where_none_was_changed() -> None:
    assert Respelt().lines() == []
    assert Respelt(replies=2, shortened=("1e+06", "2e+06", "3e+06", "4e+06")).lines() == [
        "2 replies got one spelling",
        "ids that an earlier version stored as 1e+06, 2e+06, 3e+06, … cannot be told apart: import that file again",
    ]


def test_its_judgements_of_ids_that_came_as_floats_still_join(project: Project) -> None:
    (run,) = project.folder.glob("runs/*-label-*")
    results = run / "results.jsonl"
    results.write_text(results.read_text().replace('"item":"1"', '"item":"1.0"').replace('"trip"', '"trip\\u200b"'))
    with project_store(project):
        pass
    rows = [row for _, row in project_ratings(project, project.versions[-1].rubric).table.rows()]
    judged = {row["item"] for row in rows if not isinstance(row, RowProblem) and row["kind"] == "judge"}
    assert judged == {"1", "2", "trip"}
