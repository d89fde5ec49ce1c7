"""Problems out of files: GSM8K as it is published, or any table with questions and answers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import FileFormatError, ProjectError
from hone.extras import library
from hone.files import typed_path
from hone.problems.problem import Problem, Split, split_answer
from hone.problems.sums import sums
from hone.spelling import option
from hone.tables import Row, Table, Taken, guess, guess_request, is_blank, open_table, request_of
from hone.tables import RowProblem as Unreadable
from hone.text import identifier, name

GSM8K = "openai/gsm8k"
"""The repository of GSM8K on the Hugging Face hub."""
_SIZES = {"train": 2000, "test": 500, "choosing": 500}
_FEWEST = 60
"""Problems of a set without parts from which a share is kept for choosing."""


def load_problems(
    source: str, split: Split, *, limit: int | None = None, taken: Taken | None = None, remedy: str | None = None
) -> list[Problem]:
    """The problems of a named set, or of files.

    Args:
        source: ``sums`` (generated), ``gsm8k`` (from the hub), or a file or folder; of a folder with a ``train`` and
            a ``test`` split, that split is read.
        split: Which part. ``choosing`` is one in ten of the training problems, which nothing may learn from
            (`read_examples` leaves them out); a file without parts is all of them.
        limit: Read no more than so many.
        taken: Filled in with the columns of a file or folder that are read.
        remedy: What to do about a part of the question that would be left out; see `guess_request`.

    Raises:
        ProjectError: There is no such file or folder, or the hub does not give it.
        FileFormatError: A row has no question or no answer.
        MissingExtraError: The set comes from the hub, and the extra `tune` is not installed.
    """
    if source == "sums":
        return sums(_SIZES[split] if limit is None else limit, split)
    if source in {"gsm8k", GSM8K}:
        return _from_hub(split, limit)
    path = typed_path(source)
    if not has_parts(path):
        whole = "train" if path.is_dir() and _has_split(path, "train") else ""
        return read_problems(open_table(path / whole), limit=limit, taken=taken, remedy=remedy)
    if split != "choosing":
        return read_problems(open_table(path / split), limit=limit, taken=taken, remedy=remedy)
    known = read_problems(open_table(path / "train"), taken=taken, remedy=remedy)
    return [one for one in known if one.for_choosing][:limit]


def has_parts(path: Path) -> bool:
    """Whether a folder has both a training and a test part."""
    return path.is_dir() and _has_split(path, "train") and _has_split(path, "test")


def in_training_part(path: Path) -> bool:
    """Whether a table, a folder or a file, is the training part of a set that has a test part too."""
    return has_parts(path) or (path.stem.startswith("train") and has_parts(path.parent))


def apart_for_choosing(problems: Sequence[Problem]) -> tuple[list[Problem], list[Problem]]:
    """A set without parts, cut into what is tested on and what prompts are chosen by.

    Returns:
        Both, in the order of the problems; the second is empty where there are too few.
    """
    if len(problems) < _FEWEST:
        return list(problems), []
    order = sorted(
        problems, key=lambda one: hashlib.sha256(f"apart:{one.question}".encode("utf-8", "replace")).digest()
    )
    kept = {one.id for one in order[: len(order) // 5]}
    return [one for one in problems if one.id not in kept], [one for one in problems if one.id in kept]


@dataclass(frozen=True, slots=True)
class Names:
    """The columns of a table of problems; none where they are guessed by their names."""

    question: str | None = None
    """Several columns as ``A+B``."""
    answer: str | None = None
    solution: str | None = None
    id: str | None = None
    group: str | None = None


def read_problems(
    table: Table,
    names: Names = Names(),
    *,
    limit: int | None = None,
    taken: Taken | None = None,
    remedy: str | None = None,
) -> list[Problem]:
    """The problems of a table, in its order.

    Args:
        table: Rows with a question and an answer. An answer that holds ``####`` is a worked answer, as in GSM8K.
        names: Which column holds what.
        limit: Read no more than so many problems.
        taken: Filled in with the columns that are read, and how many rows without any value were passed over.
        remedy: What to do about a part of the question that would be left out; see `guess_request`.

    Raises:
        FileFormatError: A row does not read, or has no question or answer; an id stands twice.
        ProjectError: No column holds the questions, or the answers; or a part of the question would be left out.
    """
    found = numbered_problems(table, names, limit=limit, taken=taken, remedy=remedy)
    return [problem for _, problem in found]


def numbered_problems(
    table: Table,
    names: Names = Names(),
    *,
    limit: int | None = None,
    taken: Taken | None = None,
    remedy: str | None = None,
) -> list[tuple[int, Problem]]:
    """The same, each with its line."""
    columns = _columns(table, names, remedy)
    taken = taken or Taken()
    taken.take(columns.named | {"choices": "choices" if "choices" in table.columns else None})
    problems: dict[str, tuple[int, Problem]] = {}
    for line, row in table.rows():
        if len(problems) == limit:
            break
        if isinstance(row, Unreadable):
            raise FileFormatError(table.path, row.reason, line=line)
        if is_blank(row):
            taken.blank += 1
            continue
        problem = _problem(row, columns, table.path, line)
        if problem.id in problems:
            raise FileFormatError(
                table.path, f"the id {problem.id!r} stands twice", line=line, key=columns.named["id"] or ""
            )
        problems[problem.id] = line, problem
    return list(problems.values())


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column holds what; the question may be in several."""

    question: tuple[str, ...]
    named: dict[str, str | None]


def _columns(table: Table, names: Names, remedy: str | None) -> _Columns:
    question = guess_request(table, names.question, remedy=remedy)
    named = {
        "question": "+".join(question) or None,
        "answer": guess(table.columns, "answer", names.answer),
        "solution": guess(table.columns, "solution", names.solution),
        "id": guess(table.columns, "id", names.id),
        "group": guess(table.columns, "group", names.group),
    }
    for wanted in ("question", "answer"):
        if named[wanted] is None:
            known = ", ".join(table.columns[:20])
            raise ProjectError(f"{table.path}: no column holds the {wanted}; it has: {known}")
    return _Columns(question, named)


def _problem(row: Row, columns: _Columns, path: Path, line: int) -> Problem:
    def cell(wanted: str) -> Any:
        return row.get(columns.named[wanted] or "")

    def text(value: Any) -> str:
        return "" if value is None else _written(value)

    question = text(request_of(row, columns.question)).strip()
    solution, answer = split_answer(text(cell("answer")))
    for wanted, found in (("question", question), ("answer", answer)):
        if not found:
            raise FileFormatError(
                path,
                f"the {wanted} is empty; fill it, or remove the row",
                line=line,
                key=columns.named[wanted] or "",
            )
    choices = row.get("choices")
    return Problem(
        id=identifier(cell("id")) or str(line),
        question=question,
        answer=answer,
        solution=text(cell("solution")).strip() or solution,
        group=name(cell("group")) or None,
        choices=tuple(map(_written, choices)) if isinstance(choices, list) else (),
    )


def _written(value: Any) -> str:
    """A cell as a person would write it: 18.0 out of a Parquet file is 18."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _has_split(folder: Path, split: Split) -> bool:
    return any(path.stem.startswith(split) for path in folder.iterdir())


def _from_hub(split: Split, limit: int | None) -> list[Problem]:
    datasets = library("datasets", use="data sets on the hub")
    try:
        rows = datasets.load_dataset(GSM8K, "main", split="test" if split == "test" else "train")
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ProjectError(
            f"{GSM8K} cannot be had from the hub ({reason}); "
            f"name a folder with train.jsonl and test.jsonl: {option('data', 'FOLDER')}"
        ) from error
    problems = []
    for number, row in enumerate(rows):
        solution, answer = split_answer(row["answer"])
        problem = Problem(str(number + 1), row["question"].strip(), answer, solution)
        if split != "choosing" or problem.for_choosing:
            problems.append(problem)
        if len(problems) == limit:
            break
    return problems
