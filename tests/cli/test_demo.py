"""The demo's path on a scripted project: stopped anywhere, it goes on; finished, it shows what was done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from hone.cli.demo_model import Recipe, walk_model
from hone.project import Project
from tests.training.small import small_base

from .conftest import Hone


@pytest.fixture
def demo(bare: Hone, project: Path) -> Callable[..., object]:
    return lambda *more: bare("demo", "--folder", project, *more)


def test_the_demo_walks_the_whole_journey_and_shows_it_again(bare: Hone, project: Path) -> None:
    first = bare("demo", "--folder", project)
    assert first.code == 0, first.err
    assert (project / "rubrics" / "v1.yaml").exists()
    assert f"report: {(project / 'report.html').as_uri()}" in first.out.replace("\n", "")
    assert "Be Precise" in (project / "report.html").read_text()
    assert "of these 3 because the verdict changed with the order" in " ".join(first.out.split())
    assert "Be Warm → reject (no comparison was decided by it)" in first.out
    runs = sorted(path.name for path in (project / "runs").iterdir())

    again = bare("demo", "--folder", project)
    assert again.code == 0, again.err
    assert "The rubric was finalised before, as v1" in again.out
    assert sorted(path.name for path in (project / "runs").iterdir()) == runs


def test_a_demo_that_stopped_before_finalising_decides_nothing_twice(bare: Hone, project: Path) -> None:
    for step in ("compare", "advise"):
        assert bare("rubric", step, "--project", project).code == 0
    assert bare("rubric", "merge", "--accept", "none", "--project", project).code == 0
    decisions = (project / "rubrics" / "decisions.jsonl").read_text()
    assert bare("demo", "--folder", project).code == 0
    assert (project / "rubrics" / "decisions.jsonl").read_text() == decisions
    assert (project / "rubrics" / "v1.yaml").exists()


def test_a_folder_that_holds_something_else_is_left_alone(bare: Hone, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    result = bare("demo", "--folder", tmp_path)
    assert result.code == 1
    assert "holds something else" in result.err


def test_the_demo_goes_on_with_the_model_that_it_was_begun_with(bare: Hone, project: Path, tmp_path: Path) -> None:
    result = bare("demo", "--folder", project, "--model", "smollm2")
    assert result.code == 1
    assert "is a demo of scripted:" in result.err
    mistyped = bare("demo", "--folder", tmp_path / "new", "--model", "gpt-4o")
    assert mistyped.code == 1
    assert "did you mean openai:gpt-4o" in mistyped.err
    assert not (tmp_path / "new").exists()


def test_the_whole_demo_says_first_what_it_needs(bare: Hone, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trl", None)
    result = bare("demo", "--full", "--folder", project)
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert "missing here: trl; install it with: pip install 'hone-llm[export]'" in result.err
    assert not (project / "runs").exists()


def test_a_model_that_learnt_nothing_is_refused_and_not_exported(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = small_base(tmp_path / "base")
    tune = ("--base", f"hf:{base}", "--backend", "trl", "--max-steps", "1", "--rank", "2", "--max-length", "400",
            "--set", "precision=fp32", "--set", "scales=[1]")  # fmt: skip
    recipe = Recipe(tune=tune, examples=30, problems=3)
    titles: list[str] = []
    for _ in range(2):  # the second time everything is there already
        assert not walk_model(Console(), Project(project), lambda _, text: titles.append(text), recipe)
    said = capsys.readouterr()
    assert [title[:2] for title in titles] == ["7.", "8."] * 2
    assert "hone bench sums --model" in said.out
    assert "gate: refused" in said.err
    assert len(list((project / "runs").glob("*-tune-*"))) == len(list((project / "runs").glob("*-bench-*"))) == 1
