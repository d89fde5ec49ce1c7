"""Keeps transformers' progress bars and notes off the screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hone.extras import library


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars and notes off the screen while the block runs."""
    notes = library("transformers.utils.logging")
    level, bars = notes.get_verbosity(), notes.is_progress_bar_enabled()
    notes.set_verbosity_error()
    notes.disable_progress_bar()
    try:
        yield
    finally:
        notes.set_verbosity(level)
        if bars:
            notes.enable_progress_bar()
