"""`hone feedback import · export · status · backup · restore · forget`: what people said, in and out of the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.table import Table
from rich.text import Text

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.journey.forgetting import backup as save_all
from hone.journey.forgetting import forget_person
from hone.journey.forgetting import restore as restore_all
from hone.journey.people import (
    ExportFeedbackOptions,
    ImportOptions,
    StatusOptions,
    export_feedback,
    feedback_status,
    import_feedback,
)
from hone.project import Project
from hone.report.terminal import clean

if TYPE_CHECKING:
    from hone.interop import Exchanged

database_option = click.option(
    "--database", help="Another store: a file, or an SQLAlchemy URL.  [default: the one in hone.yaml]"
)


@click.group("feedback")
def feedback_command() -> None:
    """What people said: import, export, status, backup, restore, forget."""


@feedback_command.command("import")
@verb_options(ImportOptions)
@project_option
@json_option
def import_(options: ImportOptions, folder: Path, as_json: bool) -> None:
    """Read feedback from FILE into the store, all of it or nothing.

    Ratings come one row a rating or one column a rater, verdicts on pairs one row each (CSV, XLSX, JSONL, Parquet);
    Label Studio's tasks and Argilla's records as JSON.
    What `export --form store` wrote goes into an empty store and gives the same store again.
    """
    project = Project.find(folder)
    done = import_feedback(
        project,
        options.file,
        form=options.form,
        rater_column=options.rater_column,
        columns=options.columns(),
        rubric=options.rubric,
        database=options.database,
        tell=note,
    )
    _tell("read", options.file, done, as_json=as_json)


@feedback_command.command("export")
@verb_options(ExportFeedbackOptions)
@project_option
@json_option
def export_feedback_command(options: ExportFeedbackOptions, folder: Path, as_json: bool) -> None:
    """Write feedback into FILE.

    `--form store` writes everything with its history, as JSON lines; it also reads what is left of a damaged store.
    """
    if options.form != "ratings" and (options.stale or options.blind):
        raise click.UsageError("--stale and --blind go with --form ratings")
    done = export_feedback(
        Project.find(folder),
        options.file,
        form=options.form,
        rubric=options.rubric,
        stale=options.stale,
        blind=options.blind,
        database=options.database,
    )
    _tell("written", options.file, done, as_json=as_json)


@feedback_command.command()
@verb_options(StatusOptions)
@project_option
@json_option
def status(options: StatusOptions, folder: Path, as_json: bool) -> None:
    """How far the rating is: by rater, what is stale, where people differ, and how many more ratings it takes."""
    found = feedback_status(
        Project.find(folder),
        rubric=options.rubric,
        per_item=options.per_item,
        half_width=options.half_width,
        database=options.database,
        tell=note,
    )
    if as_json:
        print_json(found)
        return
    table = Table()
    for column in ("rater", "role", "done", "skipped", "left", "seconds a reply"):
        table.add_column(column, justify="left" if column in ("rater", "role") else "right")
    for one in found["raters"]:
        pace = "" if one["seconds"] is None else f"{one['seconds']:.0f}"
        role = one["role"] if one["active"] else f"{one['role']}, withdrawn"
        table.add_row(Text(clean(one["name"])), role, str(one["done"]), str(one["skipped"]), str(one["left"]), pace)
    out().print(table)
    for line in found["words"]:
        out().print(Text(line))


@feedback_command.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@database_option
@project_option
@json_option
def backup_command(file: Path, database: str | None, folder: Path, as_json: bool) -> None:
    """Write everything that people said into FILE (.jsonl), also while the pages run."""
    counts = save_all(Project.find(folder), file, database=database)
    if as_json:
        print_json({"file": str(file), "counts": counts})
        return
    note(f"written: {file} ({_counted(counts)})")


@feedback_command.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@database_option
@project_option
@json_option
def restore_command(file: Path, database: str | None, folder: Path, as_json: bool) -> None:
    """Make the store what FILE, a backup, holds; what was there before goes into a file beside it."""
    counts, before = restore_all(Project.find(folder), file, database=database, tell=note)
    if as_json:
        print_json({"file": str(file), "counts": counts, "before": None if before is None else str(before)})
        return
    note(f"restored: {file} ({_counted(counts)})")
    if before:
        note(f"what was there before: {before}")


@feedback_command.command("forget")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Also their scores and verdicts; else these stay under an alias.")
@database_option
@project_option
@json_option
def forget_command(name: str, remove: bool, database: str | None, folder: Path, as_json: bool) -> None:
    """Take NAME out: an alias in the store, decisions, versions and exported files; notes and links go for good.

    There is no way back: make sure of the name first with `hone rate raters`.
    """
    done = forget_person(Project.find(folder), name, remove=remove, database=database, tell=note)
    if as_json:
        print_json(
            {
                "alias": done.alias,
                "counts": done.counts,
                "changed": [*map(str, done.changed)],
                "removed": [*map(str, done.removed)],
                "left": [*map(str, done.left)],
            }
        )
        return
    out().print(Text(f"{clean(name)} is {done.alias} now ({_counted(done.counts)})"))
    for what, files in (("changed", done.changed), ("removed", done.removed)):
        for path in files:
            note(f"{what}: {path}")
    for path in done.left:
        note(f"still holds the name, for you to look at or make again: {path}")
    note("copies that others made, and files that were moved, are not known to Hone")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing"


def _tell(what: str, file: Path, done: Exchanged, *, as_json: bool) -> None:
    for line in done.notes:
        note(line)
    if as_json:
        columns = {"columns": dict(done.columns)} if what == "read" else {}
        print_json(
            {"file": str(file), "form": done.form, **columns, "counts": dict(done.counts), "notes": list(done.notes)}
        )
        return
    note(f"{what}: {file} ({_counted(done.counts)})")
