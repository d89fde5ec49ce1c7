"""What was asked, kept beside the journal so that each call can be shown whole later.

The journal holds answers alone. Requests of one step differ in little: the first of them is written whole, as the
pattern, and of each other only what stands between its beginning and its end that are the same. Lines are gathered
and written in blocks; those of the last moment before a kill are written when the run goes on. It refuses to matter:
no result rests on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from hone.domain.conversation import Message
from hone.errors import RunError
from hone.files import open_to_append
from hone.models import Request

ASKED = "asked.jsonl"
"""Its name, beside a journal."""
_BLOCK = 1 << 18
"""Bytes that are gathered before they are written."""
_MOST_PATTERNS = 64


@dataclass(frozen=True, slots=True)
class AskedCall:
    """One call as it was asked."""

    item: str
    step: str
    sample: int
    key: str
    """Names the answer in the journal."""
    model: str
    """The spec of the model."""
    messages: tuple[Message, ...]
    sampling: Mapping[str, Any]
    schema: Mapping[str, Any] | None


class AskedLog:
    """Writes what is asked.

    Args:
        path: The file; made with the first call, and added to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._lines: list[bytes] = []
        self._size = 0
        self._patterns: dict[tuple[Any, ...], tuple[str, Request]] = {}

    def note(self, key: str, request: Request, model: str) -> None:
        """Keep one call.

        Raises:
            RunError: The disk is full, or the file cannot be written.
        """
        call = request.call
        # Patterns hold their requests, so an id stands for one schema. Of sampling only further votes have another.
        kind: tuple[Any, ...] = (call.step, model, id(request.schema), len(request.messages), call.sample > 0)
        found = self._patterns.get(kind)
        if found is not None and not _alike(found[1], request):
            kind = (*kind, request.sampling, *(message.role for message in request.messages))
            found = self._patterns.get(kind)
        if found is None:
            if len(self._patterns) >= _MOST_PATTERNS:
                self._patterns.clear()
            found = self._patterns[kind] = (key, request)
            self._put(
                {
                    "pattern": key,
                    "model": model,
                    "sampling": request.sampling.model_dump(mode="json"),
                    "schema": request.schema,
                    "messages": [[message.role, message.content] for message in request.messages],
                }
            )
        name, pattern = found
        pairs = zip(request.messages, pattern.messages, strict=True)
        texts = [None if one is same else difference(one.content, same.content) for one, same in pairs]
        self._put({"call": [call.item, call.step, call.sample], "key": key, "of": name, "texts": texts})

    def take_in(self, path: Path) -> None:
        """Add what another file holds, as that of a shard.

        Raises:
            RunError: A file cannot be read or written.
        """
        try:
            with path.open("rb") as lines:
                while block := lines.read(_BLOCK):
                    self._lines.append(block)
                    self._size += len(block)
                    self._flush()
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunError(f"{path}: cannot be read ({error.strerror})") from error

    def close(self) -> None:
        """Write what is gathered, and close the file."""
        self._flush()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _put(self, entry: Mapping[str, Any]) -> None:
        try:
            line = orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
        except TypeError:  # half a character, which only the standard library writes
            line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        self._lines.append(line)
        self._size += len(line)
        if self._size >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        if not self._lines:
            return
        block = b"".join(self._lines)
        self._lines, self._size = [], 0
        try:
            if self._file < 0:
                self._file = open_to_append(self._path, mode=0o600, kind=RunError)
                # A line that a kill tore must not take the next one with it.
                block = b"\n" + block if os.fstat(self._file).st_size else block
            if os.write(self._file, block) < len(block):
                raise RunError(f"{self._path}: the disk is full; what is in it stays")
        except OSError as error:
            raise RunError(f"{self._path}: cannot be written ({error.strerror}); what is in it stays") from error


def _alike(one: Request, other: Request) -> bool:
    """Whether two requests of one kind differ in nothing but their texts."""
    if one.sampling is not other.sampling and one.sampling != other.sampling:
        return False
    return all(first.role == second.role for first, second in zip(one.messages, other.messages, strict=True))


def difference(text: str, pattern: str) -> list[Any] | None:
    """What makes a text out of a pattern: how much of its beginning and of its end stays, and what stands between.

    Returns:
        Characters of the beginning, characters of the end, the text between; none where the two are the same.
    """
    if text == pattern:
        return None
    most = min(len(text), len(pattern))
    start = _shared(text, pattern, most)
    end = _shared(
        text[: start - 1 if start else None : -1], pattern[: start - 1 if start else None : -1], most - start
    )
    return [start, end, text[start : len(text) - end]]


def _shared(one: str, other: str, most: int) -> int:
    """How many characters two texts have in common from their beginning, found by halving: slices compare quickly."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def read_asked(path: Path, item: str | None = None) -> Iterator[AskedCall]:
    """The calls of a file in the order in which they were asked; lines that do not read are passed over.

    Args:
        path: The file.
        item: Only those about this item.
    """
    patterns: dict[str, Mapping[str, Any]] = {}
    if not path.exists():
        return
    with path.open("rb") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
                if "pattern" in entry:
                    patterns[entry["pattern"]] = entry
                elif item is None or entry["call"][0] == item:
                    yield _call(entry, patterns[entry["of"]])
            except (ValueError, KeyError, TypeError, IndexError, AttributeError):
                continue


def _call(entry: Mapping[str, Any], pattern: Mapping[str, Any]) -> AskedCall:
    messages = tuple(
        Message(role, content if change is None else _changed(content, change))
        for (role, content), change in zip(pattern["messages"], entry["texts"], strict=True)
    )
    name, step, sample = entry["call"]
    return AskedCall(
        str(name),
        str(step),
        int(sample),
        str(entry["key"]),
        str(pattern["model"]),
        messages,
        dict(pattern["sampling"]),
        pattern["schema"],
    )


def _changed(content: str, change: Sequence[Any]) -> str:
    start, end, between = change
    return content[:start] + str(between) + (content[len(content) - end :] if end else "")
