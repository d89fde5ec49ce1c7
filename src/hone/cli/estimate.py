"""`hone estimate`: the mean score of a large labelled set, corrected with what people rated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hone.cli.options import json_option, project_option
from hone.cli.screen import note, out, print_json
from hone.journey import agreement as steps
from hone.measuring import Sources
from hone.project import Project
from hone.project.naming import rubric_anywhere
from hone.report.agreement import estimates_report
from hone.stats import Level


@click.command("estimate")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--judged",
    type=click.Path(path_type=Path),
    help="What `hone label` wrote, or long-form scores of the judge.  [default: the judge's rows in FILE]",
)
@click.option("--judge", help="Whose scores, where there are several judges.")
@click.option(
    "--against", type=click.Path(path_type=Path), help="Ratings of a second model: the difference is estimated."
)
@click.option("--against-judged", type=click.Path(path_type=Path), help="The second model's labelled set.")
@click.option("--level", type=click.Choice(["ordinal", "interval"]), help="What scores mean.  [default: guessed]")
@click.option(
    "--rubric", "name", help="The rubric that the scores are on: a file, a library name, v1, v2, … or working."
)
@click.option("--confidence", type=click.FloatRange(0.5, 0.999), default=0.95, show_default=True)
@project_option
@json_option
def estimate_command(file: Path | None, folder: Path, as_json: bool, **options: Any) -> None:
    """The mean score over everything that a judge labelled, corrected with the items that people rated.

    FILE holds people's ratings in long form: item, criterion, rater, score[, kind][, weight]. `weight` says how many
    items a rated one stands for, where they were not drawn evenly (`hone label --people` writes it). Without FILE,
    what the project's own people said, and the judgements of the latest `hone label` unless --judged names others.
    """
    wanted = EstimateOptions(**options)
    if wanted.against_judged and not wanted.against:
        raise click.UsageError("--against-judged goes with --against")
    second = Sources(wanted.against, wanted.against_judged, wanted.judge) if wanted.against else None
    found = steps.estimate(
        file or Project.find(folder),
        judged=wanted.judged,
        judge=wanted.judge,
        against=second,
        rubric=rubric_anywhere(wanted.name) if file else wanted.name,
        level=wanted.level,
        confidence=wanted.confidence,
    )
    title = f"Mean scores by {found.judge}" + (", weighted" if found.weighted else "")
    if wanted.against:
        title = f"{file.name if file else 'feedback'} minus {wanted.against.name}, by {found.judge}"
    for line in found.notes:
        note(line)
    if as_json:
        print_json(found.as_dict())
        return
    out().print(estimates_report(found, title))
    note("judge only: as if the judge made no systematic error; its interval knows nothing of one")


@dataclass(frozen=True, slots=True)
class EstimateOptions:
    """The options of the command, as they come in."""

    judged: Path | None
    judge: str | None
    against: Path | None
    against_judged: Path | None
    level: Level | None
    name: str | None
    confidence: float
