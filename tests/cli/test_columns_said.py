"""Every command that guesses columns says which it takes, in a line and in --json."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .conftest import Hone

Bare = Callable[..., Any]
HEAD = "Item,criterion,rater,Score,kind\n"


def _ratings(path: Path, ids: tuple[str, ...] = ("1.0", "2.0", "3.0")) -> Path:
    rows = [
        f"{id_},Be Detailed,{rater},{(place + shift) % 2},{kind}\n"
        for place, id_ in enumerate(ids)
        for shift, (rater, kind) in enumerate([("ann", "human"), ("ben", "human"), ("j", "judge")])
    ]
    path.write_text(HEAD + "".join(rows) + ",,,,\n", encoding="utf-8")
    return path


def test_agree_says_the_columns_the_blank_rows_and_the_dropped_point(bare: Bare, tmp_path: Path) -> None:
    done = bare("agree", _ratings(tmp_path / "r.csv"), "--json", "--resamples", "200")
    assert done.data["columns"] == {name.lower(): name for name in ("Item", "criterion", "rater", "Score", "kind")}
    assert done.data["input"]["empty"] == 1
    assert "columns: item from 'Item', criterion from 'criterion'" in done.err
    assert "1 rows without any value were passed over" in done.err
    assert "every id in the column 'Item' ends in .0, which is dropped" in done.err


def test_estimate_says_the_columns_of_each_file(bare: Bare, tmp_path: Path) -> None:
    judged = tmp_path / "judged.jsonl"
    rows = [{"uid": place, "Be Detailed": place % 2, "judge": "j"} for place in range(1, 7)]
    judged.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = bare("estimate", _ratings(tmp_path / "r.csv"), "--judged", judged, "--json")
    assert done.data["columns"]["score"] == "Score"
    assert done.data["judged_columns"] == {"item": "uid", "Be Detailed": "Be Detailed", "judge": "judge"}
    assert "columns of judged.jsonl: item from 'uid'" in done.err
    assert done.data["criteria"]["Be Detailed"]["rated"] == 3


def test_import_says_the_columns(hone: Hone, project: Path) -> None:
    done = hone("feedback", "import", _ratings(project / "r.csv"), "--rubric", "working", "--json")
    assert done.code == 0, done.err
    assert done.data["columns"]["item"] == "Item"
    assert "columns: item from 'Item', criterion from 'criterion', rater from 'rater', score from 'Score'" in done.err
    assert "1 rows without any value were passed over" in done.err


def test_label_says_the_columns_and_its_rows_keep_their_order_past_blank_ones(hone: Hone, project: Path) -> None:
    data, out = project / "d.csv", project / "out.jsonl"
    data.write_text("id,question,answer\n1.0,A?,One.\n,,\n2.0,B?,Two.\n", encoding="utf-8")
    done = hone("label", data, "--rubric", "working", "--out", out, "--json")
    assert done.code == 0, done.err
    assert done.data["columns"] == {"request": "question", "reply": "answer", "id": "id"}
    assert (done.data["rows"], done.data["blank"]) == (2, 1)
    assert [one["item"] for one in done.data["judgements"]] == ["1", "2"]
    assert [json.loads(line)["question"] for line in out.read_text().splitlines()] == ["A?", "B?"]
    assert "columns: request from 'question', reply from 'answer', id from 'id'" in done.err
