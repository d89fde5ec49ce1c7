from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from hone.domain.evidence import Advice, Decision, RubricVersion, VersionRef
from hone.domain.rubric import Criterion, Rubric
from hone.errors import FileFormatError, ProjectError, PromptError
from hone.project import Project, read_rubric

from ..domain.strategies import rubrics

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KIND = Criterion(name="Be Kind", sentence="It thanks the reader.")
CLEAR = Criterion(name="Be Clear", sentence="It has short sentences: fewer than 20 words.")


def version(number: int, rubric: Rubric, parent: VersionRef | None = None) -> RubricVersion:
    return RubricVersion(version=number, hash=rubric.digest, parent=parent, created=NOW, by="ana", rubric=rubric)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "plan")


def test_a_new_project_reads(project: Project) -> None:
    assert project.settings.task.subject
    assert len(project.items) >= 8
    assert 2 <= len(project.rubric.criteria) <= 7
    assert project.versions == []
    assert project.decisions == []
    assert project.prompts


def test_a_new_project_can_start_from_the_finalised_rubric(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "plan", finalised=True)
    assert project.rubric == read_rubric("study-plan-student")
    with pytest.raises(ProjectError, match="has no finalised rubric; leave `finalised` out"):
        Project.create(tmp_path / "other", "support-answer-customer", finalised=True)
    assert not (tmp_path / "other").exists()


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ProjectError, match="already exists and is not empty"):
        Project.create(tmp_path)
    with pytest.raises(ProjectError, match="already exists"):
        Project.create(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(ProjectError, match="cannot be written"):
        Project.create(tmp_path / "mine.txt" / "plan")


def test_an_empty_folder_can_become_a_project(tmp_path: Path) -> None:
    assert Project.create(tmp_path).folder == tmp_path


def test_an_unknown_template_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="there is no template 'study'; there are study-plan-student, "):
        Project.create(tmp_path / "plan", "study")
    assert not (tmp_path / "plan").exists()


def test_a_project_is_found_from_any_folder_within_it(project: Project) -> None:
    inner = project.folder / "runs" / "deep"
    inner.mkdir(parents=True)
    assert Project.find(inner).folder == project.folder.resolve()
    with pytest.raises(ProjectError, match=r"no Hone project in .* make one with: hone init FOLDER"):
        Project.find(project.folder.parent)
    with pytest.raises(ProjectError, match=r"it has no hone\.yaml"):
        Project(project.folder.parent)


def test_edits_by_hand_count_at_once(project: Project) -> None:
    (project.folder / "rubric.yaml").write_text("criteria:\n  - Be Kind: x\n")
    assert project.rubric.names == ("Be Kind",)
    (project.folder / "rubric.yaml").unlink()
    assert project.rubric == Rubric()
    (project.folder / "prompts").mkdir()
    (project.folder / "prompts" / "task.md").write_text("{{instruction}}")
    assert project.prompts["task"].fields == ("instruction",)
    (project.folder / "prompts" / "tasks.md").write_text("x")
    with pytest.raises(PromptError):
        _ = project.prompts


def test_items_have_ids_of_their_own(project: Project) -> None:
    path = project.folder / "items.jsonl"
    path.write_text('{"id": "a", "prompt": "p"}\n{"id": "b", "prompt": "p"}\n{"id": "a", "prompt": "q"}\n')
    with pytest.raises(FileFormatError, match=r"items\.jsonl:3: id: the id 'a' stands twice"):
        _ = project.items
    path.write_text("\n\n")
    with pytest.raises(FileFormatError, match="the file has no items; write one"):
        _ = project.items
    path.unlink()
    with pytest.raises(ProjectError, match="there is no such file"):
        _ = project.items


@settings(max_examples=30)
@given(rubrics())
def test_a_rubric_keeps_its_hash_through_the_file(tmp_path_factory: pytest.TempPathFactory, rubric: Rubric) -> None:
    folder = tmp_path_factory.getbasetemp() / "round-trip"
    project = Project(folder) if (folder / "hone.yaml").exists() else Project.create(folder)
    project.save_rubric(rubric)
    assert project.rubric == rubric
    assert project.rubric.digest == rubric.digest
    path = folder / "rubrics" / "v1.yaml"
    path.unlink(missing_ok=True)
    project.save_version(version(1, rubric))
    assert project.versions[0].rubric == rubric


@pytest.mark.parametrize(
    "mark", ["\x85", "\u2028", "\u2029", "\r", "\r\n", "\ufeff", "\t", "\n\n  ", "\x00", " #", ": "]
)
def test_a_text_keeps_its_hash_whatever_marks_stand_in_it(project: Project, mark: str) -> None:
    text = f"one{mark}two{mark} three " + "word " * 40 + f"{mark}end"
    rubric = Rubric(criteria=(Criterion(name="Be Kind", sentence=text), CLEAR))
    project.save_rubric(rubric)
    assert project.rubric.criteria == rubric.criteria
    project.save_version(version(1, rubric))
    assert project.versions[0].rubric.digest == rubric.digest


def test_comments_at_the_top_level_of_the_rubric_survive_a_save(project: Project) -> None:
    path = project.folder / "rubric.yaml"
    comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert len(comments) >= 3
    project.save_rubric(project.rubric.with_criteria((KIND, CLEAR)))
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")] == comments
    assert project.rubric.criteria == (KIND, CLEAR)


def test_saving_a_rubric_that_did_not_change_leaves_the_file_as_it_is(project: Project) -> None:
    path = project.folder / "rubric.yaml"
    path.write_text("# mine\ncriteria:\n- {Be Kind: 'x'}  # why\nscale: '-1..1'\nexamples: []\n")
    before = path.read_text()
    project.save_rubric(project.rubric)
    assert path.read_text() == before


def test_a_rubric_that_does_not_read_is_never_overwritten(project: Project) -> None:
    path = project.folder / "rubric.yaml"
    path.write_text("criteria: [")
    with pytest.raises(FileFormatError):
        project.save_rubric(Rubric())
    assert path.read_text() == "criteria: ["


def test_versions_are_read_oldest_first_with_their_lineage(project: Project) -> None:
    start = project.keep_start(Rubric(criteria=(KIND,)), "ana")
    assert start.version == 0
    for number in range(1, 12):
        parent = VersionRef(version=number - 1, hash=project.versions[-1].hash)
        project.save_version(version(number, Rubric(criteria=(KIND, CLEAR)), parent))
    assert [entry.version for entry in project.versions] == list(range(12))
    assert project.versions[1].parent == start
    assert project.keep_start(Rubric(), "ben").version == 11
    assert len(project.versions) == 12


def test_a_frozen_version_is_never_written_again(project: Project) -> None:
    path = project.save_version(version(1, Rubric(criteria=(KIND,))))
    before = path.read_bytes()
    with pytest.raises(ProjectError, match="a frozen version is never overwritten"):
        project.save_version(version(1, Rubric(criteria=(CLEAR,))))
    assert path.read_bytes() == before


def test_a_frozen_version_that_was_edited_by_hand_is_refused(project: Project) -> None:
    path = project.save_version(version(1, Rubric(criteria=(KIND, CLEAR))))
    path.write_text(path.read_text().replace("thanks", "greets"))
    with pytest.raises(FileFormatError, match=r"v1\.yaml:\d+: hash: .* a frozen version was edited") as caught:
        _ = project.versions
    assert path.read_text().splitlines()[(caught.value.line or 0) - 1].startswith("hash:")
    with pytest.raises(FileFormatError, match="a frozen version was edited"):
        read_rubric(str(path))


def test_decisions_are_added_to_the_log(project: Project) -> None:
    def decision(number: int) -> Decision:
        advice = Advice(id=f"a{number}", action="add", criterion=None, proposal=KIND, reason="r\u2028n")
        return Decision(advice=advice, action="accept", by="ana", at=NOW, before="x", after="y")

    project.save_decisions([decision(1), decision(2)])
    project.save_decisions([decision(3)])
    assert project.decisions == [decision(1), decision(2), decision(3)]


def test_a_rubric_is_named_by_its_file_or_by_the_librarys_name(project: Project, tmp_path: Path) -> None:
    rubric = Rubric(criteria=(KIND, CLEAR))
    project.save_rubric(rubric)
    assert read_rubric(str(project.folder / "rubric.yaml")) == rubric
    assert read_rubric(str(project.save_version(version(1, rubric)))) == rubric
    assert read_rubric("educational-reply") is not None
    assert read_rubric(str(tmp_path / "nothing.yaml")) is None
