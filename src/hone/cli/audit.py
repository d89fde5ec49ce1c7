"""`hone audit`: what moves a judge besides the criteria."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import click

from hone.cli.label import latest_replies
from hone.cli.options import fresh_option, json_option, named_rubric, project_option
from hone.cli.screen import note, out, print_json, progress_bar
from hone.cli.steps import models, step_config
from hone.domain.base import digest
from hone.domain.settings import ModelSettings
from hone.domain.task import Reply
from hone.errors import IncompleteError, ProjectError
from hone.jobs import Journal, Setup
from hone.judging import Judge
from hone.judging.audit import Finding, FindingRow
from hone.judging.audit import audit as examine
from hone.judging.dataset import Columns, entries
from hone.judging.form import default_sampling
from hone.project import Project
from hone.report import terminal
from hone.tables import Problem, open_table

_FEW = 10


@click.command()
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option("--rubric", "name", help="v1, v2, …, working, a file or a library name.  [default: the latest version]")
@click.option("--judge", "spec", help="The judge's model.  [default: the judge in hone.yaml]")
@click.option("--items", "count", type=click.IntRange(2), default=30, show_default=True, help="How many replies.")
@click.option(
    "--ratings", type=click.Path(path_type=Path), help="People's ratings (long form), to set length beside."
)
@project_option
@fresh_option
@json_option
def audit(data: Path | None, folder: Path, count: int, as_json: bool, **options: Any) -> None:
    """Ask what moves the judge besides the criteria: order, length, repetition, formatting, a plea in the reply.

    DATA is JSONL, CSV, Parquet or a `datasets` folder; by default, the replies of the latest `hone reply`.
    """
    project = Project.find(folder)
    rubric = named_rubric(options["name"], project)
    replies = _replies(data or latest_replies(project), count)
    part = ModelSettings(model=options["spec"]) if options["spec"] else project.settings.models.judge
    draws = part.sampling(default_sampling(rubric))
    content = digest([reply.model_dump() for reply in replies])
    config = step_config(project, rubric=rubric, data=content, judge=part, sampling=draws)
    run = project.open_run("audit", config, fresh=options["fresh"])
    people = _people(options["ratings"]) if options["ratings"] else None
    with ExitStack() as stack:
        opened = stack.enter_context(models(project))
        journal = stack.enter_context(Journal(run.journal, index=run.index, reuse=not options["fresh"]))
        setup = Setup(project.prompts, draws, journal, stack.enter_context(progress_bar("auditing")))
        judge = Judge((opened(part),), rubric, project.settings.task.subject, project.settings.judging, setup)
        findings = examine(replies, judge, people=people)
    if all(finding.figure.value is None for finding in findings):
        raise IncompleteError("not one reply could be scored; try the judge with: hone label")
    run.finish(FindingRow(finding) for finding in findings)
    if as_json:
        print_json({"run": run.folder.name, "rubric": rubric.digest, "items": len(replies),
                    "findings": [_data(finding) for finding in findings]})  # fmt: skip
        return
    out().print(terminal.audit_table(findings))
    if len(replies) < _FEW:
        note(f"note: {len(replies)} replies are few; the intervals say how little they tell.")
    note(f"run: {run.folder}")


def _replies(data: Path, count: int) -> list[Reply]:
    table = open_table(data)
    found = (entry.reply for entry in entries(table, Columns.of(table)) if entry.reply is not None)
    replies = list(islice(found, count))
    if len(replies) < 2:
        raise ProjectError(f"{data}: an audit needs at least 2 replies, and there are {len(replies)}")
    return replies


def _people(path: Path) -> dict[str, float]:
    """The mean score that people gave each item."""
    scores: dict[str, list[float]] = {}
    for _, row in open_table(path).rows():
        if isinstance(row, Problem) or str(row.get("kind") or "human") != "human":
            continue
        try:
            scores.setdefault(str(row["item"]), []).append(float(row["score"]))
        except (KeyError, TypeError, ValueError):
            continue
    if not scores:
        raise ProjectError(f"{path}: no row has an `item` and a numeric `score` of a person")
    return {item: fmean(values) for item, values in scores.items()}


def _data(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name, "asked": finding.asked, "measured": finding.measured, "still": finding.still,
        "moved": finding.moved, "figure": finding.figure.as_dict(),
        "people": finding.people.as_dict() if finding.people else None,
    }  # fmt: skip
