"""`hone rubric refine`: other words for a criterion, tested on ratings that did not choose them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from hone.cli.codes import GATE
from hone.cli.options import by_option, fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.loop import models
from hone.journey.refining import RefineOptions, decide_refinement, latest_refinement, run_refine
from hone.project import Project
from hone.report.refinement import refinement_lines
from hone.rubrics.refinement import Refinement


@click.command("refine")
@verb_options(RefineOptions)
@fresh_option
@by_option
@project_option
@json_option
def refine_command(options: RefineOptions, folder: Path, by: str, as_json: bool) -> None:
    """Mend the rubric where judge and people differ; what other ratings confirm is offered. Ends with 3 if none is.

    People's ratings are those of the project, or RATINGS. Where people are in two camps, that is said: no words can
    agree with both. The expert words the other criteria anew from a part of the ratings, scored examples are tried
    beside, and the best is tested on ratings that it was not chosen with. Then you decide.
    """
    project = Project.find(folder)
    with models(project, SCREEN) as opened:
        done = run_refine(project, opened, options)
    found = done.refinement
    if as_json:
        print_json(found.as_dict())
    else:
        for line in refinement_lines(found):
            out().print(line, markup=False, soft_wrap=True)
    note(done.step.line)
    if not found.passed:
        raise SystemExit(GATE)
    _decide(project, found, options, by)


def _decide(project: Project, found: Refinement, options: RefineOptions, by: str) -> None:
    """Let a person decide; what was decided before stays."""
    if latest_refinement(project, project.rubric) is None:
        note("this was decided on before; rubric.yaml stays as it is")
        return
    answer = options.accept
    if answer is None:
        if not sys.stdin.isatty():
            note("decide on the page “Workshop” of hone rate, or with: hone rubric refine --accept yes (or no)")
            return
        answer = "yes" if click.confirm("Take it over into rubric.yaml?", default=False, err=True) else "no"
    decide_refinement(project, found, accept=answer == "yes", by=by)
    if answer == "yes":
        note("rubric.yaml is the refined one now. Next: hone rubric finalise")
    else:
        note("declined; rubric.yaml stays as it is")
