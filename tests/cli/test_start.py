"""`hone init`, `hone templates` and `hone doctor`."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hone.project import Project, templates

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


def test_one_model_is_named_for_all_roles(bare: Hone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.gguf").touch()
    assert bare("init", "a", "--model", "gguf:own.gguf").code == 0
    roles = Project(tmp_path / "a").settings.models
    assert {one.model for one in (roles.writer, roles.expert, roles.judge)} == {f"gguf:{tmp_path}/own.gguf"}
    assert roles.writer.max_tokens == 1500  # not what the template says for its own small model


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


OWN = ("--subject", "essay feedback", "--role", "You are a teacher.", "--instruction", "Write two sentences.")


class Keyboard(io.StringIO):
    """Somebody at a terminal who types these lines."""

    def isatty(self) -> bool:
        return True


def test_a_task_of_ones_own_is_given_by_options(bare: Hone, tmp_path: Path) -> None:
    items = ("--item", "Feedback on: Rome fell.", "--item", "Feedback on: Rome rose.")
    result = bare("init", tmp_path / "a", *OWN, *items, "--criterion", "Be Kind: The reply is friendly.")
    assert result.code == 0
    assert "hone rubric compare" in result.out
    project = Project(tmp_path / "a")
    assert project.settings.task.subject == "essay feedback"
    assert [item.id for item in project.items] == ["feedback-on-rome-fell", "feedback-on-rome-rose"]
    assert project.rubric.names == ("Be Kind",)


def test_without_criteria_the_expert_is_to_propose_some(bare: Hone, tmp_path: Path) -> None:
    assert "hone rubric draft" in bare("init", tmp_path / "a", *OWN, "--item", "Say it.").out


def test_a_blank_template_says_where_requests_go(bare: Hone, tmp_path: Path) -> None:
    result = bare("init", tmp_path / "a", "-t", "blank")
    assert result.code == 0
    assert "Next: write your requests into" in result.out
    assert Project(tmp_path / "a").rubric.criteria == ()


def test_answers_take_the_place_of_a_templates_words(bare: Hone, tmp_path: Path) -> None:
    assert bare("init", tmp_path / "a", "--template", "support-answer-customer", "--role", "You are Ann.").code == 0
    project = Project(tmp_path / "a")
    assert (project.settings.task.role, project.settings.task.subject) == ("You are Ann.", "support answer")
    assert len(project.items) >= 8
    assert len(project.rubric.examples) == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--subject", "plan"), "needs --role, --instruction too"),
        ((*OWN, "--item", "a", "--from", "b.csv"), "give the requests with --item or with --from, not with both"),
        ((*OWN, "--from", "no.csv"), "no.csv: there is no such file"),
        (("--from", "no.csv"), "no.csv: there is no such file"),
        ((*OWN, "--criterion", "Kind"), "criterion 1: 'Kind' has no sentence"),
        ((*OWN, "--criterion", "Be A: b.", "--criterion", "Be A: c."), "two criteria are called 'Be A'"),
        (("-t", "blank", "--subject", "x" * 81), "the task: subject: string should have at most 80 characters"),
        (("-t", "blank", "--item", " "), "request 1: prompt: string should have at least 1 character"),
    ],
)
def test_an_answer_that_does_not_fit_is_one_line(
    bare: Hone, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    result = bare("init", tmp_path / "a", *arguments)
    assert result.code == 1
    assert why in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "a").exists()


def test_on_a_terminal_it_asks_and_asks_again_where_an_answer_does_not_fit(
    bare: Hone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["essay feedback", "", "You are a teacher.", "Write.", "One.", "Two.", "Three."]
    said += ["Kind", "Be Kind: It is.", "Be Kind: It is too.", "Be Clear: It is.", ""]
    monkeypatch.setattr("sys.stdin", Keyboard("\n".join(said) + "\n"))
    result = bare("init", tmp_path / "a")
    assert result.code == 0
    assert "'Kind' has no sentence" in result.err
    assert "two criteria are called 'Be Kind'" in result.err
    project = Project(tmp_path / "a")
    assert project.settings.task.role == "You are a teacher."
    assert [item.prompt for item in project.items] == ["One.", "Two.", "Three."]
    assert project.rubric.names == ("Be Kind", "Be Clear")


def test_on_a_terminal_only_what_was_not_said_is_asked(
    bare: Hone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("\n"))
    result = bare("init", tmp_path / "a", *OWN, "--item", "One.")
    assert result.code == 0
    assert "Request" not in result.err
    assert "Criterion 1" in result.err


def test_a_folder_that_holds_something_is_refused_before_anything_is_asked(
    bare: Hone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    monkeypatch.setattr("sys.stdin", Keyboard(""))
    assert bare("init", tmp_path).err.startswith(f"hone: {tmp_path} already exists")


def test_requests_come_from_a_table_each_once(bare: Hone, tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id,prompt,group\n1,Say A.,g\n1,Say A.,g\n2,Say B.,\n")
    result = bare("init", tmp_path / "a", *OWN, "--from", table)
    assert result.code == 0
    assert "request from 'prompt', id from 'id'" in result.err
    assert [(one.id, one.prompt, one.group) for one in Project(tmp_path / "a").items] == [
        ("1", "Say A.", "g"),
        ("2", "Say B.", None),
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,prompt\n1,Say A.\n1,Say B.\n", "items.csv:3: id: the id '1' stands for two different requests"),
        ("id,prompt\n1,\n", "items.csv:2: the row has no request"),
        ("id,words\n1,a\n", "no column holds requests; call it prompt (the columns are: id, words)"),
    ],
)
def test_a_table_without_requests_is_one_line(bare: Hone, tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "items.csv").write_text(text)
    result = bare("init", tmp_path / "a", *OWN, "--from", tmp_path / "items.csv")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert why in result.err


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


def test_ratings_in_the_table_come_into_the_store(bare: Hone, tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id,prompt,reply,criterion,Ann,Ben\n1,Say A.,A,Be Kind,1,0\n2,Say B.,B,Be Kind,1,meets\n")
    result = bare("init", tmp_path / "a", *OWN, "--from", table, "--criterion", "Be Kind: It is.")
    assert result.code == 0
    assert "ratings: 4 from items.csv, in the project's store" in result.err
    status = bare("feedback", "status", "--json", "-p", tmp_path / "a").data
    assert (status["replies"], status["ratings"]) == (2, 4)
    assert sorted(one["name"] for one in status["raters"]) == ["Ann", "Ben"]


def test_ratings_that_do_not_fit_yet_are_said_and_the_project_is_there(bare: Hone, tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id,prompt,criterion,Ann,Ben\n1,Say A.,Be Warm,1,0\n2,Say B.,Be Warm,1,0\n")
    result = bare("init", tmp_path / "a", *OWN, "--from", table)
    assert result.code == 0
    assert "the ratings in items.csv are not taken yet" in result.err
    assert f"hone feedback import {table}" in result.err
    assert len(Project(tmp_path / "a").items) == 2
