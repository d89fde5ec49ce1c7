"""The journal: append-only JSON lines, keyed by the content hash of what was asked.

Each answer is one `write` as soon as it is there, so it survives SIGKILL of the process. A torn last line is dropped.
Answers are read back from the file when they are needed; where each one stands is kept in memory, or in an index file
that all runs of a project share, so that no run asks what an earlier one was answered.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

from hone.errors import RunBusyError, RunError
from hone.files import locked, open_to_append, open_to_read, read_at
from hone.jobs.asked import ASKED, AskedLog
from hone.jobs.index import Index, JournalPlace, Places, damaged, read_key
from hone.models import Completion, Request


class Journal:
    """The answers of one run.

    Args:
        path: The file; made where it is missing.
        index: The index file of all runs; without one, only this run's own answers are known, and kept in memory.
        reuse: Whether answers of other runs count.
        readonly: Take no lock and write nothing, as where the folder cannot be written; only this run's own answers
            are known then.
        asked: Where what was asked is kept, to be shown later; none keeps it nowhere.
        keeps_known: Whether that holds for calls, too, whose answer was there before.

    Raises:
        RunBusyError: Another process is writing it.
        FileFormatError: A line other than the last does not read.
        RunError: The file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        *,
        index: Path | None = None,
        reuse: bool = True,
        readonly: bool = False,
        asked: Path | None = None,
        keeps_known: bool = True,
    ) -> None:
        self.path, self._readonly, self._keeps_known = path, readonly, keeps_known
        self._asked = AskedLog(asked) if asked is not None and not readonly else None
        self._held = ExitStack()
        try:
            if not readonly:
                self._held.enter_context(_lock(path))
            self._file = _open_to_read(path) if readonly else open_to_append(path, mode=0o600, kind=RunError)
            self._held.callback(os.close, self._file)
            shared = index if not readonly else None
            self._places: Places | Index = Index(shared, path, reuse=reuse) if shared else Places()
            self._held.callback(self._places.close)
            self._others: dict[Path, int] = {}
            self._end = self._catch_up()
        except BaseException:
            self._held.close()
            raise

    def __len__(self) -> int:
        return len(self._places)

    @property
    def notes(self) -> list[str]:
        """What a person should know: an index that was rebuilt, damaged lines in other runs' journals."""
        return self._places.notes

    def get(self, key: str) -> Completion | None:
        """The answer to what has this key, or none."""
        found = self.find(key)
        return found[1] if found else None

    def find(self, key: str) -> tuple[bytes, Completion] | None:
        """The line of the answer to what has this key, and the answer; or none.

        Raises:
            FileFormatError: The line of this run's own journal that should hold it is damaged.
        """
        place = self._places.get(key)
        for anew in (False, True):
            line = self._read(place) if place else None
            if place is None or line is None:
                return None
            try:
                entry = json.loads(line)
                if entry["key"] == key:
                    return line, Completion.from_data(entry["answer"])
            except (ValueError, KeyError, TypeError, AttributeError):
                pass
            if not anew:  # a journal was changed by hand since it was indexed, or is damaged
                self._places.renew()
                place = self._places.get(key)
        if place and place.journal is None:
            raise damaged(self.path, place.start)
        return None

    def add(self, key: str, request: Request, answer: Completion) -> None:
        """Write an answer down.

        Raises:
            RunError: The disk is full, or the file cannot be written.
        """
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        entry = {"key": key, "call": str(request.call), "at": now, "answer": answer.to_data()}
        self._append(key, _line(entry, exact=answer.logprobs is not None))

    def note(self, key: str, request: Request, model: str, *, known: bool) -> None:
        """Keep what was asked, where that is kept.

        Raises:
            RunError: The disk is full, or the file cannot be written.
        """
        if self._asked is not None and (self._keeps_known or not known):
            self._asked.note(key, request, model)

    def take_in(self, path: Path) -> None:
        """Add the answers of another journal, as of a shard, that are not known here yet.

        Raises:
            RunBusyError: Another process is writing it.
            FileFormatError: A line of it other than the last does not read.
            RunError: The disk is full, or a file cannot be read or written.
        """
        with Journal(path) as other, path.open("rb") as lines:  # opening it cuts a torn last line off
            for line in lines:
                key = other._key(line, 0)
                if self.find(key) is None:
                    self._append(key, line)
        if self._asked is not None:
            self._asked.take_in(path.with_name(ASKED))

    def close(self) -> None:
        """Close the files; may be called twice."""
        if self._file >= 0:
            if self._asked is not None:
                self._asked.close()
            for file in self._others.values():
                os.close(file)
            self._held.close()
            self._file, self._others = -1, {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, key: str, line: bytes) -> None:
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise RunError(f"{self.path}: cannot be written ({error.strerror}); what is in it stays") from error
        if written < len(line):
            os.ftruncate(self._file, self._end)
            raise RunError(f"{self.path}: the disk is full; what is in it stays")
        self._places.put(key, self._end, len(line))
        self._end += len(line)

    def _read(self, place: JournalPlace) -> bytes | None:
        """The line at a place, or none where another run's journal is gone."""
        if place.journal is None:
            return read_at(self._file, place.length, place.start)
        try:
            if place.journal not in self._others:
                self._others[place.journal] = open_to_read(place.journal)
            return read_at(self._others[place.journal], place.length, place.start)
        except OSError:
            return None

    def _catch_up(self) -> int:
        """Index the lines that are not indexed yet, cut a torn last line off, and return where the file ends."""
        size = os.fstat(self._file).st_size
        start = self._places.indexed(size)
        with os.fdopen(os.dup(self._file), "rb") as stream:
            stream.seek(start)
            for line in stream:
                if not line.endswith(b"\n"):
                    if not self._readonly:
                        os.ftruncate(self._file, start)
                    break
                self._places.put(self._key(line, start), start, len(line))
                start += len(line)
        return start

    def _key(self, line: bytes, start: int) -> str:
        try:
            return read_key(line)
        except ValueError as error:
            raise damaged(self.path, start) from error


def _lock(path: Path) -> AbstractContextManager[None]:
    lock = path.with_name(f".{path.name}.lock")
    return locked(lock, patience=0, kind=RunError, busy=RunBusyError, what=path.parent.name)


def _open_to_read(path: Path) -> int:
    try:
        return open_to_read(path)
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror})") from error


def _line(entry: Mapping[str, Any], *, exact: bool) -> bytes:
    """An entry as a line. Only the standard library writes infinities (log-probabilities) and half a character."""
    if not exact:
        with contextlib.suppress(TypeError):
            return orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
    return json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
