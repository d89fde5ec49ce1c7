"""A project that somebody sent: its links lead nowhere but into itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.errors import ProjectError
from hone.project import Project


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    return Project.create(tmp_path / "sent").folder


@pytest.mark.parametrize(
    "name",
    [
        "prompts/system.md",
        "report.html",
        "items.jsonl",
        "rubrics/v1.yaml",
        "feedback.db",
        "runs",
        "runs/a/results.jsonl",
    ],
)
def test_a_link_that_leads_out_is_refused_by_its_name(sent: Path, tmp_path: Path, name: str) -> None:
    secret = tmp_path / "id_rsa"
    secret.write_text("secret")
    link = sent / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(secret)
    with pytest.raises(ProjectError, match="leads out of the project"):
        Project.find(sent)
    assert secret.read_text() == "secret"


def test_a_link_that_leads_nowhere_yet_is_refused_too(sent: Path, tmp_path: Path) -> None:
    (sent / "report.html").symlink_to(tmp_path / "new")
    with pytest.raises(ProjectError, match="leads out of the project"):
        Project.find(sent)


def test_links_within_a_project_and_folders_of_models_stay_what_they_are(sent: Path) -> None:
    (sent / "latest.jsonl").symlink_to("items.jsonl")
    (sent / "models").symlink_to(sent.parent)
    (sent / ".venv").mkdir()
    (sent / ".venv" / "python").symlink_to("/usr/bin/env")
    assert Project.find(sent).items
