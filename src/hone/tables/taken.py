"""What was taken of a table, in words: which column holds what, and how many rows hold nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hone.errors import FileFormatError
from hone.tables.base import Row, RowProblem, Table, is_blank


@dataclass
class Taken:
    """Filled in by whoever reads a table, for people to see what was guessed.

    Attributes:
        columns: By purpose, such as ``request``, the column's name; several columns of one purpose as ``A+B``.
        blank: Rows without any value, which were passed over.
        cut: Rows that were left out because their reply ended at its length limit.
        remarks: What else was done with the table's values, one sentence each.
    """

    columns: dict[str, str] = field(default_factory=dict)
    blank: int = 0
    cut: int = 0
    remarks: list[str] = field(default_factory=list)

    def take(self, columns: Mapping[str, str | None]) -> None:
        """Note the columns of a table; a purpose without one is left out."""
        self.columns = {what: name for what, name in columns.items() if name}

    def lines(self, file: Path | str | None = None) -> list[str]:
        """One line for the columns, one for rows that hold nothing, one a remark; none where nothing is to say.

        Args:
            file: The file that they are of, where there are several.
        """
        lines = []
        of = f" of {file}" if file else ""
        if self.columns:
            named = ", ".join(f"{what} from {name!r}" for what, name in self.columns.items())
            lines.append(f"columns{of}: {named}")
        if self.blank:
            lines.append(f"{self.blank:,} rows{of} without any value were passed over")
        if self.cut:
            lines.append(
                f"{self.cut:,} rows{of} are left out, because their reply was cut at its length limit: they teach to "
                "stop in the middle"
            )
        return [*lines, *self.remarks]


def filled_rows(table: Table, taken: Taken) -> Iterator[tuple[int, Row]]:
    """Each row that holds a value, and its number; the others are counted in `taken`.

    Raises:
        FileFormatError: A row does not read; the message names its line.
    """
    for number, row in table.rows():
        if isinstance(row, RowProblem):
            raise FileFormatError(table.path, row.reason, line=number)
        if is_blank(row):
            taken.blank += 1
        else:
            yield number, row
