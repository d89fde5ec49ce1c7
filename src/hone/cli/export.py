"""`hone export`: a tuned model as GGUF files, compared with their source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hone.cli.options import json_option, project_option
from hone.cli.screen import SCREEN, note, out, print_json
from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.export.quantise import QUANTS
from hone.export.results import accuracy_data, parity_data
from hone.journey.exporting import ModelCard, best_of, export_gguf, tuned_under
from hone.problems import prompting
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report.export import export_table
from hone.rubrics.replies import system_text


@click.command("export")
@click.argument("model", metavar="MODEL[+ADAPTER]")
@click.option("--out", "file", type=click.Path(path_type=Path), required=True, help="The GGUF file, ending in .gguf.")
@click.option(
    "--quant", "quants", multiple=True, type=click.Choice(QUANTS), help="Repeat for several.  [default: q8_0]"
)
@click.option(
    "--scale", type=click.FloatRange(0, 2), default=1.0, show_default=True, help="The adapter's scale; 0 is the base."
)
@click.option("--adapter-only", is_flag=True, help="The adapter alone, a few MB to use over the base's GGUF file.")
@click.option(
    "--prompt",
    "prompt",
    help="What is built in: project, solve, none, or a text file.  [default: as it was tuned, else the project's]",
)
@click.option("--rubric", "rubric", help="The rubric in the project's prompt.  [default: the latest version]")
@click.option("--name", help="The model's name.  [default: the file's]")
@click.option("--licence", help="The model's licence.  [default: the base's, where it says so]")
@click.option(
    "--prompts",
    "count",
    type=click.IntRange(2, 50),
    default=16,
    show_default=True,
    help="How many greedy replies are compared.",
)
@click.option("--bench", "task", help="Test source and files on it: sums, gsm8k, a task file or a data file.")
@click.option("--items", type=click.IntRange(2), default=100, show_default=True, help="How many of its problems.")
@project_option
@json_option
def export_command(model: str, folder: Path, file: Path, adapter_only: bool, as_json: bool, **options: Any) -> None:
    """Write MODEL, with its adapter merged in, as GGUF files, and compare each with what was tuned.

    MODEL is smollm2, hf:REPO or a folder of safetensors; ADAPTER a PEFT folder. A file that differs from its source
    is not written.
    """
    rubric, system = _told(model, options["prompt"], options["rubric"], folder)
    exported = export_gguf(
        model,
        file,
        quants=options["quants"] or ("q8_0",),
        adapter_only=adapter_only,
        bench=options["task"],
        about=ModelCard(
            name=options["name"],
            licence=options["licence"],
            scale=options["scale"],
            rubric=rubric,
            system=system,
            prompts=options["count"],
            items=options["items"],
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
    if not adapter_only:
        note(f"Next: hone chat gguf:{best_of(made).file}")


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
    if choice not in {None, "project"}:
        try:
            return None, Path(str(choice)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError(
                f"--prompt {choice}: write project, solve, none, or the name of a text file"
            ) from error
    try:
        project = Project.find(folder)
    except ProjectError:
        if choice == "project" or rubric:
            raise
        return None, ""
    found = named_rubric(rubric, project)
    return found, system_text(project.settings.task, found if found.criteria else None, project.prompts)
