"""`hone label` on data sets: forms, columns, bad rows, budgets, and the rows that people should look at."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hone.jobs import Budget
from hone.jobs.prices import price

from .conftest import Hone

Write = Callable[..., None]


@pytest.fixture
def data(project: Path) -> Path:
    path = project / "data.jsonl"
    rows = [{"question": f"Plan {n}?", "answer": f"Plan {n}: ten minutes.", "grade": n} for n in range(6)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_columns_are_guessed_and_the_rows_own_columns_stay(hone: Hone, project: Path, data: Path) -> None:
    out = project / "out.jsonl"
    result = hone("label", data, "--out", out)
    assert result.code == 0, result.err
    written = rows(out)
    assert [row["grade"] for row in written] == list(range(6))
    assert all(row["Be Detailed"] == 1 and row["Be Detailed reason"] == "It says so." for row in written)
    assert {row["judge"] for row in written} == {"scripted:script.jsonl"}
    assert "6 rows, 6 calls" in result.err
    assert "6 scored, 0 unscored" in result.err


def test_csv_in_and_csv_out(hone: Hone, project: Path) -> None:
    path, out = project / "data.csv", project / "out.csv"
    path.write_text('id,prompt,reply\na,"Plan, please.","Ten\nminutes."\n')
    assert hone("label", path, "--out", out).code == 0
    with out.open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["id"], row["reply"], float(row["Be Adaptable"])) == ("a", "Ten\nminutes.", 1.0)


def test_a_named_column_that_is_not_there_is_one_line_with_the_known_ones(hone: Hone, data: Path) -> None:
    result = hone("label", data, "--reply-column", "answr")
    assert result.code == 1
    assert "did you mean 'answer'" in result.err
    assert len(result.err.strip().splitlines()) == 1


def test_bad_rows_are_counted_by_reason_and_cost_nothing_else(hone: Hone, project: Path) -> None:
    path, out = project / "data.jsonl", project / "out.jsonl"
    path.write_bytes(
        b'{"id": "a", "prompt": "p", "reply": "fine"}\n'
        b'{"id": "b", "prompt": "p"}\n'
        b'{"id": "c", "prompt": "p", "reply": 7}\n'
        b'{"id": "d", "prompt": "p", "reply": "\xff"}\n'
        b'{"id": "e", "prompt": \n'
        b'{"id": "a", "prompt": "p", "reply": "fine again"}\n'
    )
    result = hone("label", path, "--out", out, "--json")
    assert result.code == 0, result.err
    assert result.data["scored"] == 2
    assert sum(result.data["unscored"].values()) == 4
    assert result.data["unscored"]["the row has no reply"] == 1
    assert result.data["unscored"]["the reply is not text but a int"] == 1
    assert result.data["notes"]["rows whose id stood before"] == 1
    assert len(rows(out)) == 6


def test_nothing_scored_is_exit_1(hone: Hone, project: Path) -> None:
    path = project / "data.jsonl"
    path.write_text('{"prompt": "p", "reply": ""}\n')
    result = hone("label", path)
    assert result.code == 1
    assert "nothing could be scored" in result.err


def test_a_budget_stops_cleanly_and_a_larger_one_goes_on(hone: Hone, project: Path, data: Path) -> None:
    first = hone("label", data, "--budget", "2 calls", "--json")
    assert first.code == 4, first.err
    assert (first.data["scored"], first.data["calls"]) == (2, 2)
    assert first.data["stopped"] == "the budget of 2 calls is used up"
    second = hone("label", data, "--json")
    assert (second.data["scored"], second.data["calls"], second.data["reused"]) == (6, 4, 2)
    assert second.data["run"] == first.data["run"]


def test_what_another_run_was_answered_is_not_asked_again(
    hone: Hone, project: Path, data: Path, script: Write
) -> None:
    assert hone("label", data).code == 0
    longer = project / "longer.jsonl"
    longer.write_text(data.read_text() + '{"question": "Plan 9?", "answer": "Plan 9: one minute."}\n')
    result = hone("label", longer, "--json")
    assert (result.data["reused"], result.data["calls"]) == (6, 1)
    fresh = hone("label", longer, "--fresh", "--json")
    assert (fresh.data["reused"], fresh.data["calls"]) == (0, 7)


def test_people_get_the_unscored_rows_and_a_random_slice_with_its_weight(
    hone: Hone, project: Path, data: Path, script: Write
) -> None:
    script(project, **{"Plan 3?": "I cannot say."})
    people = project / "people.jsonl"
    assert hone("label", data, "--people", people, "--share", "1").code == 4
    written = rows(people)
    assert [row["why"] for row in written].count("random") == 5
    assert [row["weight"] for row in written] == [1.0] * 6
    assert hone("label", data, "--people", people, "--share", "0").code == 4
    assert [row["question"] for row in rows(people)] == ["Plan 3?"]


def test_a_panel_is_named_twice(hone: Hone, project: Path, data: Path) -> None:
    (project / "other.jsonl").write_text((project / "script.jsonl").read_text())
    result = hone("label", data, "--judge", "scripted:script.jsonl", "--judge", "scripted:other.jsonl", "--json")
    assert result.data["calls"] == 12
    assert result.data["judgements"][0]["votes"] == 2


@pytest.mark.parametrize("text", ["5", "5 euros", "$", "-1 calls", "$5 calls", "many tokens"])
def test_a_budget_of_another_form_is_wrong_usage(hone: Hone, data: Path, text: str) -> None:
    result = hone("label", data, "--budget", text)
    assert result.code == 2
    assert "write '$5', '100000 tokens' or '2000 calls'" in result.err


def test_a_pattern_that_does_not_compile_is_wrong_usage(hone: Hone, data: Path) -> None:
    result = hone("label", data, "--pattern", "(")
    assert result.code == 2
    assert "not a regular expression" in result.err


def test_budgets_are_read() -> None:
    assert Budget.read("$2.50").dollars == 2.5
    assert Budget.read("100,000 tokens").tokens == 100_000
    assert Budget.read("2000 calls").calls == 2000


def test_prices_are_known_for_known_models_and_nothing_here_costs_money() -> None:
    known = price("openai:gpt-4o-mini")
    assert known is not None
    assert 0 < known[0] < known[1] < 1e-4
    assert price("smollm2") == (0.0, 0.0)
    assert price("http://127.0.0.1:1/v1#x") is None
    assert price("openai:no-such-model") is None


def test_audit_prints_its_table_and_its_json(hone: Hone, data: Path) -> None:
    result = hone("audit", data, "--items", "4", "--json")
    assert result.code == 0, result.err
    assert [one["name"] for one in result.data["findings"]][-1] == "position"
    said = hone("audit", data, "--items", "4")
    assert "injection" in said.out
    assert "Next: hone " in said.err, "an audit says what to do with what it found"
