"""`hone bench`: the same problems for several models, compared pair by pair."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hone.bench import BenchTask, read_task
from hone.bench.comparing import MARGIN, Reading
from hone.cli.codes import GATE
from hone.cli.options import fresh_option, json_option, project_option
from hone.cli.screen import SCREEN, end_incomplete, note, out, print_json
from hone.journey.matching import BenchmarkItems, benchmark_by_rubric
from hone.journey.testing import BenchmarkResult, benchmark
from hone.report.bench import bench_report, judged_report

RUBRIC = "rubric"


@click.command("bench")
@click.argument("task")
@click.option("--model", "specs", multiple=True, required=True, help="A model spec; the first one is the base.")
@click.option("--data", help="In place of the task's data: sums, gsm8k, a file or a folder.")
@click.option("--shots", type=click.IntRange(0, 64), help="Solved problems to show first.  [default: the task's]")
@click.option("--limit", type=click.IntRange(1), help="Only the first N problems.  [default: the task's]")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest answer.  [default: the task's]")
@click.option("--judge", "judge_spec", help="For `rubric`: who scores.  [default: the judge in hone.yaml]")
@click.option("--rubric", help="For `rubric`: v1, working, a file or a library name.  [default: the latest version]")
@click.option(
    "--reading",
    type=click.Choice(["flexible", "strict"]),
    default="flexible",
    show_default=True,
    help="What counts in comparisons: a right answer anywhere, or behind #### alone.",
)
@click.option("--gate", is_flag=True, help="Exit 3 unless the last model is not worse than the first.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    default=MARGIN,
    show_default=True,
    help="How much worse still counts as not worse, as a share.",
)
@project_option
@fresh_option
@json_option
def bench_command(task: str, specs: tuple[str, ...], folder: Path, as_json: bool, **options: Any) -> None:
    """Test models on TASK: gsm8k, sums, rubric, a task file (.yaml), or a data file with questions and answers.

    Every model gets the same prompts. Not worse means: the 95% interval of the paired difference in accuracy (last
    model minus first) lies above minus the margin. Works outside a project too; runs then go to `runs` in the
    working folder. With `rubric`, the models reply to the project's items (or --data items.jsonl) under its rubric,
    and the judge's scores are compared in place of right and wrong answers.
    """
    wanted = BenchOptions(**options)
    if len(set(specs)) < len(specs):
        raise click.UsageError("a model is named twice; its results could not be told apart")
    if wanted.gate and len(specs) < 2:
        raise click.UsageError("--gate compares two models: name the base first and the tuned model last")
    if task == RUBRIC:
        passed, unscored = _by_rubric(wanted, specs, folder, as_json=as_json)
        _gate(wanted, specs, passed)
        end_incomplete(unscored, "replies have no score", "--fresh asks for all of them again")
        return
    if wanted.judge_spec or wanted.rubric:
        raise click.UsageError("--judge and --rubric go with the task `rubric`")
    tested = benchmark(
        wanted.change(read_task(task)), specs, folder=folder, reading=wanted.reading, fresh=wanted.fresh, watch=SCREEN
    )
    report = tested.report
    passed = report.comparisons[-1].not_worse(wanted.margin) if report.comparisons else None
    _show(tested, wanted, passed, as_json=as_json)
    _gate(wanted, specs, passed)


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """The options of the command, as they come in."""

    data: str | None
    shots: int | None
    limit: int | None
    max_tokens: int | None
    judge_spec: str | None
    rubric: str | None
    reading: Reading
    gate: bool
    margin: float
    fresh: bool

    def change(self, task: BenchTask) -> BenchTask:
        """The task with what the command line says in its place."""
        names = ("data", "shots", "limit", "max_tokens")
        given = {name: value for name in names if (value := getattr(self, name)) is not None}
        return BenchTask.model_validate(task.model_dump() | given)


def _by_rubric(
    wanted: BenchOptions, specs: tuple[str, ...], folder: Path, *, as_json: bool
) -> tuple[bool | None, int]:
    """Whether the last model is not worse, and how many replies have no score."""
    if wanted.shots is not None or wanted.reading == "strict":
        raise click.UsageError("--shots and --reading strict are for questions with answers, not for `rubric`")
    asked = BenchmarkItems(Path(wanted.data) if wanted.data else None, wanted.limit, wanted.max_tokens)
    matched = benchmark_by_rubric(
        folder, specs, judge=wanted.judge_spec, rubric=wanted.rubric, asked=asked, fresh=wanted.fresh, watch=SCREEN
    )
    match, report = matched.match, matched.report
    passed = report.comparisons[-1].not_worse(wanted.margin) if report.comparisons else None
    if as_json:
        about = {
            "task": RUBRIC,
            "items": len(match.items),
            "rubric": match.rubric.digest,
            "judge": match.judge.model,
            "margin": wanted.margin,
            "not_worse": passed,
        }
        print_json({**about, **report.as_dict()})
    else:
        out().print(judged_report(report, wanted.margin))
    return passed, sum(reply.unscored is not None for reply in matched.replies)


def _gate(wanted: BenchOptions, specs: tuple[str, ...], passed: bool | None) -> None:
    if wanted.gate and not passed:
        note(f"gate: refused; {specs[-1]} is not shown to be not worse than {specs[0]}")
        raise SystemExit(GATE)
    if wanted.gate:
        note(f"gate: open; {specs[-1]} is not worse than {specs[0]}")


def _show(tested: BenchmarkResult, wanted: BenchOptions, passed: bool | None, *, as_json: bool) -> None:
    bout, report = tested.bout, tested.report
    if as_json:
        about = {
            "task": bout.task,
            "columns": bout.taken.columns,
            "problems": len(bout.problems),
            "shots": len(bout.way.shots),
            "prompting": bout.way.digest,
            "margin": wanted.margin,
            "not_worse": passed,
        }
        print_json({**about, **report.as_dict()})
    else:
        out().print(bench_report(report, wanted.margin))
