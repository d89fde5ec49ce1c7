"""Numbers, words, choices and patterns: what is right, and what stood in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.bench import BenchTask, mark, read_task, task_names
from hone.errors import HoneError, ProjectError
from hone.problems import Problem

CAPITAL = Problem("1", "Which town?", "B", choices=("Paris", "Rome", "Oslo"))


@pytest.mark.parametrize(
    ("kind", "gold", "text", "right", "strict"),
    [
        ("number", "2,125", "#### $2125.00", True, True),
        ("number", "18", "The answer is 18.", True, False),
        ("number", "18", "#### 17\nThe answer is 18.", False, False),
        ("number", "18", "no idea", False, False),
        ("exact", "Mount Everest", "#### mount everest.", True, True),
        ("exact", "3.5", "#### 35", False, False),
        ("exact", "", "", False, False),
        ("regex", r"(?i)^h2o$", "#### H2O", True, True),
        ("regex", "^4$", "It is 44.", False, False),
    ],
)
def test_an_answer_is_right_strictly_flexibly_or_not(
    kind: str, gold: str, text: str, right: bool, strict: bool
) -> None:
    marked = mark(text, Problem("1", "?", gold), BenchTask(data="sums", answers=kind))
    assert (marked.right, marked.strict) == (right, strict)


@pytest.mark.parametrize(
    "text",
    [
        "#### B",
        "#### (B)",
        "#### b) Rome",
        "The answer is B.",
        "The answer is Rome.",
        r"\boxed{B}",
        r"\boxed{\text{B}}",
        r"So the answer is \boxed{B}.",
        r"The answer is $\boxed{\textbf{(B)}}$",
        r"#### \boxed{B}",
    ],
)
def test_a_choice_is_named_by_its_letter_or_its_words(text: str) -> None:
    task = BenchTask(data="sums", answers="choice")
    assert mark(text, CAPITAL, task).right
    assert not mark(text.replace("B", "C").replace("b)", "c)").replace("Rome", "Oslo"), CAPITAL, task).right
    assert "B) Rome" in task.put(CAPITAL)


def test_every_built_in_task_reads_and_gives_problems_that_it_can_mark() -> None:
    assert task_names() == ["gsm8k", "sums"]
    for name in task_names():
        assert read_task(name).about
    task = read_task("sums")
    for problem in task.problems("test", 30):
        assert mark(problem.reply, problem, task).strict


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("data: sums\nanswer: x\n", "columns are named for files only"),
        ("data: sums\nanswers: essay\n", "answers"),
        ("data: sums\nshot: 2\n", "did you mean 'shots'"),
        ("answers: number\n", "data"),
        ("", "the file"),
    ],
)
def test_a_task_file_that_does_not_fit_is_one_line(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(text)
    with pytest.raises(HoneError, match=problem) as caught:
        read_task(str(path))
    assert "task.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "row", "problem"),
    [
        ("number", '{"question": "a", "answer": "Rome"}', "'Rome' holds no number"),
        ("choice", '{"question": "a", "answer": "Oslo", "choices": ["Rome"]}', "is not one of the choices"),
        ("regex", '{"question": "a", "answer": "("}', "is not a regular expression"),
    ],
)
def test_a_gold_answer_of_another_kind_is_named(tmp_path: Path, kind: str, row: str, problem: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(row + "\n")
    with pytest.raises(ProjectError, match=problem):
        BenchTask(data=str(path), answers=kind).problems()
