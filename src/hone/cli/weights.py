"""`hone rubric weights`: how much each criterion counts in people's overall rating."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.journey.stored import where_rated
from hone.journey.weighing import WeightsOptions, weigh_criteria
from hone.report.criterion_weights import weights_report


@click.command("weights")
@verb_options(WeightsOptions)
@project_option
@json_option
def weights_command(options: WeightsOptions, folder: Path, as_json: bool) -> None:
    """How much does each criterion count in people's overall rating, and which add nothing?

    FILE is any file that `hone agree` reads, in which people also rated the whole: a criterion called overall, or the
    one that --overall names. Without FILE, what the project's own people said. Weights are 0 or more, each with an
    interval; nothing in the rubric is changed.
    """
    ratings, rubric = where_rated(options.file, options.rubric, folder)
    found = weigh_criteria(ratings, options, rubric=rubric)
    for line in found.notes:
        note(line)
    if as_json:
        print_json(found.as_dict())
    else:
        out().print(weights_report(found))
