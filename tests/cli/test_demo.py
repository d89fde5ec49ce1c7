"""The demo's path on a scripted project: stopped anywhere, it goes on; finished, it shows what was done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Hone


@pytest.fixture
def demo(bare: Hone, project: Path) -> Callable[..., object]:
    return lambda *more: bare("demo", "--folder", project, *more)


def test_the_demo_walks_the_whole_journey_and_shows_it_again(bare: Hone, project: Path) -> None:
    first = bare("demo", "--folder", project)
    assert first.code == 0, first.err
    assert (project / "rubrics" / "v1.yaml").exists()
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
