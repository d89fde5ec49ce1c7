"""`hone judge cascade` and `hone label --then`, through the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Hone

NAMES = ("Be Detailed", "Be Adaptable")


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    """Two hundred replies: the small judge's three votes are split where it is wrong, and the large one is right."""
    path = tmp_path / "ratings.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["item", "criterion", "rater", "score", "kind"])
        for item in range(200):
            truth, wrong = item % 2, item % 10 == 3
            rows = [("Ann", truth, "human"), ("Ben", truth, "human"), ("large", truth, "judge")]
            votes = (1 - truth, 1 - truth, truth) if wrong else (truth, truth, truth)
            rows += [(f"small {n}", vote, "judge") for n, vote in enumerate(votes)]
            for rater, score, kind in rows:
                out.writerow([item, "Be Right", rater, score, kind])
    return path


SMALL = ("--first", "small 0", "--first", "small 1", "--first", "small 2")


def test_thresholds_are_replayed_from_a_file(bare: Hone, ratings: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    found = bare("judge", "cascade", ratings, *SMALL, "--then", "large", "--cost", "0.1", "2", "--html", page)
    assert found.code == 0, found.err
    text = " ".join(found.out.split())
    assert "from 1 on, at most 10% of what small 0 and 2 more votes decides alone is wrong, with 95%" in text
    assert "it then decides 90% of the replies alone" in text
    assert "0.666" in text
    assert "cost of 1,000" in page.read_text(encoding="utf-8")
    data = bare("judge", "cascade", ratings, *SMALL, "--then", "large", "--json").data
    assert data["lowest"] == 1
    assert [one["below"] for one in data["criteria"]["Be Right"]["thresholds"]] == pytest.approx([1, 2 / 3])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--then", "large"), "name two judges, with --first and --then"),
        (("--first", "big", "--then", "large"), "there is no judge 'big' in these ratings; the judges are: large"),
        (("--first", "small 0", "--then", "large", "--below", "1.5"), "a threshold is a probability"),
        (("--first", "small 0", "--then", "large", "--wrong", "0"), "0"),
    ],
)
def test_what_is_missing_or_wrong_is_one_line(
    bare: Hone, ratings: Path, words: tuple[str, ...], problem: str
) -> None:
    found = bare("judge", "cascade", ratings, *words)
    assert found.code != 0
    assert problem in found.err
    assert "Traceback" not in found.err


def verdict(*scores: int) -> str:
    return json.dumps(
        {name: {"reason": "It says so.", "score": score} for name, score in zip(NAMES, scores, strict=True)}
    )


def script(path: Path, *texts: str) -> str:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return f"scripted:{path}"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps({"id": "d0", "prompt": "Plan.", "reply": "A plan."}) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_label_asks_the_second_judge_what_the_first_is_unsure_of(hone: Hone, data: Path, tmp_path: Path) -> None:
    first = script(tmp_path / "a.jsonl", verdict(1, 0), verdict(1, 1))
    second = script(tmp_path / "b.jsonl", verdict(-1, -1))
    out = tmp_path / "out.jsonl"
    words = ("label", data, "--judge", first, "--samples", "2", "--then", second, "--below", "0.7", "--out", out)
    found = hone(*words)
    assert found.code == 0, found.err
    (row,) = read(out)
    assert (row["Be Detailed"], row["Be Detailed decided by"], row["Be Detailed certainty"]) == (1, "first judge", 1)
    assert (row["Be Adaptable"], row["Be Adaptable decided by"]) == (-1, "second judge")
    assert row["judge"] == f"{first} then {second} below 0.7"
    assert "Be Detailed: 1 of 1 decided by the first judge alone" in found.err
    assert "Be Adaptable: 0 of 1 decided by the first judge alone" in found.err
    assert "1 rows, at most 3 calls, at most about" in found.err
    again = hone(*words)
    assert "nothing was asked again" in again.err
    assert read(out) == [row]
    nearer = hone(*words[:9], "0.5", "--out", out)  # every answer that is there counts
    assert nearer.code == 0, nearer.err
    assert read(out)[0]["Be Adaptable decided by"] == "first judge"


def test_the_report_says_who_decided_and_how_to_make_the_run_again(
    hone: Hone, project: Path, data: Path, tmp_path: Path
) -> None:
    first = script(tmp_path / "a.jsonl", verdict(1, 0), verdict(1, 1))
    second = script(tmp_path / "b.jsonl", verdict(-1, -1))
    words = ("label", data, "--judge", first, "--samples", "2", "--then", second, "--below", "0.7")
    assert hone(*words).code == 0
    page = tmp_path / "report.html"
    assert hone("report", "--out", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "Be Detailed: 1 of 1 decided by the first judge alone" in text
    assert "Be Adaptable: 0 of 1 decided by the first judge alone" in text
    assert "--below 0.7" in text
    assert "--then scripted:" in text


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--then", "smollm2"), "--then needs --below too"),
        (("--below", "0.7"), "--below needs --then too"),
        (("--then", "smollm2", "--below", "0.7"), "does not tell how sure it is"),
        (("--then", "gpt-4", "--below", "0.7", "--samples", "3"), "did you mean openai:gpt-4?"),
        (("--then", "smollm2", "--below", "1.7"), "1.7"),
    ],
)
def test_a_cascade_that_cannot_be_is_one_line(hone: Hone, data: Path, words: tuple[str, ...], problem: str) -> None:
    found = hone("label", data, *words)
    assert found.code != 0
    assert problem in found.err
    assert "Traceback" not in found.err


def test_a_project_s_own_runs_are_replayed(hone: Hone, tmp_path: Path) -> None:
    """Both judges labelled the replies; people's ratings of them are brought in."""
    table, rated = tmp_path / "t.jsonl", tmp_path / "rated.csv"
    rows = [{"id": f"d{n}", "prompt": f"Plan {n}.", "reply": f"Text {n}."} for n in range(4)]
    table.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with rated.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["item", "criterion", "rater", "score"])
        for row in rows:
            for name in NAMES:
                out.writerow([row["id"], name, "Ann", 1])
    first = script(tmp_path / "a.jsonl", *[verdict(1, 1)] * 8)
    second = script(tmp_path / "b.jsonl", *[verdict(1, 0)] * 4)
    missing = hone("judge", "cascade", "--first", first, "--then", second)
    assert missing.code == 1
    assert hone("feedback", "import", rated).code == 0
    assert "judged none of the rated replies" in hone("judge", "cascade", "--first", first, "--then", second).err
    assert hone("label", table, "--judge", first, "--samples", "2").code == 0
    assert hone("label", table, "--judge", second).code == 0
    found = hone("judge", "cascade", "--first", first, "--then", second, "--json")
    assert found.code == 0, found.err
    one = found.data["criteria"]["Be Adaptable"]
    assert one["items"] == 4
    assert one["first"]["accuracy"]["value"] == 1
    assert one["second"]["accuracy"]["value"] == 0
    assert one["lowest"] is None
    assert f"{first}: judgements of 4 rated replies, out of runs of hone label" in found.err
