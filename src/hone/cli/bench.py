"""`hone bench`: the same problems for several models, compared pair by pair."""

from __future__ import annotations

from pathlib import Path

import click

from hone.bench import read_task
from hone.cli.codes import GATE
from hone.cli.options import fresh_option, json_option, project_option, verb_options
from hone.cli.screen import SCREEN, end_incomplete, note, out, print_json
from hone.journey.matching import RUBRIC, BenchmarkItems, benchmark_by_rubric
from hone.journey.testing import BenchmarkResult, BenchOptions, benchmark
from hone.report.bench import bench_report, judged_report


@click.command("bench")
@verb_options(BenchOptions)
@project_option
@fresh_option
@json_option
def bench_command(options: BenchOptions, folder: Path, as_json: bool) -> None:
    """Test models on TASK: gsm8k, sums, rubric, a task file (.yaml), or a data file with questions and answers.

    Each model is asked under several prompts on problems kept apart, and tested under its best one. Not worse means:
    the interval of the paired difference in accuracy (last model minus first, each at its best) lies above minus the
    margin. Works outside a project too; runs then go to `runs` in the working folder. With `rubric`, the models reply
    to the project's items (or --data items.jsonl) under its rubric, and the judge's scores are compared in place of
    right and wrong answers.
    """
    task, specs = options.task, options.model
    if len(set(specs)) < len(specs):
        raise click.UsageError("a model is named twice; its results could not be told apart")
    if options.gate and len(specs) < 2:
        raise click.UsageError("--gate compares two models: name the base first and the tuned model last")
    if task == RUBRIC:
        passed, unscored = _by_rubric(options, folder, as_json=as_json)
        _gate(options, passed)
        end_incomplete(unscored, "replies have no score", "--fresh asks for all of them again")
        return
    if options.judge or options.rubric or options.then or options.below:
        raise click.UsageError("--judge, --then, --below and --rubric go with the task `rubric`")
    tested = benchmark(
        options.change(read_task(task)),
        specs,
        folder=folder,
        reading=options.reading,
        confidence=options.confidence,
        margin=options.margin,
        fresh=options.fresh,
        watch=SCREEN,
    )
    report = tested.report
    passed = report.comparisons[-1].not_worse(options.margin) if report.comparisons else None
    _show(tested, options, passed, as_json=as_json)
    unheard = report.comparisons[-1].base_unheard if report.comparisons else ""
    under = ", each under the best of the prompts that were tried"
    if not report.prompts_sought:
        asked = dict.fromkeys(one.prompt for one in (report.scores[0], report.scores[-1]))
        under = f" under the prompt {' and '.join(asked)}; whether another is better was not tried for all"
    _gate(options, passed, unheard, under)


def _by_rubric(options: BenchOptions, folder: Path, *, as_json: bool) -> tuple[bool | None, int]:
    """Whether the last model is not worse, and how many replies have no score."""
    if options.shots is not None or options.reading == "strict" or options.prompt or options.choose_on:
        raise click.UsageError(
            "--prompt, --choose-on, --shots and --reading strict are for questions with answers, not for `rubric`"
        )
    asked = BenchmarkItems(Path(options.data) if options.data else None, options.limit, options.max_tokens)
    matched = benchmark_by_rubric(
        folder,
        options.model,
        judge=options.judge,
        then=options.then,
        below=options.below,
        rubric=options.rubric,
        asked=asked,
        confidence=options.confidence,
        margin=options.margin,
        fresh=options.fresh,
        require_certificate=options.require_certificate,
        watch=SCREEN,
    )
    match, report = matched.match, matched.report
    passed = report.comparisons[-1].not_worse(options.margin) if report.comparisons else None
    if as_json:
        about = {
            "task": RUBRIC,
            "items": len(match.items),
            "rubric": match.rubric.digest,
            "judge": match.judge.model,
            **({"then": match.then.settings.model, "below": match.then.below} if match.then else {}),
            "margin": options.margin,
            "not_worse": passed,
        }
        print_json({**about, **report.as_dict()})
    else:
        out().print(judged_report(report, options.margin))
    return passed, sum(reply.unscored is not None for reply in matched.replies)


def _gate(options: BenchOptions, passed: bool | None, unheard: str = "", under: str = "") -> None:
    """Say what the gate says, and end with its code where it is refused.

    Args:
        options: The margin, and the models.
        passed: Whether the last model is not worse.
        unheard: Why the base cannot be compared with; empty where it can.
        under: Which prompts the models were asked under, in words.
    """
    if not options.gate:
        return
    pair = f"{options.model[-1]} {{}} {options.model[0]}"
    if unheard:
        more = "; allow longer answers with --max-tokens" if "cut" in unheard else ""
        note(f"gate: refused; {unheard}{more}")
        raise SystemExit(GATE)
    if not passed:
        points = f"{options.margin * 100:g} points"
        note(f"gate: refused; {pair.format('may be worse than')} by more than {points}{under}")
        raise SystemExit(GATE)
    note(f"gate: open; {pair.format('is not worse than')}{under}")


def _show(tested: BenchmarkResult, options: BenchOptions, passed: bool | None, *, as_json: bool) -> None:
    bout, report = tested.bout, tested.report
    if as_json:
        about = {
            "task": bout.task,
            "columns": bout.taken.columns,
            "problems": len(bout.problems),
            "prompting": [one.digest for one in bout.prompts],
            "margin": options.margin,
            "not_worse": passed,
        }
        print_json({**about, **report.as_dict()})
    else:
        out().print(bench_report(report, options.margin))
