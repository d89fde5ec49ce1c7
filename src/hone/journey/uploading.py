"""Requests and ratings out of a table that somebody uploads, by the columns that they name.

It takes all of a table or nothing, and what is there already stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from hone.domain.rubric import Rubric
from hone.errors import FileFormatError, ProjectError
from hone.files import temporary_folder, text_written_whole, write_whole
from hone.journey.starting import items_of_table
from hone.people.store.store import Store
from hone.project import Project
from hone.project.files import read_text
from hone.project.folder import ITEMS, read_items
from hone.tables import Taken, filled_rows, guess, open_table

UploadKind = Literal["requests", "ratings"]
PURPOSES: Mapping[UploadKind, Mapping[str, bool]] = {
    "requests": {"prompt": True, "id": False, "reference": False, "group": False},
    "ratings": {"item": True, "criterion": True, "rater": False, "score": False},
}
"""What columns may hold, by what is uploaded, and whether there must be one."""
ENDINGS = frozenset({".csv", ".xlsx", ".jsonl"})
_SHOWN, _MOST_COLUMNS = 3, 60


@dataclass(frozen=True)
class UploadPreview:
    """A table before anything is taken from it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The first ones."""
    guessed: Mapping[str, str | None]
    """By purpose, the column."""


def preview(name: str, content: bytes, kind: UploadKind) -> UploadPreview:
    """The columns of a table, and which of them would be taken for what.

    Raises:
        ProjectError: It is no table that is read here, or does not read.
    """
    with _placed(name, content) as path:
        table = open_table(path)
        columns = tuple(table.columns)
        if len(columns) > _MOST_COLUMNS:
            raise ProjectError(f"{name}: {len(columns)} columns; a table has at most {_MOST_COLUMNS} here")
        rows = []
        for _, row in filled_rows(table, Taken()):
            rows.append(tuple(str(row.get(one) or "")[:120] for one in columns))
            if len(rows) == _SHOWN:
                break
    low = {one.strip().lower(): one for one in columns}
    guessed = {
        one: low.get(one) or (guess(columns, "id" if one == "item" else one, None) if one in _GUESSED else None)
        for one in PURPOSES[kind]
    }
    return UploadPreview(columns, tuple(rows), guessed)


_GUESSED = frozenset({"prompt", "id", "item", "reference", "group"})


def take_requests(project: Project, name: str, content: bytes, columns: Mapping[str, str]) -> str:
    """Put the requests of a table behind those of the project; gives what was done, in words.

    Args:
        project: The project.
        name: The file's name.
        content: The file.
        columns: By purpose, the column.

    Raises:
        ProjectError: A row does not fit, or an id is there with another request; nothing is taken then.
    """
    with _renamed(name, content, columns) as path:
        found = items_of_table(path)
    file = project.folder / ITEMS
    text = read_text(file) if file.exists() else ""
    there = {one.id: one for one in read_items(file)} if text.strip() else {}
    for one in found:
        if one.id in there and there[one.id].prompt != one.prompt:
            raise ProjectError(f"the id {one.id!r} is in {ITEMS} already, with another request; nothing was taken")
    new = [one for one in found if one.id not in there]
    lines = "".join(one.model_dump_json(exclude_none=True) + "\n" for one in new)
    if new:
        write_whole(file, text + ("" if not text or text.endswith("\n") else "\n") + lines)
    return f"{len(new)} requests were added to {ITEMS}; {len(found) - len(new)} were there already."


def take_ratings(
    store: Store, rubric: Rubric, name: str, content: bytes, columns: Mapping[str, str], raters: Sequence[str]
) -> list[str]:
    """Put the ratings of a table into the store; gives what was done, in words.

    Args:
        store: The project's store.
        rubric: What the ratings were given under.
        name: The file's name.
        content: The file.
        columns: By purpose, the column.
        raters: The columns that are raters, where there is one a rater.

    Raises:
        ProjectError: A row does not fit; nothing is taken then.
        StoreError: The store cannot be written.
    """
    if not raters and not ("rater" in columns and "score" in columns):
        raise ProjectError("say which column holds the rater and which the score, or which columns are raters")
    from hone.interop import import_file  # noqa: PLC0415 - loads SQLAlchemy

    kept = {one: column for one, column in columns.items() if not raters or one not in ("rater", "score")}
    with _renamed(name, content, kept, raters) as path:
        done = import_file(store, path, rubric, "ratings", raters=tuple(raters))
    return [f"{done.counts.get('rows', 0):,} ratings were taken.", *done.notes]


@contextmanager
def _placed(name: str, content: bytes) -> Iterator[Path]:
    """The file, for as long as it is read; its errors speak of it by its own name."""
    ending = PurePath(name).suffix.lower()
    if ending not in ENDINGS:
        raise ProjectError(f"{name[:80]!r} is no table that is read here; send a {', a '.join(sorted(ENDINGS))} file")
    with temporary_folder("hone-upload-") as folder:
        path = folder / f"table{ending}"
        write_whole(path, content)
        try:
            yield path
        except FileFormatError as error:
            raise FileFormatError(Path(PurePath(name).name), error.problem, line=error.line, key=error.key) from error
        except ProjectError as error:
            raise ProjectError(str(error).replace(str(path), PurePath(name).name)) from error


@contextmanager
def _renamed(name: str, content: bytes, columns: Mapping[str, str], others: Sequence[str] = ()) -> Iterator[Path]:
    """The named columns of a file under the names of what they hold, and others under their own."""
    with _placed(name, content) as path:
        table = open_table(path)
        for one in (*columns.values(), *others):
            if one not in table.columns:
                raise ProjectError(f"{name} has no column {one[:60]!r}")
        taken = {**{one: one for one in others}, **columns}
        renamed = path.with_name("taken.jsonl")
        with text_written_whole(renamed) as stream:
            for _, row in filled_rows(table, Taken()):
                stream.write(json.dumps({one: row.get(column) for one, column in taken.items()}, default=str) + "\n")
        yield renamed
