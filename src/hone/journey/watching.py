"""How a step tells how far it is: bars on a terminal, nothing in a program, unless it is given something to tell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from hone.jobs.calls import Progress

Tell = Callable[[str], object]
"""Told something in words, one line at a time."""


def nothing(_: str) -> None:
    """Say nothing."""


def _no_bar(_: str) -> AbstractContextManager[Progress | None]:
    return nullcontext(None)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a step."""

    progress: Callable[[str], AbstractContextManager[Progress | None]] = _no_bar
    """Opens a bar under a title; what it gives is called after every answer."""
    fetch: Callable[[str], object] = nothing
    """Called with a model's spec before the model is opened: fetches its file with a bar."""
    tell: Tell = nothing


SILENT = Watch()
"""Nobody."""
