"""The journal of a step's run: what it has to say is told, and a start that failed leaves no folder behind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from hone.errors import RunBusyError
from hone.jobs import Journal
from hone.journey.watching import Tell
from hone.project import Run


@contextmanager
def open_journal(run: Run, tell: Tell, *, fresh: bool = False, readonly: bool = False) -> Iterator[Journal]:
    """The journal of a run while a step works.

    Args:
        run: The run; where nothing is in its journal when the block fails, its folder is removed.
        tell: Told of an index that was rebuilt, and of damaged lines in other runs' journals.
        fresh: Answers of other runs do not count.
        readonly: Write nothing.

    Raises:
        RunBusyError: Another process is writing it.
        FileFormatError: A line other than the last does not read.
        RunError: It cannot be opened.
    """
    try:
        with Journal(run.journal, index=run.index, reuse=not fresh, readonly=readonly) as journal:
            told = len(journal.notes)
            _tell(journal.notes, tell)
            yield journal
            _tell(journal.notes[told:], tell)
    except RunBusyError:
        raise  # what is empty still is another's
    except BaseException:
        _drop_if_empty(run)
        raise


def _drop_if_empty(run: Run) -> None:
    """Remove a run's folder where nothing was journalled and there are no results."""
    if run.blank and not run.shards.exists():
        shutil.rmtree(run.folder, ignore_errors=True)


def drop_unanswered(run: Run) -> bool:
    """Remove a run whose results hold no answer at all, because not one call succeeded; says whether it did."""
    if run.sealed or not run.journal.exists() or run.journal.stat().st_size:
        return False
    shutil.rmtree(run.folder, ignore_errors=True)
    return True


def _tell(notes: list[str], tell: Tell) -> None:
    for note in dict.fromkeys(notes):
        tell(f"note: {note}")
