"""Numbers, words, choices and patterns: what is right, and what stood in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.bench import BenchTask, mark, read_task, task_names
from hone.bench.running import requests
from hone.errors import HoneError, ProjectError
from hone.problems import Problem, PromptName, prompting

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


def test_the_letter_is_wanted_where_the_prompt_asks_for_the_answer() -> None:
    task = BenchTask(data="sums", answers="choice")
    assert task.put(CAPITAL).endswith("Behind ####, write the letter alone.")
    boxed = task.put(CAPITAL, "boxed")
    assert boxed.endswith(r"Within \boxed{}, write the letter alone.")
    assert "####" not in boxed


@pytest.mark.parametrize(("name", "end"), [("solve", "#### C"), ("boxed", r"So the answer is \boxed{C}.")])
def test_shots_of_a_choice_are_put_and_answered_as_the_problem_is_to_be(name: PromptName, end: str) -> None:
    task = BenchTask(data="sums", answers="choice")
    shot = Problem("2", "Which lies in Norway?", "Oslo", "Only one does.", choices=("Paris", "Rome", "Oslo"))
    way = prompting((shot,), name=name)
    (request,) = requests([CAPITAL], task, way)
    _, shown, reply, asked = (turn.content for turn in request.messages)
    assert shown == task.put(shot, way.closing)
    assert "C) Oslo" in shown
    assert reply == f"Only one does.\n{end}"
    assert asked == task.put(CAPITAL, way.closing)
    number = BenchTask(data="sums")
    assert number.ask(CAPITAL, way) == way.ask(CAPITAL.question)


def test_files_that_a_task_names_lie_beside_it(tmp_path: Path) -> None:
    for name in ("test.jsonl", "same.jsonl"):
        (tmp_path / name).write_text('{"question": "a", "answer": "1"}\n')
    (tmp_path / "task.yaml").write_text("data: test.jsonl\nchoose_on: same.jsonl\n")
    task = read_task(str(tmp_path / "task.yaml"))
    assert (task.data, task.choose_on) == (str(tmp_path / "test.jsonl"), str(tmp_path / "same.jsonl"))
    (tmp_path / "same.jsonl").unlink()
    assert read_task(str(tmp_path / "task.yaml")).choose_on == "same.jsonl"


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
