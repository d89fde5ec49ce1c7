"""The one life of a run: what it depends on, opening it, finding it finished, asking with a journal, results last.

It stands in `journey` and not in `project`: a step asks with a journal, which `jobs` keeps, and `jobs` stands above
`project`. What a run folder is, and when one can go on, stays in `project/runs`; every verb opens its runs here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from hone.domain.base import digest
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import Item
from hone.errors import ProjectError, RunBusyError, RunError
from hone.files import locked
from hone.jobs import Journal
from hone.journey.watching import Tell
from hone.models.spec import check_spec, settings_of
from hone.project import Project, Run
from hone.project.folder import WorkingFolder
from hone.project.runs import FILES, open_run
from hone.spelling import option
from hone.weights.content import content

T = TypeVar("T", bound=BaseModel)
_KEYS = 5
"""Changed keys that are named; of a changed file of items there may be thousands."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step whose run is open."""

    run: Run
    before: bool
    """Whether the run had been finished before."""
    fresh: bool
    """Whether answers of other runs do not count."""
    tell: Tell

    @property
    def line(self) -> str:
        """Where the run lies, and that nothing was asked where it had been finished before."""
        return self.told()

    def told(self, *, again: bool | None = None, also: str = "", tuned: bool = False) -> str:
        """Where the run lies, and whether anything was done again.

        Args:
            again: Whether nothing was asked; where the run had been finished before, by default.
            also: What else asks again, behind the flag.
            tuned: Whether the step tunes and asks nothing.
        """
        if not (self.before if again is None else again):
            return f"run: {self.run.folder}"
        if tuned:
            return f"run: {self.run.folder}; it had been finished before ({option('fresh', True)} tunes again)"
        return f"run: {self.run.folder}; nothing was asked again ({option('fresh', True)} asks again{also})"

    @contextmanager
    def journal(self, *, readonly: bool = False) -> Iterator[Journal]:
        """The journal while the step asks; where nothing is in it when the block fails, the run's folder is removed.

        Args:
            readonly: Write nothing.

        Raises:
            RunBusyError: Another process is writing it.
            FileFormatError: A line other than the last does not read.
            RunError: It cannot be opened.
        """
        run = self.run
        try:
            with Journal(
                run.journal,
                index=run.index,
                reuse=not self.fresh,
                readonly=readonly,
                asked=run.asked,
                keeps_known=not self.before,  # of a finished run, what was known then is kept already
            ) as journal:
                told = len(journal.notes)
                self._tell_notes(journal.notes)
                yield journal
                self._tell_notes(journal.notes[told:])
        except RunBusyError:
            raise  # what is empty still is another's
        except BaseException:
            if run.blank and not run.shards.exists():
                shutil.rmtree(run.folder, ignore_errors=True)
            raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out of a run that has no journal.

        Raises:
            RunBusyError: Another process is writing it.
            RunError: It cannot be locked.
        """
        with locked(self.run.lock, patience=0, kind=RunError, busy=RunBusyError, what=self.run.folder.name):
            yield

    def drop_unanswered(self) -> bool:
        """Remove a run whose results hold no answer at all, because not one call succeeded; says whether it did."""
        run = self.run
        if run.sealed or not run.journal.exists() or run.journal.stat().st_size:
            return False
        shutil.rmtree(run.folder, ignore_errors=True)
        return True

    def _tell_notes(self, notes: list[str]) -> None:
        for note in dict.fromkeys(notes):
            self.tell(f"note: {note}")


def open_step(runs: Path, verb: str, config: Mapping[str, Any], *, fresh: bool, tell: Tell) -> Step:
    """Open the run of a step: the one to go on with, a finished one, or a new one.

    Args:
        runs: The folder of the runs.
        verb: What the step does.
        config: All that its results depend on; see `step_config`.
        fresh: Start a new run even where one could go on, and ask everything again.
        tell: Told of an index that was rebuilt, and of damaged lines in other runs' journals.

    Raises:
        RunBusyError: The latest run is being written by another process.
    """
    run = open_run(runs, verb, config, fresh=fresh)
    if run.changed:
        tell(f"note: {_what_changed(run)}")
    return Step(run, run.finished, fresh, tell)


def _what_changed(run: Run) -> str:
    keys = ", ".join(run.changed[:_KEYS])
    more = f" and {len(run.changed) - _KEYS} more" if len(run.changed) > _KEYS else ""
    return f"a new run, as {keys}{more} changed since {run.instead_of}; answers that still fit are not asked again"


def run_step(step: Step, kind: type[T], work: Callable[[Journal], Iterable[T]]) -> list[T]:
    """The results of a step: out of a finished run, or asked for and then kept as a whole.

    Args:
        step: The step.
        kind: What a result is.
        work: Asks, with the run's journal; called where the run is not finished.
    """
    if step.before:
        return step.run.read(kind)
    with step.journal() as journal:
        results = list(work(journal))
    step.run.finish(results)
    return results


def home_of(folder: Path) -> Path:
    """Where runs go, to its `runs`, and relative files start: the project that a folder lies in, else the folder."""
    found = Project.around(folder)
    return folder if found is None else found.folder


def place_of(folder: Path, **needed: object) -> Project:
    """The project that a folder is or lies in; where there is none, the folder alone.

    Args:
        folder: The folder.
        needed: What a project would say and must be given without one, by the option's name; ``data`` is typed alone.

    Raises:
        ProjectError: There is no project, and one of those is not given.
    """
    found = Project.around(folder)
    if found is not None:
        return found
    missing = ["DATA" if name == "data" else option(name) for name, value in needed.items() if not value]
    if missing:
        raise ProjectError(
            f"no Hone project in {folder.resolve()} or above it; without one, give {', '.join(missing)} too, or make "
            "one with: hone init FOLDER"
        )
    return WorkingFolder(folder)


def each_once(specs: Sequence[str]) -> tuple[str, ...]:
    """Models that are tested beside each other.

    Raises:
        ProjectError: There is none, or one stands twice.
    """
    if len(set(specs)) < len(specs) or not specs:
        raise ProjectError("name one model or more, each once; their results could not be told apart")
    return tuple(specs)


def judges_named(specs: Sequence[str], project: Project) -> tuple[ModelSettings, ...]:
    """The judges that somebody named, several of them a panel; the project's where nobody did.

    Raises:
        SpecError: One names no model.
    """
    judges = tuple(settings_of(spec) for spec in specs) or (project.settings.models.judge,)
    for judge in judges:
        check_spec(judge.model)
    return judges


def panel_parts(judges: Sequence[ModelSettings]) -> dict[str, ModelSettings]:
    """What a run's results depend on by its judges, for the run's config."""
    return {f"judge {number}" if number > 1 else "judge": judge for number, judge in enumerate(judges, 1)}


def same_models(specs: Sequence[str], folder: Path) -> dict[str, str]:
    """What tells models of the same name apart: the digest of each one's files, empty where it has none here.

    Args:
        specs: The models.
        folder: Where relative files start.

    Raises:
        SpecError: One names no model, so that a mistyped one makes no run.
    """
    for spec in specs:
        check_spec(spec)
    return {spec: content(spec, folder) for spec in specs}


def step_config(project: Project, **parts: Any) -> dict[str, Any]:
    """All that a step's results depend on, as plain data; a model is the same where its files hold the same."""
    # The language's words count where they are said: behind those of the system prompt. Problems, and questions
    # that others ask, are not put here. What a judge of one's own is asked with stands in its folder; what refines a
    # rubric, or has the judge answer first, in the runs that do.
    left_out = {"language", "boxed", "decide", "levels", "strict", "refine", "commit"}
    if any(isinstance(part, Judging) and part.commit_first for part in parts.values()):
        left_out.remove("commit")
    prompts = {name: digest(prompt.text) for name, prompt in project.prompts.items() if name not in left_out}
    task = {"task": project.settings.task.model_dump(mode="json")} if project.with_task else {}
    return {**task, **{name: _data(part, project.folder) for name, part in parts.items()}, "prompts": prompts}


def _data(value: Any, folder: Path) -> Any:
    if isinstance(value, ModelSettings):
        held = same_models((value.model,), folder)[value.model]
        return value.identity | ({FILES: held} if held else {})
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _data(part, folder) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return {entry.id: digest(entry.model_dump()) for entry in value if isinstance(entry, Item)}
    return value
