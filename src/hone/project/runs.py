"""Run folders: ``runs/<time>-<verb>-<digest>/`` with the resolved config, the journal and the results.

A run is finished when its ``results.jsonl`` is there, which is written last and as a whole. An unfinished run goes on
where it stopped, unless its config changed: then a new run starts, which knows the keys that changed. The answers of
the earlier one stay in its journal, and those that still fit are found there.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO, TypeVar

from pydantic import BaseModel

from hone.domain.base import digest
from hone.errors import ProjectError, RunBusyError
from hone.files import holder_of, locked, make_folder, may_write, text_written_whole, write_whole
from hone.project.files import load_document, read_lines, write_lines, write_yaml

T = TypeVar("T", bound=BaseModel)
FILES = "files"
"""The key, in the config of a run, of what the files of a model hold."""
_STAMP = len("20260101T120000000")
_STARTING = 60.0
"""Seconds in which a run that has no answer yet may still be about to begin."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run folder."""

    folder: Path
    verb: str
    config: Mapping[str, Any]
    """What was resolved when the run was started: task, rubric, items, models, sampling, prompts."""
    resumed: bool = False
    """Whether it was there before."""
    instead_of: str = ""
    """Of a new run, the name of the one before it, where that one was made with another config."""
    changed: tuple[str, ...] = ()
    """The dotted keys in which the two configs differ."""

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.jsonl"

    @property
    def results(self) -> Path:
        """The results' file, which is there once the run is finished."""
        return self.folder / "results.jsonl"

    @property
    def finished(self) -> bool:
        """Whether all results are written."""
        return self.results.exists()

    @property
    def lock(self) -> Path:
        """The file whose lock the process holds that writes this run."""
        return self.folder / f".{self.journal.name}.lock"

    @property
    def sealed(self) -> bool:
        """Whether it is finished and lies where nothing can be written: it can be shown, and not gone on with."""
        return self.finished and not may_write(self.folder)

    @property
    def age(self) -> float:
        """Seconds since it was started, as the files tell."""
        try:
            return time.time() - (self.folder / "config.yaml").stat().st_mtime
        except OSError:
            return 0.0

    @property
    def blank(self) -> bool:
        """Whether it was stopped before the first answer: its journal is empty, and there are no results."""
        try:
            return not self.finished and self.journal.stat().st_size == 0
        except OSError:
            return False

    @property
    def index(self) -> Path:
        """Where the answers of all runs of the project are indexed."""
        return self.folder.parent / "index.db"

    @property
    def asked(self) -> Path:
        """Where what was asked is kept, so that a call can be shown whole."""
        return self.folder / "asked.jsonl"

    @property
    def shards(self) -> Path:
        """Where a run that several processes share keeps its pieces while it is under way."""
        return self.folder / "shards"

    @property
    def incomplete(self) -> str | None:
        """Why the same command should ask again for what has no result, or none."""
        path = self.folder / "incomplete.txt"
        return path.read_text(encoding="utf-8").strip() if path.exists() else None

    def mark(self, incomplete: str | None) -> None:
        """Note why results are missing, or that none are."""
        path = self.folder / "incomplete.txt"
        if incomplete is None:
            path.unlink(missing_ok=True)
        else:
            write_whole(path, incomplete + "\n")

    @contextmanager
    def writing(self) -> Iterator[TextIO]:
        """A stream for the results, which take their place when the block ends well."""
        with text_written_whole(self.results) as stream:
            yield stream

    def finish(self, results: Iterable[BaseModel]) -> None:
        """Write the results, which ends the run."""
        write_lines(self.results, results)

    def read(self, kind: type[T]) -> list[T]:
        """The results.

        Raises:
            FileFormatError: A line does not fit.
        """
        return [entry for _, entry in read_lines(self.results, kind)]


@dataclass(frozen=True, slots=True)
class Broken:
    """A run folder that cannot be used."""

    folder: Path
    problem: str


def every_run(runs: Path) -> tuple[list[Run], list[Broken]]:
    """Every run of a project, latest first, and the folders that cannot be read as one.

    Args:
        runs: The project's ``runs`` folder.
    """
    found: list[Run] = []
    broken: list[Broken] = []
    for folder in sorted((path for path in runs.glob("*") if path.is_dir()), reverse=True):
        parts = folder.name.split("-")
        try:
            if len(parts) != 3:
                raise ProjectError("not named <time>-<verb>-<digest>")
            config = load_document(folder / "config.yaml").get("config")
            if not isinstance(config, Mapping):
                raise ProjectError("config.yaml has no `config`")
            found.append(Run(folder, parts[1], config, resumed=True))
        except ProjectError as error:
            broken.append(Broken(folder, str(error)))
    return found, broken


def open_run(runs: Path, verb: str, config: Mapping[str, Any], *, fresh: bool = False) -> Run:
    """The run to go on with, or a new one.

    Args:
        runs: The project's ``runs`` folder.
        verb: What the run does.
        config: All that its results depend on, JSON-serialisable.
        fresh: Start a new run even where one could go on.

    Returns:
        The latest run of this verb where its config is the same, finished or not; else a new run.

    Raises:
        RunBusyError: It is being written by another process.
    """
    latest = latest_run(runs, verb)
    if latest and not fresh and not _changed(latest.config, config):
        return latest
    with locked(runs / ".runs.lock"):  # of two processes that start at once, the second finds the first one's run
        return _opened(runs, verb, config, fresh=fresh)


def _opened(runs: Path, verb: str, config: Mapping[str, Any], *, fresh: bool) -> Run:
    latest = latest_run(runs, verb)
    changed: list[str] = []
    if latest and not fresh:
        changed = _changed(latest.config, config)
        if not changed:
            return latest
        if not latest.finished and (holder := holder_of(latest.lock)):
            raise RunBusyError(f"{latest.folder.name} is being written by {holder}; wait for it, or end it")
    said = latest is not None and not latest.blank
    if latest and latest.blank and latest.age > _STARTING and not holder_of(latest.lock):
        shutil.rmtree(latest.folder, ignore_errors=True)
    made = _create(runs, verb, config)
    return (
        replace(made, instead_of=latest.folder.name, changed=tuple(changed)) if latest and said and changed else made
    )


def latest_run(runs: Path, verb: str, *, finished: bool = False) -> Run | None:
    """The latest run of a verb, or none.

    Args:
        runs: The project's ``runs`` folder.
        verb: What the run does.
        finished: Pass over runs that are not finished.
    """
    return next((run for run in _runs(runs, verb) if run.finished or not finished), None)


def finished_runs(runs: Path, verb: str) -> Iterator[Run]:
    """The finished runs of a verb, latest first, each opened when it is asked for."""
    return (run for run in _runs(runs, verb) if run.finished)


def _runs(runs: Path, verb: str) -> Iterator[Run]:
    """The runs of a verb, latest first. A folder without a config was never started."""
    for folder in sorted(runs.glob(f"*-{verb}-*"), reverse=True):
        config = folder / "config.yaml"
        if config.exists():
            yield Run(folder, verb, load_document(config).get("config", {}), resumed=True)


def _create(runs: Path, verb: str, config: Mapping[str, Any]) -> Run:
    now = datetime.now(UTC)
    # Names sort by time, and the last is the latest: also after the clock was put back.
    after = max((path.name[:_STAMP] for path in runs.glob(f"*-{verb}-*") if _time_of(path.name)), default="")
    stamp = max(f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}", after)
    for attempt in range(1000):
        name = f"{_later(stamp, attempt)}-{verb}-{digest(config)[:8]}"
        try:
            make_folder(runs / name, new=True)
        except FileExistsError:
            continue
        run = Run(runs / name, verb, config)
        write_yaml(
            run.folder / "config.yaml", {"verb": verb, "started": f"{now:%Y-%m-%dT%H:%M:%SZ}", "config": config}
        )
        return run
    raise ProjectError(f"{runs}: no free name for a run")


def _later(stamp: str, milliseconds: int) -> str:
    """A time in a run's name, some milliseconds later."""
    then = (_time_of(stamp) or datetime.now(UTC)) + timedelta(milliseconds=milliseconds)
    return f"{then:%Y%m%dT%H%M%S}{then.microsecond // 1000:03d}"


def _time_of(name: str) -> datetime | None:
    """The time that a run's name begins with; none for a folder of another name."""
    try:
        return datetime.strptime(f"{name[:_STAMP]}000", "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    except ValueError:
        return None


def _changed(old: Any, new: Any, key: str = "") -> list[str]:
    """The dotted keys that differ."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = dict.fromkeys([*old, *new])
        return [
            name
            for part in keys
            for name in _changed(old.get(part), new.get(part), f"{key}.{part}" if key else str(part))
        ]
    # What files hold was not written down by version 0.1.
    return [] if old == new or (old is None and key.endswith(f".{FILES}")) else [key]
