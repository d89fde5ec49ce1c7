"""Export in one call: the order, the benchmark of each file beside its source, and what is written beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from hone.bench import marked_answers, read_task
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.errors import ExportError, ProjectError
from hone.export import About, ExportedFile, Order, export_adapter, export_model
from hone.export.card import MADE, licence_of, readme
from hone.export.corpus import prompts
from hone.export.exporting import modelfile_for
from hone.export.merge import scaled_adapter
from hone.export.quantise import QUANTS
from hone.export.results import Accuracy, accuracy, export_row
from hone.files import temporary_folder, typed_path, write_whole
from hone.journey.options import OptionForm, VerbOptions
from hone.journey.step import open_step
from hone.journey.watching import SILENT, Watch
from hone.models import connect
from hone.problems import prompting
from hone.project import Project
from hone.report.export import export_markdown
from hone.tables import Taken
from hone.training.job import JOB, TrainingJob
from hone.weights.opening import weights

_SLOTS = 4


class ExportOptions(VerbOptions):
    """What may be set for `export`."""

    verb = "export"
    model: Annotated[str, OptionForm(positional=True, metavar="MODEL[+ADAPTER]")]
    out: Path
    """The GGUF file, ending in .gguf."""
    quant: Annotated[tuple[str, ...], OptionForm(choices=QUANTS)] = ()
    """Repeat for several.  [default: q8_0]"""
    scale: float = Field(default=1.0, ge=0, le=2)
    """The adapter's scale; 0 is the base."""
    adapter_only: bool = False
    """The adapter alone, a few MB to use over the base's GGUF file."""
    prompt: str | None = None
    """What is built in: project, solve, boxed, none or a file.  [default: as it was tuned, else the project's]"""
    rubric: str | None = None
    """The rubric in the project's prompt.  [default: the latest version]"""
    name: str | None = None
    """The model's name.  [default: the file's]"""
    licence: str | None = None
    """The model's licence.  [default: the base's, where it says so]"""
    prompts: int = Field(default=16, ge=2, le=50)
    """How many greedy replies are compared."""
    bench: str | None = None
    """Test source and files on it: sums, gsm8k, a task file or a data file."""
    items: int = Field(default=100, ge=2)
    """How many of its problems."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What an exported model says of itself, and how thoroughly it is compared."""

    name: str | None = None
    """The file's by default."""
    licence: str | None = None
    """The base's by default, where it says so."""
    scale: float = 1.0
    """Of the adapter; 0 is the base."""
    rubric: Rubric | None = None
    system: str | None = None
    """The message that is built in; as the model was tuned, where nothing is given."""
    prompts: int = 16
    """How many greedy replies are compared."""
    items: int = 100
    """How many problems of the benchmark."""
    folder: Path = Path()
    """Inside a project, what was compared is kept as a run there."""


@dataclass(frozen=True, slots=True)
class ExportResult:
    """The files, each with what is known of it, and what was written beside them."""

    made: list[ExportedFile]
    beside: list[Path]


def export_gguf(
    model: str,
    file: Path | str,
    *,
    quants: Sequence[str] = ("q8_0",),
    adapter_only: bool = False,
    bench: str | None = None,
    about: ModelCard | None = None,
    watch: Watch = SILENT,
) -> ExportResult:
    """Write a model, with its adapter merged in, as GGUF files, each compared with what was tuned.

    Args:
        model: `smollm2`, `hf:REPO`, a folder of safetensors or `hf:FILE.gguf`, with `+ADAPTER` behind it.
        file: The GGUF file; with several quantisations each gets its name into the file's.
        quants: Quantisations, such as `f16`, `q8_0`, `q4_k_m`.
        adapter_only: The adapter alone, to use over the base's GGUF file.
        bench: A benchmark that source and files are tested on.
        about: What it says of itself, and how thoroughly it is compared.
        watch: Told how far it is.

    Raises:
        ExportError: The model cannot be written as GGUF.
        ParityError: What was written is not what was tuned; nothing gets the file's name then.
    """
    own, target = about or ModelCard(), Path(file)
    base, adapter = split_model(model)
    system = own.system if own.system is not None else tuned_under(model) or ""
    said = About(
        name=own.name or target.stem,
        base=base,
        adapter=adapter.name if adapter else "",
        scale=own.scale,
        licence=own.licence or licence_of(weights(base), base),
        rubric=own.rubric.digest if own.rubric else "",
        system=system,
    )
    order = Order(weights(base), adapter, target, tuple(dict.fromkeys(quants)), said, tuple(prompts()[: own.prompts]))

    if adapter_only:
        made = [export_adapter(order, tell=watch.tell)]
        _keep_run(own, bench, model, order, made, watch)
        return ExportResult(made, [])
    test = _bench(bench, own.items, order, watch) if bench else None
    made = export_model(order, bench=test, tell=watch.tell)
    beside = _beside(order, made)
    _keep_run(own, bench, model, order, made, watch)
    return ExportResult(made, beside)


def _keep_run(
    own: ModelCard, bench: str | None, model: str, order: Order, made: Sequence[ExportedFile], watch: Watch
) -> None:
    """Keep what was compared as a run, where the folder is a project's; elsewhere README and file say it."""
    try:
        project = Project.find(own.folder)
    except ProjectError:
        return
    config = {
        "model": model,
        "out": str(order.out),
        "quants": list(order.quants),
        "scale": order.about.scale,
        "task": bench,
        "items": own.items,
    }
    step = open_step(project.runs_folder, "export", config, fresh=True, tell=watch.tell)
    step.run.finish(export_row(str(one.file), one.parity, one.accuracy) for one in made)
    watch.tell(step.line)


def _bench(name: str, items: int, order: Order, watch: Watch) -> Callable[[Path], Accuracy]:
    """The benchmark of a file beside the source, which is tested once, when the first file is there."""
    task = read_task(name).model_copy(update={"limit": items})
    taken = Taken()
    problems = task.problems("test", task.limit, taken)
    for line in taken.lines():
        watch.tell(line)
    # The file is tested under the message that it carries, and so is its source.
    way = prompting(system=order.about.system or task.system)
    known: list[list[bool]] = []

    def test(settings: ModelSettings) -> list[bool]:
        with connect(settings) as model, watch.progress(name) as progress:
            return [result.right for result in marked_answers(model, problems, task, way, progress=progress)[0]]

    def run(file: Path) -> Accuracy:
        if not known:
            watch.tell(f"testing the source on {len(problems)} problems …")
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
        with temporary_folder("hone-export-", kind=ExportError) as scratch:
            yield f"hf:{base}+{scaled_adapter(adapter, scale, scratch / 'adapter')}"


def split_model(text: str) -> tuple[str, Path | None]:
    """Base and adapter of ``BASE``, ``BASE+ADAPTER`` and the same after ``hf:``.

    Raises:
        ProjectError: It is a form of model that has no weights to export.
    """
    name = text.removeprefix("hf:")
    if name.startswith(("gguf:", "http:", "https:", "openai:", "systemone:", "scripted:", "recorded:")):
        raise ProjectError(
            f"{text!r} cannot be exported; write smollm2, hf:REPO or a folder, with +ADAPTER behind it"
        )
    if typed_path(name).is_dir():
        return name, None
    base, plus, adapter = name.rpartition("+")
    return (base, typed_path(adapter)) if plus else (name, None)


def tuned_under(model: str) -> str | None:
    """The system message that `tune` tuned under, where the weights lie in its run; none elsewhere."""
    base, adapter = split_model(model)
    run = (adapter or typed_path(base)).resolve().parent
    return TrainingJob.read(run).prompt if (run / JOB).is_file() else None


def best_of(made: Sequence[ExportedFile]) -> ExportedFile:
    """The smallest file that lost nothing that could be told; where all lost something, the largest."""
    whole = [one for one in made if not one.warnings]
    return min(whole, key=lambda one: one.parity.size) if whole else max(made, key=lambda one: one.parity.size)


def _beside(order: Order, made: list[ExportedFile]) -> list[Path]:
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
        write_whole(path, text, kind=ExportError)
        written.append(path)
    return written
