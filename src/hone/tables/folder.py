"""A folder of data files of one form, as data sets on the Hugging Face hub have them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from hone.errors import FileFormatError, ProjectError
from hone.tables.base import Row, RowProblem, Table, unreadable
from hone.tables.saved import SPLITS, STATE, SavedSplit, choose_split, saved_splits

# Descriptions of a data set that `datasets` keeps beside the data.
_NOT_DATA = {"dataset_info.json", "dataset_infos.json", SPLITS, STATE}
_SPLIT = re.compile(r"(?:^|[^a-z])(train|training|test|validation|valid|val|dev|eval)(?:[^a-z]|$)", re.IGNORECASE)
_ALIASES = {".ndjson": ".jsonl", ".json": ".jsonl", ".tsv": ".csv"}

Opener = Callable[[Path], Table]


class Folder(Table):
    """Files of one form, one after the other; rows are numbered from 1 through all of them.

    Raises:
        FileFormatError: One of the files does not read, or they have no column in common.
    """

    form = "dataset"

    def __init__(self, path: Path, files: list[Path], opener: Opener) -> None:
        self.path = path
        # A shard may be empty; all are opened now, so that a broken one is known before any work is done.
        self._parts = [opener(file) for file in files if file.stat().st_size]
        named = [part for part in self._parts if part.columns]
        for part in named[1:]:
            if not set(part.columns) & set(named[0].columns):
                raise FileFormatError(
                    part.path, f"it has no column in common with {named[0].path.name}; name one file instead"
                )
        self.columns = tuple(dict.fromkeys(name for part in named for name in part.columns))

    def rows(self) -> Iterator[tuple[int, Row | RowProblem]]:
        """Each row and its number; a problem names its file and line too."""
        number = 0
        for part in self._parts:
            for line, row in part.rows():
                number += 1
                problem = isinstance(row, RowProblem)
                yield number, RowProblem(number, f"{part.path.name}:{line}: {row.reason}") if problem else row  # type: ignore[union-attr]

    def count(self) -> int:
        """Rows of all files."""
        return sum(part.count() for part in self._parts)


def open_folder(folder: Path, openers: dict[str, Opener], *, split: str = "") -> Table:
    """The table in a folder.

    Args:
        folder: What `save_to_disk` wrote, or a folder of data files.
        openers: How a file is opened, by its suffix.
        split: Take only the files whose names, or whose folders' names, have this in them.

    Raises:
        ProjectError: It holds no data, several splits, or files of several forms.
        FileFormatError: A file in it does not read.
    """
    if (folder / SPLITS).is_file():
        splits = saved_splits(folder)
        if len(splits) > 1:
            raise choose_split(folder, splits)
        return SavedSplit(folder / splits[0])
    if (folder / STATE).is_file():
        return SavedSplit(folder)
    files = _one_form(folder, _data_files(folder, set(openers)))
    by_split: dict[str, list[Path]] = {}
    for file in files:
        by_split.setdefault(split_in_name(file.relative_to(folder)), []).append(file)
    chosen = by_split.get(split, []) if split else files
    if not chosen:
        raise ProjectError(f"{folder / split}: there is no such file or folder")
    if len(by_split) > 1 and not split:
        if "" in by_split:
            names = ", ".join(str(file) for file in files[:10])
            raise ProjectError(f"{folder}: it holds several data sets; name one file: {names}")
        raise choose_split(folder, sorted(by_split))
    return Folder(folder / split, chosen, lambda file: openers[file.suffix.lower()](file))


def split_in_name(file: Path) -> str:
    """The split that a file's name, or else a folder's above it, speaks of; nothing where none does."""
    for part in reversed([*file.parts[:-1], file.stem]):
        if found := _SPLIT.search(part):
            return found[1].lower()
    return ""


def _data_files(folder: Path, suffixes: set[str]) -> list[Path]:
    """Those in the folder itself; only where it has none, those in the folders below."""
    try:
        own = sorted(path for path in folder.iterdir() if _is_data(path, folder, suffixes))
        files = own or sorted(path for path in folder.rglob("*") if _is_data(path, folder, suffixes))
    except OSError as error:
        raise unreadable(folder, error) from error
    if not files:
        raise ProjectError(
            f"{folder}: there is no data in this folder; it needs {', '.join(sorted(suffixes))} files, "
            "or what `datasets` wrote with save_to_disk"
        )
    return files


def _is_data(path: Path, folder: Path, suffixes: set[str]) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in suffixes and path.name not in _NOT_DATA and not hidden and path.is_file()


def _one_form(folder: Path, files: list[Path]) -> list[Path]:
    forms = sorted({_ALIASES.get(file.suffix.lower(), file.suffix.lower()) for file in files})
    if len(forms) > 1:
        raise ProjectError(f"{folder}: it holds files of several forms ({', '.join(forms)}); name one file instead")
    return files
