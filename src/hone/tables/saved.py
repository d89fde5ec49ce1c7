"""A folder that `datasets.Dataset.save_to_disk` wrote: `state.json` and Arrow streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hone.errors import FileFormatError, ProjectError
from hone.tables.arrow import arrow, brief, failures, rows_of, unique
from hone.tables.base import Row, RowProblem, Table, unreadable

STATE = "state.json"
SPLITS = "dataset_dict.json"


class SavedSplit(Table):
    """One split that `save_to_disk` wrote; rows are numbered from 1 through all its files.

    Raises:
        FileFormatError: `state.json` does not name the files, or one of them is no Arrow stream.
        MissingExtraError: pyarrow is not installed.
    """

    form = "dataset"

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = _files(path)
        self.columns = unique(path, self._schema(self._files[0]))
        for file in self._files[1:]:
            self._schema(file)

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and its number."""
        return rows_of(lambda: self._batches(mapped=False))

    def count(self) -> int:
        """Rows, from the batches' heads: the files are mapped, and their values not read."""
        try:
            return sum(batch.num_rows for batch in self._batches(mapped=True))
        except failures():
            return sum(1 for _ in self.rows())

    def _batches(self, *, mapped: bool) -> Iterator[Any]:
        pa = arrow()
        for file in self._files:
            # A mapped file's pages would count as this process's memory, so rows are read, not mapped.
            with (
                pa.memory_map(str(file)) if mapped else pa.OSFile(str(file)) as source,
                arrow("ipc").open_stream(source) as reader,
            ):
                yield from reader

    def _schema(self, file: Path) -> list[str]:
        try:
            with arrow().OSFile(str(file)) as source, arrow("ipc").open_stream(source) as reader:
                return list(reader.schema.names)
        except (FileNotFoundError, PermissionError) as error:
            raise unreadable(file, error) from error
        except failures() as error:
            raise FileFormatError(file, f"not an Arrow stream ({brief(error)}); save the data set again") from error


def _files(folder: Path) -> list[Path]:
    state = _json(folder / STATE)
    entries = state.get("_data_files") if isinstance(state, dict) else None
    names = [str(entry["filename"]) for entry in entries or [] if isinstance(entry, dict) and "filename" in entry]
    if not names:
        raise FileFormatError(folder / STATE, "it names no data files; save the data set again", key="_data_files")
    return [folder / name for name in names]


def saved_splits(folder: Path) -> list[str]:
    """The splits that `DatasetDict.save_to_disk` wrote.

    Raises:
        FileFormatError: `dataset_dict.json` does not name them.
    """
    listed = _json(folder / SPLITS)
    names = listed.get("splits") if isinstance(listed, dict) else None
    if not isinstance(names, list) or not names:
        raise FileFormatError(folder / SPLITS, "it names no splits; save the data set again", key="splits")
    return [str(name) for name in names]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(path, f"not valid JSON ({error}); save the data set again") from error


def choose_split(folder: Path, splits: list[str]) -> ProjectError:
    """The error for a folder with several splits, of which the reader must name one."""
    named = ", ".join(str(folder / split) for split in splits)
    return ProjectError(f"{folder}: it holds {len(splits)} splits; name one: {named}")
