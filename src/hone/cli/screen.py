"""What goes to the screen: results to standard output, progress and notes to standard error."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from pydantic import BaseModel
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from hone.cli.codes import INCOMPLETE
from hone.jobs import CallTally
from hone.journey.watching import Watch
from hone.models.hub import fetch
from hone.report.terminal import clean

_EVERY = 0.1
"""Seconds between two drawings of a progress bar."""


def out() -> Console:
    """The console for results. A pipe gets plain text of a fixed width, not of the terminal's."""
    console = Console(highlight=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, emoji=False, width=120)


def note(text: str) -> None:
    """One line beside the results."""
    Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True).print(clean(text))


def end_incomplete(missing: int, what: str, remedy: str) -> None:
    """End the command with the code for missing results, where some are missing.

    Args:
        missing: How many results are missing for the lack of a readable answer.
        what: What they are of, such as ``rows have no score``.
        remedy: What to do about it.

    Raises:
        SystemExit: Something is missing.
    """
    if missing:
        note(f"incomplete: {missing:,} {what}; {remedy} (exit code {INCOMPLETE})")
        raise SystemExit(INCOMPLETE)


def print_json(data: Any) -> None:
    """Results for programs: one JSON document on standard output."""
    click.echo(json.dumps(_jsonable(data), ensure_ascii=False, indent=2))


def _jsonable(data: Any) -> Any:
    """Domain data as JSON-serialisable data."""
    if isinstance(data, BaseModel):
        return data.model_dump(mode="json")
    if isinstance(data, dict):
        return {key: _jsonable(value) for key, value in data.items()}
    return [_jsonable(value) for value in data] if isinstance(data, Iterable) and not isinstance(data, str) else data


def _fetch_first(spec: str) -> None:
    """Fetch the file of a hub's model with a bar, where it is not there yet; other specs need nothing."""
    name = spec.removeprefix("gguf:").partition("+")[0]
    if not name.startswith("hf://"):
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as bar:
        task = bar.add_task("fetching", total=None)
        fetch(name, lambda there, size: bar.update(task, completed=there, total=size))


@contextmanager
def progress_bar(title: str) -> Iterator[Any]:
    """A bar on standard error that follows a `Tally`; gives the function to call with it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}"),
    )
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as bar:
        task = bar.add_task(title, total=None, detail="")

        shown = 0.0

        def show(tally: CallTally) -> None:
            nonlocal shown
            now = time.monotonic()
            if now - shown < _EVERY and tally.done != tally.total:
                return  # thousands of rows a second: drawing each would cost more than scoring it
            shown = now
            parts = []
            if tally.reused:
                parts.append(f"{tally.reused} from the journal")
            if tally.failed:
                parts.append(f"{tally.failed} failed")
            bar.update(task, total=tally.total, completed=tally.done, detail=", ".join(parts))

        yield show


SCREEN = Watch(progress_bar, _fetch_first, note)
"""Bars and notes on standard error."""
