"""A benchmark task: which problems, how they are put, and how an answer is read. One YAML file each."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import resources
from typing import Literal, Self

from pydantic import Field, model_validator

from hone.domain.base import Frozen
from hone.errors import ProjectError
from hone.files import typed_path
from hone.models import Message
from hone.problems import (
    MARK,
    Names,
    Problem,
    Prompting,
    PromptName,
    Split,
    gold_number,
    load_problems,
    read_problems,
)
from hone.problems.prompting import Closing
from hone.project.files import read_yaml
from hone.tables import Taken, open_table

_REMEDY = "write a task file (.yaml) with data and `question: {whole}`, or with `question: {taken}` to leave it out"


class BenchTask(Frozen):
    """What is asked, and how an answer is read."""

    about: str = ""
    """One line for people."""
    data: str = Field(min_length=1)
    """`sums`, `gsm8k`, or a file or folder with questions and answers."""
    answers: Literal["number", "exact", "choice", "regex"] = "number"
    """``number``: the final number. ``exact``: the final words, without case and marks. ``choice``: one of the
    choices, by its letter or its words. ``regex``: the gold answer is a regular expression for the final words."""
    shots: int | None = Field(default=None, ge=0, le=64)
    """Solved problems that are shown first, out of the training part; 0, 2 and 8 are tried by default."""
    shot_seed: int = 20
    system: str | None = None
    """A system message of the task's own, among the prompts that are tried; empty sends none."""
    prompts: tuple[PromptName, ...] = Field(default=(), max_length=4)
    """Among which each model's best prompt is chosen; one alone is what all are asked under. All by default."""
    max_tokens: int = Field(default=256, ge=1, le=100_000)
    """The limit of an answer at first. What is cut is asked again with four times as much, until under 1% are."""
    most_tokens: int | None = Field(default=None, ge=1, le=100_000)
    """The limit at last; eight times the first by default."""
    choose_on: str | None = None
    """Problems that prompts are chosen by; a part of the data that nothing else uses by default."""
    limit: int | None = Field(default=None, ge=1)
    """Only so many problems, the first ones."""
    question: str | None = None
    """The column of the questions, where its name does not tell, several as ``A+B``; so for the next two."""
    answer: str | None = None
    solution: str | None = None

    @property
    def last_limit(self) -> int:
        """The most tokens that an answer gets."""
        return max(self.max_tokens, self.most_tokens or 8 * self.max_tokens)

    @property
    def tried(self) -> tuple[PromptName, ...]:
        """The prompts that are tried: numbers may be boxed, and a message of the task's own is tried, too."""
        if self.prompts:
            return self.prompts
        boxed: tuple[PromptName, ...] = ("boxed",) if self.answers == "number" else ()
        own: tuple[PromptName, ...] = ("own",) if self.system else ()
        return (*own, "solve", *boxed, "plain")

    @model_validator(mode="after")
    def _columns_of_files(self) -> Self:
        if self.data in {"sums", "gsm8k"} and (self.question or self.answer or self.solution):
            raise ValueError("columns are named for files only")
        return self

    def problems(self, split: Split = "test", limit: int | None = None, taken: Taken | None = None) -> list[Problem]:
        """The problems of one part, checked.

        Args:
            split: The part.
            limit: Only so many.
            taken: Filled in with the columns of a file that are read.

        Raises:
            ProjectError: They cannot be had, or a gold answer is not of the task's kind.
            FileFormatError: A row does not read.
        """
        if self.question or self.answer or self.solution:
            names = Names(question=self.question, answer=self.answer, solution=self.solution)
            table = open_table(typed_path(self.data))
            problems = read_problems(table, names, limit=limit, taken=taken, remedy=_REMEDY)
        else:
            problems = load_problems(self.data, split, limit=limit, taken=taken, remedy=_REMEDY)
        for problem in problems:
            if flaw := self._flaw(problem):
                raise ProjectError(f"{self.data}: problem {problem.id}: the gold answer {problem.answer!r} {flaw}")
        return problems

    def ask(self, problem: Problem, way: Prompting) -> tuple[Message, ...]:
        """What a model is asked under a prompt; shots are put as the problem is, and answered by letter."""
        if self.answers != "choice":
            return way.ask(problem.question)
        shown = tuple(replace(one, question=self.put(one, way.closing), answer=_named(one)) for one in way.shots)
        return replace(way, shots=shown).ask(self.put(problem, way.closing))

    def put(self, problem: Problem, closing: Closing = "mark") -> str:
        """The question as it is asked: with its choices under letters, where it has any.

        Args:
            problem: What is asked.
            closing: Where the letter is wanted: what the prompt asks for.
        """
        if self.answers != "choice":
            return problem.question
        listed = [f"{letter(place)}) {choice}" for place, choice in enumerate(problem.choices)]
        wanted = f"Behind {MARK}, write" if closing == "mark" else r"Within \boxed{}, write"
        return "\n".join([problem.question, *listed, f"{wanted} the letter alone."])

    def _flaw(self, problem: Problem) -> str | None:
        if self.answers == "number" and gold_number(problem.answer) is None:
            return "holds no number, or several; set `answers:` in the task to exact, choice or regex"
        if self.answers == "choice" and right_choice(problem) is None:
            return "is not one of the choices, nor the letter of one"
        if self.answers == "regex":
            try:
                re.compile(problem.answer)
            except re.error as error:
                return f"is not a regular expression ({error})"
        return None


def letter(place: int) -> str:
    """The letter of a choice: A, B, C and so on."""
    return chr(ord("A") + place)


def right_choice(problem: Problem) -> int | None:
    """The place of the right choice, from its letter, its words or its number from 0; none where it is none."""
    answer, choices = problem.answer.strip(), problem.choices
    if answer in choices:
        return choices.index(answer)
    if len(answer) == 1 and answer.upper().isalpha() and ord(answer.upper()) - ord("A") < len(choices):
        return max(ord(answer.upper()) - ord("A"), 0)
    return int(answer) if answer.isdecimal() and int(answer) < len(choices) else None


def _named(problem: Problem) -> str:
    """The right choice by its letter, as it is asked for."""
    right = right_choice(problem)
    return problem.answer if right is None else letter(right)


def task_names() -> list[str]:
    """The built-in tasks."""
    folder = resources.files("hone.bench").joinpath("tasks")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def read_task(name: str) -> BenchTask:
    """A built-in task, the task of a YAML file, or a data file as a task with numbers as answers.

    Raises:
        ProjectError: There is no such task.
        FileFormatError: The file does not read.
    """
    if name in task_names():
        with resources.as_file(resources.files("hone.bench").joinpath("tasks", f"{name}.yaml")) as path:
            return read_yaml(path, BenchTask)
    path = typed_path(name)
    if path.suffix in {".yaml", ".yml"} and path.is_file():
        task = read_yaml(path, BenchTask)
        named = {"data": task.data, "choose_on": task.choose_on}
        beside = {name: path.parent / file for name, file in named.items() if file}
        return task.model_copy(update={name: str(file) for name, file in beside.items() if file.exists()})
    if path.exists():
        return BenchTask(data=str(path))
    raise ProjectError(
        f"there is no benchmark {name!r}; there are {', '.join(task_names())}, a task file (.yaml), or a data file"
    )
