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


def _questions(path: Path, **more: object) -> Path:
    rows = [{"q_id": place, **more, "question": f"What is {place} and 1?", "gold": place + 1} for place in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{}\n", encoding="utf-8")
    return path


def _model(path: Path, contains: str) -> str:
    path.write_text(json.dumps({"contains": contains, "text": "#### 1"}) + "\n", encoding="utf-8")
    return f"scripted:{path}"


def test_bench_says_the_columns_of_a_data_file(bare: Bare, tmp_path: Path) -> None:
    model = _model(tmp_path / "m.jsonl", "What is")
    done = bare("bench", _questions(tmp_path / "q.jsonl"), "--model", model, "--project", tmp_path, "--json")
    assert done.code == 0, done.err
    assert done.data["columns"] == {"question": "question", "answer": "gold"}
    assert "columns: question from 'question', answer from 'gold'" in done.err
    assert "1 rows without any value were passed over" in done.err
    assert done.data["problems"] == 3


def test_bench_stops_where_a_text_beside_the_question_would_be_left_out_and_a_task_file_names_it(
    bare: Bare, tmp_path: Path
) -> None:
    data = _questions(tmp_path / "q.jsonl", context="One text.")
    model = _model(tmp_path / "m.jsonl", "One text.\n\nWhat is")
    done = bare("bench", data, "--model", model, "--project", tmp_path)
    assert done.code == 1
    assert "'context' looks like a part of the request; write a task file" in done.err
    assert "`question: context+question`" in done.err
    (tmp_path / "t.yaml").write_text("data: q.jsonl\nquestion: context+question\n", encoding="utf-8")
    named = bare("bench", tmp_path / "t.yaml", "--model", model, "--project", tmp_path, "--json")
    assert named.code == 0, named.err
    assert named.data["columns"]["question"] == "context+question"


def test_tune_data_says_the_columns(bare: Bare, tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    data.write_text("instruction,input,output\nCount.,a b,2\n,,\n", encoding="utf-8")
    done = bare("tune", "data", data, "--out", tmp_path / "out.jsonl", "--json")
    assert done.data["columns"] == {"prompt": "instruction+input", "reply": "output"}
    assert "columns: prompt from 'instruction+input', reply from 'output'" in done.err
    shown = bare("tune", "data", data, "--out", tmp_path / "out.jsonl")
    assert shown.err.count("columns:") == 1
    assert "1 rows without any value were passed over" in shown.err
