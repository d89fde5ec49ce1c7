"""A benchmark in one call: the same problems for several models, in a run that goes on where it was stopped."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from hone.bench import (
    AnswerSpeed,
    BenchReport,
    BenchTask,
    Result,
    answers_under,
    compare_models,
    enough_to_choose,
    read_task,
    try_prompts,
)
from hone.bench.comparing import ComparisonChoices, Reading
from hone.bench.running import requests
from hone.domain.base import digest
from hone.domain.settings import ModelSettings
from hone.errors import IncompleteError, ProjectError
from hone.files import typed_path, write_whole
from hone.jobs import Journal
from hone.journey.options import AskingOptions, OptionForm
from hone.journey.step import each_once, home_of, open_step, run_step, same_models
from hone.journey.watching import SILENT, Watch
from hone.models import Model, connect
from hone.models.spec import settings_of
from hone.problems import (
    Problem,
    Prompting,
    PromptName,
    PromptSearch,
    apart_for_choosing,
    candidates,
    choose_shots,
    has_parts,
    prompt_search,
)
from hone.project import Run
from hone.stats.share_difference import MARGIN
from hone.tables import Taken
from hone.tuning.choice import machine

COMPARED = "compared.json"
"""How the results of a run were compared last."""
_SLOTS = 8
"""Answers that the embedded engine makes side by side; each keeps the shots that all prompts begin with."""
_SLOT_TOKENS = 24_576
"""Tokens of all slots together at most: a 3B model keeps 100 KB of each."""


class BenchOptions(AskingOptions):
    """What may be set for `bench`, with problems or with the task `rubric`."""

    verb = "bench"
    task: Annotated[str, OptionForm(positional=True)]
    model: tuple[str, ...]
    """A model spec; the first one is the base."""
    data: str | None = None
    """In place of the task's data: sums, gsm8k, a file or a folder."""
    prompt: tuple[PromptName, ...] = ()
    """A prompt to ask under, or several to choose among for each model.  [default: all that fit]"""
    shots: int | None = Field(default=None, ge=0, le=64)
    """Solved problems to show first.  [default: 0, 2 and 8 are tried]"""
    choose_on: str | None = None
    """Problems to choose the prompts by: a file or folder.  [default: a part of the data that nothing else uses]"""
    limit: int | None = Field(default=None, ge=1)
    """Only the first N problems.  [default: the task's]"""
    max_tokens: int | None = Field(default=None, ge=1)
    """The longest answer.  [default: the task's, and more for answers that it cuts]"""
    judge: str | None = None
    """For `rubric`: who scores.  [default: the judge in hone.yaml]"""
    then: str | None = None
    """For `rubric`: a second judge, asked where the first is less sure of a criterion than `below`."""
    below: float | None = Field(default=None, gt=0, le=1)
    """For `rubric`: the first judge's probability, or share of votes, under which the second is asked."""
    rubric: str | None = None
    """For `rubric`: v1, working, a file or a library name.  [default: the latest version]"""
    reading: Reading = "flexible"
    """What counts in comparisons: a right answer anywhere, or in the form that the prompt asked for alone."""
    require_certificate: bool = False
    """For `rubric`: refuse a judge without a certificate that fits (`hone agree --certify`)."""
    gate: bool = False
    """Exit 3 unless the last model is not worse than the first."""
    margin: float = Field(default=MARGIN, ge=0, le=1)
    """How much worse still counts as not worse, as a share."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often an interval is to hold the truth."""

    def change(self, task: BenchTask) -> BenchTask:
        """The task with what the options say in its place."""
        prompts = {"prompts": self.prompt} if self.prompt else {}
        return self.put_over(task, **prompts, **({"most_tokens": self.max_tokens} if self.max_tokens else {}))


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """What came of a benchmark."""

    run: Run
    bout: BenchmarkPlan
    report: BenchReport
    """Accuracy of each model and paired differences to the first one, with intervals; `not_worse` is the gate."""


def benchmark(  # noqa: PLR0913 - each is a choice of its own
    task: BenchTask | str,
    models: Sequence[str],
    *,
    limit: int | None = None,
    folder: Path | str = ".",
    reading: Reading = "flexible",
    confidence: float = 0.95,
    margin: float = MARGIN,
    fresh: bool = False,
    watch: Watch = SILENT,
) -> BenchmarkResult:
    """Test models on the same problems, and compare each with the first one, problem by problem.

    Args:
        task: `sums`, `gsm8k`, a task file or a data file.
        models: Specs; the first one is the base.
        limit: Only the first problems.
        folder: In a project the run goes to the project's runs, elsewhere to `runs` in this folder.
        reading: `flexible` counts a right answer anywhere, `strict` one behind `####` alone.
        confidence: How often an interval is to hold the truth.
        margin: How much worse, as a share, still counts as not worse; it is kept with the run, for its report.
        fresh: Ask everything again.
        watch: Told how far it is.

    Raises:
        ProjectError: There are no problems, or a model is named twice.
        ModelError: A model cannot be used.
    """
    specs = each_once(models)
    wanted = read_task(task) if isinstance(task, str) else task
    if limit is not None:
        wanted = wanted.model_copy(update={"limit": limit})
    bout = replace(prepare(wanted, specs, home_of(Path(folder))), strict=reading == "strict")
    for line in (*bout.taken.lines(), bout.words):
        watch.tell(line)
    run, results, speeds = _run_bench(bout, watch, fresh=fresh)
    keep_comparison_choices(
        run, ComparisonChoices(confidence=confidence, reading=reading, margin=margin, models=tuple(specs))
    )
    return BenchmarkResult(run, bout, compare_models(results, specs, speeds, reading=reading, confidence=confidence))


@dataclass(frozen=True, slots=True)
class BenchmarkPlan:
    """All that a benchmark run rests on."""

    task: BenchTask
    problems: Sequence[Problem]
    """What is tested on."""
    prompts: tuple[Prompting, ...]
    """Those that are tried; where it is one, nothing is chosen."""
    choosing: Sequence[Problem]
    """What each model's prompt is chosen by."""
    specs: tuple[str, ...]
    home: Path
    """Relative model files start here, and runs go to its `runs`."""
    taken: Taken = field(default_factory=Taken)
    """Which columns of a file hold the questions and the answers."""
    strict: bool = False
    """Whether prompts are chosen by answers in the form that they asked for alone."""
    search: PromptSearch = field(default_factory=lambda: prompt_search("cuda"))
    """How much is spent on the choice: the same for every model."""

    @property
    def words(self) -> str:
        """What is chosen by what, in a sentence."""
        names = ", ".join(one.label for one in self.prompts)
        if len(self.prompts) == 1:
            return f"prompt: {names}, for every model; no other is tried"
        return (
            f"prompts: each model is tested under its best one of {names}; that is chosen on {len(self.choosing):,} "
            "problems whose questions the test does not hold"
        )

    def config(self) -> dict[str, Any]:
        """What the results depend on."""
        return {
            "task": self.task.model_dump(mode="json"),
            "problems": digest([problem.digest for problem in self.problems]),
            "prompting": [one.digest for one in self.prompts],
            "choosing": digest([problem.digest for problem in self.choosing]),
            "models": same_models(self.specs, self.home),
            # The base is asked under more prompts than the others, where prompts are chosen.
            **({"base": self.specs[0]} if self.choosing else {}),
            **({"strict": True} if self.choosing and self.strict else {}),
            # Choices are asked for as the prompt wants the answer, and shown in solved problems, too.
            **({"choices": "by letter"} if self.task.answers == "choice" else {}),
        }


def prepare(task: BenchTask, specs: tuple[str, ...], home: Path) -> BenchmarkPlan:
    """The problems and the prompts of a task.

    Args:
        task: What is asked.
        specs: The models.
        home: Where relative model files start.

    Raises:
        ProjectError: The problems, or those that the shots come from, cannot be had.
    """
    taken = Taken()
    in_parts = task.data in {"sums", "gsm8k"} or has_parts(typed_path(task.data))
    apart = not in_parts and task.choose_on is None and len(task.prompts) != 1
    # A set without parts is cut before it is limited, so that the limit counts what is tested.
    problems = task.problems("test", None if apart else task.limit, taken)
    if not problems:
        raise ProjectError(f"{task.data}: there are no problems")
    choosing: Sequence[Problem] = ()
    if task.choose_on is not None:
        named = {"question": task.question, "answer": task.answer, "solution": task.solution}
        columns = {} if task.choose_on in {"sums", "gsm8k"} else named
        choosing = BenchTask(data=task.choose_on, answers=task.answers, **columns).problems("test")
    elif in_parts:
        choosing = task.problems("choosing")
    elif apart:
        problems, choosing = apart_for_choosing(problems)
        problems = problems[: task.limit]
    asked = {one.plain_question for one in problems}
    choosing = [one for one in choosing if one.plain_question not in asked]
    search = prompt_search("cpu" if any(map(_on_processor, specs)) else "cuda")
    choosing = choosing[: enough_to_choose(len(problems), search)]
    prompts = _prompts(task, asked | {one.plain_question for one in choosing}, search)
    if not choosing and len(prompts) > 1:
        prompts = prompts[:1]
    choosing = choosing if len(prompts) > 1 else ()
    return BenchmarkPlan(task, problems, prompts, choosing, specs, home, taken, search=search)


def _on_processor(spec: str) -> bool:
    """Whether a model answers in this process without a GPU; llama.cpp's engine has one on Apple's machines alone."""
    if spec == "smollm2" or spec.startswith(("smollm2+", "gguf:")):
        return (platform.system(), platform.machine()) != ("Darwin", "arm64")
    return spec.startswith("hf:") and machine().gpu is None


def _prompts(task: BenchTask, asked: set[str], search: PromptSearch) -> tuple[Prompting, ...]:
    """The prompts that are tried, with shots from problems that are not asked.

    Raises:
        ProjectError: The task wants a number of shots that cannot be had.
    """
    # Where one prompt is named, nothing is chosen: not how many problems are shown, either.
    usual = (0,) if len(task.prompts) == 1 else search.shots
    shots = usual if task.shots is None else (task.shots,)
    # A file without a training part gives its shots out of the problems that are not asked.
    pool = (
        [problem for problem in task.problems("train") if problem.plain_question not in asked] if any(shots) else []
    )
    if task.shots:
        choose_shots(pool, task.shots, seed=task.shot_seed)  # says what is lacking
    found = candidates(pool, names=task.tried, shots=shots, own=task.system, shot_seed=task.shot_seed)
    if not found:
        raise ProjectError(
            "the prompt `own` is the system message of a task file, and this task has none; name another"
        )
    return found


def _run_bench(
    bout: BenchmarkPlan, watch: Watch, *, fresh: bool = False
) -> tuple[Run, list[Result], dict[str, AnswerSpeed]]:
    """Every model's results, asked for or out of a finished run."""
    step = open_step(bout.home / "runs", "bench", bout.config(), fresh=fresh, tell=watch.tell)
    speeds = read_speeds(step.run)
    watch.tell(step.line)

    def work(journal: Journal) -> Iterator[Result]:
        known: dict[str, list[str]] = {}
        wanted: list[Prompting] = []
        for place, spec in enumerate(bout.specs):
            with connect(_settings(spec, bout), folder=bout.home) as model:
                best, results, speed = _tested(model, spec, bout, journal, watch, every=not place)
            for line in dict.fromkeys(model.notes):
                watch.tell(f"note: {line}")
            if speed.calls:
                speeds[spec] = speed
                told = json.dumps({name: asdict(one) for name, one in speeds.items()})
                write_whole(step.run.folder / "speed.json", told)
            known[spec] = [one.label for one in best]
            wanted += best[:1] if place else ()
            yield from results
        base = bout.specs[0]
        # The base counts under every other model's best prompt, too.
        more = [one for one in dict.fromkeys(wanted) if one.label not in known[base]]
        if not more:
            return
        with connect(_settings(base, bout), folder=bout.home) as model:
            for several in _answers(model, base, more, bout, journal, watch)[0]:
                yield from several

    return step.run, run_step(step, Result, work), speeds


def _tested(
    model: Model, spec: str, bout: BenchmarkPlan, journal: Journal, watch: Watch, *, every: bool
) -> tuple[list[Prompting], list[Result], AnswerSpeed]:
    """A model's best prompts, with all answers to the test and those that chose the prompts, and the test's speed.

    Args:
        model: Who is tested.
        spec: What it is called.
        bout: The benchmark.
        journal: Knows what was answered before.
        watch: Told how far it is.
        every: Test it under the other prompts that cannot be told from the best, too, as a base is.
    """
    best, results = list(bout.prompts[:1]), list[Result]()
    if len(bout.prompts) > 1:
        best, results = _chosen(model, spec, bout, journal, watch)
    best = best[: bout.search.finalists] if every and len(bout.specs) > 1 else best[:1]
    tested, speed = _answers(model, spec, best, bout, journal, watch)
    return best, [*results, *(one for several in tested for one in several)], speed


def _chosen(
    model: Model, spec: str, bout: BenchmarkPlan, journal: Journal, watch: Watch
) -> tuple[list[Prompting], list[Result]]:
    """A model's best prompts, and the answers that chose them; the first prompt where it answers none of them."""
    search, answered = bout.search, list[Prompting]()
    limits = search.limits(bout.task.max_tokens, bout.task.last_limit)
    # As many answers as it makes side by side are asked for at once.
    wide = bool(search.one_round) and model.concurrency >= search.one_round

    def ask(prompts: Sequence[Prompting], problems: Sequence[Problem]) -> tuple[list[list[Result]], AnswerSpeed]:
        told, spent = list[list[Result]](), AnswerSpeed(0, 0, 0.0)
        for several in [prompts] if wide else [[one] for one in prompts]:
            names = ", ".join(one.label for one in several)
            with watch.progress(
                f"{spec}, trying the prompt {names}" if len(several) == 1 else f"{spec}, trying {names}"
            ) as progress:
                results, taken = answers_under(
                    model, problems, bout.task, several, limits=limits, journal=journal, progress=progress
                )
            answered.extend(several)
            told += results
            spent += taken
        return told, spent

    try:
        best, results, spent = try_prompts(
            ask,
            bout.prompts,
            bout.choosing,
            strict=bout.strict,
            one_round=search.one_round if wide else 0,
            tell=lambda line: watch.tell(f"{spec}: {line}"),
        )
    except IncompleteError as error:
        if answered or error.answered != 0:
            raise
        # Nothing came back: a recorded model, say, knows the problems of the test alone.
        watch.tell(f"{spec}: no prompt is chosen, as the model does not answer the problems for it ({error})")
        return list(bout.prompts[:1]), []
    watch.tell(f"{spec}: prompt {best[0].label}, chosen with {len(results):,} answers in {spent.seconds:.0f} s")
    return best, results


def _answers(
    model: Model, spec: str, ways: Sequence[Prompting], bout: BenchmarkPlan, journal: Journal, watch: Watch
) -> tuple[list[list[Result]], AnswerSpeed]:
    """The test under each prompt."""
    found, speed = list[list[Result]](), AnswerSpeed(0, 0, 0.0)
    # Without a GPU long answers are waited for once and not prompt by prompt.
    for several in [ways] if bout.search.one_round else [[one] for one in ways]:
        names = ", ".join(one.label for one in several)
        with watch.progress(spec if len(ways) == 1 else f"{spec}, {names}") as progress:
            results, taken = answers_under(
                model, bout.problems, bout.task, several, journal=journal, progress=progress
            )
        found += results
        speed += taken
    return found, speed


def _settings(spec: str, bout: BenchmarkPlan) -> ModelSettings:
    """The embedded engine gets many slots, each as long as the longest prompt may need."""
    if spec != "smollm2" and not spec.startswith("gguf:"):
        return settings_of(spec)
    longest = max(
        sum(len(message.content) + 32 for message in request.messages)
        for prompt in bout.prompts
        for request in requests([*bout.problems, *bout.choosing], bout.task, prompt)
    )
    # Two characters a token is fewer than any text of words and numbers has.
    context = -(-(longest // 2 + bout.task.last_limit) // 256) * 256
    return settings_of(spec, context=context, concurrency=max(2, min(_SLOTS, _SLOT_TOKENS // context)))


def keep_comparison_choices(run: Run, choices: ComparisonChoices) -> None:
    """Write beside a run how its results were compared, so that the report shows the same."""
    if not run.sealed:
        write_whole(run.folder / COMPARED, choices.model_dump_json() + "\n")


def read_comparison_choices(run: Run) -> ComparisonChoices:
    """How a run's results were compared last; the usual choices where the file is missing or torn."""
    try:
        return ComparisonChoices.model_validate_json((run.folder / COMPARED).read_bytes())
    except (OSError, ValueError):
        return ComparisonChoices()


def read_speeds(run: Run) -> dict[str, AnswerSpeed]:
    """How fast each model was, by its spec; what is not known is left out."""
    try:
        known = json.loads((run.folder / "speed.json").read_text(encoding="utf-8"))
        return {name: AnswerSpeed(**one) for name, one in known.items()}
    except (OSError, ValueError, TypeError):
        return {}  # how fast it was is no result: where the file is missing or torn, nothing is said
