"""`hone feedback import · export · status`: what people said, in and out of the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table
from rich.text import Text

from hone.cli.options import json_option, named_rubric, project_option
from hone.cli.screen import note, out, print_json
from hone.cli.stored import check_there, database_of, project_store
from hone.feedback.store import check_installed
from hone.project import Project
from hone.report.terminal import clean

if TYPE_CHECKING:
    from hone.domain.rubric import Rubric
    from hone.feedback.exchange import Exchanged
    from hone.feedback.store.store import Store

FORMS = ("ratings", "pairs", "store", "label-studio", "argilla")
rubric_option = click.option(
    "--rubric", "name", help="v1, v2, …, working, a file or a library name.  [default: the latest version]"
)
database_option = click.option(
    "--database", help="Another store: a file, or an SQLAlchemy URL.  [default: the one in hone.yaml]"
)


@click.group()
def feedback() -> None:
    """What people said: import, export, status."""


@feedback.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--form", type=click.Choice(FORMS), help="What the file holds.  [default: found out]")
@rubric_option
@database_option
@project_option
@json_option
def import_(file: Path, form: Any, name: str | None, database: str | None, folder: Path, as_json: bool) -> None:
    """Read feedback from FILE into the store, all of it or nothing.

    Ratings and pairs come in long form (CSV, JSONL, Parquet), Label Studio's tasks and Argilla's records as JSON.
    What `export --form store` wrote goes into an empty store and gives the same store again.
    """
    project = Project.find(folder)
    rubric = named_rubric(name, project)
    with project_store(project, database=database) as store:
        from hone.feedback.exchange import import_file  # noqa: PLC0415 - loads SQLAlchemy

        done = import_file(store, file, rubric, form)
    _tell("read", file, done, as_json=as_json)


@feedback.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--form", type=click.Choice(FORMS), default="ratings", show_default=True, help="What to write.")
@click.option("--stale", is_flag=True, help="Also ratings of criteria that have changed since, marked so.")
@click.option("--blind", is_flag=True, help="Numbers in place of people's names.")
@rubric_option
@database_option
@project_option
@json_option
def export(file: Path, form: Any, folder: Path, as_json: bool, **options: Any) -> None:
    """Write feedback into FILE.

    `--form store` writes everything with its history, as JSON lines; it also reads what is left of a damaged store.
    """
    if form != "ratings" and (options["stale"] or options["blind"]):
        raise click.UsageError("--stale and --blind go with --form ratings")
    project = Project.find(folder)
    where = database_of(project, options["database"])
    check_there(where)
    check_installed()
    from hone.feedback.exchange.forms import Which, export, export_whole  # noqa: PLC0415 - loads SQLAlchemy

    if form == "store":
        done = export_whole(where, file)
    else:
        with project_store(project, readonly=True, database=options["database"]) as store:
            which = Which(current_only=not options["stale"], blind=options["blind"])
            done = export(store, file, form, named_rubric(options["name"], project), which)
    _tell("written", file, done, as_json=as_json)


@feedback.command()
@click.option("--per-item", type=click.IntRange(1), default=2, show_default=True, help="People wanted a reply.")
@click.option("--half-width", type=click.FloatRange(0, 1, min_open=True), default=0.05, show_default=True,
              help="The interval that is aimed at, each way.")  # fmt: skip
@rubric_option
@database_option
@project_option
@json_option
def status(per_item: int, half_width: float, folder: Path, as_json: bool, **options: Any) -> None:
    """How far the rating is: by rater, what is stale, where people differ, and how many more ratings it takes."""
    project = Project.find(folder)
    rubric = named_rubric(options["name"], project)
    check_there(database_of(project, options["database"]))
    with project_store(project, database=options["database"]) as store:
        found = _status(store, rubric, per_item, half_width)
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


def _status(store: Store, rubric: Rubric, per_item: int, half_width: float) -> dict[str, Any]:
    from hone.feedback.exchange.stored import stored_ratings  # noqa: PLC0415 - loads SQLAlchemy
    from hone.feedback.stopping import stop_rule  # noqa: PLC0415

    rows = store.ratings(rubric, current_only=False)
    people = [row for row in rows if row.kind == "human"]
    whole = store.progress(rubric, per_item=per_item)
    stopping = [] if not any(not row.stale for row in people) else stop_rule(
        stored_ratings(store, rubric), rubric, half_width=half_width, per_item=per_item
    )  # fmt: skip
    apart = store.disagreements(rubric)
    found: dict[str, Any] = {
        "database": store.database.name,
        "rubric": rubric.digest,
        "replies": whole.subjects,
        "ratings": sum(not row.stale for row in people),
        "stale": sum(row.stale for row in people),
        "judges": sorted({row.rater for row in rows if row.kind == "judge"}),
        "left": whole.left,
        "verdicts_on_pairs": len(store.choices()),
        "disagreements": len(apart),
        "adjudicated": sum(one.adjudicated is not None for one in apart),
        "decisions": len(store.decisions()),
        "raters": [_rater(store, rubric, one, per_item) for one in store.raters() if one.role != "judge"],
        "stop_rule": [one.as_dict() for one in stopping],
    }
    scores = f"{found['ratings']:,} current scores, {found['stale']:,} stale"
    wanted = f"{whole.left:,} ratings of a reply still wanted, {per_item} people each"
    apart_words = f"people differ on {len(apart):,} scores, {found['adjudicated']:,} adjudicated"
    others = f"{found['verdicts_on_pairs']:,} verdicts on pairs; {found['decisions']:,} decisions on advice"
    found["words"] = [f"{scores}; {wanted}", f"{apart_words}; {others}", *(one.words for one in stopping)]
    return found


def _rater(store: Store, rubric: Rubric, rater: Any, per_item: int) -> dict[str, Any]:
    own = store.progress(rubric, rater.id, per_item=per_item)
    return {"name": rater.name, "role": rater.role, "active": rater.active, "done": own.done,
            "skipped": own.skipped, "left": own.left, "seconds": own.seconds}  # fmt: skip


def _tell(what: str, file: Path, done: Exchanged, *, as_json: bool) -> None:
    for line in done.notes:
        note(line)
    if as_json:
        print_json({"file": str(file), "form": done.form, "counts": dict(done.counts), "notes": list(done.notes)})
        return
    counts = ", ".join(f"{count:,} {name}" for name, count in done.counts.items() if count) or "nothing"
    note(f"{what}: {file} ({counts})")
