"""`hone export`: a tuned model as GGUF files, compared with their source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from hone.bench import ask, read_task
from hone.cli.options import json_option, named_rubric, project_option
from hone.cli.screen import note, out, print_json, progress_bar
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.errors import ProjectError
from hone.export import About, Made, Order
from hone.export import export as make
from hone.export import export_adapter as make_adapter
from hone.export.card import MADE, licence_of, readme
from hone.export.corpus import prompts
from hone.export.exporting import modelfile_for
from hone.export.merge import scaled_adapter
from hone.export.quantise import QUANTS
from hone.export.results import Accuracy, accuracy, accuracy_data, export_row, parity_data
from hone.models import connect
from hone.models.weights import weights
from hone.problems import prompting
from hone.project import Project
from hone.report.export import export_markdown, export_table
from hone.rubrics.replies import system_text
from hone.tuning.job import JOB, Job

_SLOTS = 4


@click.command()
@click.argument("model", metavar="MODEL[+ADAPTER]")
@click.option("--out", "file", type=click.Path(path_type=Path), required=True, help="The GGUF file, ending in .gguf.")
@click.option(
    "--quant", "quants", multiple=True, type=click.Choice(QUANTS), help="Repeat for several.  [default: q8_0]"
)
@click.option(
    "--scale", type=click.FloatRange(0, 2), default=1.0, show_default=True, help="The adapter's scale; 0 is the base."
)
@click.option("--adapter-only", is_flag=True, help="The adapter alone, a few MB to use over the base's GGUF file.")
@click.option(
    "--prompt",
    "prompt",
    help="What is built in: project, solve, none, or a text file.  [default: as it was tuned, else the project's]",
)
@click.option("--rubric", "rubric", help="The rubric in the project's prompt.  [default: the latest version]")
@click.option("--name", help="The model's name.  [default: the file's]")
@click.option("--licence", help="The model's licence.  [default: the base's, where it says so]")
@click.option(
    "--prompts",
    "count",
    type=click.IntRange(2, 50),
    default=16,
    show_default=True,
    help="How many greedy replies are compared.",
)
@click.option("--bench", "task", help="Test source and files on it: sums, gsm8k, a task file or a data file.")
@click.option("--items", type=click.IntRange(2), default=100, show_default=True, help="How many of its problems.")
@project_option
@json_option
def export(model: str, folder: Path, file: Path, adapter_only: bool, as_json: bool, **options: Any) -> None:
    """Write MODEL, with its adapter merged in, as GGUF files, and compare each with what was tuned.

    MODEL is smollm2, hf:REPO or a folder of safetensors; ADAPTER a PEFT folder. A file that differs from its source
    is not written.
    """  # fmt: skip
    base, adapter = split_model(model)
    tuned = None if options["prompt"] or options["rubric"] else _tuned_under(adapter or Path(base).expanduser())
    rubric, system = (None, tuned) if tuned is not None else _prompt(options["prompt"], options["rubric"], folder)
    about = About(
        name=options["name"] or file.stem, base=base, adapter=adapter.name if adapter else "", scale=options["scale"],
        licence=options["licence"] or licence_of(weights(base), base),
        rubric=rubric.digest if rubric else "", system=system,
    )  # fmt: skip
    quants = tuple(dict.fromkeys(options["quants"] or ("q8_0",)))
    order = Order(weights(base), adapter, file, quants, about, tuple(prompts()[: options["count"]]))
    bench = _bench(options["task"], options["items"], order) if options["task"] else None
    made = [make_adapter(order, tell=note)] if adapter_only else make(order, bench=bench, tell=note)
    beside = [] if adapter_only else _beside(order, made)
    keep_run(folder, model, order, made, {name: options[name] for name in ("task", "items")})
    if as_json:
        print_json(
            [{"file": str(one.file), **parity_data(one.parity), **accuracy_data(one.accuracy)} for one in made]
        )
    else:
        out().print(export_table(made))
    for one in made:
        for text in one.warnings:
            note(f"warning: {text}")
        note(f"written: {one.file}")
    for path in beside:
        note(f"written: {path}")
    if not adapter_only:
        note(f"Next: hone chat gguf:{best_of(made).file}")


def keep_run(folder: Path, model: str, order: Order, made: Sequence[Made], bench: Mapping[str, Any]) -> None:
    """Keep what was compared as a run, where the folder is a project's; elsewhere README and file say it."""
    try:
        project = Project.find(folder)
    except ProjectError:
        return
    config = {
        "model": model,
        "out": str(order.out),
        "quants": list(order.quants),
        "scale": order.about.scale,
        **bench,
    }
    run = project.open_run("export", config, fresh=True)
    run.finish(export_row(str(one.file), one.parity, one.accuracy) for one in made)
    note(f"run: {run.folder}")


def _bench(name: str, items: int, order: Order) -> Callable[[Path], Accuracy]:
    """The benchmark of a file beside the source, which is tested once, when the first file is there."""
    task = read_task(name).model_copy(update={"limit": items})
    problems = task.problems("test", task.limit)
    way = prompting(system=task.system)
    known: list[list[bool]] = []

    def test(settings: ModelSettings) -> list[bool]:
        with connect(settings) as model, progress_bar(name) as progress:
            return [result.right for result in ask(model, problems, task, way, progress=progress)[0]]

    def run(file: Path) -> Accuracy:
        if not known:
            note(f"testing the source on {len(problems)} problems …")
            with _source(order) as spec:
                known.append(test(ModelSettings(model=spec)))
        return accuracy(name, known[0], test(ModelSettings(model=f"gguf:{file}", concurrency=_SLOTS)))

    return run


@contextmanager
def _source(order: Order) -> Iterator[str]:
    """The spec of what is exported, as transformers runs it, at the scale that it is exported at."""
    base, adapter, scale = order.about.base, order.adapter, order.about.scale
    if adapter is None or scale == 0:
        yield f"hf:{base}"
    elif scale == 1:
        yield f"hf:{base}+{adapter}"
    else:
        with TemporaryDirectory() as scratch:
            yield f"hf:{base}+{scaled_adapter(adapter, scale, Path(scratch, 'adapter'))}"


def split_model(text: str) -> tuple[str, Path | None]:
    """Base and adapter of ``BASE``, ``BASE+ADAPTER`` and the same after ``hf:``.

    Raises:
        ProjectError: It is a form of model that has no weights to export.
    """
    name = text.removeprefix("hf:")
    if name.startswith(("gguf:", "http:", "https:", "openai:", "scripted:", "recorded:")):
        raise ProjectError(
            f"{text!r} cannot be exported; write smollm2, hf:REPO or a folder, with +ADAPTER behind it"
        )
    if Path(name).expanduser().is_dir():
        return name, None
    base, plus, adapter = name.rpartition("+")
    return (base, Path(adapter).expanduser()) if plus else (name, None)


def _tuned_under(weights_folder: Path) -> str | None:
    """The system message that `hone tune` tuned under, where the weights lie in its run; none elsewhere."""
    run = weights_folder.resolve().parent
    return Job.read(run).prompt if (run / JOB).is_file() else None


def _prompt(choice: str | None, rubric: str | None, folder: Path) -> tuple[Rubric | None, str]:
    """The rubric, and the system message that is built in."""
    if choice == "none":
        return None, ""
    if choice == "solve":
        return None, prompting().system or ""
    if choice not in {None, "project"}:
        try:
            return None, Path(str(choice)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError(
                f"--prompt {choice}: write project, solve, none, or the name of a text file"
            ) from error
    try:
        project = Project.find(folder)
    except ProjectError:
        if choice == "project" or rubric:
            raise
        return None, ""
    found = named_rubric(rubric, project)
    return found, system_text(project.settings.task, found if found.criteria else None, project.prompts)


def best_of(made: Sequence[Made]) -> Made:
    """The smallest file that lost nothing that could be told; where all lost something, the largest."""
    whole = [one for one in made if not one.warnings]
    return min(whole, key=lambda one: one.parity.size) if whole else max(made, key=lambda one: one.parity.size)


def _beside(order: Order, made: list[Made]) -> list[Path]:
    """Write Modelfile and README beside the files; what a person wrote there is never written over."""
    best = best_of(made).file
    texts = {
        "Modelfile": modelfile_for(order, best),
        "README.md": readme([best], order.about, export_markdown(made)),
    }
    written = []
    for name, text in texts.items():
        path = order.out.with_name(name)
        if path.exists() and MADE not in path.read_text(encoding="utf-8", errors="replace"):
            path = order.out.with_name(f"{order.out.stem}.{name}")
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
