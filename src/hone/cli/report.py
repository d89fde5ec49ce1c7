"""`hone report`: one page that shows a whole project."""

from __future__ import annotations

import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.journey.reporting import ReportOptions, write_report
from hone.project import Project
from hone.report.project_page import standing
from hone.report.view import ProjectView


@click.command("report")
@verb_options(ReportOptions)
@project_option
@json_option
def report_command(options: ReportOptions, folder: Path, as_json: bool) -> None:
    """Write one page about the project: rubric, comparisons, scores, agreement, tuning, tests, and what to do next.

    The page stands alone: nothing is fetched, no script runs. It shows what lies in the project's folder; nothing is
    asked of any model.
    """
    project = Project.find(folder)
    view, path = write_report(project, options.out)
    if as_json:
        print_json(_data(view, path))
    else:
        for _, title, words in standing(view):
            out().print(f"{title}: {words}", markup=False)
        for place, step in enumerate(view.todo, 1):
            out().print(f"{place}. {step.why}\n   {step.command}", markup=False)
    for where, why in view.broken:
        note(f"left out: {where}: {why}")
    note(f"written: {path}")
    if options.open:
        webbrowser.open(path.resolve().as_uri())


def _data(view: ProjectView, path: Path) -> dict[str, Any]:
    tuned, exported = view.tuned, view.exported
    return {
        "report": str(path),
        "standing": {name: words for name, _, words in standing(view)},
        "next": [asdict(step) for step in view.todo],
        "scores": {name: mean.as_dict() for name, mean in view.scored.means.items()} if view.scored else None,
        "certificate": view.scored.certificate or None if view.scored else None,
        "agreement": view.agreed.agreement.as_dict() if view.agreed else None,
        "tuned": {"spec": tuned.spec, "base": tuned.base, **tuned.result} if tuned else None,
        "bench": view.benched.report.as_dict() if view.benched else None,
        "bench_by_rubric": view.matched.report.as_dict() if view.matched else None,
        "export": [one.model_dump(mode="json") for one in exported.files] if exported else None,
        "left_out": dict(view.broken),
    }
