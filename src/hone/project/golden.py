"""The file of golden replies beside rubric.yaml: read against a rubric, and added to without a change above."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml.scalarstring import LiteralScalarString

from hone.domain.base import PlacedError
from hone.domain.golden import GoldenReplies, GoldenReply
from hone.domain.rubric import Rubric
from hone.errors import FileFormatError
from hone.project.files import append_yaml, line_of, read_yaml, write_yaml

GOLDEN = "rubric-tests.yaml"
"""Beside rubric.yaml."""
_HEAD = """\
Golden replies: each with the levels that the judge must give it. They are tried with: hone rubric test
A level is one of the scale (1) or a range (at least 0, at most 0, 0 to 1).\
"""


def read_golden_replies(path: Path, rubric: Rubric) -> GoldenReplies:
    """The golden replies of a file.

    Args:
        path: The file.
        rubric: Which has the criteria and the scale.

    Raises:
        ProjectError: The file is missing.
        FileFormatError: It does not read, or expects what the rubric does not have; the message names line and key.
    """
    golden = read_yaml(path, GoldenReplies)
    try:
        golden.check(rubric)
    except PlacedError as error:
        key = ".".join(map(str, error.place))
        raise FileFormatError(path, str(error), line=line_of(path, *error.place), key=key) from error
    return golden


def add_golden_replies(path: Path, new: Sequence[GoldenReply]) -> None:
    """Put golden replies behind those of a file, which stay to the letter; the file is made where it is missing.

    Raises:
        FileFormatError: What is there does not read, or nothing can be put behind it.
    """
    data = [_written(golden) for golden in new]
    if path.exists():
        append_yaml(path, "replies", data)
    else:
        write_yaml(path, {"replies": data}, comment=_HEAD)


def _written(golden: GoldenReply) -> dict[str, Any]:
    """As a person would write it: nothing that is not said, texts of several lines as lines."""
    data = golden.model_dump(exclude_defaults=True)
    data["levels"] = {name: expected.written for name, expected in golden.levels.items()}
    return {key: _lines(value) if isinstance(value, str) else value for key, value in data.items()}


def _lines(text: str) -> str:
    lines = text.split("\n")
    plain = len(lines) > 1 and all(line.isprintable() and line == line.rstrip() for line in lines)
    return LiteralScalarString(text) if plain and text == text.strip() else text
