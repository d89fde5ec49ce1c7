"""`hone bench`: the same problems for several models, compared pair by pair."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from hone.bench import BenchTask, Report, Result, Speed, ask, compare, read_task
from hone.bench.comparing import MARGIN, Reading
from hone.bench.running import requests
from hone.cli.bench_rubric import RUBRIC, prepare_match, run_match, show_match
from hone.cli.options import fresh_option, json_option, project_option
from hone.cli.screen import note, out, print_json, progress_bar
from hone.domain.base import digest
from hone.domain.settings import ModelSettings
from hone.errors import ProjectError
from hone.jobs import Journal
from hone.models import connect
from hone.models.spec import fingerprint
from hone.problems import Problem, Prompting, choose_shots, prompting
from hone.project import Project, Run
from hone.project.files import write_whole
from hone.project.runs import open_run
from hone.report.bench import bench_report

REFUSED = 3
"""The exit code of a gate that does not open."""
_SLOTS = 8
"""Answers that the embedded engine makes side by side; each keeps the shots that all prompts begin with."""


@click.command()
@click.argument("task")
@click.option("--model", "specs", multiple=True, required=True, help="A model spec; the first one is the base.")
@click.option("--data", help="In place of the task's data: sums, gsm8k, a file or a folder.")
@click.option("--shots", type=click.IntRange(0, 64), help="Solved problems to show first.  [default: the task's]")
@click.option("--limit", type=click.IntRange(1), help="Only the first N problems.  [default: the task's]")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest answer.  [default: the task's]")
@click.option("--judge", "judge_spec", help="For `rubric`: who scores.  [default: the judge in hone.yaml]")
@click.option("--rubric", help="For `rubric`: v1, working, a file or a library name.  [default: the latest version]")
@click.option("--reading", type=click.Choice(["flexible", "strict"]), default="flexible", show_default=True,
              help="What counts in comparisons: a right answer anywhere, or behind #### alone.")  # fmt: skip
@click.option("--gate", is_flag=True, help="Exit 3 unless the last model is not worse than the first.")
@click.option("--margin", type=click.FloatRange(0, 1), default=MARGIN, show_default=True,
              help="How much worse still counts as not worse, as a share.")  # fmt: skip
@project_option
@fresh_option
@json_option
def bench(task: str, specs: tuple[str, ...], folder: Path, as_json: bool, **options: Any) -> None:
    """Test models on TASK: gsm8k, sums, rubric, a task file (.yaml), or a data file with questions and answers.

    Every model gets the same prompts. Not worse means: the 95% interval of the paired difference in accuracy (last
    model minus first) lies above minus the margin. Works outside a project too; runs then go to `runs` in the
    working folder. With `rubric`, the models reply to the project's items (or --data items.jsonl) under its rubric,
    and the judge's scores are compared in place of right and wrong answers.
    """
    wanted = Wanted(**options)
    if len(set(specs)) < len(specs):
        raise click.UsageError("a model is named twice; its results could not be told apart")
    if wanted.gate and len(specs) < 2:
        raise click.UsageError("--gate compares two models: name the base first and the tuned model last")
    if task == RUBRIC:
        passed = _by_rubric(wanted, specs, folder, as_json=as_json)
        _gate(wanted, specs, passed)
        return
    if wanted.judge_spec or wanted.rubric:
        raise click.UsageError("--judge and --rubric go with the task `rubric`")
    bout = prepare(wanted.change(read_task(task)), specs, _home(folder))
    results, speeds = run_bench(bout, fresh=wanted.fresh)
    report = compare(results, specs, speeds, reading=wanted.reading)
    passed = report.comparisons[-1].not_worse(wanted.margin) if report.comparisons else None
    _show(report, bout, wanted, passed, as_json=as_json)
    _gate(wanted, specs, passed)


@dataclass(frozen=True, slots=True)
class Wanted:
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


@dataclass(frozen=True, slots=True)
class Bout:
    """All that a benchmark run rests on."""

    task: BenchTask
    problems: Sequence[Problem]
    way: Prompting
    specs: tuple[str, ...]
    home: Path
    """Relative model files start here, and runs go to its `runs`."""

    def config(self) -> dict[str, Any]:
        """What the results depend on."""
        return {
            "task": self.task.model_dump(mode="json"),
            "problems": digest([problem.digest for problem in self.problems]),
            "prompting": self.way.digest,
            "models": {spec: fingerprint(spec, folder=self.home) for spec in self.specs},
        }


def _by_rubric(wanted: Wanted, specs: tuple[str, ...], folder: Path, *, as_json: bool) -> bool | None:
    if wanted.shots is not None or wanted.reading == "strict":
        raise click.UsageError("--shots and --reading strict are for questions with answers, not for `rubric`")
    match = prepare_match(
        Project.find(folder), specs, judge_spec=wanted.judge_spec, rubric=wanted.rubric, data=wanted.data,
        limit=wanted.limit, max_tokens=wanted.max_tokens,
    )  # fmt: skip
    return show_match(match, run_match(match, fresh=wanted.fresh), wanted.margin, as_json=as_json)


def _gate(wanted: Wanted, specs: tuple[str, ...], passed: bool | None) -> None:
    if wanted.gate and not passed:
        note(f"gate: refused; {specs[-1]} is not shown to be not worse than {specs[0]}")
        raise SystemExit(REFUSED)
    if wanted.gate:
        note(f"gate: open; {specs[-1]} is not worse than {specs[0]}")


def prepare(task: BenchTask, specs: tuple[str, ...], home: Path) -> Bout:
    """The problems and the prompts of a task.

    Raises:
        ProjectError: The problems, or those that the shots come from, cannot be had.
    """
    problems = task.problems("test", task.limit)
    if not problems:
        raise ProjectError(f"{task.data}: there are no problems")
    shots: Sequence[Problem] = ()
    if task.shots:
        asked = {problem.question for problem in problems}
        # A file without a training part gives its shots out of the problems that are not asked.
        pool = [problem for problem in task.problems("train") if problem.question not in asked]
        shots = choose_shots(pool, task.shots, seed=task.shot_seed)
    return Bout(task, problems, prompting(shots, system=task.system), specs, home)


def run_bench(bout: Bout, *, fresh: bool = False) -> tuple[list[Result], dict[str, Speed]]:
    """Every model's results, asked for or out of a finished run."""
    run = open_run(bout.home / "runs", "bench", bout.config(), fresh=fresh)
    speeds = read_speeds(run)
    note(f"run: {run.folder}{'; nothing was asked again (--fresh asks anew)' if run.finished else ''}")
    if run.finished:
        return run.read(Result), speeds
    results: list[Result] = []
    with Journal(run.journal, index=run.index, reuse=not fresh) as journal:
        for spec in bout.specs:
            with connect(_settings(spec, bout), folder=bout.home) as model, progress_bar(spec) as progress:
                own, speed = ask(model, bout.problems, bout.task, bout.way, journal=journal, progress=progress)
            for line in dict.fromkeys(model.notes):
                note(line)
            results += own
            if speed.calls:
                speeds[spec] = speed
                write_whole(
                    run.folder / "speed.json", json.dumps({name: asdict(one) for name, one in speeds.items()})
                )
    run.finish(results)
    return results, speeds


def _settings(spec: str, bout: Bout) -> ModelSettings:
    """The embedded engine gets many slots, each as long as the longest prompt may need."""
    if spec != "smollm2" and not spec.startswith("gguf:"):
        return ModelSettings(model=spec)
    longest = max(
        sum(len(message.content) + 32 for message in request.messages)
        for request in requests(bout.problems, bout.task, bout.way)
    )
    # Two characters a token is fewer than any text of words and numbers has.
    context = -(-(longest // 2 + bout.task.max_tokens) // 256) * 256
    return ModelSettings(model=spec, context=context, concurrency=_SLOTS)


def read_speeds(run: Run) -> dict[str, Speed]:
    """How fast each model was, by its spec; what is not known is left out."""
    try:
        known = json.loads((run.folder / "speed.json").read_text(encoding="utf-8"))
        return {name: Speed(**one) for name, one in known.items()}
    except (OSError, ValueError, TypeError):
        return {}  # how fast it was is no result: where the file is missing or torn, nothing is said


def _home(folder: Path) -> Path:
    try:
        return Project.find(folder).folder
    except ProjectError:
        return folder


def _show(report: Report, bout: Bout, wanted: Wanted, passed: bool | None, *, as_json: bool) -> None:
    if as_json:
        about = {"task": bout.task, "problems": len(bout.problems), "shots": len(bout.way.shots),
                 "prompting": bout.way.digest, "margin": wanted.margin, "not_worse": passed}  # fmt: skip
        print_json({**about, **report.as_dict()})
    else:
        out().print(bench_report(report, wanted.margin))
