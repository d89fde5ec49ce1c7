"""`hone agree`: how well people agree with each other, and judges with people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hone.cli.options import json_option, project_option
from hone.cli.screen import note, out, print_json
from hone.journey import agreement as steps
from hone.project import Project
from hone.project.naming import rubric_anywhere
from hone.report.agreement import agreement_report, comparison_report
from hone.report.drawing import check_drawing
from hone.stats import BootstrapOptions, Level


@click.command("agree")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--level",
    type=click.Choice(["nominal", "ordinal", "interval"]),
    help="Labels, an order, or distances.  [default: the rubric's scale, else guessed and said]",
)
@click.option(
    "--rubric", "name", help="The rubric that the scores are on: a file, a library name, v1, v2, … or working."
)
@click.option(
    "--compare", nargs=2, metavar="JUDGE_A JUDGE_B", help="Two judges on the same items, Holm over criteria."
)
@click.option("--pairs", is_flag=True, help="Without FILE: the verdicts on pairs in the project's store.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.1,
    show_default=True,
    help="How far below a person still counts as being as good.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one self-contained page.")
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False), help="Write the pictures, SVG and PNG.")
@click.option("--resamples", type=click.IntRange(100, 1_000_000), default=10_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@project_option
@json_option
def agree_command(file: Path | None, folder: Path, as_json: bool, **options: Any) -> None:
    """How well people agree, and is a judge as good as a person?

    FILE is CSV, JSONL or Parquet with one row a rating: item, criterion, rater, score[, kind][, group][, length].
    `kind` is human (the default) or judge; items of one `group` are resampled together. Or verdicts on pairs: item,
    rater, order (AB or BA), winner (A, B or tie)[, kind]. Without FILE, what the project's own people said, beside
    the judgements of the latest `hone label`.
    """
    wanted = AgreeOptions(**options)
    if wanted.html or wanted.figures:
        check_drawing()
    if file is not None and wanted.pairs:
        raise click.UsageError("--pairs goes without FILE: a file's columns tell what it holds")
    found = steps.agree(
        file or Project.find(folder),
        rubric=rubric_anywhere(wanted.name) if file else wanted.name,
        level=wanted.level,
        compare=wanted.compare,
        pairs=wanted.pairs,
        margin=wanted.margin,
        options=BootstrapOptions(wanted.resamples, wanted.seed),
    )
    agreement, comparison = found.agreement, found.comparison
    for line in found.notes:
        note(line)
    if as_json:
        compared = {"comparison": comparison.as_dict()} if comparison else {}
        print_json(
            {
                **agreement.as_dict(),
                **compared,
                "columns": found.collected.taken.columns,
                "input": found.collected.as_dict(),
            }
        )
    else:
        out().print(agreement_report(agreement))
        if comparison:
            out().print(comparison_report(comparison))
    if wanted.html or wanted.figures:
        _write(wanted, found)


@dataclass(frozen=True, slots=True)
class AgreeOptions:
    """The options of the command, as they come in."""

    level: Level | None
    name: str | None
    compare: tuple[str, str] | None
    pairs: bool
    margin: float
    html: Path | None
    figures: Path | None
    resamples: int
    seed: int


def _write(wanted: AgreeOptions, found: steps.AgreementResult) -> None:
    if wanted.html:
        found.page(wanted.html)
        note(f"written: {wanted.html}")
    if wanted.figures:
        note(f"written: {len(found.pictures(wanted.figures))} files in {wanted.figures}")
