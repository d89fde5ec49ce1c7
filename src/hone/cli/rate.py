"""`hone rate`: the pages for people, and who may come in."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from hone.cli.options import json_option, project_option, user, verb_options
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.people import InviteOptions, RateOptions
from hone.journey.stored import project_store
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report.terminal import clean
from hone.text import name as named
from hone.web import rate as serve_pages


@click.group("rate", invoke_without_command=True)
@verb_options(RateOptions)
@project_option
@click.pass_context
def rate_command(context: click.Context, /, options: RateOptions, folder: Path) -> None:
    """Open the pages: rate, compare, decide on the rubric, look at the results.

    The address that is printed lets you in as the owner, in this run alone; keep it to yourself. For others to come
    in, listen on another address and invite them.

    With --next, replies are drawn, each with a known chance that is kept, and raters are given drawn ones alone:
    `hone agree` and `hone estimate` then weigh each by what it stands for. Typed again, it draws what is lacking.
    """
    if context.invoked_subcommand is not None:
        return
    serve_pages(
        Project.find(folder),
        watch=SCREEN,
        owner=user(),
        host=options.host,
        port=options.port,
        per_item=options.per_item,
        second_look=options.second_look,
        next=options.next,
        runs=options.run,
        models=options.model,
        base_url=options.base_url,
        open_browser=not options.no_open,
        stop_after=options.stop_after,
    )


@rate_command.command()
@verb_options(InviteOptions)
@project_option
@json_option
def invite(options: InviteOptions, folder: Path, as_json: bool) -> None:
    """Print a personal link for NAME. It is shown this once; a new one can be had at any time."""
    name, role, days = named(options.name), options.role, options.days
    with project_store(Project.find(folder), tell=note) as store:
        token = store.invite(name, role, days)
    link = f"{options.base_url.rstrip('/')}/enter/{token}"
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
