"""`hone label`: scores of replies, criterion by criterion, with reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hone.cli.options import fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, end_incomplete, note, out, print_json
from hone.domain.evidence import Judgement
from hone.errors import IncompleteError, ProjectError
from hone.jobs.ray import ray
from hone.journey.labelling import Labelling, LabelOptions, labelling_of, needs_no_judge, run_labelling
from hone.journey.loop import models
from hone.journey.next import after, command_of
from hone.journey.step import place_of
from hone.judging.label import LabelReport
from hone.project import Project
from hone.report import terminal

_SHOWN = 50
"""Rows up to which the scores are shown; larger data sets go to a file."""

_AGAIN = "the same command asks again for calls that failed, --retry for answers that could not be read"


@click.command("label")
@verb_options(LabelOptions)
@project_option
@fresh_option
@json_option
def label_command(options: LabelOptions, folder: Path, as_json: bool) -> None:
    """Score the replies in DATA; by default, those of the latest `hone reply`.

    DATA is JSONL, CSV, XLSX, Parquet or a Hugging Face `datasets` folder. Outside a project, name --rubric and
    --judge too; the run goes to `runs` in the folder you are in.
    """
    project = place_of(
        folder, data=options.data, rubric=options.rubric, judge=options.judge or needs_no_judge(options.rubric)
    )
    labelling = _labelling(project, options)
    with models(project, SCREEN) as opened:
        done = run_labelling(labelling, opened, tell=note)
    judgements = done.run.read(Judgement) if done.report.tally.total and done.report.tally.total <= _SHOWN else []
    if as_json:
        print_json(
            {
                "run": done.run.folder.name,
                "rubric": labelling.rubric.digest,
                "columns": labelling.columns.taken,
                "blank": done.blank,
                **_report_data(done.report),
                "judgements": judgements,
            }
        )
    elif judgements:
        out().print(terminal.judgement_table(judgements, labelling.rubric))
    for line in terminal.label_report(done.report):
        note(line)
    if labelling.file:
        note(f"written: {labelling.file}")
    if labelling.people:
        note(f"for people: {labelling.people} ({done.routed} rows)")
    if done.report.scored == 0 and done.report.unanswered and done.step.drop_unanswered():
        raise IncompleteError("nothing could be scored, so nothing is kept; the reasons stand above")
    note(done.line)
    if done.report.scored == 0:
        kind = IncompleteError if done.report.unanswered else ProjectError
        raise kind("nothing could be scored; the reasons stand above")
    if project.latest_run("audit") is None:
        note(f"Next: {command_of(after(options))}")
    end_incomplete(done.report.unanswered, "rows have no score", _AGAIN)


def _labelling(project: Project, options: LabelOptions) -> Labelling:
    if options.engine == "ray":
        ray()  # before anything else is done
        if options.retry:
            raise click.UsageError("--retry needs --engine local: processes on Ray write journals of their own")
        if options.budget:
            raise click.UsageError("--budget needs --engine local: processes on Ray do not see each other's spending")
    return labelling_of(project, options)


def _report_data(report: LabelReport) -> dict[str, Any]:
    """The report for JSON."""
    tally = report.tally
    return {
        "rows": tally.done,
        "scored": report.scored,
        "unscored": dict(report.unscored),
        "notes": dict(report.noted),
        "calls": tally.calls,
        "reused": tally.reused,
        "prompt_tokens": tally.usage.prompt,
        "completion_tokens": tally.usage.completion,
        "warnings": report.signs.warnings() if report.signs else [],
        "stopped": report.stopped,
    }
