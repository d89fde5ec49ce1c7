"""Problems out of files: any table with questions and answers, each bad row one line that names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hone.errors import HoneError
from hone.problems import load_problems, split_answer


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_calculator_marks_are_removed_and_the_answer_is_split_off() -> None:
    text = "Natalia sold 48/2 = <<48/2=24>>24 clips.  \nIn all 48+24 = <<48+24=72>>72.\n#### 72"
    assert split_answer(text) == ("Natalia sold 48/2 = 24 clips.\nIn all 48+24 = 72.", "72")


def test_an_answer_without_the_mark_is_an_answer_alone(tmp_path: Path) -> None:
    path = write(
        tmp_path / "q.jsonl", {"question": "2+2?", "answer": 4.0, "topic": "sum"}, {"question": "b", "answer": "x"}
    )
    first, second = load_problems(str(path), "test")
    assert (first.answer, first.solution, first.group, first.id) == ("4", "", "sum", "1")
    assert first.reply == "#### 4"
    assert second.answer == "x"


def test_other_column_names_are_known(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("uid,problem,solution,final_answer\na,2+2?,Two and two.,4\n")
    (problem,) = load_problems(str(path), "test")
    assert (problem.id, problem.question, problem.reply) == ("a", "2+2?", "Two and two.\n#### 4")


def test_a_folder_gives_the_split_that_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", {"question": "train?", "answer": "1"})
    write(tmp_path / "test.jsonl", {"question": "test?", "answer": "2"})
    assert [problem.question for problem in load_problems(str(tmp_path), "test")] == ["test?"]
    assert [problem.question for problem in load_problems(str(tmp_path), "train")] == ["train?"]


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    path = write(tmp_path / "q.jsonl", {"question": "a", "answer": "1"}, {"question": "", "answer": ""})
    assert len(load_problems(str(path), "test", limit=1)) == 1
    assert len(load_problems("sums", "test", limit=7)) == 7


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (
            [{"question": "a", "answer": "1"}, {"question": "b", "answer": ""}],
            "q.jsonl:2: answer: the answer is empty",
        ),
        ([{"question": "a", "answer": "1"}, {"question": "b"}], "q.jsonl:2: answer: the answer is empty"),
        ([{"question": " ", "answer": "1"}], "q.jsonl:1: question: the question is empty"),
        ([{"question": "a", "answer": "Work.\n####"}], "q.jsonl:1: answer: the answer is empty"),
        ([{"text": "a", "answer": "1"}], "no column holds the question"),
        ([{"question": "a"}], "no column holds the answer"),
        (
            [{"id": 1, "question": "a", "answer": 1}, {"id": 1, "question": "b", "answer": 1}],
            "the id '1' stands twice",
        ),
        ([], "q.jsonl: the file is empty"),
    ],
)
def test_what_is_no_problem_is_one_line(tmp_path: Path, rows: list[object], problem: str) -> None:
    with pytest.raises(HoneError, match=problem) as caught:
        load_problems(str(write(tmp_path / "q.jsonl", *rows)), "test")
    assert "\n" not in str(caught.value)
