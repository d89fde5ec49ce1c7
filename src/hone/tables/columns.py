"""Which column holds what, guessed by its name unless a person says so."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from hone.errors import ProjectError

NAMES = {
    "prompt": ("prompt", "question", "instruction", "input", "request", "query", "problem"),
    "reply": ("reply", "response", "answer", "output", "completion", "generation", "text"),
    "id": ("id", "item", "item_id", "uid", "uuid", "idx", "index", "key"),
    "reference": ("reference", "gold", "expected", "target", "reference_answer", "ground_truth", "solution"),
    "answer": ("answer", "gold", "expected", "target", "label", "final_answer", "reference_answer", "reference"),
    "solution": ("solution", "worked", "worked_answer", "rationale", "explanation", "reasoning", "cot"),
    "group": ("group", "cluster", "topic", "category", "subject"),
}
"""The names that each column goes by in data sets at large, the most telling first."""

_LISTED = 20


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
    known: dict[str, str] = {}
    for column in columns:
        known.setdefault(_plain(column), column)
    return next((known[name] for name in names if name in known), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _hint(columns: Sequence[str], given: str) -> str:
    by_plain = {_plain(column): column for column in columns}
    close = difflib.get_close_matches(_plain(given), list(by_plain), n=1)
    more = f" and {len(columns) - _LISTED} more" if len(columns) > _LISTED else ""
    known = f"the columns are: {', '.join(columns[:_LISTED])}{more}"
    return f"did you mean {by_plain[close[0]]!r}? {known}" if close else known
