"""Finds out what a path holds, and refuses, with the remedy, what holds no table."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from hone.errors import FileFormatError, ProjectError
from hone.tables.base import Table, unreadable
from hone.tables.delimited import Delimited
from hone.tables.folder import Opener, open_folder, split_in_name
from hone.tables.jsonl import JsonLines, open_json
from hone.tables.parquet import Parquet
from hone.tables.workbook import SUFFIXES, Workbook, refuse_old, split_sheet

_OPENERS: dict[str, Opener] = {
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
    ".json": open_json,
    ".csv": Delimited,
    ".tsv": partial(Delimited, delimiter="\t"),
    **dict.fromkeys(SUFFIXES, Workbook),
    ".parquet": Parquet,
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def open_table(path: Path) -> Table:
    """The table in a file or folder. Nothing stays open, and no more than the first rows are read.

    Args:
        path: A `.jsonl`, `.ndjson`, `.json`, `.csv`, `.tsv`, `.xlsx` or `.parquet` file (`FILE.xlsx#SHEET` names a
            sheet, by default it is the first); a folder that `datasets` wrote with
            `save_to_disk`; or a folder of data files. For one split of several, `FOLDER/SPLIT`.

    Raises:
        ProjectError: It is missing, of a kind that is not known, or holds several splits or forms.
        FileFormatError: It is empty or does not read; the message names the file, and the line where there is one.
        MissingExtraError: pyarrow or openpyxl is needed and not installed.
    """
    table = _open(path)
    if next(table.rows(), None) is None:
        raise FileFormatError(path, "it has no rows")
    if not table.columns:
        raise FileFormatError(path, "its rows have no columns")
    return table


def _open(path: Path) -> Table:
    if path.is_dir():
        return open_folder(path, _OPENERS)
    file, _ = split_sheet(path)
    if not file.exists():
        # The hub keeps `train-00000.parquet` and `test-00000.parquet` in one folder: FOLDER/train names the first.
        if path.parent.is_dir() and split_in_name(Path(path.name)) == path.name:
            return open_folder(path.parent, _OPENERS, split=path.name)
        raise ProjectError(f"{path}: there is no such file or folder")
    suffix = file.suffix.lower()
    if suffix == ".xls":
        raise refuse_old(path)
    opener = _OPENERS.get(suffix)
    if opener is None:
        known = ", ".join(_OPENERS)
        raise ProjectError(f"{path}: a file with the suffix {path.suffix!r} is not known; known are {known}")
    try:
        with file.open("rb") as stream:
            start = stream.read(2)
    except OSError as error:
        raise unreadable(path, error) from error
    if not start:
        raise FileFormatError(path, "the file is empty")
    if start in _UTF16:
        raise FileFormatError(path, "the file is UTF-16 text; save it as UTF-8", line=1)
    return opener(path)
