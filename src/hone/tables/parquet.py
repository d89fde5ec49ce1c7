"""One Parquet file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hone.errors import FileFormatError
from hone.tables.arrow import BATCH, arrow, brief, failures, rows_of, unique
from hone.tables.base import Row, RowProblem, Table, unreadable

_BUFFER = 1 << 20
"""Bytes of a column read at a time; without it a row group's whole columns are read, however large it is."""


class Parquet(Table):
    """A Parquet file; rows are numbered from 1.

    Raises:
        FileFormatError: It is no Parquet file, or has no columns.
        MissingExtraError: pyarrow is not installed.
    """

    form = "parquet"

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._file() as file:
            self.columns = unique(path, file.schema_arrow.names)

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and its number."""
        with self._file() as file:
            yield from rows_of(lambda: file.iter_batches(batch_size=BATCH))

    def count(self) -> int:
        """Rows, from the file's footer."""
        with self._file() as file:
            return int(file.metadata.num_rows)

    def _file(self) -> Any:
        parquet = arrow("parquet")
        try:
            return parquet.ParquetFile(self.path, buffer_size=_BUFFER, pre_buffer=False)
        except (FileNotFoundError, PermissionError) as error:
            raise unreadable(self.path, error) from error
        except failures() as error:
            raise FileFormatError(
                self.path, f"not a whole Parquet file ({brief(error)}); write or download it again"
            ) from error
