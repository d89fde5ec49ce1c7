"""`hone estimate`: the mean score of a large labelled set, corrected with what people rated."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.journey.agreement import EstimateOptions, estimate
from hone.journey.stored import where_rated
from hone.measuring import Sources
from hone.report.agreement import estimates_report


@click.command("estimate")
@verb_options(EstimateOptions)
@project_option
@json_option
def estimate_command(options: EstimateOptions, folder: Path, as_json: bool) -> None:
    """The mean score over everything that a judge labelled, corrected with the items that people rated.

    FILE holds people's ratings, one row each (item, criterion, rater, score[, kind][, weight]) or one column a rater.
    `weight` says how many
    items a rated one stands for, where they were not drawn evenly (`hone label --people` writes it). Without FILE,
    what the project's own people said, and the judgements of the latest `hone label` unless --judged names others.
    """
    if options.against_judged and not options.against:
        raise click.UsageError("--against-judged goes with --against")
    second = Sources(options.against, options.against_judged, options.judge) if options.against else None
    ratings, rubric = where_rated(options.file, options.rubric, folder)
    found = estimate(
        ratings,
        judged=options.judged,
        judge=options.judge,
        against=second,
        rubric=rubric,
        level=options.level,
        rater_column=options.rater_column,
        columns=options.columns(),
        confidence=options.confidence,
    )
    title = f"Mean scores by {found.judge}" + (", weighted" if found.weighted else "")
    if options.against:
        title = f"{options.file.name if options.file else 'feedback'} minus {options.against.name}, by {found.judge}"
    for line in found.notes:
        note(line)
    if as_json:
        print_json(found.as_dict())
        return
    out().print(estimates_report(found, title))
    note("judge only: as if the judge made no systematic error; its interval knows nothing of one")
