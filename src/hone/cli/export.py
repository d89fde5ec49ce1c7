"""`hone export`: a tuned model as GGUF files, compared with their source."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import SCREEN, note, out, print_json
from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.export.results import accuracy_data, parity_data
from hone.journey.exporting import ExportOptions, ModelCard, best_of, export_gguf, tuned_under
from hone.journey.next import command_of, talk_to
from hone.problems import prompting
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report.export import export_table
from hone.rubrics.replies import system_text


@click.command("export")
@verb_options(ExportOptions)
@project_option
@json_option
def export_command(options: ExportOptions, folder: Path, as_json: bool) -> None:
    """Write MODEL, with its adapter merged in, as GGUF files, and compare each with what was tuned.

    MODEL is smollm2, hf:REPO or a folder of safetensors; ADAPTER a PEFT folder. A file that differs from its source
    is not written.
    """
    rubric, system = _told(options.model, options.prompt, options.rubric, folder)
    exported = export_gguf(
        options.model,
        options.out,
        quants=options.quant or ("q8_0",),
        adapter_only=options.adapter_only,
        bench=options.bench,
        about=ModelCard(
            name=options.name,
            licence=options.licence,
            scale=options.scale,
            rubric=rubric,
            system=system,
            prompts=options.prompts,
            items=options.items,
            folder=folder,
        ),
        watch=SCREEN,
    )
    made, beside = exported.made, exported.beside
    if as_json:
        print_json(
            [{"file": str(one.file), **parity_data(one.parity), **accuracy_data(one.accuracy)} for one in made]
        )
    else:
        out().print(export_table(made))
    for one in made:
        for text in one.warnings:
            note(f"warning: {text}")
        note(f"written: {one.file}")
    for path in beside:
        note(f"written: {path}")
    if not options.adapter_only:
        note(f"Next: {command_of(talk_to(best_of(made).file))}")


def _told(model: str, choice: str | None, rubric: str | None, folder: Path) -> tuple[Rubric | None, str | None]:
    """The rubric and the message that are built in; no message where it is as the model was tuned."""
    if choice is None and rubric is None and tuned_under(model) is not None:
        return None, None
    return _prompt(choice, rubric, folder)


def _prompt(choice: str | None, rubric: str | None, folder: Path) -> tuple[Rubric | None, str]:
    """The rubric, and the system message that is built in."""
    if choice == "none":
        return None, ""
    if choice == "solve":
        return None, prompting().system or ""
    if choice == "boxed":
        return None, prompting(name="boxed").system or ""
    if choice not in {None, "project"}:
        try:
            return None, Path(str(choice)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError(
                f"--prompt {choice}: write project, solve, boxed, none, or the name of a text file"
            ) from error
    try:
        project = Project.find(folder)
    except ProjectError:
        if choice == "project" or rubric:
            raise
        return None, ""
    found = named_rubric(rubric, project)
    return found, system_text(project.settings.task, found if found.criteria else None, project.prompts)
