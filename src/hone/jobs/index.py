"""Where each answer stands in the journals: in memory for one run, in a file for all runs of a project.

The journals are the truth and the index is made from them: what it lacks after a crash is read again from the
journal, and an index that is damaged or lost is made anew.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from hone.errors import HoneError
from hone.files import make_private
from hone.jobs.sieve import Sieve

_BATCH = 2000
"""Places written at once: an open transaction would keep other processes waiting, so there is never one for long."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a journal: offset and length in bytes; no journal means the run's own."""

    start: int
    length: int
    journal: Path | None = None


class Places:
    """The places of one run, in memory."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    def indexed(self, size: int) -> int:  # noqa: ARG002
        """Nothing is known before the journal is read."""
        return 0

    def get(self, key: str) -> Place | None:
        """Where the answer to what has this key stands, or none."""
        return self._places.get(key)

    def put(self, key: str, start: int, length: int) -> None:
        """Note a line of the run's own journal."""
        self._places[key] = Place(start, length)

    def close(self) -> None:
        """Nothing to close."""


class Index:
    """The places of all runs, in an SQLite file; memory stays the same however many there are.

    What another process adds after this one opened the file is not looked for.

    Args:
        path: The index file.
        journal: The run's own journal.
        reuse: Whether places in other journals count.
    """

    def __init__(self, path: Path, journal: Path, *, reuse: bool) -> None:
        self._folder, self._own, self._reuse = path.parent, journal.relative_to(path.parent).as_posix(), reuse
        self._pending: dict[str, tuple[int, int]] = {}
        self._sieve = Sieve()
        self._end = 0
        try:
            self._open(path)
        except sqlite3.DatabaseError:
            path.unlink(missing_ok=True)
            self._open(path)

    def __len__(self) -> int:
        self._flush()
        found = self._database.execute("SELECT count(*) FROM answers WHERE journal = ?", (self._own,)).fetchone()
        return int(found[0])

    def indexed(self, size: int) -> int:
        """How many bytes of the run's own journal, which has this size, are indexed."""
        row = self._database.execute("SELECT indexed FROM journals WHERE name = ?", (self._own,)).fetchone()
        known = int(row[0]) if row else 0
        if known > size:  # the journal was cut by hand: what stood behind the cut is no longer there
            with self._database as transaction:
                transaction.execute("DELETE FROM answers WHERE journal = ?", (self._own,))
            known = 0
        self._end = known
        return known

    def get(self, key: str) -> Place | None:
        """Where the answer to what has this key stands, or none; the run's own answer first."""
        if key not in self._sieve:
            return None
        if key in self._pending:
            return Place(*self._pending[key])
        rows = self._database.execute("SELECT journal, start, length FROM answers WHERE key = ?", (key,)).fetchall()
        for journal, start, length in rows:
            if journal == self._own:
                return Place(start, length)
        if rows and self._reuse:
            journal, start, length = rows[-1]
            return Place(start, length, self._folder / journal)
        return None

    def put(self, key: str, start: int, length: int) -> None:
        """Note a line of the run's own journal."""
        self._sieve.put(key)
        self._pending[key] = (start, length)
        self._end = start + length
        if len(self._pending) >= _BATCH:
            self._flush()

    def close(self) -> None:
        """Write what is pending and close the file."""
        with contextlib.suppress(sqlite3.Error):  # a full disk: the journal has it all
            self._flush()
        self._database.close()

    def _open(self, path: Path) -> None:
        with contextlib.suppress(HoneError):  # SQLite says what is wrong with the place
            make_private(path)
        self._database = sqlite3.connect(path, timeout=60, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(
            "CREATE TABLE IF NOT EXISTS answers (key TEXT, journal TEXT, start INTEGER, length INTEGER,"
            " PRIMARY KEY (key, journal)) WITHOUT ROWID;"
            "CREATE TABLE IF NOT EXISTS journals (name TEXT PRIMARY KEY, indexed INTEGER) WITHOUT ROWID;"
        )
        for (key,) in self._database.execute("SELECT key FROM answers"):
            self._sieve.put(key)

    def _flush(self) -> None:
        if not self._pending:
            return
        rows = [(key, self._own, start, length) for key, (start, length) in self._pending.items()]
        with self._database as transaction:
            transaction.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)
            transaction.execute("INSERT OR REPLACE INTO journals VALUES (?, ?)", (self._own, self._end))
        self._pending.clear()
