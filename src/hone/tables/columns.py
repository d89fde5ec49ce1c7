"""Which column holds what, guessed by its name unless a person says so."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Container, Sequence
from typing import Any

from hone.errors import ProjectError
from hone.tables import turns
from hone.tables.base import Row, RowProblem, Table
from hone.tables.taken import Taken
from hone.text import are_whole_floats, identifier, whole_identifier

NAMES = {
    "prompt": (
        "prompt",
        "question",
        "instruction",
        "user_input",
        "input",
        "request",
        "query",
        "problem",
        *turns.COLUMNS,
    ),
    "reply": ("reply", "response", "answer", "output", "completion", "generation", "text"),
    "id": ("id", "item", "item_id", "uid", "uuid", "idx", "index", "key"),
    "reference": ("reference", "gold", "expected", "target", "reference_answer", "ground_truth", "solution"),
    "answer": ("answer", "gold", "expected", "target", "label", "final_answer", "reference_answer", "reference"),
    "solution": ("solution", "worked", "worked_answer", "rationale", "explanation", "reasoning", "cot"),
    "group": ("group", "cluster", "topic", "category", "subject"),
}
"""The names that each column goes by in data sets at large, the most telling first."""

_ASKED = (
    "system",
    "system_prompt",
    "history",
    "instruction",
    "input",
    "user_input",
    "context",
    "contexts",
    "retrieved_contexts",
    "prompt",
    "question",
    "query",
    "request",
    *turns.COLUMNS,
)
"""What columns are called that hold the request, or a part of it, in the order in which a model reads them."""

_LISTED = 20
_JOIN = "join the columns in one that is called prompt, or remove the column from the file"


def guess_request(
    table: Table, given: str | None = None, *, remedy: str | None = None, placed: Container[str] = ()
) -> tuple[str, ...]:
    """The columns that make up the request; see `request_of`. Alpaca's `input` completes its `instruction`.

    Args:
        table: The table.
        given: The columns that the user named, as ``system+instruction``; they are then all.
        remedy: What to do where a part would be left out; ``{whole}`` stands for all parts, ``{taken}`` for those
            that are taken without being asked.
        placed: Parts, by their plain names, that the caller puts where they belong, such as a system text.

    Returns:
        The columns' names in order; none where no name tells.

    Raises:
        ProjectError: The user named a column that is not there, or a column that looks like a part of the request
            has values and no rule says what to do with it.
    """
    if given is not None:
        names = [given] if given in table.columns or "+" not in given else given.split("+")
        return tuple(guess(table.columns, "prompt", name.strip()) or name for name in names)
    first = guess(table.columns, "prompt", None)
    if first is None:
        _check_nested(table)
        return ()
    by_plain = _plain_names(table.columns)
    taken = (first, by_plain["input"]) if _plain(first) == "instruction" and "input" in by_plain else (first,)
    others = [
        by_plain[name] for name in _ASKED if name in by_plain and name not in placed and by_plain[name] not in taken
    ]
    left = _with_values(table, others)
    if left:
        whole = "+".join(by_plain[name] for name in _ASKED if by_plain.get(name) in {*taken, *left})
        what = (remedy or _JOIN).format(whole=whole, taken="+".join(taken))
        raise ProjectError(f"{table.path}: the column {left[0]!r} looks like a part of the request; {what}")
    return taken


def _check_nested(table: Table) -> None:
    """Refuse the records of annotation tools, whose texts lie one level deeper.

    Raises:
        ProjectError: The first row is such a record.
    """
    first = next((row for _, row in table.rows() if not isinstance(row, RowProblem)), {})
    for column, tool in {"fields": "Argilla", "data": "Label Studio"}.items():
        if isinstance(first.get(column), dict):
            raise ProjectError(
                f"{table.path}: these look like records of {tool}, with the texts inside {column!r}; write one row a "
                "reply, with columns such as prompt and reply. People's ratings come in with: hone feedback import"
            )


def _plain_names(columns: Sequence[str]) -> dict[str, str]:
    """The columns by their names in small letters, with underscores; the first of those that differ in case alone."""
    known: dict[str, str] = {}
    for column in columns:
        known.setdefault(_plain(column), column)
    return known


def request_of(row: Row, names: Sequence[str]) -> Any:
    """The request of a row: the value of its one column, or the texts of several with a blank line between them.

    Turns of a conversation become one text; see `hone.tables.turns`.
    """
    if len(names) == 1:
        value = row.get(names[0])
        found = turns.spoken(value) if isinstance(value, (list, dict)) else None
        return value if found is None else turns.turns_text(found)
    parts = [part for name in names for part in _parts(row.get(name))]
    return "\n\n".join(part for part in parts if part.strip())


def id_reader(table: Table, column: str | None, taken: Taken | None = None) -> Callable[[Any], str]:
    """How the ids of a column are read: as text, or without ``.0`` where every id of the column ends so.

    Args:
        table: The table; it is read up to the first id of another form.
        column: The column of the ids; none where there is none.
        taken: Told where ``.0`` is dropped.
    """
    if column is None:
        return identifier
    values = (row.get(column) for _, row in table.rows() if not isinstance(row, RowProblem))
    if not are_whole_floats(values):
        return identifier
    if taken:
        taken.remarks.append(dropped_point(column))
    return whole_identifier


def dropped_point(column: str) -> str:
    """The sentence for a column whose ids lost their ``.0``."""
    return f"every id in the column {column!r} ends in .0, which is dropped: 1.0 is read as 1"


def _parts(value: Any) -> list[str]:
    found = turns.spoken(value) if isinstance(value, (list, dict)) else None
    if found is not None:
        return [turns.turns_text(found)]
    if isinstance(value, list):
        return [part for one in value for part in _parts(one)]
    return [] if value is None else [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)]


def _with_values(table: Table, names: Sequence[str]) -> list[str]:
    """Those of the columns that hold a value in some row."""
    left = dict.fromkeys(names, False)
    for _, row in table.rows() if names else ():
        if not isinstance(row, RowProblem):
            for name in names:
                left[name] = left[name] or row.get(name) not in (None, "", [])
        if all(left.values()):
            break
    return [name for name, holds in left.items() if holds]


def guess(columns: Sequence[str], wanted: str, given: str | None) -> str | None:
    """The column for a purpose. That two purposes do not share a column is for the caller to see to.

    Args:
        columns: The table's columns.
        wanted: A key of `NAMES`.
        given: The column that the user named, which is then the answer.

    Returns:
        The column's name as the table has it, or None where no name tells.

    Raises:
        ProjectError: The user named a column that the table does not have.
    """
    names = NAMES[wanted]
    if given is not None:
        if given in columns:
            return given
        raise ProjectError(f"there is no column {given!r} for the {wanted}; {_hint(columns, given)}")
    known = _plain_names(columns)
    return next((known[name] for name in names if name in known), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _hint(columns: Sequence[str], given: str) -> str:
    by_plain = _plain_names(columns)
    close = difflib.get_close_matches(_plain(given), list(by_plain), n=1)
    more = f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
    known = f"the columns are: {', '.join(columns[:_LISTED])}{more}"
    return f"did you mean {by_plain[close[0]]!r}? {known}" if close else known


def was_cut(row: Row) -> bool:
    """Whether a row says, in a column `cut`, that its reply ended at its length limit; only true says so."""
    value = row.get("cut")
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
