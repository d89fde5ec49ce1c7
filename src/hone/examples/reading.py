"""Examples to learn from: conversations with replies, out of tables, the hub, or problems with worked answers.

A row that cannot be learnt from is an error with its line, never dropped in silence.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from hone.domain.base import Frozen
from hone.errors import FileFormatError, ProjectError, TuneError
from hone.examples.choosing import Keep, choose_rows
from hone.examples.forms import PLACED, from_sharegpt, turns_of, with_before
from hone.examples.tokens import Turn
from hone.examples.turns import Turns, read_turns
from hone.extras import library
from hone.files import typed_path
from hone.problems import (
    MARK,
    Problem,
    Prompting,
    gold_number,
    in_training_part,
    load_problems,
    numbered_problems,
)
from hone.tables import (
    Row,
    Table,
    Taken,
    filled_rows,
    guess,
    guess_request,
    open_table,
    request_of,
    was_cut,
)
from hone.text import identifier
from hone.text import name as named


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation that ends in a reply to learn."""

    id: str
    turns: tuple[tuple[str, str], ...]
    """Role and text of each turn; the last is the assistant's."""
    group: str
    """Examples of one group stay on one side of the split."""
    question: str = ""
    answer: str | None = None
    """The final answer, where there is one that can be checked."""
    context: tuple[int, ...] = ()
    """Places of the assistant's turns that are not learnt."""

    @property
    def chat(self) -> list[Turn]:
        """The turns as chat templates take them; those that are not learnt have a `weight` of 0."""
        return [
            {"role": role, "content": text} | ({"weight": "0"} if place in self.context else {})
            for place, (role, text) in enumerate(self.turns)
        ]

    @property
    def reply(self) -> str:
        """What is learnt."""
        return self.turns[-1][1]

    @property
    def problem(self) -> Problem:
        """The example as a problem, to look for leaks."""
        return Problem(self.id, self.question, self.answer or "", self.reply)


class ExampleRow(Frozen):
    """An example as it stands in a run's folder."""

    id: str
    messages: tuple[dict[str, str], ...] = Field(min_length=2)
    group: str
    question: str = ""
    answer: str | None = None

    @classmethod
    def of(cls, example: Example) -> ExampleRow:
        """The row of an example."""
        return cls(
            id=example.id,
            messages=tuple(example.chat),
            group=example.group,
            question=example.question,
            answer=example.answer,
        )

    @property
    def example(self) -> Example:
        """The example of a row."""
        turns = tuple((turn["role"], turn["content"]) for turn in self.messages)
        context = tuple(place for place, turn in enumerate(self.messages) if turn.get("weight") == "0")
        return Example(self.id, turns, self.group, self.question, self.answer, context)


def read_examples(
    source: str,
    prompting: Prompting,
    *,
    keep: Sequence[Keep] = (),
    best: str | None = None,
    limit: int | None = None,
    taken: Taken | None = None,
) -> list[Example]:
    """The examples of a named set, a file, a folder, or a data set of the hub.

    Args:
        source: ``sums``, ``gsm8k``, a file or folder that `open_table` reads, or ``OWNER/NAME`` on the hub.
        prompting: How questions with answers are put; other forms say it themselves.
        keep: Keep rows whose labels pass all of these.
        best: Of the rows of one item, keep the one with the highest label in this column; ``mean``: of all labels.
        limit: Read no more than so many.
        taken: Filled in with the columns of a table that are read, and how many rows without any value were passed
            over.

    Raises:
        ProjectError: There is no such source, no column holds what is needed, or a part of the request would be left
            out.
        FileFormatError: A row has no reply, or has another form.
        TuneError: No row passes.
    """
    if source in {"sums", "gsm8k", "openai/gsm8k"}:
        # The story of a sum is a kind, not a group: problems of one story are as unlike as any two.
        if source == "sums":
            return [of_problem(one, prompting, grouped=False) for one in load_problems(source, "train", limit=limit)]
        learnt = [one for one in load_problems(source, "train") if not one.for_choosing]
        return [of_problem(one, prompting) for one in learnt[:limit]]
    table = _table(source)
    taken = taken or Taken()
    rows = _rows(table, taken)
    if keep or best:
        rows = choose_rows(rows, table, keep, best)
    found = list(_limited(_read(table, rows, prompting, taken), limit))
    if not found:
        cut = f" ({taken.cut:,} rows are left out because their reply was cut)" if taken.cut else ""
        raise TuneError(f"{source}: no row passes {' and '.join(str(one) for one in keep) or 'the choice'}{cut}")
    return found


def of_problem(problem: Problem, prompting: Prompting, *, grouped: bool = True) -> Example:
    """The example that teaches a problem's worked answer."""
    turns = tuple((turn.role, turn.content) for turn in prompting.teach(problem.question, prompting.reply(problem)))
    group = problem.group if grouped and problem.group else problem.id
    return Example(problem.id, turns, group, problem.question, problem.answer)


def _table(source: str) -> Table:
    path = typed_path(source)
    if path.exists() or source.count("/") != 1 or path.suffix or source.startswith((".", "~")):
        return open_table(path / "train" if path.is_dir() and any(path.glob("train*")) else path)
    return open_table(_from_hub(source))


def _from_hub(name: str) -> Path:
    """The folder of a data set's files of the hub."""
    huggingface_hub = library("huggingface_hub", use="data sets on the hub")
    try:
        patterns = ["*.parquet", "*.jsonl", "*.json", "*.csv"]
        folder = huggingface_hub.snapshot_download(name, repo_type="dataset", allow_patterns=patterns)
    except (OSError, ValueError, huggingface_hub.errors.HfHubHTTPError) as error:
        words = " ".join(str(error).split())[:200]
        raise ProjectError(f"{name}: there is no such file, and the hub does not give it ({words})") from error
    return Path(folder)


def _rows(table: Table, taken: Taken) -> Iterator[tuple[int, Row]]:
    for line, row in filled_rows(table, taken):
        if was_cut(row):
            taken.cut += 1
        else:
            yield line, row


def _limited(found: Iterable[Example], limit: int | None) -> Iterator[Example]:
    for place, example in enumerate(found):
        if place == limit:
            return
        yield example


def _read(table: Table, rows: Iterable[tuple[int, Row]], prompting: Prompting, taken: Taken) -> Iterator[Example]:
    columns = set(table.columns)
    beside = {what: what for what in (*PLACED, "answer", "id", "item", "group") if what in columns}
    turns = next((name for name in ("messages", "conversations") if name in columns), None)
    if turns is not None:
        taken.take({"messages": turns, **beside})
        read = from_sharegpt if turns == "conversations" else turns_of
        return (_of_messages(table, line, read(row, table.path, line)) for line, row in rows)
    if {"question", "answer"} <= columns and not {"prompt", "completion"} <= columns:
        return _of_questions(table, rows, prompting, taken)
    request = guess_request(table, placed=PLACED)
    prompt = request[0] if request else None
    reply = guess(table.columns, "reply", "completion" if "completion" in columns else None)
    if prompt is None or reply is None or prompt == reply:
        known, lacking = ", ".join(table.columns[:20]), "replies" if reply in {None, prompt} else "prompts"
        raise ProjectError(
            f"{table.path}: no column holds the {lacking}; name columns messages, prompt and completion, or question "
            f"and answer (it has: {known})"
        )
    beside.pop("answer", None)
    taken.take({"prompt": "+".join(request), "reply": reply} | beside)
    if len(request) == 1:
        return (_of_pair(table, line, row, (prompt, reply)) for line, row in rows)
    return (_of_pair(table, line, row | {prompt: request_of(row, request)}, (prompt, reply)) for line, row in rows)


def _of_questions(
    table: Table, rows: Iterable[tuple[int, Row]], prompting: Prompting, taken: Taken
) -> Iterator[Example]:
    found, wanted = Taken(), dict(rows)
    problems = [(line, problem) for line, problem in numbered_problems(table, taken=found) if line in wanted]
    taken.columns = found.columns
    # What prompts and settings are chosen by is never learnt from.
    sealed = {line for line, problem in problems if problem.for_choosing} if in_training_part(table.path) else set()
    if sealed:
        taken.remarks.append(
            f"{len(sealed):,} problems are kept for choosing prompts and settings, and not learnt from"
        )
        problems = [(line, problem) for line, problem in problems if line not in sealed]
    worked = (
        MARK in str(wanted[line].get("answer")) or gold_number(one.answer) is not None for line, one in problems
    )
    if 2 * sum(worked) < len(problems):  # most answers are no numbers: nothing to solve, and nothing to end in a mark
        return (_of_pair(table, line, wanted[line], ("question", "answer")) for line, _ in problems)
    return (of_problem(problem, prompting) for line, problem in problems)


def _of_messages(table: Table, line: int, row: Row) -> Example:
    return _made(row, line, *read_turns(row.get("messages"), table.path, line))


def _of_pair(table: Table, line: int, row: Row, names: tuple[str, str]) -> Example:
    prompt, reply = (row.get(name) for name in names)
    for name, value in zip(names, (prompt, reply), strict=True):
        if not value or (isinstance(value, str) and not value.strip()):
            raise FileFormatError(table.path, f"the {name} is empty; fill it, or remove the row", line=line, key=name)
    if isinstance(prompt, list) and isinstance(reply, list):  # both as turns, as TRL has them
        return _of_messages(table, line, turns_of(row | {"messages": [*prompt, *reply]}, table.path, line))
    for name, value in zip(names, (prompt, reply), strict=True):
        if not isinstance(value, str):
            raise FileFormatError(table.path, f"the {name} is not text", line=line, key=name)
    said = [{"role": "user", "content": str(prompt)}, {"role": "assistant", "content": str(reply)}]
    return _made(row, line, *read_turns(with_before(row, said, table.path, line), table.path, line))


def _made(row: Row, line: int, turns: Turns, context: tuple[int, ...] = ()) -> Example:
    id_ = identifier(row.get("id")) or identifier(row.get("item")) or str(line)
    asked = next((text for role, text in reversed(turns) if role == "user"), "")
    known = (_text(row, "answer") or None) if "messages" in row else None
    return Example(id_, turns, named(row.get("group")) or id_, _text(row, "question") or asked, known, context)


def _text(row: Row, *names: str) -> str:
    return next((str(value) for name in names if (value := row.get(name)) not in (None, "")), "")


def data_digest(examples: Iterable[Example]) -> str:
    """The content hash of examples in their order."""
    made = hashlib.sha256()
    for example in examples:
        parts: tuple[object, ...] = (example.turns, example.group, example.answer)
        # Data without such turns keeps the digest that it had before there were any.
        parts = (*parts, example.context) if example.context else parts
        made.update(repr(parts).encode("utf-8", "replace"))
    return made.hexdigest()[:16]


def under_system(example: Example, text: str) -> Example:
    """The example with a system turn first; one that has a system turn or a checkable answer stays as it is."""
    if example.answer is not None or example.turns[0][0] == "system":
        return example
    context = tuple(place + 1 for place in example.context)
    return replace(example, turns=(("system", text), *example.turns), context=context)


def shuffled_answers(examples: Sequence[Example], seed: int) -> list[Example]:
    """The same questions, each with another's reply: data that harms, to see that the gate refuses what it makes."""
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    return [
        replace(one, turns=(*one.turns[:-1], ("assistant", examples[other].reply)))
        for one, other in zip(examples, order, strict=True)
    ]
