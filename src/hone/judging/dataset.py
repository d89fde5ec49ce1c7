"""From the rows of a table to what a judge scores, and what one look at the table tells before anything is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from hone.domain.task import NO_REQUEST, Reply
from hone.errors import ProjectError
from hone.judging.label import RowToLabel
from hone.spelling import option
from hone.tables import Row, RowProblem, Table, Taken, guess, guess_request, id_reader, is_blank, request_of, was_cut
from hone.tables.turns import COLUMNS, spoken

LONGEST = 400_000
"""Characters of a reply that is still sent to a judge; about 100,000 tokens."""
_IDS = 200_000
"""Ids in which duplicates are looked for: enough to notice, few enough to keep."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what."""

    reply: str
    prompt: str | None = None
    id: str | None = None
    reference: str | None = None
    more: tuple[str, ...] = ()
    """Columns that complete the request, each after a blank line."""

    @property
    def request(self) -> tuple[str, ...]:
        """All columns of the request, in order."""
        return () if self.prompt is None else (self.prompt, *self.more)

    @property
    def taken(self) -> dict[str, str]:
        """Which columns hold what; none is named that was not taken."""
        found = {"request": "+".join(self.request), "reply": self.reply, "id": self.id, "reference": self.reference}
        return {what: name for what, name in found.items() if name}

    @classmethod
    def of(
        cls, table: Table, *, remedy: str | None = None, placed: Container[str] = (), **given: str | None
    ) -> Columns:
        """The columns of a table: those that the user names, else guessed by their names.

        Args:
            table: The data set.
            remedy: What to do about a part of the request that would be left out; see `guess_request`.
            placed: Columns, by their plain names, that look like such a part and are none.
            **given: ``reply``, ``prompt``, ``id`` and ``reference`` as named by the user, or none.

        Raises:
            ProjectError: A named column is not there, two purposes share one, or there is none for the replies.
        """
        request = guess_request(table, given.get("prompt"), remedy=remedy, placed=placed)
        found = {name: guess(table.columns, name, given.get(name)) for name in ("reply", "id", "reference")}
        reply = found["reply"]
        if reply is None:
            known = ", ".join(table.columns)
            turns = next((name for name in request if name.strip().lower() in COLUMNS), None)
            what = (
                f"; of {turns!r} the last turn is not a reply by itself, so put it into a column reply"
                if turns
                else ""
            )
            raise ProjectError(
                f"{table.path}: no column looks like the replies; name it with {option('reply_column')} "
                f"({known}){what}"
            )
        taken = [*(column for column in found.values() if column is not None), *request]
        if len(set(taken)) < len(taken):
            raise ProjectError(f"{table.path}: one column serves two purposes ({', '.join(taken)}); name them apart")
        return cls(reply, request[0] if request else None, found["id"], found["reference"], request[1:])


@dataclass(slots=True)
class Survey:
    """What one pass over a table tells."""

    rows: int = 0
    """Rows that hold a value."""
    blank: int = 0
    """Rows without any value; they are passed over."""
    remarks: list[str] = field(default_factory=list)
    """What else a reader should know of how the table was read."""
    types: dict[str, type] = field(default_factory=dict)
    """The type that all values of a column fit; text where they differ."""
    duplicates: int = 0
    """Rows whose id stood before, among the first 200,000."""
    characters: int = 0
    """Characters of all requests and replies."""
    digest: str = ""
    """Names the content: the same rows in the same order give the same digest."""


def survey(table: Table, columns: Columns) -> Survey:
    """Read the table once: how many rows, of what types, how long, and whether ids repeat."""
    found, content = Survey(), hashlib.sha256()
    ids: set[str] = set()
    told = Taken()
    id_of = _id_of(table, columns, told)
    found.remarks = told.remarks
    for number, row in table.rows():
        if not isinstance(row, RowProblem) and is_blank(row):
            found.blank += 1
            continue
        found.rows += 1
        if isinstance(row, RowProblem):
            content.update(b"\x00problem")
            continue
        content.update(repr(row).encode("utf-8", "surrogatepass"))
        for name, value in row.items():
            if value is not None:
                found.types[name] = _wider(found.types.get(name), value)
        prompt = request_of(row, columns.request) if columns.request else ""
        found.characters += len(str(row.get(columns.reply) or "")) + len(str(prompt or ""))
        name = id_of(row, number)
        found.duplicates += name in ids
        if len(ids) < _IDS:
            ids.add(name)
    found.types = {name: found.types.get(name, str) for name in dict.fromkeys([*table.columns, *found.types])}
    found.digest = content.hexdigest()[:16]
    return found


def entries(table: Table, columns: Columns) -> Iterator[RowToLabel]:
    """Each row that holds a value, as a judge sees it; one that cannot be scored carries the reason."""
    id_of = _id_of(table, columns)
    for number, row in table.rows():
        if isinstance(row, RowProblem):
            yield RowToLabel({}, f"row {number}", None, f"the row cannot be read: {row.reason}")
        elif not is_blank(row):
            yield _entry(row, columns, id_of(row, number))


def _entry(row: Row, columns: Columns, name: str) -> RowToLabel:
    reply = _reply(row.get(columns.reply))
    prompt = request_of(row, columns.request) if columns.request else ""
    reference = row.get(columns.reference) if columns.reference else None
    problem = _problem(reply, "reply") or (_problem(prompt, "prompt") if columns.prompt else "")
    problem = problem or _answered(row, columns)
    if problem:
        return RowToLabel(row, name, None, problem)
    text = prompt if isinstance(prompt, str) and prompt else NO_REQUEST
    known = reference if isinstance(reference, str) and reference.strip() else None
    scored = Reply(item=name, prompt=text, text=str(reply), model="", reference=known, cut=was_cut(row))
    return RowToLabel(row, name, scored)


def _reply(value: Any) -> Any:
    """The text of a reply that is written as one turn of the assistant."""
    found = spoken(value) if isinstance(value, (list, dict)) else None
    return found[0][1] if found and len(found) == 1 and found[0][0] == "assistant" else value


def _answered(row: Row, columns: Columns) -> str:
    """What is wrong where the request ends in an answer: a judge would not know which of the two to score."""
    value = row.get(columns.request[-1]) if columns.request else None
    found = spoken(value) if isinstance(value, list) else None
    return (
        "the request ends with a turn of the assistant; remove that turn"
        if found and found[-1][0] == "assistant"
        else ""
    )


def _problem(value: Any, what: str) -> str:
    if value is None or value == "":
        return f"the row has no {what}"
    if not isinstance(value, str):
        return f"the {what} is not text but a {type(value).__name__}"
    if not value.strip():
        return f"the {what} is empty"
    if len(value) > LONGEST:
        return f"the {what} is longer than {LONGEST:,} characters"
    return ""


def _id_of(table: Table, columns: Columns, taken: Taken | None = None) -> Callable[[Row, int], str]:
    """How a row with its number is named: by its id, else by its number."""
    read, column = id_reader(table, columns.id, taken), columns.id
    return lambda row, number: read(row.get(column) if column else None)[:200] or f"row {number}"


def _wider(known: type | None, value: Any) -> type:
    """The narrowest of bool, int, float and str that holds what a column held before and this value."""
    kind = type(value) if type(value) in (bool, int, float) else str
    if known is None or known is kind:
        return kind
    return float if {known, kind} == {int, float} else str
