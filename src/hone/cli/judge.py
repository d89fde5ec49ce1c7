"""`hone judge …`: a judge of one's own, and two judges in a row."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.calibrate import calibrate_command
from hone.cli.codes import GATE
from hone.cli.options import fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, note, out, print_json
from hone.journey.cascade import CascadeOptions, replay_cascade, write_cascade
from hone.journey.own_judge import JudgeTuneOptions, run_judge_tune
from hone.journey.stored import where_rated
from hone.report.cascade import cascade_report
from hone.report.own_judge import own_judge_report


@click.group("judge")
def judge_command() -> None:
    """A judge of your own, two in a row, or calibrated: measured by people's ratings before it is used."""


judge_command.add_command(calibrate_command)


@judge_command.command("cascade")
@verb_options(CascadeOptions)
@project_option
@json_option
def cascade_command(options: CascadeOptions, folder: Path, as_json: bool) -> None:
    """From which certainty may a cheap judge decide alone, and a dear one be asked the rest?

    RATINGS is any file that `hone agree` reads, with the votes of both judges; without it, what the project's own
    people said, and what `hone label` kept of both. Replayed at each threshold, without one call: share decided
    alone, an exact bound on how much of it is wrong, agreement, cost. The threshold is then --below of `hone label`.
    """
    ratings, rubric = where_rated(options.file, options.rubric, folder)
    found = replay_cascade(
        ratings,
        first=options.first,
        then=options.then,
        judged=options.judged,
        rubric=rubric,
        level=options.level,
        columns=options.columns(),
        rater_column=options.rater_column,
        rule=options.rule,
    )
    for line in found.notes:
        note(line)
    if as_json:
        print_json(found.as_dict())
    else:
        out().print(cascade_report(found))
    if options.html:
        write_cascade(found, options.html)
        note(f"written: {options.html}")


@judge_command.command("tune")
@verb_options(JudgeTuneOptions)
@fresh_option
@project_option
@json_option
def tune_judge_command(options: JudgeTuneOptions, folder: Path, as_json: bool) -> None:
    """Is a judge learnt from people's ratings better than the present one, on what it has not seen?

    RATINGS is any file that `hone agree` reads, with 50 rated replies or more; without it, what the project's own
    people said. Each --judged is what `hone label` wrote of the same replies under one wording or run: the votes,
    and the texts. With --judge a model is asked for its votes in their place. Ends with 3 unless the judge of every
    criterion is accepted; then --into keeps it, and `own:FOLDER` names it wherever a judge is named.
    """
    found = run_judge_tune(folder, options, SCREEN)
    for line in found.notes:
        note(line)
    if as_json:
        print_json(found.as_dict())
    else:
        out().print(own_judge_report(found.criteria, options.confidence))
    if not found.accepted:
        refused = [name for name, one in found.criteria.items() if not one.accepted]
        note(f"refused: {', '.join(refused)}")
        raise SystemExit(GATE)
