"""`hone init` and `hone templates`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table

from hone.cli.options import json_option
from hone.cli.screen import out, print_json
from hone.project import Project, finalised_rubrics
from hone.project import templates as library
from hone.project.templates import DEFAULT


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--template", "-t", default=DEFAULT, show_default=True, help="A name from: hone templates")
@click.option("--finalised", is_flag=True, help="Start from the library's finalised rubric.")
def init_command(folder: Path, template: str, finalised: bool) -> None:
    """Make a new project in FOLDER, from a template."""
    project = Project.create(folder, template, finalised=finalised)
    console = out()
    console.print(
        f"Made {project.folder}: hone.yaml (task and models), rubric.yaml (criteria), items.jsonl (requests).",
        markup=False,
    )
    console.print(f"Next: cd {project.folder} && hone rubric compare", markup=False)


@click.command("templates")
@json_option
def templates_command(as_json: bool) -> None:
    """List the ready tasks and the finalised rubrics of the library."""
    found, rubrics = library(), finalised_rubrics()
    if as_json:
        print_json(
            {
                "templates": [
                    {"name": one.name, "title": one.title, "about": one.about, "finalised": one.finalised is not None}
                    for one in found
                ],
                "rubrics": {name: list(rubric.names) for name, rubric in rubrics.items()},
            }
        )
        return
    table = Table(title="Templates: hone init FOLDER --template NAME", title_justify="left", show_lines=True)
    for column in ("name", "what it is", "finalised rubric"):
        table.add_column(column)
    for one in found:
        table.add_row(one.name, f"{one.title}\n{one.about}", "yes, with --finalised" if one.finalised else "")
    shelf = Table(title="Finalised rubrics: --rubric NAME", title_justify="left")
    for column in ("name", "criteria"):
        shelf.add_column(column)
    for name, rubric in rubrics.items():
        shelf.add_row(name, ", ".join(rubric.names))
    out().print(table, shelf)
