"""From a run's config back to the command that makes it, and to names that hold inside the project's folder."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from hone.bench import BenchTask, JudgedReply, Result, compare_judged, compare_models, read_task
from hone.bench.comparing import MARGIN
from hone.bench.task import task_names
from hone.domain.rubric import Rubric
from hone.journey.testing import read_speeds
from hone.project import Project, Run
from hone.project.naming import named_rubric
from hone.report.view import BenchPart, FigureSource, JudgedPart, Wrong
from hone.rubrics.replies import SAMPLING
from hone.training.job import ADAPTER, MODEL, TrainingJob
from hone.training.settings import TuneSettings

_SHOWN = 5
"""Problems whose answers are shown, gained and lost."""
_SAME = frozenset({"checkpointing", "compiled"})
"""Settings that change no result and stand in no config."""
_FLAGS = frozenset({"method", "epochs", "max_steps", "learning_rate", "rank", "max_length", "seed", "gpus"})
"""Settings of training that `hone tune` has an option of its own for."""


def quoted(text: str) -> str:
    """Text as a shell takes it for one word."""
    return shlex.quote(text)


def inside(project: Project, text: str) -> str:
    """A path, or a model spec that holds one, as it is written in the project's folder."""
    for folder in (project.folder.resolve(), project.folder):
        text = text.replace(f"{folder}/", "")
    return text


def source_of(run: Run, typed: str) -> FigureSource:
    """Figures that come from a run, and the command that makes it."""
    return FigureSource(f"runs/{run.folder.name}", typed)


def tune_command(run: Run, job: TrainingJob) -> str:
    """The command that tunes so."""
    config = run.config
    parts = ["hone tune", quoted(str(config["source"])), "--base", quoted(job.base)]
    if config.get("limit"):
        parts.append(f"--limit {config['limit']}")
    parts += [f"--keep {quoted(str(rule))}" for rule in config.get("keep") or ()]
    if config.get("best"):
        parts.append(f"--best {quoted(str(config['best']))}")
    usual = TuneSettings().model_dump(mode="json")
    for name, value in job.settings.model_dump(mode="json").items():
        if value == usual[name] or name in _SAME:
            continue
        if name == "sharding":
            parts.append("--shard")
            continue
        said = f"{value:g}" if isinstance(value, float) else quoted(str(value).replace(" ", ""))
        parts.append(f"--{name.replace('_', '-')} {said}" if name in _FLAGS else f"--set {name}={said}")
    return " ".join(parts)


def tuned_spec(project: Project, run: Run, job: TrainingJob) -> str:
    """The tuned model, as other commands take it in the project's folder."""
    full = job.settings.method == "full"
    folder = inside(project, str(run.folder.resolve() / (MODEL if full else ADAPTER)))
    return f"hf:{folder}" if full else f"hf:{job.base}+{folder}"


def base_spec(job: TrainingJob) -> str:
    """The base in the same engine as the tuned model."""
    return f"hf:{job.base}"


def export_command(project: Project, run: Run) -> str:
    """The command that exports so."""
    config = run.config
    quants = "".join(f" --quant {quoted(str(quant))}" for quant in config.get("quants") or ())
    bench = f" --bench {quoted(str(config['task']))} --items {config['items']}" if config.get("task") else ""
    scale = f" --scale {config['scale']}" if config.get("scale", 1) != 1 else ""
    model, out = (quoted(inside(project, str(config[name]))) for name in ("model", "out"))
    return f"hone export {model} --out {out}{quants}{scale}{bench}"


def benched(project: Project, run: Run) -> BenchPart:
    """What a benchmark run found, compared anew from its marks."""
    specs = [inside(project, spec) for spec in run.config["models"]]
    results = [one.model_copy(update={"model": inside(project, one.model)}) for one in run.read(Result)]
    speeds = {inside(project, spec): speed for spec, speed in read_speeds(run).items()}
    report = compare_models(results, specs, speeds)
    task = BenchTask.model_validate(run.config["task"])
    count = report.scores[0].flexible.n
    last = report.comparisons[-1] if report.comparisons else None
    return BenchPart(
        source=source_of(run, _bench_command(task, specs)),
        about=f"{task.about or task.data}: {count:,} problems, {task.shots} solved ones shown first, greedy answers.",
        report=report,
        margin=MARGIN,
        names=dict(zip(specs, _names(specs), strict=True)),
        gained=_told(results, specs, last.gained) if last else (),
        lost=_told(results, specs, last.lost) if last else (),
    )


def _bench_command(task: BenchTask, specs: Sequence[str]) -> str:
    """The command that benches so; a task file's own fields are taken for that file's."""
    models = "".join(f" --model {quoted(spec)}" for spec in specs)
    known = task.data in task_names()
    usual = read_task(task.data) if known else BenchTask(data=task.data)
    names = ("shots", "limit", "max_tokens")
    changed = "".join(
        f" --{name.replace('_', '-')} {getattr(task, name)}"
        for name in names
        if getattr(task, name) not in {getattr(usual, name), None}
    )
    return f"hone bench {quoted(task.data)}{models}{changed}{' --gate' if len(specs) > 1 else ''}"


def _names(specs: Sequence[str]) -> Iterator[str]:
    """Short names that tell the models apart: "smollm2", "smollm2 (tuned)"."""
    seen: dict[str, int] = {}
    for spec in specs:
        base, plus, _ = spec.removeprefix("hf:").partition("+")
        name = base.rstrip("/").rpartition("/")[2] + (" (tuned)" if plus else "")
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} {seen[name]}"


def _told(results: Sequence[Result], specs: Sequence[str], items: Sequence[str]) -> list[Wrong]:
    """What base and last model wrote to the first of these problems."""
    told: Mapping[tuple[str, str], Result] = {(one.model, one.item): one for one in results}
    pairs = [(told[specs[0], item], told[specs[-1], item]) for item in items[:_SHOWN]]
    return [Wrong(base.item, base.gold, base.text, model.text) for base, model in pairs]


def matched(project: Project, run: Run) -> JudgedPart:
    """What a benchmark by rubric found, compared anew from its scores."""
    specs = [inside(project, spec) for spec in run.config["models"]]
    replies = [one.model_copy(update={"model": inside(project, one.model)}) for one in run.read(JudgedReply)]
    rubric = Rubric.model_validate(run.config["rubric"])
    report = compare_judged(replies, specs, rubric)
    judge, items = str(run.config["judge"]["model"]), len(run.config["items"])
    return JudgedPart(
        source=source_of(run, _match_command(project, run, specs)),
        about=f"{items:,} items, {len(rubric.criteria)} criteria; the judge is {inside(project, judge)}.",
        report=report,
        margin=MARGIN,
        names=dict(zip(specs, _names(specs), strict=True)),
    )


def _match_command(project: Project, run: Run, specs: Sequence[str]) -> str:
    """The command that compares so; items of another file than the project's have no name in a run."""
    judge, there = str(run.config["judge"]["model"]), [item.id for item in project.items]
    asked = list(run.config["items"])
    parts = ["hone bench rubric", *(f"--model {quoted(spec)}" for spec in specs)]
    if asked != there[: len(asked)]:
        parts.append("--data ITEMS")
    elif len(asked) < len(there):
        parts.append(f"--limit {len(asked)}")
    if run.config["sampling"]["max_tokens"] != SAMPLING.max_tokens:
        parts.append(f"--max-tokens {run.config['sampling']['max_tokens']}")
    if judge != project.settings.models.judge.model:
        parts.append(f"--judge {quoted(inside(project, judge))}")
    if (name := _rubric_name(project, Rubric.model_validate(run.config["rubric"]))) is not None:
        parts.append(f"--rubric {quoted(name)}")
    return " ".join(parts) + (" --gate" if len(specs) > 1 else "")


def _rubric_name(project: Project, rubric: Rubric) -> str | None:
    """How a command names a rubric of the project; none for the one that it takes by itself."""
    versions = {f"v{one.version}": one.hash for one in project.versions}
    if rubric.digest == named_rubric(None, project).digest:
        return None
    known = versions | {"working": project.rubric.digest}
    return next((name for name, digest in known.items() if digest == rubric.digest), "RUBRIC")
