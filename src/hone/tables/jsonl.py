"""JSON Lines, and JSON files that hold one array of objects, or one object."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from hone.errors import FileFormatError
from hone.tables import turns
from hone.tables.base import Row, RowProblem, Table, first_columns, unreadable
from hone.tables.feed import Feed
from hone.text import whole_text

_BOM = b"\xef\xbb\xbf"
# Not JSON, but Python and others write them; NaN is how they say that a figure is missing.
_CONSTANTS = {"NaN": None, "Infinity": math.inf, "-Infinity": -math.inf}
_DECODER = json.JSONDecoder(parse_constant=_CONSTANTS.__getitem__)
_INEXACT = {float, list, dict}
"""What may be, or hold, a whole number of more than 64 bits, which orjson rounds."""
NOT_AN_OBJECT = 'not a JSON object; write one {"column": value, …} a row'
MOST_BYTES = 200_000_000
"""Bytes of a file that is one object."""
NOT_UTF8 = "bytes that are not UTF-8"


class JsonLines(Table):
    """One JSON object a line; blank lines are passed over."""

    form = "jsonl"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = first_columns(path, self.rows())

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and its line."""
        try:
            with self.path.open("rb") as stream:
                for number, line in enumerate(stream, 1):
                    if not line.isspace() and line != _BOM:
                        yield number, _parse(line, number)
        except OSError as error:
            raise unreadable(self.path, error) from error

    def count(self) -> int:
        """Lines that are not blank."""
        try:
            with self.path.open("rb") as stream:
                return sum(not line.isspace() and line != _BOM for line in stream)
        except OSError as error:
            raise unreadable(self.path, error) from error


class JsonArray(Table):
    """A `.json` file with one array of objects, read element by element."""

    form = "jsonl"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = first_columns(path, self.rows())

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and the line it starts on. What follows a broken element cannot be told apart, and is given up."""
        try:
            # Bytes that are not UTF-8 come through as surrogates, so that they spoil one row and not the file.
            with self.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
                feed = Feed(stream, _DECODER)
                try:
                    yield from _elements(feed)
                except (ValueError, RecursionError) as error:
                    yield feed.line(), RowProblem(feed.line(), f"{_broken(error)}; what follows cannot be read")
        except OSError as error:
            raise unreadable(self.path, error) from error

    def count(self) -> int:
        """Elements, in one pass."""
        return sum(1 for _ in self.rows())


class JsonObject(Table):
    """A `.json` file with one object: items by their ids, or one list of objects under a name, such as ``data``.

    It is read into memory, as only its end tells which it is; `MOST_BYTES` is the most.
    """

    form = "jsonl"

    def __init__(self, path: Path, rows: list[Row]) -> None:
        self.path, self._rows = path, rows
        self.columns = first_columns(path, self.rows())

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each object and its number."""
        yield from enumerate(self._rows, 1)

    def count(self) -> int:
        """Objects."""
        return len(self._rows)


def _one_object(path: Path) -> list[Row] | None:
    """The rows of a file that is one object; none where it is something else."""
    if path.stat().st_size > MOST_BYTES:
        return None
    try:
        whole = _DECODER.decode(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        return None  # objects line by line, or broken: whoever reads them says what is wrong
    if not isinstance(whole, dict) or not whole:
        return None
    lists = [name for name, value in whole.items() if name not in turns.COLUMNS and _holds_objects(value)]
    if len(lists) > 1:
        names = ", ".join(map(repr, lists))
        raise FileFormatError(path, f"it holds several lists of objects ({names}); write one of them into a file")
    if lists:
        return [_mended(row) for row in whole[lists[0]]]
    if all(isinstance(value, dict) for value in whole.values()):
        return [{"id": _mended(name), **_mended(value)} for name, value in whole.items()]
    return None


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def open_json(path: Path) -> JsonLines | JsonArray | JsonObject:
    """A `.json` file, which may hold any of the three; what it begins with tells.

    Raises:
        FileFormatError: No row can be read.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as stream:
            first = next((line.lstrip()[0] for line in stream if line.strip()), "")
    except OSError as error:
        raise unreadable(path, error) from error
    if first == "[":
        return JsonArray(path)
    if first == "{" and (rows := _one_object(path)) is not None:
        return JsonObject(path, rows)
    try:
        return JsonLines(path)
    except FileFormatError as error:
        remedy = "write one array of objects, or one object a line"
        raise FileFormatError(path, f"{error.problem}; {remedy}", line=error.line) from error


def _parse(line: bytes, number: int) -> Row | RowProblem:
    try:
        value = orjson.loads(line)
        if not isinstance(value, dict):
            return RowProblem(number, NOT_AN_OBJECT)
        if not any(type(part) in _INEXACT for part in value.values()):
            return value
    except ValueError:
        pass  # a byte-order mark, NaN, half a character: what the standard library reads; or it says what is wrong
    try:
        text = line.decode()
        # Only a file's first line can start with a byte-order mark, and only an escape can make a surrogate.
        value = _DECODER.decode(text.removeprefix("\ufeff") if number == 1 else text)
    except UnicodeDecodeError as error:
        return RowProblem(number, f"{NOT_UTF8} (0x{line[error.start]:02x} at byte {error.start + 1})")
    except (ValueError, RecursionError) as error:
        return RowProblem(number, _broken(error))
    if not isinstance(value, dict):
        return RowProblem(number, NOT_AN_OBJECT)
    return _mended(value) if b"\\ud" in line or b"\\uD" in line else value


def _elements(feed: Feed) -> Iterator[tuple[int, Row | RowProblem]]:
    feed.expect("[")
    if feed.peek() == "]":
        return
    while True:
        feed.peek()
        number = feed.line()
        value, text = feed.value()
        yield number, _element(value, text, number)
        if feed.expect(",]") == "]":
            break
    if feed.peek():
        raise ValueError("text after the end of the array")


def _element(value: Any, text: str, number: int) -> Row | RowProblem:
    if not isinstance(value, dict):
        return RowProblem(number, NOT_AN_OBJECT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return RowProblem(number, NOT_UTF8)
    return _mended(value) if "\\ud" in text or "\\uD" in text else value


def _mended(value: Any) -> Any:
    """The value without lone surrogates, which could be neither sent nor stored."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, dict):
        return {_mended(key): _mended(part) for key, part in value.items()}
    return [_mended(part) for part in value] if isinstance(value, list) else value


def _broken(error: ValueError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "not valid JSON (nested too deeply)"
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON ({error.msg} at character {error.pos + 1})"
    return f"not valid JSON ({error})"
