"""`hone label`: scores of replies, criterion by criterion, with reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from hone.cli.options import fresh_option, json_option, project_option
from hone.cli.screen import SCREEN, end_incomplete, note, out, print_json
from hone.domain.evidence import Judgement
from hone.domain.settings import Judging, ModelSettings
from hone.errors import IncompleteError, ProjectError
from hone.jobs import Budget
from hone.jobs.ray import ray
from hone.journey.labelling import Labelling, latest_replies, run_labelling
from hone.journey.loop import models
from hone.judging.dataset import Columns
from hone.judging.label import LabelReport, Routing
from hone.project import Project
from hone.project.naming import named_rubric
from hone.report import terminal
from hone.tables import open_table

_SHOWN = 50
"""Rows up to which the scores are shown; larger data sets go to a file."""

_AGAIN = "the same command asks again for calls that failed, --retry for answers that could not be read"
_REMEDY = "name it with --prompt-column {whole}, or leave it out with --prompt-column {taken}"


@click.command("label")
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option("--rubric", "name", help="v1, v2, …, working, a file or a library name.  [default: the latest version]")
@click.option(
    "--judge", "specs", multiple=True, help="A model; several are a panel.  [default: the judge in hone.yaml]"
)
@click.option(
    "--out", "file", type=click.Path(path_type=Path), help=".jsonl, .csv, .parquet, or a `datasets` folder."
)
@click.option("--prompt-column", help="The column of the requests; several as A+B.  [default: guessed]")
@click.option("--reply-column", help="The column of the replies.  [default: guessed]")
@click.option("--id-column", help="The column of the ids.  [default: guessed]")
@click.option("--reference-column", help="The column of good answers.  [default: guessed]")
@click.option("--per-criterion", is_flag=True, default=None, help="One call a criterion.")
@click.option(
    "--mode", type=click.Choice(["verdict", "expected"]), help="The chosen level, or levels by probability."
)
@click.option("--samples", type=click.IntRange(1, 64), help="Votes of each judge.")
@click.option("--vote", type=click.Choice(["mean", "median", "majority"]), help="How votes become a score.")
@click.option("--pattern", help="A regular expression with one group a criterion, for texts that are not JSON.")
@click.option("--budget", help="Stop at '$5', '100000 tokens' or '2000 calls'.")
@click.option(
    "--people", type=click.Path(path_type=Path), help="Write the rows that people should look at to a file."
)
@click.option(
    "--uncertain", type=click.FloatRange(0, 1), default=0.6, show_default=True, help="Below it: for people."
)
@click.option(
    "--share", type=click.FloatRange(0, 1), default=0.05, show_default=True, help="Of the rest, for people."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="In this process, or in several on Ray (RAY_ADDRESS names a cluster).",
)
@click.option(
    "--retry", is_flag=True, help="Ask again for rows whose answer in the journal could not be read; keep the others."
)
@project_option
@fresh_option
@json_option
def label_command(data: Path | None, folder: Path, as_json: bool, **options: Any) -> None:
    """Score the replies in DATA; by default, those of the latest `hone reply`.

    DATA is JSONL, CSV, Parquet or a Hugging Face `datasets` folder.
    """
    project = Project.find(folder)
    labelling = _labelling(project, data, LabelOptions(**options))
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
    end_incomplete(done.report.unanswered, "rows have no score", _AGAIN)


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """The options of the command, as they come in."""

    name: str | None
    specs: tuple[str, ...]
    file: Path | None
    prompt_column: str | None
    reply_column: str | None
    id_column: str | None
    reference_column: str | None
    per_criterion: bool | None
    mode: Literal["verdict", "expected"] | None
    samples: int | None
    vote: str | None
    pattern: str | None
    budget: str | None
    people: Path | None
    uncertain: float
    share: float
    engine: Literal["local", "ray"]
    retry: bool
    fresh: bool

    def judging(self, default: Judging) -> Judging:
        """How to judge: the project's way, changed where the command line says so."""
        names = ("per_criterion", "mode", "samples", "vote", "pattern")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        return Judging.model_validate(default.model_dump() | given)


def _labelling(project: Project, data: Path | None, options: LabelOptions) -> Labelling:
    settings = project.settings
    if options.engine == "ray":
        ray()  # before anything else is done
        if options.retry:
            raise click.UsageError("--retry needs --engine local: processes on Ray write journals of their own")
        if options.budget:
            raise click.UsageError("--budget needs --engine local: processes on Ray do not see each other's spending")
    table = open_table(data or latest_replies(project))
    columns = Columns.of(
        table,
        prompt=options.prompt_column,
        reply=options.reply_column,
        id=options.id_column,
        reference=options.reference_column,
        remedy=_REMEDY,
    )
    judges = tuple(ModelSettings(model=spec) for spec in options.specs) or (settings.models.judge,)
    return Labelling(
        project=project,
        table=table,
        columns=columns,
        rubric=named_rubric(options.name, project),
        judges=judges,
        judging=options.judging(settings.judging),
        file=options.file,
        people=options.people,
        routing=Routing(probability=options.uncertain, share=options.share),
        budget=read_budget(options.budget),
        fresh=options.fresh,
        retry=options.retry,
        engine=options.engine,
    )


def read_budget(text: str | None) -> Budget:
    """The budget that a text such as ``$5``, ``100000 tokens`` or ``2000 calls`` names.

    Raises:
        click.BadParameter: It names none.
    """
    if text is None:
        return Budget()
    match = re.fullmatch(r"\$(?P<dollars>[\d,]+(?:\.\d+)?)|(?P<count>[\d,]+) (?P<kind>tokens|calls)", text.strip())
    amount = float((match["dollars"] or match["count"]).replace(",", "") or 0) if match else 0.0
    if match is None or amount <= 0:
        raise click.BadParameter(f"{text!r} is no budget; write '$5', '100000 tokens' or '2000 calls'")
    if match["dollars"]:
        return Budget(dollars=amount)
    return Budget(tokens=int(amount)) if match["kind"] == "tokens" else Budget(calls=int(amount))


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
        "stopped": report.stopped,
    }
