"""Writes a table under a hidden name and gives it its own only when it is whole."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hone.errors import ProjectError
from hone.files import make_folder, part_of, reason
from hone.tables.arrow import arrow
from hone.tables.sinks import CARD_MARK, CsvSink, FolderSink, JsonSink, ParquetSink, Sink
from hone.tables.values import converters

_SINKS: dict[str, Callable[[Path, Mapping[str, type]], Sink]] = {
    ".jsonl": JsonSink,
    ".ndjson": JsonSink,
    ".json": partial(JsonSink, array=True),
    ".csv": CsvSink,
    ".tsv": partial(CsvSink, delimiter="\t"),
    ".parquet": ParquetSink,
}


class Writer:
    """A table being written: use it in a `with` block, which gives the file its name at the end.

    An error inside the block leaves what was there before. A row that has no value for a column holds None there.

    Args:
        path: By its suffix `.jsonl`, `.ndjson`, `.json` (one array), `.csv`, `.tsv` or `.parquet`; without one, a
            folder for `datasets.load_dataset`.
        columns: The columns in order, each with the type of its values: str, float, int or bool.

    Raises:
        ProjectError: The suffix is not known, or the place is taken by something else; nothing has been written yet.
        MissingExtraError: pyarrow is needed and not installed.
    """

    def __init__(self, path: Path, columns: Mapping[str, type]) -> None:
        self.path, self.columns = path, dict(columns)
        self._converters = converters(self.columns)
        self._folder = path.is_dir() or not path.suffix
        suffix = path.suffix.lower()
        if not self._folder and suffix not in _SINKS:
            raise ProjectError(
                f"{path}: a file with the suffix {suffix!r} is not known; known are {', '.join(_SINKS)}"
            )
        if self._folder:
            _check_folder(path)
        if self._folder or suffix == ".parquet":
            arrow("parquet")
        self._open = partial(FolderSink, title=path.resolve().name) if self._folder else _SINKS[suffix]
        self._part = part_of(path)
        self._sink: Sink | None = None

    def __enter__(self) -> Self:
        make_folder(self.path.parent)
        try:
            _remove(self.path.with_name(f".{self.path.name}.part"))  # what a killed process of 0.1 left
            self._sink = self._open(self._part, self.columns)
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row.

        Raises:
            ProjectError: The disk is full.
            TypeError: A value does not fit its column.
            ValueError: The row has a column that the table does not.
        """
        if self._sink is None:
            raise ValueError("a writer is used inside a `with` block")
        if not row.keys() <= self.columns.keys():
            raise ValueError(f"{self.path}: there is no column {sorted(row.keys() - self.columns.keys())}")
        try:
            values = [convert(row.get(name)) for name, convert in self._converters]
        except (TypeError, ValueError, OverflowError) as error:
            raise self._unfit(row) from error
        try:
            self._sink.add(values)
        except OSError as error:
            raise self._unwritable(error) from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sink, self._sink = self._sink, None
        if sink is None:
            return
        if error is not None:
            with contextlib.suppress(Exception):  # the error that ended the block is the one to hear of
                sink.close()
            _remove(self._part)
            return
        try:
            sink.close()
            self._name()
        except OSError as failure:
            raise self._unwritable(failure) from failure
        finally:
            _remove(self._part)

    def _name(self) -> None:
        """Give the part its name. A folder cannot replace one that holds files, so the old one steps aside first."""
        if not (self._folder and self.path.is_dir()):
            self._part.replace(self.path)
            return
        aside = part_of(self.path)
        self.path.replace(aside)
        try:
            self._part.replace(self.path)
        except OSError:
            aside.replace(self.path)
            raise
        _remove(aside)

    def _unfit(self, row: Mapping[str, Any]) -> TypeError:
        for name, convert in self._converters:
            try:
                convert(row.get(name))
            except (TypeError, ValueError, OverflowError) as error:
                return TypeError(f"{self.path}: column {name!r}: {error}")
        return TypeError(f"{self.path}: a value does not fit its column")

    def _unwritable(self, error: OSError) -> ProjectError:
        return ProjectError(f"{self.path}: cannot be written ({reason(error)})")


def open_writer(path: Path, columns: Mapping[str, type]) -> Writer:
    """A writer for this path, in the form that its suffix names; see `Writer`."""
    return Writer(path, columns)


def _check_folder(path: Path) -> None:
    """A folder may replace an earlier table of ours, and nothing else.

    Raises:
        ProjectError: There is a file in its place, or something that is not ours in it.
    """
    if path.exists() and not path.is_dir():
        raise ProjectError(f"{path}: this is a file; without a suffix a folder is written, so choose another name")
    files = sorted(path.glob("*")) if path.is_dir() else []
    others = files if CARD_MARK not in _card(path) else [file for file in files if not _is_ours(file)]
    if others:
        names = ", ".join(file.name for file in others[:3])
        raise ProjectError(f"{path}: the folder holds files that Hone did not write ({names}); choose another")


def _card(folder: Path) -> str:
    try:
        return (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _is_ours(file: Path) -> bool:
    return file.is_file() and (file.name == "README.md" or file.match("data-[0-9][0-9][0-9][0-9][0-9].parquet"))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
