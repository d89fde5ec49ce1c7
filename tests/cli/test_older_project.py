"""The commands on a project that Hone 0.1 made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bare = Callable[..., Any]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "project-0.1"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FIXTURE, tmp_path / "old"))


def test_its_replies_and_labels_are_shown_again_without_a_call(project: Path, bare: Bare) -> None:
    """The models of its settings know no answer any more, and the folder is another one."""
    for name in ("writer.jsonl", "judge.jsonl"):
        (project / name).write_text('{"contains": "nobody asks this", "text": ""}\n', encoding="utf-8")
    # The words of the prompts have changed since 0.2. Where a project keeps them as its own, nothing is asked again.
    shutil.copytree(FIXTURE.parent / "prompts-0.2", project / "prompts")
    before = {path: path.read_bytes() for path in project.glob("runs/*/journal.jsonl")}
    for command in (("reply",), ("label",), ("label", "--out", project / "scores.csv")):
        done = bare(*command, "--project", project, "--json")
        assert done.code == 0, done.err
        if command[0] == "reply":
            assert [one["item"] for one in done.data["replies"]] == ["1", "2", "1000001", "1000002", "trip"]
        else:
            assert (done.data["scored"], done.data["calls"], done.data["reused"]) == (5, 0, 5)
    assert {path: path.read_bytes() for path in before} == before
    assert len(list(project.glob("runs/*-*"))) == 2


def test_hone_rate_says_what_was_changed_in_its_store(project: Path, bare: Bare) -> None:
    pytest.importorskip("fastapi")
    assert "the store was brought up to date" in bare("rate", "raters", "--project", project).err


def test_its_rubric_version_ratings_and_report_are_read(project: Path, bare: Bare) -> None:
    shown = bare("rubric", "show", "v1", "--project", project)
    assert "Be Brief" in shown.out
    agreed = bare("agree", "--json", "--resamples", 200, "--project", project)
    assert agreed.data["criteria"]["Be Kind"]["raters"] == ["Bo", "Jos\u00e9"]
    assert list(agreed.data["criteria"]["Be Kind"]["judges"]) == ["scripted:judge.jsonl"]
    old = (project / "report.html").read_text(encoding="utf-8")
    done = bare("report", "--project", project)
    assert done.code == 0, done.err
    assert "scores: 5 replies" in done.err + done.out
    assert "Be Brief" in old
    assert "Be Brief" in (project / "report.html").read_text(encoding="utf-8")
