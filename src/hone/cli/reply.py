"""`hone reply`: replies to the items under a rubric."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.loop import ReplyOptions, models, run_reply
from hone.journey.next import after, command_of
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report import terminal


@click.command("reply")
@verb_options(ReplyOptions)
@project_option
@fresh_option
@json_option
def reply_command(options: ReplyOptions, folder: Path, as_json: bool) -> None:
    """Write a reply to each item, with the rubric as guidance."""
    project = Project.find(folder)
    rubric = None if options.no_rubric else named_rubric(options.rubric, project)
    with models(project, SCREEN) as opened:
        replies, done = run_reply(project, opened, rubric, project.items[: options.items], fresh=options.fresh)
    if as_json:
        print_json({"run": done.run.folder.name, "replies": replies})
        return
    for written in replies:
        out().print(terminal.reply_panel(written, written.item))
    note(done.line)
    note(f"Next: {command_of(after(options))}")
