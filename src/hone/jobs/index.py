"""Where each answer stands in the journals: in memory for one run, in a file for all runs of a project.

The journals are the truth and the index is made from them: what it lacks is read again from the journals, also from
those of runs that were killed. Whoever opens it reads every row of it, and holds the sum of their checksums against
the one that was kept; an index that is damaged or lost is rebuilt, so that it never costs a call.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson

from hone.errors import FileFormatError, HoneError
from hone.files import make_private
from hone.jobs.sieve import Sieve

T = TypeVar("T")
_FAILURES = (sqlite3.Error, UnicodeDecodeError)
"""What a file that is damaged or cannot be written raises; the second where SQLite quotes a damaged schema."""
_BATCH = 2000
"""Places written at once: an open transaction would keep other processes waiting, so there is never one for long."""
_VERSION = 2
"""Of the tables; an index of another version is rebuilt."""
_SMALL = 8192
"""Pages up to which SQLite's own check is made, too: it sees free pages that are none."""
_TABLES = (
    "CREATE TABLE IF NOT EXISTS answers (key TEXT, journal TEXT, start INTEGER, length INTEGER,"
    " PRIMARY KEY (key, journal)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS journals (name TEXT PRIMARY KEY, indexed INTEGER, total INTEGER, seal INTEGER)"
    " WITHOUT ROWID;"
    f"PRAGMA user_version = {_VERSION};"
)


class _DamagedError(Exception):
    """The index does not hold what was written into it."""


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """A line of a journal: offset and length in bytes; no journal means the run's own."""

    start: int
    length: int
    journal: Path | None = None


class Places:
    """The places of one run, in memory."""

    def __init__(self) -> None:
        self._places: dict[str, JournalPlace] = {}
        self.notes: list[str] = []

    def __len__(self) -> int:
        return len(self._places)

    def indexed(self, size: int) -> int:  # noqa: ARG002
        """Nothing is known before the journal is read."""
        return 0

    def get(self, key: str) -> JournalPlace | None:
        """Where the answer to what has this key stands, or none."""
        return self._places.get(key)

    def put(self, key: str, start: int, length: int) -> None:
        """Note a line of the run's own journal."""
        self._places[key] = JournalPlace(start, length)

    def renew(self) -> None:
        """The places stand in memory, so it is the journal that changed."""

    def close(self) -> None:
        """Nothing to close."""


class Index:
    """The places of all runs, in an SQLite file; memory stays the same however many there are.

    What another process adds after this one opened the file is not looked for. Where the file cannot be written, the
    index stands in memory.

    Args:
        path: The index file.
        journal: The run's own journal.
        reuse: Whether places in other journals count.
    """

    def __init__(self, path: Path, journal: Path, *, reuse: bool) -> None:
        self._path, self._folder, self._reuse = path, path.parent, reuse
        self._own = journal.relative_to(path.parent).as_posix()
        self._pending: dict[str, tuple[int, int]] = {}
        self._sieve = Sieve()
        self._again: set[str] = set()
        self._written: tuple[int, int] | None = None
        self._end = 0
        self.notes: list[str] = []
        """What a person should know: that it was rebuilt, and lines of other journals that do not read."""
        try:
            self._open(path)
            self._check()
        except (*_FAILURES, _DamagedError) as error:
            if not _is_busy(error):
                self._say_renewed(error)
            self._start_anew(keep_file=_is_busy(error))
        if reuse:
            self._safely(self._read_others)

    def __len__(self) -> int:
        def count() -> int:
            self._flush()
            return int(
                self._database.execute("SELECT count(*) FROM answers WHERE journal = ?", (self._own,)).fetchone()[0]
            )

        return self._safely(count)

    def indexed(self, size: int) -> int:
        """How many bytes of the run's own journal, which has this size, are indexed."""
        self._end = self._safely(lambda: self._known(self._own, size))
        return self._end

    def get(self, key: str) -> JournalPlace | None:
        """Where the answer to what has this key stands, or none; the run's own answer first."""
        if key not in self._sieve:
            return None
        if key in self._pending:
            return JournalPlace(*self._pending[key])
        rows = self._safely(lambda: self._rows(key))
        for journal, start, length in rows:
            if journal == self._own:
                return JournalPlace(start, length)
        if rows and self._reuse:
            journal, start, length = rows[-1]
            return JournalPlace(start, length, self._folder / journal)
        return None

    def put(self, key: str, start: int, length: int) -> None:
        """Note a line of the run's own journal."""
        if key in self._sieve:
            self._again.add(key)
        self._sieve.put(key)
        self._pending[key] = (start, length)
        self._end = start + length
        if len(self._pending) >= _BATCH:
            self._safely(self._flush)

    def renew(self) -> None:
        """Make the index anew from all journals, as after a line that is not where it should be.

        Raises:
            FileFormatError: A line of the run's own journal does not read.
        """
        self._start_anew()
        self._read_all()

    def close(self) -> None:
        """Write what is pending and close the file."""
        with contextlib.suppress(*_FAILURES):  # a full disk: the journal has it all
            self._flush()
        self._database.close()

    def _safely(self, work: Callable[[], T]) -> T:
        """Do it; where the file turns out to be damaged or cannot be written, once more with a new index."""
        try:
            return work()
        except _FAILURES as error:
            self._say_renewed(error)
            self._start_anew(keep_file=_is_busy(error))
            self._read_all()
            return work()

    def _say_renewed(self, error: Exception) -> None:
        note = f"{self._path}: damaged ({error}); it was rebuilt from the journals, and no answer is lost"
        if str(error) != _OLDER and note not in self.notes:
            self.notes.append(note)

    def _open(self, path: Path | str) -> None:
        if isinstance(path, Path):
            with contextlib.suppress(HoneError):  # SQLite says what is wrong with the place
                make_private(path)
        self._close_file()  # of an attempt that failed
        self._database = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        tables = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and version != _VERSION:
            raise _DamagedError(_OLDER if version == 0 else f"version {version}")
        if not tables:
            self._database.executescript(_TABLES)

    def _close_file(self) -> None:
        if hasattr(self, "_database"):
            with contextlib.suppress(*_FAILURES):
                self._database.close()

    def _start_anew(self, *, keep_file: bool = False) -> None:
        """An empty index in place of the file; in memory where that cannot be."""
        self._close_file()
        self._sieve, self._written = Sieve(), None
        try:
            if keep_file:
                raise sqlite3.OperationalError("another process holds it")
            for end in ("", "-wal", "-shm", "-journal"):  # an old log would be played back into the new file
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
            self._open(self._path)
        except (OSError, *_FAILURES, _DamagedError):
            self._open(":memory:")

    def _check(self) -> None:
        """Read every row: put its key into the sieve, and its checksum to the sum of its journal.

        Raises:
            _DamagedError: Rows are missing, changed or out of order.
        """
        sums: dict[str, int] = {}
        last = ("", "")
        self._database.execute("BEGIN")
        for key, journal, start, length in self._database.execute("SELECT key, journal, start, length FROM answers"):
            if not (isinstance(key, str) and isinstance(journal, str)) or (key, journal) <= last:
                raise _DamagedError("rows out of order")
            last = (key, journal)
            sums[journal] = sums.get(journal, 0) + _checksum(key, journal, start, length)
            self._sieve.put(key)
        kept = self._database.execute("SELECT name, indexed, total, seal FROM journals").fetchall()
        self._database.execute("COMMIT")
        if any(_checksum(name, indexed, total) != seal for name, indexed, total, seal in kept):
            raise _DamagedError("a journal's entry is not what was written")
        if {name: total for name, _, total, _ in kept if total} != sums:
            raise _DamagedError("rows are missing or changed")
        if self._database.execute("PRAGMA page_count").fetchone()[0] <= _SMALL:
            found = self._database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise _DamagedError(" ".join(str(found).split())[:80])

    def _rows(self, key: str) -> list[tuple[str, int, int]]:
        return self._database.execute("SELECT journal, start, length FROM answers WHERE key = ?", (key,)).fetchall()

    def _known(self, name: str, size: int) -> int:
        """How many bytes of a journal of this size are indexed; one that was cut by hand counts as new."""
        row = self._database.execute("SELECT indexed FROM journals WHERE name = ?", (name,)).fetchone()
        known = int(row[0]) if row else 0
        if known > size:
            self._forget(name)
            return 0
        return known

    def _forget(self, name: str) -> None:
        with self._transaction():
            self._database.execute("DELETE FROM answers WHERE journal = ?", (name,))
            self._database.execute("DELETE FROM journals WHERE name = ?", (name,))

    def _read_all(self) -> None:
        """Index every journal of the folder, the run's own up to where it has come."""
        if self._end:
            self._pending.clear()
            self._read_lines(self._own, 0, self._end)
        if self._reuse:
            self._read_others()

    def _read_others(self) -> None:
        """Index what other journals hold and the index lacks, as after a kill, and forget journals that are gone."""
        there = {path.relative_to(self._folder).as_posix(): path for path in self._folder.glob("*/journal.jsonl")}
        for (name,) in self._database.execute("SELECT name FROM journals").fetchall():
            if name not in there and name != self._own:
                self._forget(name)
        for name, path in sorted(there.items()):
            if name == self._own:
                continue
            with contextlib.suppress(OSError):  # another run's journal that may not be read, or was just removed
                size = path.stat().st_size
                start = self._known(name, size)
                if start < size:
                    self._read_lines(name, start, size)

    def _read_lines(self, name: str, start: int, end: int) -> None:
        """Index the lines of a journal between two places; damaged lines of another run's are noted."""
        places: dict[str, tuple[int, int]] = {}
        notes = None if name == self._own else self.notes
        for key, place in _lines(self._folder / name, start, end, notes):
            places[key], start = place, sum(place)
            self._sieve.put(key)
            if len(places) >= _BATCH:
                self._write(name, places, start)
                places.clear()
        self._write(name, places, start)

    def _flush(self) -> None:
        if self._pending:
            self._write(self._own, self._pending, self._end)
            self._pending.clear()

    def _write(self, name: str, places: Mapping[str, tuple[int, int]], indexed: int) -> None:
        """Add places of a journal, and keep the sum of its checksums; another process may have added some before."""
        with self._transaction():
            row = self._database.execute("SELECT indexed, total FROM journals WHERE name = ?", (name,)).fetchone()
            total = int(row[1]) if row else 0
            # Where nobody else added to this journal's rows, only keys that were put before can be there already.
            alone = name == self._own and row == self._written
            for key in self._again & places.keys() if alone else places:
                old = self._database.execute(
                    "SELECT start, length FROM answers WHERE key = ? AND journal = ?", (key, name)
                ).fetchone()
                total -= _checksum(key, name, *old) if old else 0
            total += sum(_checksum(key, name, *place) for key, place in places.items())
            rows = ((key, name, start, length) for key, (start, length) in places.items())
            self._database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", rows)
            self._database.execute(
                "INSERT OR REPLACE INTO journals VALUES (?, ?, ?, ?)",
                (name, indexed, total, _checksum(name, indexed, total)),
            )
        if name == self._own:
            self._written = (indexed, total)
            self._again.clear()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with contextlib.suppress(*_FAILURES):
                self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


_OLDER = "of an older version"


def read_key(line: bytes) -> str:
    """The key of a journal's line.

    Raises:
        ValueError: The line is damaged.
    """
    try:
        entry: Any = orjson.loads(line)
    except ValueError:
        try:
            entry = json.loads(line)  # infinities, which only the standard library reads
        except RecursionError as error:
            raise ValueError("nested without end") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "answer" not in entry:
        raise ValueError("no key and answer")
    return str(entry["key"])


def damaged(path: Path, start: int) -> FileFormatError:
    """What to say of a line of a journal that does not read.

    Args:
        path: The journal.
        start: Where the line begins, in bytes.
    """
    with path.open("rb") as stream:
        number = stream.read(start).count(b"\n") + 1
    return FileFormatError(path, "the journal is damaged; remove this line to ask that call again", line=number)


def _lines(path: Path, start: int, end: int, notes: list[str] | None = None) -> Iterator[tuple[str, tuple[int, int]]]:
    """Key and place of every whole line between two places; a line that does not read is noted, or else an error."""
    with path.open("rb") as stream:
        stream.seek(start)
        for line in stream:
            if start >= end or not line.endswith(b"\n"):
                return
            try:
                yield read_key(line), (start, len(line))
            except ValueError as error:
                if notes is None:
                    raise damaged(path, start) from error
                notes.append(str(damaged(path, start)))
            start += len(line)


def _checksum(*values: object) -> int:
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


def _is_busy(error: Exception) -> bool:
    """Whether another process holds the file for too long, which is no damage."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
