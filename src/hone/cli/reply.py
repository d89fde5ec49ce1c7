"""`hone reply`: replies to the items under a rubric."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import fresh_option, json_option, project_option
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.loop import models, run_reply
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report import terminal


@click.command("reply")
@click.option("--items", "count", type=click.IntRange(1), help="Only the first N items.")
@click.option("--rubric", "name", help="v1, v2, …, working, a file or a library name.  [default: the latest version]")
@click.option("--no-rubric", is_flag=True, help="The task alone.")
@project_option
@fresh_option
@json_option
def reply_command(
    folder: Path, count: int | None, name: str | None, no_rubric: bool, fresh: bool, as_json: bool
) -> None:
    """Write a reply to each item, with the rubric as guidance."""
    project = Project.find(folder)
    rubric = None if no_rubric else named_rubric(name, project)
    with models(project, SCREEN) as opened:
        replies, done = run_reply(project, opened, rubric, project.items[:count], fresh=fresh)
    if as_json:
        print_json({"run": done.run.folder.name, "replies": replies})
        return
    for written in replies:
        out().print(terminal.reply_panel(written, written.item))
    note(done.line)
    note("Next: hone label")
