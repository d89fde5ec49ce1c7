"""Labelling, auditing and agreement where there is no project."""

from __future__ import annotations

import csv
import json
import socket
from pathlib import Path

import pytest

import hone
from tests.cli.conftest import ANSWERS, Hone

RUBRIC = "criteria:\n  - Be Detailed: It is.\n  - Be Adaptable: It is.\nscale: -1..1\n"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "rubric.yaml").write_text(RUBRIC)
    lines = [json.dumps({"contains": "You score replies", "text": ANSWERS["You score replies"]})]
    (folder / "s.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "data.csv").write_text("prompt,reply\nHi,Hello\nBye,Ciao\n\nAh,Oh\n")
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open() as stream:
        return list(csv.DictReader(stream))


ALONE = ("--rubric", "rubric.yaml", "--judge", "scripted:s.jsonl")


def test_rows_are_labelled_with_rubric_judge_and_data_on_the_line(bare: Hone, outside: Path) -> None:
    result = bare("label", "data.csv", *ALONE, "--out", "out.jsonl", "--json")
    assert (result.code, result.data["scored"]) == (0, 3), result.err
    rows = [json.loads(line) for line in (outside / "out.jsonl").read_text().splitlines()]
    assert [row["item"] for row in rows] == ["row 2", "row 3", "row 5"]
    assert [row["Be Detailed"] for row in rows] == [1.0, 1.0, 1.0]
    again = bare("label", "data.csv", *ALONE, "--json")
    assert (again.data["calls"], again.data["run"]) == (0, result.data["run"])
    assert (outside / "runs" / result.data["run"]).is_dir()


def test_ids_that_the_rows_bring_stay_as_they_are(bare: Hone, outside: Path) -> None:
    (outside / "ids.csv").write_text("id,prompt,reply\n7,Hi,Hello\n")
    assert bare("label", "ids.csv", *ALONE, "--out", "out.csv").code == 0
    assert next(iter(read(outside / "out.csv")[0])) == "id"
    assert "item" not in read(outside / "out.csv")[0]
    (outside / "named.csv").write_text("exercise,prompt,reply\n7,Hi,Hello\n")
    assert bare("label", "named.csv", *ALONE, "--id-column", "exercise", "--out", "out.csv").code == 0
    assert (read(outside / "out.csv")[0]["item"], read(outside / "out.csv")[0]["exercise"]) == ("7", "7")


def test_no_model_is_told_of_a_task_that_nobody_set(bare: Hone, outside: Path) -> None:
    run = bare("label", "data.csv", *ALONE, "--json").data["run"]
    assert "task:" not in (outside / "runs" / run / "config.yaml").read_text().splitlines()


@pytest.mark.parametrize("verb", ["label", "audit"])
def test_what_is_missing_without_a_project_is_named(bare: Hone, outside: Path, verb: str) -> None:
    result = bare(verb, "data.csv")
    assert result.code == 1
    assert "without one, give --rubric, --judge too" in result.err
    assert len(result.err.splitlines()) == 1
    assert "give DATA" in bare(verb, *ALONE).err


def test_a_judge_is_audited_without_a_project(bare: Hone, outside: Path) -> None:
    result = bare("audit", "data.csv", *ALONE, "--json")
    assert result.data["items"] == 3, result.err


def test_a_rubric_that_is_not_there_is_one_line(bare: Hone, outside: Path) -> None:
    result = bare("label", "data.csv", "--rubric", "v1", "--judge", "smollm2")
    assert "there is no rubric 'v1'; name a file, or a name from: hone templates" in result.err
    working = bare("label", "data.csv", "--rubric", "working", "--judge", "smollm2")
    assert "there is no project here, so name a rubric" in working.err


@pytest.mark.parametrize(
    ("judge", "meant"),
    [
        ("gpt-4o", "openai:gpt-4o"),
        ("o3", "openai:o3"),
        ("smolm2", "smollm2"),
        ("opnai:gpt-4o", "openai:gpt-4o"),
        ("models/a.gguf", "gguf:models/a.gguf"),
        ("localhost:8000/v1#m", "http://localhost:8000/v1#m"),
        ("Qwen/Qwen3-8B", "hf:Qwen/Qwen3-8B"),
    ],
)
def test_a_mistyped_judge_makes_no_run_and_is_told_what_was_meant(
    bare: Hone, outside: Path, judge: str, meant: str
) -> None:
    for verb in ("label", "audit"):
        result = bare(verb, "data.csv", "--rubric", "rubric.yaml", "--judge", judge)
        assert result.code == 1
        assert f"hone: did you mean {meant}? {judge!r} names no model" in result.err
    assert not (outside / "runs").exists()


def test_a_dead_port_is_said_at_once_and_leaves_no_run(bare: Hone, outside: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    result = bare("label", "data.csv", "--rubric", "rubric.yaml", "--judge", f"http://127.0.0.1:{port}/v1#m")
    assert result.code == 1
    lines = [line for line in result.err.splitlines() if line.startswith("hone: ")]
    assert len(lines) == 1
    assert f"hone: http://127.0.0.1:{port}/v1 cannot be reached" in lines[0]
    assert lines[0].endswith("; is it running, and is the address right?")
    assert not list((outside / "runs").glob("*-label-*"))


def test_what_was_labelled_stands_beside_the_people_of_a_wide_file(bare: Hone, outside: Path) -> None:
    assert bare("label", "data.csv", *ALONE, "--out", "out.jsonl").code == 0
    (outside / "r.csv").write_text("item,criterion,Ann,Ben\nrow 2,Be Detailed,1,1\nrow 3,Be Detailed,0,1\n")
    result = bare("agree", "r.csv", "--judged", "out.jsonl", "--rubric", "rubric.yaml", "--json")
    assert result.code == 0, result.err
    assert "2 of 2 rated items have its scores, matched by id; its 1 other rows were rated by nobody" in result.err
    judge = result.data["criteria"]["Be Detailed"]["judges"]["scripted:s.jsonl"]
    assert judge["items"] == 2


MIXED = (
    "criteria:\n  - Be Detailed: It is.\n  - Be Adaptable: It is.\n"
    "  - Be Short: It is.\n    rule: {max_words: 1}\nscale: -1..1\n"
)
RATED = (
    "item,criterion,Ann,Ben\nrow 2,Be Short,1,1\nrow 3,Be Short,1,1\nrow 2,Be Detailed,1,1\nrow 3,Be Detailed,0,1\n"
)


def test_what_a_rule_scored_is_no_credit_of_the_judge(bare: Hone, outside: Path) -> None:
    (outside / "mixed.yaml").write_text(MIXED)
    (outside / "r.csv").write_text(RATED)
    for name in ("one", "two"):
        answers = outside / f"{name}.jsonl"
        answers.write_text(json.dumps({"contains": "You score", "text": ANSWERS["You score replies"]}) + "\n")
        typed = (
            "label",
            "data.csv",
            "--rubric",
            "mixed.yaml",
            "--judge",
            f"scripted:{name}.jsonl",
            "--out",
            f"{name}.out.jsonl",
        )
        assert bare(*typed).code == 0
    row = json.loads((outside / "one.out.jsonl").read_text().splitlines()[0])
    assert (row["judge"], row["Be Short judge"]) == ("scripted:one.jsonl", "rules")
    assert "Be Detailed judge" not in row
    result = bare("agree", "r.csv", "--judged", "one.out.jsonl", "--judged", "two.out.jsonl", "--json")
    assert result.code == 0, result.err
    criteria = result.data["criteria"]
    assert {name: one["items"] for name, one in criteria["Be Short"]["judges"].items()} == {
        "scripted:one.jsonl": 0,
        "scripted:two.jsonl": 0,
        "rules": 2,
    }
    assert criteria["Be Detailed"]["judges"]["rules"]["items"] == 0
    assert criteria["Be Detailed"]["judges"]["scripted:two.jsonl"]["items"] == 2
    assert "Be Short: scored by a rule, not by scripted:one.jsonl" in result.err
    shown = bare("agree", "r.csv", "--judged", "one.out.jsonl").out
    assert "rules scored only Be Short: its mean is over that alone." in " ".join(shown.split())


def test_files_of_before_know_a_rule_by_the_rubric_of_their_scores(bare: Hone, outside: Path) -> None:
    (outside / "mixed.yaml").write_text(MIXED)
    (outside / "r.csv").write_text(RATED)
    typed = ("--rubric", "mixed.yaml", "--judge", "scripted:s.jsonl", "--out", "out.jsonl")
    assert bare("label", "data.csv", *typed).code == 0
    rows = [json.loads(line) for line in (outside / "out.jsonl").read_text().splitlines()]
    for other, judge in ((False, 0), (True, 2)):
        of_before = [{name: value for name, value in row.items() if name != "Be Short judge"} for row in rows]
        of_before = [row | ({"rubric": "another"} if other else {}) for row in of_before]
        (outside / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in of_before))
        found = bare("agree", "r.csv", "--judged", "old.jsonl", "--rubric", "mixed.yaml", "--json")
        assert found.data["criteria"]["Be Short"]["judges"]["scripted:s.jsonl"]["items"] == judge


def test_a_judge_is_compared_with_itself_earlier_and_a_rule_with_itself(bare: Hone, outside: Path) -> None:
    (outside / "mixed.yaml").write_text(MIXED)
    (outside / "r.csv").write_text(RATED)
    typed = ("label", "data.csv", "--rubric", "mixed.yaml", "--judge", "scripted:s.jsonl", "--out", "out.jsonl")
    assert bare(*typed).code == 0
    text = (outside / "out.jsonl").read_text()
    (outside / "earlier.jsonl").write_text(text.replace("scripted:s.jsonl", "another"))
    result = bare("agree", "r.csv", "--judged", "out.jsonl", "--against", "earlier.jsonl", "--json")
    assert result.code == 0, result.err
    pairs = [(one["first"], one["second"]) for one in result.data["drift"]]
    assert pairs == [("scripted:s.jsonl", "another (earlier)"), ("rules", "rules (earlier)")]


def test_the_mean_of_a_rule_is_estimated_beside_the_judges(bare: Hone, outside: Path) -> None:
    (outside / "mixed.yaml").write_text(MIXED)
    (outside / "r.csv").write_text(RATED)
    typed = ("label", "data.csv", "--rubric", "mixed.yaml", "--judge", "scripted:s.jsonl", "--out", "out.jsonl")
    assert bare(*typed).code == 0
    result = bare("estimate", "r.csv", "--judged", "out.jsonl", "--rubric", "mixed.yaml", "--json")
    assert result.code == 0, result.err
    assert result.data["judge"] == "scripted:s.jsonl"
    assert result.data["criteria"]["Be Short"]["labelled"] == 3
    assert "Be Short: scored by a rule, not by scripted:s.jsonl" in result.err
    long = [
        ("row 2", "Be Short", "Ann", 1, "human"),
        ("row 3", "Be Short", "Ann", 1, "human"),
        *((f"row {n}", "Be Short", "rules", 1, "judge") for n in (2, 3, 5)),
        ("row 2", "Be Detailed", "Ann", 1, "human"),
        ("row 3", "Be Detailed", "Ann", 0, "human"),
        *((f"row {n}", "Be Detailed", "m", 1, "judge") for n in (2, 3, 5)),
    ]
    lines = "\n".join(",".join(map(str, row)) for row in long)
    (outside / "long.csv").write_text(f"item,criterion,rater,score,kind\n{lines}\n")
    both = bare("estimate", "long.csv", "--json")
    assert both.code == 0, both.err
    assert (both.data["judge"], both.data["criteria"]["Be Short"]["labelled"]) == ("m", 3)


def test_judged_rows_of_other_items_are_refused(bare: Hone, outside: Path) -> None:
    assert bare("label", "data.csv", *ALONE, "--out", "out.jsonl").code == 0
    (outside / "r.csv").write_text("item,criterion,Ann,Ben\na,Be Detailed,1,1\n")
    result = bare("agree", "r.csv", "--judged", "out.jsonl")
    assert result.code == 1
    assert "none of its ids is among the rated items (here 'row 2', rated 'a')" in result.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("lable",), "'label'"),
        (("rubric", "comare"), "'compare'"),
        (("compare",), "'rubric compare'"),
        (("label", "--juge", "x"), "'--judge'"),
        (("nothing-like-it",), None),
    ],
)
def test_a_mistyped_command_or_option_is_told_what_was_meant(
    bare: Hone, typed: tuple[str, ...], meant: str | None
) -> None:
    result = bare(*typed)
    assert result.code == 2
    assert "No such" in result.err
    assert ("Did you mean" in result.err) == (meant is not None)
    assert meant is None or meant in result.err


def test_a_rubric_of_rules_alone_needs_no_judge(bare: Hone, outside: Path) -> None:
    rules = (
        "criteria:\n  - Be Brief: It is short.\n    rule: {max_words: 3}\n"
        "  - Be Greeting: It is.\n    rule: {contains: hello}\n"
    )
    (outside / "rules.yaml").write_text(rules)
    result = bare("label", "data.csv", "--rubric", "rules.yaml", "--json")
    assert result.code == 0, result.err
    assert (result.data["scored"], result.data["calls"]) == (3, 0)
    assert "no calls: every criterion is a rule" in result.err
    audit = bare("audit", "data.csv", "--rubric", "rules.yaml", "--judge", "scripted:s.jsonl")
    assert "there is no judge to audit" in audit.err


def test_python_labels_a_file_in_one_call(outside: Path) -> None:
    done = hone.label("data.csv", rubric="rubric.yaml", judge="scripted:s.jsonl", out="out.jsonl")
    assert done.report.scored == 3
    assert [len(judgement.scores) for judgement in done.judgements] == [2, 2, 2]
    assert len((outside / "out.jsonl").read_text().splitlines()) == 3
    rules = hone.Rubric.model_validate(
        {"criteria": [{"name": "Be Brief", "sentence": "It is.", "rule": {"max_words": 3}}]}
    )
    assert hone.label("data.csv", rubric=rules).report.scored == 3
    with pytest.raises(hone.HoneError, match="give `judge` too"):
        hone.label("data.csv", rubric="rubric.yaml")
    with pytest.raises(hone.HoneError, match="names no model"):
        hone.label("data.csv", rubric="rubric.yaml", judge="gpt-4o")


@pytest.mark.parametrize(
    "typed",
    [
        ("label", "data.csv", "--rubric", "rubric.yaml", "--judge", ""),
        ("audit", "data.csv", "--rubric", "rubric.yaml", "--judge", " "),
        ("bench", "sums", "--model", ""),
    ],
    ids=" ".join,
)
def test_an_empty_model_name_is_one_line(bare: Hone, outside: Path, typed: tuple[str, ...]) -> None:
    result = bare(*typed)
    assert result.code == 1
    assert "names no model; write one of: smollm2" in result.err
    assert "Traceback" not in result.err
