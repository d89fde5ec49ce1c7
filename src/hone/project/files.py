"""Reads YAML and JSON Lines into domain data, and says file, line and key of what does not fit; writes them whole."""

from __future__ import annotations

import difflib
import io
import json
import re
import sys
import textwrap
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from hone.domain.base import PlacedError
from hone.errors import FileFormatError, ProjectError
from hone.files import write_whole

T = TypeVar("T", bound=BaseModel)


def read_text(path: Path) -> str:
    """The file's text, without a byte-order mark.

    Raises:
        ProjectError: It is missing or cannot be read.
        FileFormatError: It is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise ProjectError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ProjectError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise FileFormatError(path, "not UTF-8 text; save the file as UTF-8", line=line) from error


def read_yaml(path: Path, kind: type[T]) -> T:
    """The data of a YAML file.

    Raises:
        ProjectError: The file is missing.
        FileFormatError: It is empty, not YAML, or does not fit; the message names line and key.
    """
    document, data = _load(path)
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise _explain(path, document, kind, error) from error


def made(kind: type[T], data: Any, what: str) -> T:
    """Domain data out of what a person said elsewhere than in a file: on the command line, in Python.

    Args:
        kind: What is made.
        data: The values.
        what: What it is, for the message.

    Raises:
        ProjectError: The values do not fit; the message names the first that does not.
    """
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        problem, key = _problem(kind, error)
        raise ProjectError(": ".join(part for part in (what, key, problem) if part)) from error


def load_document(path: Path) -> CommentedMap:
    """The YAML mapping of a file, with its comments and line numbers.

    Raises:
        FileFormatError: The file is empty, not YAML, or no mapping.
    """
    return _load(path)[0]


def _load(path: Path) -> tuple[CommentedMap, Any]:
    """The document of a file, and the same without the YAML reader's own types."""
    text = read_text(path)
    try:
        document = YAML(typ="rt").load(text)
        if _values(document, {}) > max(_MOST_VALUES, len(text)):
            raise FileFormatError(path, "its aliases (`*name`) stand for too many values; write them out")
        data = plain(document)
    except FileFormatError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or "it does not parse").split())
        quote = "; put text with a colon or a quotation mark in it into quotes" if "mapping values" in problem else ""
        raise FileFormatError(
            path, f"not valid YAML: {problem}{quote}", line=mark.line + 1 if mark else None
        ) from error
    except YAMLError as error:
        raise FileFormatError(path, f"not valid YAML: {' '.join(str(error).split())[:200]}") from error
    except Exception as error:
        # The reader lets out what its own constructors raise: a date of month 13, nesting without end.
        raise FileFormatError(path, f"not valid YAML: {' '.join(str(error).split())[:200]}") from error
    if document is None:
        raise FileFormatError(path, "the file is empty")
    if not isinstance(document, CommentedMap):
        raise FileFormatError(path, "write `key: value` pairs at the top level", line=1)
    return document, data


_MOST_VALUES = 100_000
"""More, and more than a text without aliases could hold, is a trap: aliases of aliases of aliases have no end."""


def _values(node: Any, known: dict[int, int]) -> int:
    """How many values a node comes to, each alias counted as what it stands for; one within itself as too many."""
    if not isinstance(node, Mapping | list):
        return 1
    if id(node) not in known:
        known[id(node)] = sys.maxsize
        known[id(node)] = 1 + sum(
            _values(one, known) for one in (node.values() if isinstance(node, Mapping) else node)
        )
    return known[id(node)]


def write_yaml(path: Path, data: Mapping[str, Any], *, comment: str = "") -> None:
    """Write a YAML file as a whole: readers see the old one or the new one, never half of it."""
    write_whole(path, "".join(f"# {line}\n" for line in comment.splitlines()) + _dump(data))


def update_yaml(path: Path, data: Mapping[str, Any]) -> None:
    """Write new values into a YAML file that people edit.

    Comments and blank lines above each top-level key stay; a key whose value stays keeps its text to the letter.

    Raises:
        FileFormatError: What is there does not read.
    """
    document, old = _load(path)
    new = {**old, **data}
    text = "".join(
        lead + (body if key in old and old[key] == new[key] else _dump({key: new[key]}))
        for key, lead, body in _sections(document, read_text(path).splitlines(keepends=True))
        if key is None or key in new
    )
    text += "".join(_dump({key: value}) for key, value in data.items() if key not in old)
    try:
        intact = plain(YAML(typ="rt").load(text)) == new
    except YAMLError:
        intact = False
    # Aliases between keys, or braces around all of them: the values count for more than the comments.
    write_whole(path, text if intact else _dump(new))


def append_yaml(path: Path, key: str, entries: Sequence[Any]) -> None:
    """Put entries behind those of a list in a YAML file that people edit; all that stands there keeps its text.

    Args:
        path: The file.
        key: The list's top-level key, the last of the file.
        entries: The new entries, as plain data.

    Raises:
        FileFormatError: What is there does not read, or the list is not written so that lines can be put behind it.
    """
    document, old = _load(path)
    there = old.get(key)
    if not there:
        update_yaml(path, {key: list(entries)})
        return
    text = read_text(path)
    indent = _indent(document, key, text)
    added = textwrap.dedent(_dump({key: list(entries)}).partition("\n")[2])
    whole = text + ("" if text.endswith("\n") else "\n") + textwrap.indent(added, indent or "")
    try:
        intact = indent is not None and plain(YAML(typ="rt").load(whole)) == {
            **old,
            key: [*there, *plain(list(entries))],
        }
    except YAMLError:
        intact = False
    if not intact:
        problem = (
            "nothing can be put behind this list; make it the last key, each entry on lines of its own after `- `"
        )
        raise FileFormatError(path, problem, line=_line(document, (key,)), key=key)
    write_whole(path, whole)


def _indent(document: CommentedMap, key: str, text: str) -> str | None:
    """What stands before each `-` of a list; none where its entries do not begin lines."""
    entries = document[key]
    line = text.split("\n")[entries.lc.item(0)[0]] if isinstance(entries, CommentedSeq) else ""
    return line[: len(line) - len(line.lstrip())] if line.lstrip().startswith("- ") else None


def line_of(path: Path, *place: int | str) -> int | None:
    """The line at which a place of a YAML file begins, or the deepest part of it that the file has.

    Args:
        path: The file.
        place: The keys and positions that lead there.

    Raises:
        FileFormatError: The file does not read.
    """
    return _line(load_document(path), place)


def _sections(document: CommentedMap, lines: list[str]) -> Iterator[tuple[Any, str, str]]:
    """Each top-level key with the comment above it and its text; what follows the last stands under the last."""
    keys = [(key, place[0]) for key, place in (document.lc.data or {}).items()]
    leads = []
    for _, start in keys:
        lead = start
        while lead and (not lines[lead - 1].strip() or lines[lead - 1].startswith("#")):
            lead -= 1
        leads.append(lead)
    ends = [*leads[1:], len(lines)]
    for (key, start), lead, end in zip(keys, leads, ends, strict=True):
        yield key, "".join(lines[lead:start]), "".join(lines[start:end])


def _dump(data: Mapping[str, Any]) -> str:
    data = _quoted(data)
    text = _written(data, width=110)
    # The writer breaks some long text, with control characters in it, where the reader does not mend it.
    return text if plain(YAML(typ="rt").load(text)) == plain(data) else _written(data, width=sys.maxsize)


def _written(data: Mapping[str, Any], *, width: int) -> str:
    stream = io.StringIO()
    writer = YAML(typ="rt")
    writer.width = width
    writer.allow_unicode = True
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.dump(data, stream)
    return stream.getvalue()


def _quoted(node: Any) -> Any:
    """The data with text in quotation marks where a line break other than a newline would not be read back."""
    if isinstance(node, Mapping):
        return {_quoted(key): _quoted(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_quoted(value) for value in node]
    return DoubleQuotedScalarString(node) if isinstance(node, str) and _BREAKS.search(node) else node


_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")


def read_lines(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """The entries of a JSON Lines file with their line numbers; blank lines are passed over.

    Raises:
        ProjectError: The file is missing.
        FileFormatError: A line is not JSON, or does not fit.
    """
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise FileFormatError(path, f"not valid JSON ({error})", line=number) from error
        if not isinstance(data, dict):
            raise FileFormatError(path, "write one JSON object a line", line=number)
        try:
            yield number, kind.model_validate(data)
        except ValidationError as error:
            problem, key = _problem(kind, error)
            raise FileFormatError(path, problem, line=number, key=key) from error


def write_lines(path: Path, entries: Iterable[BaseModel]) -> None:
    """Write a JSON Lines file as a whole."""
    write_whole(path, "".join(entry.model_dump_json() + "\n" for entry in entries))


def plain(node: Any) -> Any:
    """A YAML document without the reader's own types."""
    if isinstance(node, Mapping):
        return {plain(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _explain(path: Path, document: CommentedMap, kind: type[BaseModel], error: ValidationError) -> FileFormatError:
    problem, key = _problem(kind, error)
    return FileFormatError(path, problem, line=_line(document, _place(_first(error))), key=key)


def _problem(kind: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """The first problem in words, with how many follow, and its dotted key."""
    first, count = _first(error), error.error_count()
    more = f" (and {count - 1} more)" if count > 1 else ""
    return _in_words(kind, first) + more, ".".join(str(part) for part in _place(first))


def _first(error: ValidationError) -> ErrorDetails:
    """The problem to speak of: a misspelt key is missing under its own name too, and the misspelling helps more."""
    return min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")


def _place(details: ErrorDetails) -> tuple[int | str, ...]:
    """Where the problem is: a rule over the whole of a model may name a deeper place than the model's own."""
    inner = details.get("ctx", {}).get("error")
    return details["loc"] + (inner.place if isinstance(inner, PlacedError) else ())


def _in_words(kind: type[BaseModel], details: ErrorDetails) -> str:
    if details["type"] == "missing":
        return "this key is missing"
    if details["type"] == "extra_forbidden":
        known = _known_keys(kind, details["loc"][:-1])
        close = difflib.get_close_matches(str(details["loc"][-1]), known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; known keys: {', '.join(known)}" if known else ""
        return f"unknown key{hint}"
    message = details["msg"].removeprefix("Value error, ")
    if details["type"] == "value_error":
        return message
    message = _EXPECTED.get(details["type"], f"{message[:1].lower()}{message[1:]}")
    return f"{message}, not {_short(details['input'])}"


_EXPECTED = {
    "model_type": "write `key: value` pairs here",
    "dict_type": "write `key: value` pairs here",
    "tuple_type": "write a list here, each entry on a line of its own after `- `",
    "string_type": "write text here, in quotation marks where it looks like something else",
}
"""What to write, in place of pydantic's words for programmers."""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _known_keys(kind: Any, loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the model at this place of the tree has."""
    for part in loc:
        if isinstance(part, int):
            continue
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        kind = _model_of(fields[part].annotation) if part in fields else None
        if kind is None:
            return []
    return [field.alias or name for name, field in kind.model_fields.items()]


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in typing.get_args(annotation) if (found := _model_of(arg))), None)


def _line(document: Any, loc: tuple[int | str, ...]) -> int | None:
    """The line of the deepest part of a place that the document has."""
    node, line = document, None
    for part in loc:
        if isinstance(node, CommentedMap) and part in node:
            # A key that came by a merge (`<<`) has no line of its own.
            line = node.lc.key(part)[0] + 1 if part in (node.lc.data or ()) else line
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line
