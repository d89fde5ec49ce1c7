"""One tune: choose base and backend, read and split the data, open the run, train, draw the curves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from hone.errors import ExportError, MissingExtraError, ProjectError, TuneError
from hone.examples.choosing import Keep
from hone.examples.reading import Example, data_digest, of_problem, read_examples, under_system
from hone.examples.splitting import Split, split_examples
from hone.files import typed_path, write_whole
from hone.journey.options import AskingOptions, OptionForm
from hone.journey.step import Step, home_of, open_step
from hone.journey.watching import SILENT, Watch
from hone.problems import Problem, Prompting, in_training_part, load_problems, prompting
from hone.project import Project, Run
from hone.project.naming import named_rubric
from hone.report.drawing import save_picture
from hone.report.tuning import event_lines, loss_curves
from hone.rubrics.replies import system_text
from hone.spelling import option
from hone.tables import Taken
from hone.training.job import ADAPTER, MODEL, RESULTS, TrainingJob, read_history
from hone.training.settings import Backend, Method, TuneSettings, check_sharding
from hone.tuning.choice import choose_backend, choose_base, machine, pins
from hone.tuning.launching import launch
from hone.weights.content import content_of
from hone.weights.opening import gguf_of, weights

_NAMED = {"sums", "gsm8k"}
_LEAST_BUDGET = 30
"""Seconds."""
_DECIDING = 0.2
"""The share of a set without parts that is held out where what is learnt is chosen."""
OWN_TEST = "rubric"
"""The test of a model that learnt under a project's own task: its items, scored by its rubric's judge."""
_COMPARED = "compared.same"
"""In a folder that was read back: what was found when it was compared with its file, so that it is done once."""
UNTOLD = frozenset({"checkpointing", "compiled"})
"""Settings that change no result and stand in no config: a run that was out of memory goes on with them changed."""


class TuneOptions(AskingOptions):
    """What may be set for `tune`; what is not said here is as the config file has it, and then as `TuneSettings`."""

    verb = "tune"
    data: Annotated[str | None, OptionForm(positional=True, metavar="DATA")] = None
    config: Annotated[Path | None, OptionForm(path="file")] = None
    """A YAML file with settings."""
    base: str | None = None
    """smollm2, hf:OWNER/NAME, hf:FOLDER or gguf:FILE.  [default: what this machine holds]"""
    method: Method | None = None
    """What is trained.  [default: lora]"""
    backend: Backend | None = None
    """What trains.  [default: auto]"""
    keep: tuple[str, ...] = ()
    """Keep rows by a label: 'Be Detailed >= 1'."""
    best: str | None = None
    """Keep the best row of each item, by this label or by the 'mean' of all."""
    limit: int | None = Field(default=None, ge=2)
    """Only the first N rows."""
    test: str | None = None
    """Problems that must not be in the data: sums, gsm8k or a file."""
    epochs: float | None = Field(default=None, gt=0)
    max_steps: int | None = Field(default=None, ge=1)
    learning_rate: float | None = Field(default=None, gt=0, le=1)
    rank: int | None = Field(default=None, ge=1)
    max_length: int | None = Field(default=None, ge=16)
    """Tokens of an example; longer ones are left out."""
    seed: int | None = Field(default=None, ge=0)
    gpus: int | None = Field(default=None, ge=1)
    """Processes, one a device."""
    sharding: Annotated[bool | None, OptionForm(spelled="shard")] = None
    """With --gpus: split weights, gradients and optimiser over the devices (FSDP)."""
    set: Annotated[tuple[str, ...], OptionForm(metavar="KEY=VALUE")] = ()
    """Any other setting of training."""
    budget: str | None = None
    """Choose prompt, data (gold, own words) and rate within this time, such as 12m; the base is a choice, too."""
    check: bool = False
    """Only the checks; nothing is trained."""
    runs: Annotated[Path | None, OptionForm(path="folder")] = None
    """Where the run's folder goes."""

    @classmethod
    def of_training(cls) -> list[str]:
        """The settings of training that have an option of their own."""
        return [name for name in cls.model_fields if name in TuneSettings.model_fields]


@dataclass(frozen=True, slots=True)
class TuningRequest:
    """What is asked for."""

    source: str
    base: str | None
    backend: Any
    settings: TuneSettings
    keep: Sequence[Keep] = ()
    best: str | None = None
    limit: int | None = None
    test: str | None = None
    runs: Path | None = None
    fresh: bool = False
    check: bool = False
    budget: float | None = None
    """Seconds in which what is learnt is chosen; none trains once, as the settings say."""


@dataclass(frozen=True, slots=True)
class TuningResult:
    """What came of it."""

    step: Step
    result: dict[str, Any]
    base_spec: str
    spec: str
    """The tuned model's spec."""
    bench: str
    """The benchmark that fits the data."""
    judge: str = ""
    """The project's judge, where the benchmark is by its rubric."""
    pictures: Sequence[Path] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    """Which columns of a table were learnt from."""

    @property
    def run(self) -> Run:
        """The run that keeps it."""
        return self.step.run

    @property
    def before(self) -> bool:
        """Whether it had been finished before."""
        return self.step.before

    @property
    def line(self) -> str:
        """Where the run lies, and whether it had been finished before."""
        return self.step.told(tuned=True)


def run_tune(
    request: TuningRequest, *, tell: Callable[[dict[str, Any]], object], note: Callable[[str], object]
) -> TuningResult:
    """Tune, or show what was tuned before.

    Args:
        request: What is asked for.
        tell: Told of every event of the training process.
        note: Told, in words, what was chosen.

    Raises:
        HoneError: Something is wrong with the data, the base, the settings or the run.
    """
    check_sharding(request.settings)
    found = machine()
    base, why = choose_base(request.base, request.settings.method, found)
    if request.budget and request.settings.gpus > 1:
        raise TuneError(f"{option('budget', '12m')} chooses on one device; leave {option('gpus', 2)} out")
    # What is learnt is chosen in one process, beside the model that answers: Unsloth's layers do not answer.
    wanted: Backend = "trl" if request.budget else request.backend
    backend, reason = choose_backend(wanted, found, gpus=request.settings.gpus)
    note(f"base: {base} ({why})")
    note(f"backend: {backend} ({reason})")
    folder = weights(base)
    for line in _read_back(base, folder, whole=request.check):
        note(line)
    put = prompting()
    taken = Taken()
    own = _own_prompt()
    halves, told = _data(request, put, taken, own, note)
    choosing = _choosing(request, halves, put) if request.budget else []
    job = _job(request, base, folder, backend, halves, told or put.system)
    # Checks are about this moment (room on the disk, memory), so an earlier answer is never shown again.
    fresh = request.fresh or request.check
    runs = home_of(Path()) / "runs" if request.runs is None else request.runs
    verb = "check" if request.check else "tune"
    step = open_step(runs, verb, _config(request, job), fresh=fresh, tell=note)
    run = step.run
    spec = base if base == "smollm2" else f"hf:{base}"
    full = request.settings.method == "full"
    tuned = f"hf:{run.folder / MODEL}" if full else f"hf:{base}+{run.folder / ADAPTER}"
    bench = request.source if request.source in _NAMED else request.test or (OWN_TEST if told else "sums")
    judge = own.judge if own and bench == OWN_TEST else ""
    if step.before:
        result = json.loads((run.folder / RESULTS).read_text(encoding="utf-8"))
        return TuningResult(step, result, spec, tuned, bench, judge, columns=taken.columns)
    if run.resumed:
        note(f"going on with {run.folder.name}")
    with step.alone():
        job.write(run.folder, halves.train, halves.held_out, choosing)
        if request.check:
            try:
                result = launch(job, run.folder, tell)
            finally:
                run.finish([])  # passed or not, there is nothing to go on with
            return TuningResult(step, result, spec, tuned, bench, judge, columns=taken.columns)
        launch(job, run.folder, tell)
        result = json.loads((run.folder / RESULTS).read_text(encoding="utf-8"))
        pictures = _draw(run.folder, note)
        run.finish([])
    return TuningResult(step, result, spec, tuned, bench, judge, pictures, taken.columns)


def _read_back(base: str, folder: Path, *, whole: bool) -> list[str]:
    """How a base that was read back from a GGUF file compares with the engine; nothing for another base.

    Args:
        base: As it was named.
        folder: What was read back.
        whole: Compare distributions too, which takes the whole model.
    """
    from hone.export.reading_back import PLACES, compare_read_back  # noqa: PLC0415 - loads the engine's client

    file, kept = gguf_of(base), folder / _COMPARED
    if file is None:
        return []
    if kept.is_file() and not whole:
        return kept.read_text(encoding="utf-8").splitlines()
    try:
        found = compare_read_back(file, folder, places=PLACES if whole else 0)
    except (MissingExtraError, ExportError) as error:
        return [f"read back from the GGUF file, not compared with the engine ({error})"]
    if found.same:  # what differs is looked at anew: another engine may agree
        write_whole(kept, "\n".join(found.lines()) + "\n")
    return found.lines()


def tune(
    data: str | Path,
    *,
    base: str | None = None,
    keep: Sequence[str] = (),
    best: str | None = None,
    runs: Path | str | None = None,
    budget: str | None = None,
    watch: Watch = SILENT,
    **settings: Any,
) -> TuningResult:
    """Tune a small model on examples, in a run that goes on where it was stopped.

    Args:
        data: `sums`, `gsm8k`, a file, a folder, or a data set of the hub.
        base: `smollm2`, `hf:OWNER/NAME`, `hf:FOLDER` or `gguf:FILE`; what this machine holds by default.
        keep: Rules over the labels of `label`: `Be Detailed >= 1`.
        best: Of the rows of one item, only the one with the highest label in this column; `mean`: of all labels.
        runs: Where the run's folder goes; the project's runs, or `runs` in the working folder by default.
        budget: Choose prompt, data and learning rate within this time, such as `12m`; the base is a choice, too.
        watch: Told how far it is.
        settings: Any setting of `TuneSettings`, such as `max_steps=40`; `backend`, `limit`, `test` and `fresh` too.

    Raises:
        TuneError: A check does not pass, or training went wrong.
        ProjectError: The data, or a setting, does not read.
    """
    asked = {name: settings.pop(name) for name in ("backend", "limit", "test", "fresh") if name in settings}
    try:
        chosen = TuneSettings(**settings)
    except ValidationError as error:
        first = error.errors()[0]
        raise TuneError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    request = TuningRequest(
        source=str(data),
        base=base,
        backend=asked.pop("backend", "auto"),
        settings=chosen,
        keep=tuple(Keep.parse(rule) for rule in keep),
        best=best,
        runs=Path(runs) if runs is not None else None,
        budget=None if budget is None else seconds_of(budget),
        **asked,
    )

    def tell(event: dict[str, Any]) -> None:
        for line in event_lines(event):
            watch.tell(line)

    return run_tune(request, tell=tell, note=watch.tell)


@dataclass(frozen=True, slots=True)
class _OwnPrompt:
    """What a project's writer is told: its task, and the rubric as guidance."""

    text: str
    rubric: str
    """The rubric in words: "rubric v2", or "the working rubric"."""
    judge: str
    """The project's judge."""


def _own_prompt() -> _OwnPrompt | None:
    """What the writer of the project here is told; none outside a project."""
    try:
        project = Project.find(Path())
    except ProjectError:
        return None
    rubric = named_rubric(None, project)
    version = next((f"v{one.version}" for one in project.versions if one.hash == rubric.digest), "")
    words = f"rubric {version}" if version else "the working rubric"
    text = system_text(project.settings.task, rubric, project.prompts)
    words = words if rubric.criteria else "no rubric, which has no criteria yet"
    return _OwnPrompt(text, words, project.settings.models.judge.model)


def _data(
    request: TuningRequest, put: Prompting, taken: Taken, own: _OwnPrompt | None, note: Callable[[str], object]
) -> tuple[Split, str]:
    """The examples, and the project's own system text where examples are put under it."""
    examples = read_examples(
        request.source, put, keep=request.keep, best=request.best, limit=request.limit, taken=taken
    )
    told = ""
    if own is not None:
        changed = [under_system(one, own.text) for one in examples]
        count = sum(one is not before for one, before in zip(changed, examples, strict=True))
        if count:
            note(
                f"system turn: the project's own task and {own.rubric}, as its replies are written, on {count:,} of "
                f"{len(examples):,} examples; an example with it stands in check 6"
            )
            examples, told = changed, own.text
    of_test = Taken()
    test = _test(request, of_test)
    for line in (*taken.lines(), *of_test.lines("the test set")):
        note(line)
    # Where a set keeps no problems for it, those that are held out decide what is learnt, and must be many enough.
    share = max(request.settings.held_out, _DECIDING) if request.budget else request.settings.held_out
    halves = split_examples(examples, share, seed=request.settings.seed, test=test)
    if test:
        kinds = f" ({', '.join(sorted({leak.kind for leak in halves.leaks}))})" if halves.leaks else ""
        note(
            f"leaks: {len(halves.leaks)} of {len(examples):,} examples stand in the test set{kinds} and are taken out"
        )
    else:
        note(f"leaks: not looked for, because no test set is named ({option('test')})")
    return halves, told


def _test(request: TuningRequest, taken: Taken) -> list[Problem]:
    """The problems that must not be trained on: those of the named benchmark, or of the data's own test part."""
    if request.test:
        return load_problems(request.test, "test", taken=taken)
    if request.source in _NAMED:
        return load_problems(request.source, "test")
    path = typed_path(request.source)
    beside = path if path.is_dir() else path.parent
    if path.exists() and (path.is_dir() or path.stem.startswith("train")) and any(beside.glob("test*")):
        return load_problems(str(beside), "test", taken=taken)
    return []


def _choosing(request: TuningRequest, halves: Split, put: Prompting) -> list[Example]:
    """The problems that decide what is learnt: those that a set with parts keeps for it, else the held-out ones."""
    path = typed_path(request.source)
    if request.source not in _NAMED and not in_training_part(path):
        return halves.held_out
    source = request.source if request.source in _NAMED or path.is_dir() else str(path.parent)
    test = {problem.question for problem in load_problems(source, "test")}
    found = [one for one in load_problems(source, "choosing") if one.question not in test]
    return [of_problem(one, put, grouped=False) for one in found]


def seconds_of(text: str) -> float:
    """The seconds that a text such as ``12m``, ``90s`` or ``1.5h`` names.

    Raises:
        TuneError: It names none.
    """
    match = re.fullmatch(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*(s|m|min|h)\s*", text)
    if match is None:
        raise TuneError(f"{text[:40]!r} is not a time; write a budget as 12m, 90s or 1.5h")
    seconds = float(match[1]) * {"s": 1, "m": 60, "min": 60, "h": 3600}[match[2]]
    if seconds < _LEAST_BUDGET:
        raise TuneError(
            f"{text} is too short to choose anything; write a budget of {_LEAST_BUDGET}s or more, such as 12m"
        )
    return seconds


def _job(
    request: TuningRequest,
    base: str,
    folder: Path,
    backend: Literal["trl", "unsloth"],
    halves: Split,
    prompt: str | None,
) -> TrainingJob:
    examples: list[Example] = [*halves.train, *halves.held_out]
    asked = any(example.answer is not None or (example.turns[0] == ("system", prompt)) for example in examples)
    brought = {one.turns[0][1] if one.turns[0][0] == "system" else None for one in examples}
    if asked and len(brought) == 1:  # rows that bring the prompt along that they were written under
        (prompt,) = brought
    return TrainingJob(
        base=base,
        weights=str(folder.resolve()),
        weights_digest=content_of(folder),
        backend=backend,
        settings=request.settings,
        data=data_digest(examples),
        source=f"{request.source}, {len(halves.train):,} examples and {len(halves.held_out):,} held out",
        prompt=prompt if asked else None,
        pins=pins(),
        checks_only=request.check,
        budget=request.budget,
    )


def _config(request: TuningRequest, job: TrainingJob) -> dict[str, Any]:
    """All that the result depends on."""
    data = job.model_dump(mode="json", exclude={"weights", "checks_only", "source", "pins"})
    for name in UNTOLD:
        data["settings"].pop(name)
    if job.budget is None:  # a run without one keeps the config that it always had
        data.pop("budget")
    return data | {
        "source": request.source,
        "keep": [str(rule) for rule in request.keep],
        "best": request.best,
        "limit": request.limit,
    }


def _draw(folder: Path, note: Callable[[str], object]) -> list[Path]:
    try:
        return save_picture(loss_curves(read_history(folder)), folder)
    except MissingExtraError as error:
        note(f"no picture of the curves: {error}")
        return []
