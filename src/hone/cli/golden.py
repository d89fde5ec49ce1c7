"""`hone rubric test`: golden replies through the present judge, like unit tests."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.codes import GATE
from hone.cli.options import fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.golden import RubricTestOptions, make_golden_replies, place_of_test, run_golden
from hone.journey.loop import models
from hone.project import Project
from hone.report.golden import golden_lines, made_lines


@click.command("test")
@verb_options(RubricTestOptions)
@fresh_option
@project_option
@json_option
def golden_command(options: RubricTestOptions, folder: Path, as_json: bool) -> None:
    """Does the judge give golden replies the levels that they must get? Ends with 3 where one does not get them.

    They stand in rubric-tests.yaml beside rubric.yaml; --make N adds some from ratings on which all people agree.
    A reply that stays unscored fails. Passing is no measure of the judge: that is `hone agree`.
    """
    if options.make is not None:
        _make(Project.find(folder), options, options.make, as_json)
        return
    project = place_of_test(folder, options)
    with models(project, SCREEN) as opened:
        done = run_golden(project, opened, options)
    if as_json:
        print_json(done.outcome.as_dict())
    else:
        for line in golden_lines(done.outcome):
            out().print(line, markup=False, soft_wrap=True)
    note(done.step.line)
    if not done.outcome.passed:
        raise SystemExit(GATE)


def _make(project: Project, options: RubricTestOptions, asked: int, as_json: bool) -> None:
    done = make_golden_replies(project, options, watch=SCREEN)
    for line in made_lines(done.found, made=len(done.made), there=done.there, textless=done.textless, asked=asked):
        note(line)
    if as_json:
        counts = {name: getattr(done.found, name) for name in ("ratings", "rated", "shared", "unanimous")}
        print_json({"file": str(done.file), **counts, "there": done.there, "made": list(done.made)})
    if done.made:
        note(f"added to {done.file}: {len(done.made):,} golden replies")
        note("Next: hone rubric test")
