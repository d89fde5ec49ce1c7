"""`hone audit`: what moves a judge besides the criteria."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

import click

from hone.cli.options import fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, end_incomplete, note, out, print_json
from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.journey.auditing import AuditOptions, read_replies, run_audit
from hone.journey.labelling import latest_replies, other_brief
from hone.journey.loop import models
from hone.journey.next import after_audit
from hone.journey.step import place_of
from hone.judging.audit import AuditFinding, moved_by
from hone.models.spec import settings_of
from hone.project.naming import named_rubric
from hone.report import terminal
from hone.tables import RowProblem, Taken, id_reader, open_table
from hone.tables.wide import as_long

_FEW = 10
_AGAIN = "the same command asks again for calls that failed"


@click.command("audit")
@verb_options(AuditOptions)
@project_option
@fresh_option
@json_option
def audit_command(options: AuditOptions, folder: Path, as_json: bool) -> None:
    """Ask what moves the judge besides the criteria: order, length, repetition, formatting, a plea in the reply.

    DATA is JSONL, CSV, XLSX, Parquet or a `datasets` folder; by default, the replies of the latest `hone reply`.
    Outside a project, name --rubric and --judge too; the run goes to `runs` in the folder you are in.
    """
    project = place_of(folder, data=options.data, rubric=options.rubric, judge=options.judge)
    rubric = named_rubric(options.rubric, project)
    taken = Taken()
    replies = read_replies(options.data or latest_replies(project), options.items, taken)
    for line in taken.lines():
        note(line)
    judge = settings_of(options.judge) if options.judge else None
    people = _people(options.ratings, rubric) if options.ratings else None
    with models(project, SCREEN) as opened:
        done = run_audit(
            project,
            opened,
            rubric,
            replies,
            judge=judge,
            brief=other_brief(project, options.role, options.instruction),
            people=people,
            fresh=options.fresh,
        )
    run, findings = done.run, done.findings
    if as_json:
        print_json(
            {
                "run": run.folder.name,
                "rubric": rubric.digest,
                "items": len(replies),
                "columns": taken.columns,
                "findings": [_data(finding) for finding in findings],
            }
        )
    else:
        out().print(terminal.audit_table(findings))
        for line in terminal.planted_lines(findings, rubric):
            note(line)
        if len(replies) < _FEW:
            note(f"note: {len(replies)} replies are few; the intervals say how little they tell.")
        note(f"run: {run.folder}")
        step = after_audit(options, moved_by(findings))
        note(step.why)
        if step.part == "judge" or project.with_task:  # pages for people need a project
            note(f"Next: {step.command}")
    end_incomplete(done.unscored, "of the replies have no score under one condition or more", _AGAIN)


def _people(path: Path, rubric: Rubric) -> dict[str, float]:
    """The mean score that people gave each item."""
    scores: dict[str, list[float]] = {}
    table = as_long(open_table(path), rubric=rubric)
    id_of = id_reader(table, "item")
    for _, row in table.rows():
        if isinstance(row, RowProblem) or str(row.get("kind") or "human") != "human":
            continue
        try:
            scores.setdefault(id_of(row["item"]), []).append(float(row["score"]))
        except (KeyError, TypeError, ValueError):
            continue
    if not scores:
        raise ProjectError(f"{path}: no row has an `item` and a numeric `score` of a person")
    return {item: fmean(values) for item, values in scores.items()}


def _data(finding: AuditFinding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "asked": finding.asked,
        "measured": finding.measured,
        "still": finding.still,
        "moved": finding.moved,
        "figure": finding.figure.as_dict(),
        "planted": finding.planted.as_dict() if finding.planted else None,
        "people": finding.people.as_dict() if finding.people else None,
    }
