"""`hone rate`: the pages for people, and who may come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from hone.cli.options import json_option, project_option, user
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.stored import project_store
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report.terminal import clean
from hone.text import name as named
from hone.web import rate as serve_pages

_PORT = 8420


@click.group("rate", invoke_without_command=True)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; beyond this machine only invited people come in.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="0 takes a free one.")
@click.option(
    "--per-item", type=click.IntRange(1, 100), default=2, show_default=True, help="How many people rate each reply."
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="RUN",
    help="The run under runs/ whose replies are rated; again for more.  [default: the latest]",
)
@click.option(
    "--model",
    "models_",
    multiple=True,
    metavar="SPEC",
    help="Another model for the playground; repeat for more.",
)
@click.option(
    "--base-url", default="", metavar="URL", help="The address that raters type, where a proxy stands before."
)
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option(
    "--stop-after",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Stop after this many seconds without a visitor.",
)
@project_option
@click.pass_context
def rate_command(
    context: click.Context, /, folder: Path, no_open: bool, models_: tuple[str, ...], **options: Any
) -> None:
    """Open the pages: rate, compare, decide on the rubric, look at the results.

    The address that is printed lets you in as the owner, in this run alone; keep it to yourself. For others to come
    in, listen on another address and invite them.
    """
    if context.invoked_subcommand is not None:
        return
    serve_pages(Project.find(folder), watch=SCREEN, owner=user(), open_browser=not no_open, models=models_, **options)


@rate_command.command()
@click.argument("name")
@click.option("--role", type=click.Choice(["rater", "owner"]), default="rater", show_default=True)
@click.option(
    "--days",
    type=click.FloatRange(0, 3650, min_open=True),
    default=14.0,
    show_default=True,
    help="How long the link lets them in.",
)
@click.option(
    "--base-url",
    default=f"http://localhost:{_PORT}",
    show_default=True,
    metavar="URL",
    help="The address that they will type.",
)
@project_option
@json_option
def invite(name: str, role: str, days: float, base_url: str, folder: Path, as_json: bool) -> None:
    """Print a personal link for NAME. It is shown this once; a new one can be had at any time."""
    name = named(name)
    with project_store(Project.find(folder), tell=note) as store:
        token = store.invite(name, "owner" if role == "owner" else "rater", days)
    link = f"{base_url.rstrip('/')}/enter/{token}"
    if as_json:
        print_json({"name": name, "role": role, "days": days, "link": link})
        return
    click.echo(link)
    note(f"For {name} alone, as {role}, for {days:g} days. Whoever has the link is let in under this name.")


@rate_command.command()
@project_option
@json_option
def raters(folder: Path, as_json: bool) -> None:
    """List who may come in, and how far they are."""
    project = Project.find(folder)
    there = not isinstance(project.database, Path) or project.database.exists()
    with project_store(project, readonly=there, tell=note) as store:
        rubric = named_rubric(None, project)
        people = [(one, store.progress(rubric, one.id)) for one in store.raters() if one.role != "judge"]
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "role": one.role,
                    "active": one.active,
                    "done": done.done,
                    "skipped": done.skipped,
                    "left": done.left,
                }
                for one, done in people
            ]
        )
        return
    table = Table()
    for column in ("name", "role", "may come in", "rated", "skipped"):
        table.add_column(column)
    for one, done in people:
        cells = (one.name, one.role, "yes" if one.active else "no", f"{done.done:,}", f"{done.skipped:,}")
        table.add_row(*(Text(clean(cell)) for cell in cells))
    out().print(table if people else "nobody yet; invite somebody with: hone rate invite NAME")


@rate_command.command()
@click.argument("name")
@project_option
def revoke(name: str, folder: Path) -> None:
    """Let NAME in no more, by no link and no open page; what they said stays."""
    name = named(name)
    with project_store(Project.find(folder), tell=note) as store:
        store.revoke(name, by=user())
    note(f"{name} is let in no more; what they said stays.")
