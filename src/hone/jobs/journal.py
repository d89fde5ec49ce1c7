"""The journal: append-only JSON lines, keyed by the content hash of what was asked.

Each answer is one `write` as soon as it is there, so it survives SIGKILL of the process. A torn last line is dropped.
Answers are read back from the file when they are needed, so memory holds only where each one stands.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hone.errors import FileFormatError, RunBusyError, RunError
from hone.models import Completion, Request

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; two runs at once are not noticed there
    fcntl = None  # type: ignore[assignment]


class Journal:
    """The answers of one run.

    Args:
        path: The file; made where it is missing.

    Raises:
        RunBusyError: Another process is writing it.
        FileFormatError: A line other than the last does not read.
        RunError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise RunError(f"{path}: cannot be written ({error.strerror})") from error
        try:
            self._lock()
            self._places = self._index()
        except BaseException:
            os.close(self._file)
            raise

    def __len__(self) -> int:
        return len(self._places)

    def get(self, key: str) -> Completion | None:
        """The answer to what has this key, or none."""
        place = self._places.get(key)
        if place is None:
            return None
        start, length = place
        return Completion.from_data(json.loads(os.pread(self._file, length, start))["answer"])

    def add(self, key: str, request: Request, answer: Completion) -> None:
        """Write an answer down.

        Raises:
            RunError: The disk is full, or the file cannot be written.
        """
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        entry = {"key": key, "call": str(request.call), "at": now, "answer": answer.to_data()}
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        try:
            written = os.write(self._file, line)
        except OSError as error:
            raise RunError(f"{self.path}: cannot be written ({error.strerror}); what is in it stays") from error
        if written < len(line):
            os.ftruncate(self._file, self._end)
            raise RunError(f"{self.path}: the disk is full; what is in it stays")
        self._places[key] = (self._end, len(line))
        self._end += len(line)

    def close(self) -> None:
        """Close the file; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunBusyError(
                f"{self.path.parent.name} is being written by another process; wait for it, or end it"
            ) from error

    def _index(self) -> dict[str, tuple[int, int]]:
        """Where each answer stands: offset and length in bytes. Cuts a torn last line off."""
        places: dict[str, tuple[int, int]] = {}
        start = 0
        with os.fdopen(os.dup(self._file), "rb") as stream:
            stream.seek(0)
            for number, line in enumerate(stream, 1):
                if not line.endswith(b"\n"):
                    os.ftruncate(self._file, start)
                    break
                places[self._key(line, number)] = (start, len(line))
                start += len(line)
        self._end = start
        return places

    def _key(self, line: bytes, number: int) -> str:
        try:
            entry: dict[str, Any] = json.loads(line)
            return str(entry["key"])
        except (ValueError, KeyError, TypeError) as error:
            raise FileFormatError(
                self.path, "the journal is damaged; remove this line to ask that call again", line=number
            ) from error
