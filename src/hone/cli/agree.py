"""`hone agree`: how well people agree with each other, and judges with people."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import json_option, project_option, verb_options
from hone.cli.screen import note, out, print_json
from hone.journey.agreement import AgreementResult, AgreeOptions, agree
from hone.journey.certifying import certify
from hone.journey.looking import look
from hone.journey.stored import where_rated
from hone.project.naming import rubric_anywhere
from hone.report.agreement import agreement_report, comparison_report, drift_report, pairs_report
from hone.report.drawing import check_drawing
from hone.report.further import further_report
from hone.report.looking import look_report
from hone.stats import BootstrapOptions


@click.command("agree")
@verb_options(AgreeOptions)
@project_option
@json_option
def agree_command(options: AgreeOptions, folder: Path, as_json: bool) -> None:
    """How well people agree, and is a judge as good as a person?

    FILE is CSV, XLSX, JSONL or Parquet with one row a rating: item, criterion, rater, score[, kind][, group]; or
    with one column a rater.
    `kind` is human (the default) or judge; items of one `group` are resampled together. Or verdicts on pairs: item,
    rater, order (AB or BA), winner (A, B or tie)[, kind]. Without FILE, what the project's own people said, beside
    the judgements of the latest `hone label`.
    """
    if options.look:
        _look(options, as_json=as_json)
        return
    if options.html or options.figures:
        check_drawing()
    if options.judged and options.pairs and options.file is None:
        raise click.UsageError("--judged goes with FILE where --pairs reads verdicts on pairs")
    ratings, rubric = where_rated(options.file, options.rubric, folder)
    found = agree(
        ratings,
        rubric=rubric,
        level=options.level,
        compare=options.compare,
        pairs=options.pairs,
        unusable_wrong=options.unusable_wrong,
        margin=options.margin,
        rater_column=options.rater_column,
        judged=options.judged,
        columns=options.columns(),
        against=options.against,
        options=BootstrapOptions(options.resamples, options.seed, options.confidence),
    )
    for line in found.notes:
        note(line)
    if as_json:
        _print_data(found)
    else:
        _print(found)
    if options.certify:
        for path in certify(found, options.certify, margin=options.margin, tell=note):
            note(f"written: {path}, signed with a key of yours: to others it shows nothing without the ratings")
    if options.html or options.figures:
        _write(options, found)


def _print(found: AgreementResult) -> None:
    if found.pairs:
        out().print(pairs_report(found.pairs))
    out().print(agreement_report(found.agreement, pairs=found.pairs is not None))
    if found.further:
        out().print(further_report(found.further))
    for one in found.drift:
        out().print(drift_report(one))
    if found.comparison:
        out().print(comparison_report(found.comparison))


def _print_data(found: AgreementResult) -> None:
    parts = {
        "comparison": found.comparison.as_dict() if found.comparison else None,
        "drift": [one.as_dict() for one in found.drift],
        "further": {name: one.as_dict() for name, one in found.further.items()},
        "pairs": found.pairs.as_dict() if found.pairs else None,
    }
    told = {name: part for name, part in parts.items() if part}
    columns = {"columns": found.collected.taken.columns, "input": found.collected.as_dict()}
    print_json(found.agreement.as_dict() | told | columns)


def _look(options: AgreeOptions, *, as_json: bool) -> None:
    found = look(options, rubric_anywhere(options.rubric))
    if as_json:
        print_json(found.as_dict())
    else:
        out().print(look_report(found.look, found.next))


def _write(options: AgreeOptions, found: AgreementResult) -> None:
    if options.html:
        found.page(options.html)
        note(f"written: {options.html}")
    if options.figures:
        note(f"written: {len(found.pictures(options.figures))} files in {options.figures}")
