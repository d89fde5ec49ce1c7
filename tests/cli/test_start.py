"""`hone init`, `hone templates` and `hone doctor`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hone.project import templates

Hone = Callable[..., Any]
NAMES = [template.name for template in templates()]


def test_there_are_templates() -> None:
    assert "study-plan-student" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_project_of_every_template_can_be_shown(bare: Hone, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "new" / "plans"
    result = bare("init", folder, "--template", name)
    assert result.code == 0
    assert "Next: cd" in result.out
    assert {"hone.yaml", "rubric.yaml", "items.jsonl"} <= {path.name for path in folder.iterdir()}
    assert len((folder / "items.jsonl").read_text().splitlines()) >= 8
    assert 2 <= len(bare("rubric", "show", "--json", "-p", folder).data["criteria"]) <= 7


def test_a_project_can_start_from_the_finalised_rubric(bare: Hone, tmp_path: Path) -> None:
    assert bare("init", tmp_path / "a", "--finalised").code == 0
    names = [entry["name"] for entry in bare("rubric", "show", "--json", "-p", tmp_path / "a").data["criteria"]]
    assert names == ["Be Detailed and Actionable", "Be Hierarchical", "Be Adaptable"]
    assert bare("rubric", "lint", "--json", "-p", tmp_path / "a").data == []


def test_a_folder_with_brackets_in_its_name_is_named_as_it_is(bare: Hone, tmp_path: Path) -> None:
    folder = tmp_path / "[red]x" / "[" / "red]:heart:"
    result = bare("init", folder)
    assert result.code == 0
    assert "[red]x/[/red]:heart:" in result.out.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--template", "no-such"], "there is no template 'no-such'; there are study-plan-student"),
        (["--template", "support-answer-customer", "--finalised"], "has no finalised rubric; leave --finalised out"),
    ],
)
def test_a_template_that_is_not_there_is_one_line(bare: Hone, tmp_path: Path, arguments: list[str], why: str) -> None:
    result = bare("init", tmp_path / "a", *arguments)
    assert result.code == 1
    assert why in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "a").exists()


def test_a_folder_that_holds_something_is_left_alone(bare: Hone, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = bare("init", tmp_path)
    assert result.code == 1
    assert "already exists and is not empty" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_library_is_listed(bare: Hone) -> None:
    data = bare("templates", "--json").data
    assert [entry["name"] for entry in data["templates"]] == NAMES
    assert set(data["rubrics"]) == {"study-plan-student", "course-plan-teacher", "educational-reply"}
    text = bare("templates").out
    assert all(name in text for name in NAMES)


def test_the_doctor_finds_this_machine_able(bare: Hone) -> None:
    result = bare("doctor")
    assert result.code == 0
    assert "smollm2" in result.out


def test_the_doctor_never_shows_a_key(bare: Hone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    result = bare("doctor", "--json")
    assert "sk-very-secret" not in result.out
    checks = {check["name"]: check for check in result.data["checks"]}
    assert (checks["OPENAI_API_KEY"]["state"], checks["OPENAI_API_KEY"]["found"]) == ("ok", "set")
    assert {"python", "disk", "embedded engine", "GPU"} <= set(checks)


def test_the_doctor_knows_every_extra(bare: Hone) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - {"dev"}
    assert len(extras) > 5
    checks = json.loads(bare("doctor", "--json").out)["checks"]
    assert {check["name"].removeprefix("extra ") for check in checks if check["name"].startswith("extra ")} == extras
