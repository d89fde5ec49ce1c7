"""From a run's config back to the command that makes it, and to names that hold inside the project's folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hone.bench import BenchTask, JudgedReply, ModelScore, Result, compare_judged, compare_models, read_task
from hone.bench.comparing import ComparisonChoices
from hone.bench.task import task_names
from hone.domain.rubric import Rubric
from hone.journey.exporting import ExportOptions
from hone.journey.matching import RUBRIC
from hone.journey.options import VerbOptions
from hone.journey.testing import BenchOptions, read_comparison_choices, read_speeds
from hone.journey.tuning import UNTOLD, TuneOptions
from hone.project import Project, Run
from hone.project.naming import named_rubric
from hone.report.view import BenchPart, FigureSource, JudgedPart, Wrong
from hone.rubrics.replies import SAMPLING
from hone.training.job import ADAPTER, MODEL, TrainingJob
from hone.training.settings import TuneSettings

_SHOWN = 5
"""Problems whose answers are shown, gained and lost."""


def inside(project: Project, text: str) -> str:
    """A path, or a model spec that holds one, as it is written in the project's folder."""
    for folder in (project.folder.resolve(), project.folder):
        text = text.replace(f"{folder}/", "")
    return text


def source_of(run: Run, options: VerbOptions) -> FigureSource:
    """Figures that come from a run, and the command that makes it."""
    return FigureSource(f"runs/{run.folder.name}", options.command_line())


def tune_options(run: Run, job: TrainingJob) -> TuneOptions:
    """What was set to tune so."""
    usual = TuneSettings().model_dump(mode="json")
    changed = {
        name: value
        for name, value in job.settings.model_dump(mode="json").items()
        if value != usual[name] and name not in UNTOLD
    }
    own = {name: changed.pop(name) for name in TuneOptions.of_training() if name in changed}
    return TuneOptions(
        data=str(run.config["source"]),
        base=job.base,
        limit=run.config.get("limit") or None,
        keep=tuple(str(rule) for rule in run.config.get("keep") or ()),
        best=run.config.get("best") or None,
        set=tuple(f"{name}={_value(value)}" for name, value in changed.items()),
        **own,
    )


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).replace(" ", "")


def tuned_spec(project: Project, run: Run, job: TrainingJob) -> str:
    """The tuned model, as other commands take it in the project's folder."""
    full = job.settings.method == "full"
    folder = inside(project, str(run.folder.resolve() / (MODEL if full else ADAPTER)))
    return f"hf:{folder}" if full else f"hf:{job.base}+{folder}"


def base_spec(job: TrainingJob) -> str:
    """The base in the same engine as the tuned model."""
    return f"hf:{job.base}"


def export_options(project: Project, run: Run) -> ExportOptions:
    """What was set to export so."""
    config = run.config
    tested = {"bench": str(config["task"]), "items": config["items"]} if config.get("task") else {}
    return ExportOptions(
        model=inside(project, str(config["model"])),
        out=Path(inside(project, str(config["out"]))),
        quant=tuple(str(quant) for quant in config.get("quants") or ()),
        scale=config.get("scale", 1),
        **tested,
    )


def benched(project: Project, run: Run) -> BenchPart:
    """What a benchmark run found, compared anew from its marks."""
    choices = read_comparison_choices(run)
    specs = _in_order(project, run, choices)
    results = [one.model_copy(update={"model": inside(project, one.model)}) for one in run.read(Result)]
    speeds = {inside(project, spec): speed for spec, speed in read_speeds(run).items()}
    report = compare_models(results, specs, speeds, reading=choices.reading, confidence=choices.confidence)
    task = BenchTask.model_validate(run.config["task"])
    count = report.scores[0].flexible.n
    last = report.comparisons[-1] if report.comparisons else None
    return BenchPart(
        source=source_of(run, _bench_options(task, specs, choices)),
        about=f"{task.about or task.data}: {count:,} problems, greedy answers.",
        report=report,
        margin=choices.margin,
        names=dict(zip(specs, _names(specs), strict=True)),
        gained=_told(results, report.scores, last.gained) if last else (),
        lost=_told(results, report.scores, last.lost) if last else (),
    )


def _bench_options(task: BenchTask, specs: Sequence[str], choices: ComparisonChoices) -> BenchOptions:
    """What was set to bench so; a task file's own fields are taken for that file's."""
    usual = read_task(task.data) if task.data in task_names() else BenchTask(data=task.data)
    names = ("shots", "limit", "max_tokens")
    changed = {name: value for name in names if (value := getattr(task, name)) not in {getattr(usual, name), None}}
    said = choices.model_dump(exclude={"models"}) | changed
    if task.prompts != usual.prompts:
        said["prompt"] = task.prompts
    return BenchOptions(task=task.data, model=tuple(specs), gate=len(specs) > 1, **said)


def _in_order(project: Project, run: Run, choices: ComparisonChoices) -> list[str]:
    """The models of a run, the base first, as they were named last."""
    there = list(run.config["models"])
    ordered = list(choices.models) if set(choices.models) == set(there) else there
    return [inside(project, spec) for spec in ordered]


def _names(specs: Sequence[str]) -> Iterator[str]:
    """Short names that tell the models apart: "smollm2", "smollm2 (tuned)"."""
    seen: dict[str, int] = {}
    for spec in specs:
        base, plus, _ = spec.removeprefix("hf:").partition("+")
        name = base.rstrip("/").rpartition("/")[2] + (" (tuned)" if plus else "")
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} {seen[name]}"


def _told(results: Sequence[Result], scores: Sequence[ModelScore], items: Sequence[str]) -> list[Wrong]:
    """What base and last model wrote to the first of these problems."""
    told: Mapping[tuple[str, str, str], Result] = {(one.model, one.prompt, one.item): one for one in results}
    (base, before), (model, after) = ((one.model, one.prompt) for one in (scores[0], scores[-1]))
    pairs = [(told[base, before, item], told[model, after, item]) for item in items[:_SHOWN]]
    return [Wrong(one.item, one.gold, one.text, other.text) for one, other in pairs]


def matched(project: Project, run: Run) -> JudgedPart:
    """What a benchmark by rubric found, compared anew from its scores."""
    choices = read_comparison_choices(run)
    specs = _in_order(project, run, choices)
    replies = [one.model_copy(update={"model": inside(project, one.model)}) for one in run.read(JudgedReply)]
    rubric = Rubric.model_validate(run.config["rubric"])
    report = compare_judged(replies, specs, rubric, choices.confidence)
    judge, items = str(run.config["judge"]["model"]), len(run.config["items"])
    if second := cascade_options(project, run):
        judge += f", then {second['then']} below {second['below']:g}"
    return JudgedPart(
        source=source_of(run, _match_options(project, run, specs)),
        about=f"{items:,} items, {len(rubric.criteria)} criteria; the judge is {inside(project, judge)}.",
        report=report,
        margin=choices.margin,
        names=dict(zip(specs, _names(specs), strict=True)),
    )


def _match_options(project: Project, run: Run, specs: Sequence[str]) -> BenchOptions:
    """What was set to compare so; items of another file than the project's have no name in a run."""
    asked, there = list(run.config["items"]), [item.id for item in project.items]
    own = asked == there[: len(asked)]
    choices = read_comparison_choices(run)
    most, judge = run.config["sampling"]["max_tokens"], str(run.config["judge"]["model"])
    return BenchOptions(
        task=RUBRIC,
        model=tuple(specs),
        data=None if own else "ITEMS",
        limit=len(asked) if own and len(asked) < len(there) else None,
        max_tokens=None if most == SAMPLING.max_tokens else most,
        judge=other_judge(project, judge),
        **cascade_options(project, run),
        rubric=_rubric_name(project, Rubric.model_validate(run.config["rubric"])),
        gate=len(specs) > 1,
        confidence=choices.confidence,
        margin=choices.margin,
    )


def other_judge(project: Project, model: str) -> str | None:
    """The judge of a run as an option names it; none for the project's own."""
    return None if model in {"", project.settings.models.judge.model} else inside(project, model)


def cascade_options(project: Project, run: Run) -> dict[str, Any]:
    """The second judge of a run and its threshold, as options name them; empty where there is none."""
    then, below = run.config.get("then"), run.config.get("below")
    named = then.get("model") if isinstance(then, Mapping) else None
    return {"then": inside(project, str(named)), "below": float(below)} if named and below else {}


def _rubric_name(project: Project, rubric: Rubric) -> str | None:
    """How a command names a rubric of the project; none for the one that it takes by itself."""
    versions = {f"v{one.version}": one.hash for one in project.versions}
    if rubric.digest == named_rubric(None, project).digest:
        return None
    known = versions | {"working": project.rubric.digest}
    return next((name for name, digest in known.items() if digest == rubric.digest), "RUBRIC")
