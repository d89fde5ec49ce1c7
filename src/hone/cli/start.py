"""`hone init` and `hone templates`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence

import click
from rich.table import Table

from hone.cli.options import json_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.domain.rubric import MAX_CRITERIA
from hone.domain.task import Task
from hone.errors import HoneError
from hone.journey.loop import CompareOptions, DraftOptions
from hone.journey.next import command_of
from hone.journey.starting import InitOptions, make_project, read_criteria
from hone.project import Project, finalised_rubrics
from hone.project import templates as library
from hone.project.files import made
from hone.project.folder import check_free
from hone.project.templates import BLANK

_REQUESTS = 3


@click.command("init")
@verb_options(InitOptions)
def init_command(options: InitOptions) -> None:
    """Make a new project in FOLDER: your own task, or one from a template.

    On a terminal, without a template, it asks: what is produced, who writes it and how, three requests, criteria.
    Each answer can be given as an option instead.
    """
    if options.template is None and not options.finalised and sys.stdin.isatty():
        check_free(options.folder)  # before anybody has typed an answer
        options = _asked(options)
    project = make_project(options, tell=note)
    out().print(
        f"Made {project.folder}: hone.yaml (task and models), rubric.yaml (criteria), items.jsonl (requests).",
        markup=False,
    )
    out().print(f"Next: {_next(project)}", markup=False)


def _next(project: Project) -> str:
    go = f"cd {shlex.quote(str(project.folder))} && "
    if not (project.folder / "items.jsonl").stat().st_size:
        return f'write your requests into {project.folder / "items.jsonl"}, one {{"id": "…", "prompt": "…"}} a line'
    return go + command_of(CompareOptions() if project.rubric.criteria else DraftOptions())


def _asked(options: InitOptions) -> InitOptions:
    """The options with what a person answers where nothing was said."""
    questions = {
        "subject": "What is produced, in two or three words (such as: feedback on an essay)?",
        "role": "Who writes it? (You are …)",
        "instruction": "What does the writer do with each request?",
    }
    said: dict[str, object] = {}
    if not options.is_answered:
        click.echo("A few questions about your task. Everything can be changed later; Ctrl-C leaves.", err=True)
        click.echo(
            "For a ready task instead: hone init FOLDER --template NAME (hone templates lists them).", err=True
        )
    for name, question in questions.items():
        if getattr(options, name) is None:
            said[name] = _prompted(question, lambda text, name=name: _checked(name, text))  # type: ignore[misc]
    if not options.item and not options.source:
        click.echo("Three requests, as a user would write them. An empty line ends them.", err=True)
        said["item"] = tuple(_lines("Request", _REQUESTS, lambda text, _before: text))
    if not options.criterion:
        click.echo(
            "What does a good reply do? One criterion a line: Be Adjective: one sentence. An empty line ends them; "
            "with none, the expert proposes some.",
            err=True,
        )
        said["criterion"] = tuple(_lines("Criterion", MAX_CRITERIA, _criterion))
    return options.model_copy(update=said)


def _checked(name: str, text: str) -> str:
    filled = dict.fromkeys(Task.model_fields, "-") | {name: text}
    return str(getattr(made(Task, filled, ""), name))


def _criterion(text: str, before: Sequence[str]) -> str:
    read_criteria([*before, text])
    return text


def _lines(title: str, most: int, check: Callable[[str, Sequence[str]], str]) -> list[str]:
    """What a person types, a line each, until an empty one; a check is told the lines before."""
    given: list[str] = []
    while len(given) < most:
        text = _prompted(f"{title} {len(given) + 1}", lambda text: check(text, given), empty=True)
        if not text:
            break
        given.append(text)
    return given


def _prompted(question: str, check: Callable[[str], str], *, empty: bool = False) -> str:
    """One answer; asked again, with the reason, until it fits."""
    while True:
        text = str(click.prompt(question, default="" if empty else None, show_default=False, err=True)).strip()
        if not text and empty:
            return ""
        try:
            return check(text)
        except HoneError as error:
            click.echo(f"  {error}", err=True)


@click.command("templates")
@json_option
def templates_command(as_json: bool) -> None:
    """List the ready tasks and the finalised rubrics of the library."""
    found, rubrics = library(), finalised_rubrics()
    if as_json:
        print_json(
            {
                "templates": [
                    {"name": one.name, "title": one.title, "about": one.about, "field": one.field}
                    | {"finalised": one.finalised is not None}
                    for one in found
                ],
                "rubrics": {name: list(rubric.names) for name, rubric in rubrics.items()},
            }
        )
        return
    table = Table(title="Templates: hone init FOLDER --template NAME", title_justify="left", show_lines=True)
    for column in ("name", "field", "what it is", "finalised rubric"):
        table.add_column(column)
    for one in found:
        table.add_row(
            one.name, one.field, f"{one.title}\n{one.about}", "yes, with --finalised" if one.finalised else ""
        )
    table.add_row(BLANK, "", "Your own task\nNothing is filled in; `hone init FOLDER` alone asks for it.", "")
    shelf = Table(title="Finalised rubrics: --rubric NAME", title_justify="left")
    for column in ("name", "criteria"):
        shelf.add_column(column)
    for name, rubric in rubrics.items():
        shelf.add_row(name, ", ".join(rubric.names))
    out().print(table, shelf)
