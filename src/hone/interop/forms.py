"""Which form a file is in, and one way in and out for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.files import write_whole
from hone.interop.argilla import read_records, write_records
from hone.interop.label_studio import interface, json_list, read_tasks, write_tasks
from hone.measuring.pairs import is_pairs
from hone.people.exchange.entries import ImportTally, enter_feedback
from hone.people.exchange.long_form import read_choices, read_entries, write_pairs, write_ratings
from hone.people.exchange.whole import is_store, read_store, write_store
from hone.people.store.database import database_at
from hone.people.store.store import Store
from hone.spelling import option
from hone.tables import Taken, open_table
from hone.tables.shape import FileColumns
from hone.tables.wide import as_long

Form = Literal["store", "ratings", "pairs", "label-studio", "argilla"]
FORMS: tuple[Form, ...] = ("ratings", "pairs", "store", "label-studio", "argilla")


@dataclass(frozen=True)
class Exchanged:
    """What went in or out."""

    form: Form
    counts: Mapping[str, int]
    """How many of what: rows by table, ratings, tasks."""
    notes: tuple[str, ...] = field(default=())
    """What a person should know: what could not be read, what the form cannot hold."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Of a table that was read: by purpose, the column."""


@dataclass(frozen=True)
class Which:
    """Which ratings an export takes."""

    current_only: bool = True
    blind: bool = False


def export_file(store: Store, path: Path, form: Form, rubric: Rubric, which: Which | None = None) -> Exchanged:
    """Write feedback into a file.

    Args:
        store: The store.
        path: The file; its suffix says how long-form rows are written.
        form: What to write.
        rubric: Which criteria count as current, and what their levels are called.
        which: Which ratings go into the long form.

    Raises:
        FeedbackError: The form has one suffix only, and the file another.
        ProjectError: The file cannot be written.
    """
    which = which or Which()
    _check_suffix(path, form)
    if form == "store":
        rows, notes = write_store(store.database, path)
        return Exchanged(form, rows, tuple(notes))
    if form == "ratings":
        count = write_ratings(store, path, rubric, current_only=which.current_only, blind=which.blind)
        return Exchanged(form, {"ratings": count}, _left_out(store, rubric, which))
    if form == "pairs":
        return Exchanged(form, {"verdicts": write_pairs(store, path)})
    if form == "argilla":
        count, notes = write_records(store, path, rubric)
        return Exchanged(
            form, {"records": count}, (*notes, *_left_out(store, rubric, Which()), *_unweighted(store, rubric))
        )
    settings = path.with_suffix(".xml")
    count = write_tasks(store, path, rubric)
    write_whole(settings, interface(rubric))
    note = f"the labelling interface that goes with it: {settings}"
    return Exchanged(form, {"tasks": count}, (note, *_left_out(store, rubric, Which()), *_unweighted(store, rubric)))


def export_whole(where: Path | str, path: Path, *, whole: bool = False) -> Exchanged:
    """Write everything that can be read of a store, whatever state it is in: an older or newer schema, damaged.

    Args:
        where: The store.
        path: The file.
        whole: Refuse a store of which some cannot be read.

    Raises:
        StoreError: Nothing can be read, or not all of it.
    """
    _check_suffix(path, "store")
    database = database_at(where, readonly=True)
    try:
        rows, notes = write_store(database, path, whole=whole)
    finally:
        database.close()
    return Exchanged("store", rows, tuple(notes))


def import_file(
    store: Store,
    path: Path,
    rubric: Rubric,
    form: Form | None = None,
    *,
    raters: Sequence[str] = (),
    columns: FileColumns | None = None,
) -> Exchanged:
    """Read feedback from a file, all of it or nothing.

    Args:
        store: The store; for the form `store` an empty one.
        path: The file.
        rubric: The rubric that the scores were given under.
        form: What the file holds; found out where it is not said.
        raters: Of ratings with one column a rater, the columns that are raters; found by their headings by default.
        columns: Of ratings, what else is known of the columns.

    Raises:
        FileFormatError: The file does not read; the message says where.
        StoreError: The store is not empty, or the database fails.
    """
    form = form or form_of(path)
    if form == "store":
        counts, notes = read_store(store.database, path)
        return Exchanged(form, counts, tuple(notes))
    taken = Taken()
    if form == "pairs":
        return _told(form, read_choices(store, open_table(path), taken), taken)
    if form == "ratings":
        entries = read_entries(as_long(open_table(path), raters=raters, rubric=rubric, columns=columns), taken)
    else:
        entries = read_tasks(path, rubric) if form == "label-studio" else read_records(path, rubric)
    weighted = form == "ratings" and "weight" in open_table(path).columns
    return _told(form, enter_feedback(store, entries, rubric, path), taken, weighted=weighted)


def form_of(path: Path) -> Form:
    """What a file holds.

    Raises:
        FileFormatError: It is not one of the forms.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as stream:
            start = stream.read(200)
    except OSError:
        start = ""  # the table's reader says what is wrong with it
    if is_store(start):
        return "store"
    if path.suffix.lower() == ".json" and start.lstrip("\ufeff").lstrip().startswith("["):
        first: Mapping[str, object] = next(iter(json_list(path, "a list of tasks or records")), {})
        if "data" in first:
            return "label-studio"
        if "fields" in first:
            return "argilla"
    return "pairs" if is_pairs(open_table(path).columns) else "ratings"


def _told(form: Form, tally: ImportTally, taken: Taken, *, weighted: bool = False) -> Exchanged:
    notes = taken.lines()
    if tally.missing:
        notes.append(f"{tally.missing:,} rows have no score: counted as missing, not as 0")
    if weighted:
        notes.append(
            "the column weight is not kept: the store weighs replies by its own draws; a whole store keeps them "
            f"({option('form', 'store')})"
        )
    if tally.strange:
        notes.append(
            f"{tally.strange:,} items were not in the store; without their texts they cannot be handed out for rating"
        )
    return Exchanged(form, {"rows": tally.rows}, tuple(notes), taken.columns)


def _left_out(store: Store, rubric: Rubric, which: Which) -> tuple[str, ...]:
    if not which.current_only:
        return ()
    stale = sum(row.stale for row in store.ratings(rubric, current_only=False))
    words = (
        f"ratings of criteria that have changed since are left out; to write them too, use {option('stale', True)}"
    )
    return (f"{stale:,} {words}",) if stale else ()


def _unweighted(store: Store, rubric: Rubric) -> tuple[str, ...]:
    """That the weights of drawn replies have no place in a form; nothing where none was drawn."""
    drawn = len({row.subject for row in store.ratings(rubric) if row.weight is not None})
    keeps = f"{option('form', 'ratings')} and {option('form', 'store')} keep them"
    return (f"the weights of {drawn:,} drawn replies have no place in this form; {keeps}",) if drawn else ()


def _check_suffix(path: Path, form: Form) -> None:
    wanted = {"store": ".jsonl", "label-studio": ".json", "argilla": ".json"}.get(form)
    if wanted and path.suffix.lower() != wanted:
        raise FeedbackError(f"{path}: the form {form} is written as {wanted}; name the file so")
