"""`hone reply` and `hone label`: every item once, nothing asked twice, and each problem one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Hone = Callable[..., Any]
Script = Callable[..., None]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    rows = [{"prompt": f"Plan {n}.", "reply": f"Text {n}.", "id": f"d{n}"} for n in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_replies_are_written_and_scored(hone: Hone, project: Path) -> None:
    replied = hone("reply", "--items", "2", "--json").data
    assert [reply["item"] for reply in replied["replies"]] == ["i1", "i2"]
    assert replied["replies"][0]["text"].startswith("Rich plan")
    labelled = hone("label", "--json").data
    assert [(one["item"], len(one["scores"])) for one in labelled["judgements"]] == [("i1", 2), ("i2", 2)]
    shown = hone("label")
    assert "mean" in shown.out
    assert "2 scored, 0 unscored" in shown.err
    assert "nothing was asked again" in shown.err


def test_without_a_rubric_the_task_stands_alone(hone: Hone) -> None:
    replies = hone("reply", "--no-rubric", "--json").data["replies"]
    assert {(reply["text"], reply["rubric"]) for reply in replies} == {("Plain plan.", None)}
    assert "Plain plan." in hone("reply", "--no-rubric").out


def test_a_data_set_is_scored_into_a_file(hone: Hone, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "scores.jsonl"
    assert hone("label", data, "--out", out).code == 0
    rows = lines(out)
    assert [row["id"] for row in rows] == [f"d{n}" for n in range(5)]
    assert [row["reply"] for row in rows] == [f"Text {n}." for n in range(5)]
    assert {(row["Be Detailed"], row["Be Adaptable"], row["unscored"]) for row in rows} == {(1, 1, None)}
    assert rows[0]["Be Detailed reason"] == "It says so."


def test_another_rubric_and_another_judge_can_be_named(hone: Hone, project: Path, data: Path, script: Script) -> None:
    verdict = {name: {"reason": "So.", "score": -1} for name in ("Be Detailed", "Be Adaptable", "Be Organised")}
    (project / "other.jsonl").write_text(json.dumps({"contains": "You score", "text": json.dumps(verdict)}) + "\n")
    result = hone("label", data, "--rubric", "educational-reply", "--judge", "scripted:other.jsonl", "--json")
    assert {score["value"] for one in result.data["judgements"] for score in one["scores"]} == {-1}


def test_what_cannot_be_read_is_unscored_and_said(hone: Hone, project: Path, data: Path, script: Script) -> None:
    script(project, **{"Text 3.": "No \x1b[31mscores."})
    result = hone("label", data)
    assert result.code == 4
    assert "4 scored, 1 unscored" in result.err
    assert "1 × no JSON object in the answer" in result.err
    assert "unscored" in result.out
    (judged,) = (one for one in hone("label", data, "--json").data["judgements"] if one["unscored"])
    assert (judged["item"], judged["raw"]) == ("d3", "No \x1b[31mscores.")


def test_where_nothing_can_be_scored_the_command_fails(hone: Hone, project: Path, data: Path, script: Script) -> None:
    script(project, **{"You score": "No."})
    result = hone("label", data)
    assert result.code == 4
    assert result.err.splitlines()[-1] == "hone: nothing could be scored; the reasons stand above"


def test_a_second_run_asks_nothing_again(hone: Hone, project: Path, data: Path) -> None:
    before = hone("label", data, "--json").data["judgements"]
    hone("reply")
    (project / "script.jsonl").write_text("")
    assert hone("label", data, "--json").data["judgements"] == before
    assert "nothing was asked again" in hone("label", data).err
    assert "nothing was asked again" in hone("reply").err


def test_an_unfinished_run_goes_on_with_what_is_missing(hone: Hone, project: Path, script: Script) -> None:
    full = (project / "script.jsonl").read_text()
    rules = [json.dumps({"contains": f"week {n}.", "text": f"Plan {n}"}) for n in (1, 3, 4)]
    (project / "script.jsonl").write_text("\n".join(rules) + "\n")
    failed = hone("reply")
    assert failed.code == 4
    assert "1 of 4 replies were not written; the first: i2" in failed.err
    journal = only(project, "runs/*-reply-*/journal.jsonl")
    kept = journal.read_bytes()
    assert len(kept.splitlines()) == 3
    assert not journal.with_name("results.jsonl").exists()
    (project / "script.jsonl").write_text(full.replace("Rich plan", "Second plan"))
    texts = {reply["item"]: reply["text"] for reply in hone("reply", "--json").data["replies"]}
    assert texts == {"i1": "Plan 1", "i2": "Second plan: 20 minutes a day.", "i3": "Plan 3", "i4": "Plan 4"}
    assert journal.read_bytes().startswith(kept)
    assert len(journal.read_bytes().splitlines()) == 4


def test_a_changed_config_on_an_unfinished_run_is_a_new_run_that_names_the_keys(hone: Hone, project: Path) -> None:
    full = (project / "script.jsonl").read_text()
    (project / "script.jsonl").write_text(json.dumps({"contains": "week 1.", "text": "Plan"}) + "\n")
    assert hone("reply").code == 4
    settings = project / "hone.yaml"
    settings.write_text(settings.read_text().replace("Write a plan.", "Write a long plan."))
    (project / "script.jsonl").write_text(full)
    first = only(project, "runs/*-reply-*").name
    done = hone("reply")
    assert done.code == 0
    assert f"note: a new run, as task.instruction changed since {first}" in done.err
    assert len(list((project / "runs").glob("*-reply-*"))) == 2


def test_answers_that_still_fit_are_taken_from_the_run_before(hone: Hone, project: Path) -> None:
    full = (project / "script.jsonl").read_text()
    rules = [json.dumps({"contains": f"week {n}.", "text": f"Plan {n}"}) for n in (1, 3, 4)]
    (project / "script.jsonl").write_text("\n".join(rules) + "\n")
    assert hone("reply").code == 4
    items = (project / "items.jsonl").read_text().splitlines()
    (project / "items.jsonl").write_text("\n".join(items[:3]) + "\n")
    (project / "script.jsonl").write_text(full.replace("Rich plan", "Second plan"))
    done = hone("reply", "--json")
    assert "as items.i4 changed since" in done.err
    texts = {reply["item"]: reply["text"] for reply in done.data["replies"]}
    assert texts == {"i1": "Plan 1", "i2": "Second plan: 20 minutes a day.", "i3": "Plan 3"}


def test_a_changed_config_after_a_finished_run_is_a_new_run(hone: Hone, project: Path) -> None:
    assert hone("reply").code == 0
    settings = project / "hone.yaml"
    settings.write_text(settings.read_text().replace("Write a plan.", "Write a long plan."))
    assert hone("reply").code == 0
    assert len(list((project / "runs").glob("*-reply-*"))) == 2


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("hone.yaml", "  role:", "  rôle: x\n  role:", "hone.yaml:3: task.rôle: unknown key; did you mean 'role'?"),
        ("hone.yaml", "models:", "database: 3\nmodels:", "hone.yaml:5: database: "),
        ("hone.yaml", "role: You", "role: 'You", "hone.yaml:"),
        ("hone.yaml", "scripted:script", "nonsense:script", "'nonsense:script.jsonl' names no model; write one of"),
        ("hone.yaml", "script.jsonl", "nowhere.jsonl", "nowhere.jsonl: the script cannot be read"),
        ("hone.yaml", "scripted:script.jsonl", "gguf:none.gguf", "none.gguf: the model file cannot be read"),
        ("hone.yaml", "scripted:script.jsonl", "gguf:rubric.yaml", "rubric.yaml: not a GGUF model file"),
        ("hone.yaml", "scripted:script.jsonl", "openai:gpt", "OPENAI_API_KEY"),
        ("rubric.yaml", "Be Adaptable:", "Be Detailed:", "two criteria are called 'Be Detailed'"),
        ("rubric.yaml", "-1..1", "0..9", "rubric.yaml:5: scale: unknown scale '0..9'"),
        ("items.jsonl", '"i2"', '"i1"', "items.jsonl:2: id: the id 'i1' stands twice"),
        ("items.jsonl", '{"id": "i3"', '{"id": []', "items.jsonl:3: id: "),
        ("items.jsonl", '{"id": "i4"', "{", "items.jsonl:4: not valid JSON"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line_with_its_place(
    hone: Hone, project: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, why: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    path = project / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    result = hone("reply")
    assert result.code == 1
    (line,) = (line for line in result.err.splitlines() if line.startswith("hone: "))
    assert why in line.replace(f"{project}/", "")
    assert result.out == ""


@pytest.mark.parametrize("name", ["hone.yaml", "rubric.yaml", "items.jsonl"])
def test_an_empty_file_is_one_line(hone: Hone, project: Path, name: str) -> None:
    (project / name).write_text("")
    result = hone("reply")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert f"{name}: the file " in result.err


@pytest.mark.parametrize("text", ["", "\n\n", "[]\n", '{"prompt": "a"}\n', "no JSON\n"])
def test_data_that_does_not_fit_is_one_line_that_names_the_file(hone: Hone, data: Path, text: str) -> None:
    data.write_text(text)
    result = hone("label", data)
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert result.err.startswith("hone: ")
    assert "data.jsonl" in result.err


def test_without_replies_there_is_nothing_to_score(hone: Hone) -> None:
    result = hone("label")
    assert result.code == 1
    assert "write some with `hone reply`, or name a data file" in result.err


def test_a_data_file_that_is_not_there_is_one_line(hone: Hone, tmp_path: Path) -> None:
    result = hone("label", tmp_path / "none.jsonl")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "none.jsonl: there is no such file" in result.err


def test_outside_a_project_every_command_says_how_to_make_one(bare: Hone, tmp_path: Path) -> None:
    for arguments in (["reply"], ["label"], ["rubric", "show"], ["rubric", "compare"]):
        result = bare(*arguments, "--project", tmp_path)
        assert (result.code, len(result.err.splitlines())) == (1, 1)
        assert "make one with: hone init FOLDER" in result.err


def test_a_reply_that_holds_markup_and_escapes_is_shown_as_text(hone: Hone, project: Path, script: Script) -> None:
    script(project, **{"will be judged": "[red]bold[/red] [/x] \x1b[31mred\x1b[0m \u202eback :heart:"})
    out = hone("reply").out
    assert "[red]bold[/red] [/x] red back :heart:" in out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_what_the_writer_was_told_can_be_said_on_the_line_and_is_part_of_the_run(
    hone: Hone, data: Path, project: Path
) -> None:
    first = hone("label", data, "--json").data
    other = hone("label", data, "--instruction", "Answer with a question.", "--json").data
    assert (other["run"] != first["run"], other["calls"]) == (True, 5)
    config = next(project.glob(f"runs/{other['run']}/config.yaml")).read_text()
    assert "Answer with a question." in config
    again = hone("label", data, "--instruction", "Answer with a question.", "--json").data
    assert (again["run"], again["calls"]) == (other["run"], 0)


def test_replies_that_were_cut_are_counted_and_the_audit_is_offered_once(hone: Hone, tmp_path: Path) -> None:
    data = tmp_path / "cut.jsonl"
    rows = [{"prompt": f"Plan {n}.", "reply": f"Text {n}.", "id": f"d{n}", "cut": n == 2} for n in range(6)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = hone("label", data)
    assert "note: 1 × replies that were cut at their length limit: they are scored as they stand" in done.err
    assert "warning: all 6 rows have the same scores" in done.err
    assert f"Next: hone audit {data}" in done.err
    assert hone("audit", data).code == 0
    assert "hone audit" not in hone("label", data).err
