"""What every table offers, whichever form it is in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Literal

from hone.errors import FileFormatError, ProjectError
from hone.text import whole_text

Row = dict[str, Any]
Form = Literal["jsonl", "csv", "xlsx", "parquet", "dataset"]

FIRST_ROWS = 100
"""How many rows of a form without a header are read to name its columns."""


@dataclass(frozen=True)
class RowProblem:
    """A row that cannot be read. It stands where the row would have stood, for the caller to count.

    Args:
        line: The number that the row would have had.
        reason: What is wrong with it.
    """

    line: int
    reason: str


class Table(ABC):
    """A file or folder of rows. It holds no open file, so that it can be read any number of times.

    Attributes:
        path: The file or folder.
        form: What it is in.
        columns: Their names in order; where rows name their own, those of the first 100 rows.
    """

    form: ClassVar[Form]
    path: Path
    columns: tuple[str, ...]

    @abstractmethod
    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row, or what is wrong with it, and its number.

        The number is the line, counted from 1, where the row starts (JSONL, CSV), or else the row's own, from 1.
        Text in a row can always be written as UTF-8; a figure that is not a number (NaN) is None.

        Raises:
            ProjectError: The file has gone, or the disk fails. A row that does not read is a `RowProblem` instead.
        """

    def located(self) -> Iterator[tuple[Path, int, Row | RowProblem]]:
        """Each row as `rows` gives it, with the file that it stands in: of tables in several files, which one."""
        for number, row in self.rows():
            yield self.path, number, row

    @abstractmethod
    def count(self) -> int:
        """How many times `rows` yields, problems included; without reading the rows where the form allows it."""


def first_columns(path: Path, rows: Iterator[tuple[int, Row | RowProblem]]) -> tuple[str, ...]:
    """The names that the first rows use, in the order of their first use; none where there are no rows.

    Raises:
        FileFormatError: Not one of the first rows can be read.
    """
    first = [row for _, row in islice(rows, FIRST_ROWS)]
    readable = [row for row in first if not isinstance(row, RowProblem)]
    if first and not readable:
        problem = first[0]
        assert isinstance(problem, RowProblem)  # noqa: S101 - none is readable, so the first is a problem
        raise FileFormatError(path, problem.reason, line=problem.line)
    return tuple(dict.fromkeys(name for row in readable for name in row))


def is_blank(row: Row) -> bool:
    """Whether a row holds no value at all, as rows that were deleted in a spreadsheet do."""
    return all(value is None or (isinstance(value, str) and not value.strip()) for value in row.values())


def unreadable(path: Path, error: OSError) -> ProjectError:
    """The error for a file that the system will not let us read."""
    if isinstance(error, FileNotFoundError):
        return ProjectError(f"{path}: there is no such file")
    return ProjectError(f"{path}: cannot be read ({error.strerror or error})")


def utf8(text: str) -> bytes:
    """The text's bytes. Lone surrogates are rare, so only text that fails pays for replacing them."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole_text(text).encode()
