"""`hone judge calibrate`: maps from a judge's scores to people's."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.codes import GATE
from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.journey.calibrating import CalibrateOptions, calibrate
from hone.journey.stored import where_rated
from hone.report.calibrating import calibration_lines


@click.command("calibrate")
@verb_options(CalibrateOptions)
@project_option
@json_option
def calibrate_command(options: CalibrateOptions, folder: Path, as_json: bool) -> None:
    """Does a shift, a line or rising steps bring the judge's scores nearer to people's, on what it was not fitted to?

    RATINGS is any file that `hone agree` reads, with people and the judge; without it, what the project's own people
    said, beside the latest `hone label`. --out keeps the maps that help, and `hone label --calibration` then writes a
    column more for each of these criteria. Ends with 3 where no map helps. A map changes no order, so it makes no
    judge agree better on who is best.
    """
    ratings, rubric = where_rated(options.file, options.rubric, folder)
    found = calibrate(ratings, options, rubric=rubric)
    for line in found.notes:
        note(line)
    if as_json:
        print_json(found.as_dict())
    else:
        for line in calibration_lines(found):
            out().print(line, markup=False, soft_wrap=True)
    if found.maps is None:
        note("no map is shown to bring the judge nearer to people, so none is kept")
        raise SystemExit(GATE)
    if options.out is not None:
        note(f"written: {options.out}, for: hone label --calibration {options.out}")
