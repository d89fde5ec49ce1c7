"""Takes a person out of a project: its store, its decisions, and the files that Hone wrote of what they said."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hone.errors import FeedbackError, ProjectError
from hone.files import config_folder, whole_stream, write_whole
from hone.jobs.asked import ASKED
from hone.journey.stored import check_there, database_of, project_store
from hone.journey.watching import Tell, nothing
from hone.people.store import check_store_installed
from hone.project import Project
from hone.text import name as named

if TYPE_CHECKING:
    from hone.people.store.forgetting import Renamer

_EXPORTS = "exports.json"
"""Which files were exported, by project; kept as the user's, since a sent project could name any file."""
_BACKUPS = "feedback.db.before-*"
_LARGEST = 200 * 2**20
_READ = frozenset({".csv", ".tsv", ".jsonl", ".ndjson", ".json"})
_LOOKED_AT = _READ | {".html", ".md", ".txt", ".xml", ".yaml", ".yml", ".svg"}


@dataclass(frozen=True, slots=True)
class ForgottenPerson:
    """What became of a person."""

    alias: str
    """What stands where the name stood."""
    counts: dict[str, int]
    """Rows of the store that were changed or removed, by table."""
    changed: tuple[Path, ...]
    """Files in which the alias stands now."""
    removed: tuple[Path, ...]
    """Copies of the store from before an upgrade, which held the name; what an expert was asked with their words."""
    left: tuple[Path, ...]
    """Files that still hold the name, for a person to look at."""


def note_export(project: Project, file: Path) -> None:
    """Remember that a file holds what people said, so that a person can be taken out of it."""
    with suppress(ProjectError):  # without a home folder there is no place for it
        path = config_folder(make=True) / _EXPORTS
        known, own = _known_exports(path), str(project.folder.resolve())
        files = [*known.get(own, []), str(file.resolve())]
        with whole_stream(path, mode=0o600) as stream:
            stream.write(json.dumps(known | {own: list(dict.fromkeys(files))}, indent=1).encode())


def forget_person(
    project: Project, name: str, *, remove: bool = False, database: str | None = None, tell: Tell = nothing
) -> ForgottenPerson:
    """Put an alias in place of a person everywhere in a project, and take out their own words.

    Args:
        project: The project.
        name: The person's name, in any case.
        remove: Take out their scores and verdicts, too.
        database: Another store than the project's.
        tell: Told where the store's schema was brought up to date.

    Raises:
        FeedbackError: Nobody is called so.
        ProjectError: A file cannot be written.
    """
    check_there(database_of(project, database))
    with project_store(project, database=database, tell=tell) as store:
        from hone.people.store.forgetting import forget_rater as forget_in  # noqa: PLC0415 - loads SQLAlchemy

        done = forget_in(store.database, name, remove=remove)
    if done.note:
        tell(done.note)
    renamer = done.renamer
    # Also where the store knows them no more: a command that was stopped in the middle is typed again.
    changed = project.rename_person(renamer.is_name, renamer.alias)
    # Refining shows people's notes to the expert. No result rests on what is kept of the asking.
    asked = project.runs_folder.glob(f"*-rubric refine-*/{ASKED}") if done.wrote else ()
    backups, left = tuple(sorted([*project.folder.glob(_BACKUPS), *asked])), []
    for file in sorted({*_exported(project), *_files(project.folder)} - {*backups}):
        if file.suffix.lower() in _READ and _rewritten(file, renamer):
            changed.append(file)
        if _names(file, renamer):
            left.append(file)
    if not done.counts and not changed:
        raise FeedbackError(f"there is nobody called {name!r}; see: hone rate raters")
    for copy in backups:
        copy.unlink()
    return ForgottenPerson(renamer.alias, dict(done.counts), tuple(changed), backups, tuple(left))


def _known_exports(path: Path) -> dict[str, list[str]]:
    with suppress(OSError, ValueError):
        return {str(folder): list(map(str, files)) for folder, files in dict(json.loads(path.read_text())).items()}
    return {}


def backup(project: Project, file: Path | str, *, database: str | None = None) -> dict[str, int]:
    """Write everything that people said into a file, also while the pages run: one state of the store.

    Args:
        project: The project.
        file: A ``.jsonl`` file, which is replaced as a whole.
        database: Another store than the project's.

    Returns:
        How many rows each table gave.

    Raises:
        ProjectError: There is no feedback yet.
        StoreError: The store is damaged: `hone feedback export --form store` writes what can still be read.
    """
    where = database_of(project, database)
    check_there(where)
    check_store_installed()
    from hone.interop.forms import export_whole  # noqa: PLC0415 - loads SQLAlchemy

    if database is None:
        note_export(project, Path(file))
    done = export_whole(where, Path(file), whole=True)
    return dict(done.counts)


def restore(
    project: Project, file: Path | str, *, database: str | None = None, tell: Tell = nothing
) -> tuple[dict[str, int], Path | None]:
    """Make the store what a backup holds, in one transaction; what was there before is kept in a file beside it.

    Args:
        project: The project.
        file: What `backup` wrote.
        database: Another store than the project's.
        tell: Told where the store's schema was brought up to date.

    Returns:
        How many rows each table got, and the file with what was there before; none where nothing was.

    Raises:
        FileFormatError: The file is not whole, or of a newer version.
        StoreError: The store cannot be written.
    """
    with project_store(project, database=database, tell=tell) as store:
        from hone.people.exchange.whole import is_empty, read_store, write_store  # noqa: PLC0415

        before = None
        if not is_empty(store.database):
            before = _unused(project.folder)
            write_store(store.database, before)
            before.chmod(0o600)
        counts, notes = read_store(store.database, Path(file), replace=True)
        for line in notes:
            tell(line)
    return counts, before


def _unused(folder: Path) -> Path:
    return next(
        path
        for number in range(1, 10_000)
        if not (path := folder / f"feedback.db.before-restore-{number}.jsonl").exists()
    )


def _exported(project: Project) -> list[Path]:
    with suppress(ProjectError):
        files = _known_exports(config_folder() / _EXPORTS).get(str(project.folder.resolve()), [])
        return [path for path in map(Path, files) if path.is_file() and not path.is_symlink()]
    return []


def _files(folder: Path) -> Iterator[Path]:
    """The project's own files that could hold a name."""
    for top, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for file in files:
            path = Path(top, file)
            if path.suffix.lower() in _LOOKED_AT and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                yield path


def _rewritten(file: Path, renamer: Renamer) -> bool:
    """Put the alias into a table or a JSON file, if the name stands there as who said something."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            text = stream.read()
        suffix = file.suffix.lower()
        if suffix in {".csv", ".tsv"}:
            new = _table(text, "\t" if suffix == ".tsv" else ",", renamer)
        elif suffix == ".json":
            new = _document(text, renamer, indent=1)
        else:
            new = _lines(text, renamer)
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    if new == text:
        return False
    write_whole(file, new)
    return True


def _table(text: str, delimiter: str, renamer: Renamer) -> str:
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    naming = [place for place, column in enumerate(rows[0]) if renamer.names(column)] if rows else []
    changed = False
    for row in rows[1:]:
        for place in naming:
            if place < len(row) and renamer.is_name(row[place]):
                row[place], changed = renamer.alias, True
    if not changed:
        return text
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(rows)
    return out.getvalue()


def _lines(text: str, renamer: Renamer) -> str:
    """JSON lines with the alias; those of a whole store also without the words that the person wrote."""
    from hone.people.exchange.whole import is_store  # noqa: PLC0415 - loads SQLAlchemy

    lines = text.splitlines(keepends=True)
    if not lines or not is_store(lines[0]):
        return "".join(_document(line, renamer) for line in lines)
    try:
        rows = [json.loads(line) for line in lines[1:] if line.strip()]
    except ValueError:
        return text
    return lines[0] + "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in renamer.rows(rows))


def _document(text: str, renamer: Renamer, indent: int | None = None) -> str:
    """A JSON document, or one line of them, with the alias; as it was where nothing changes or it does not read."""
    if not text.strip():
        return text
    try:
        was: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    now = renamer(was)
    end = "\n" if text.endswith("\n") else ""
    return text if now == was else json.dumps(now, ensure_ascii=False, indent=indent) + end


def _names(file: Path, renamer: Renamer) -> bool:
    """Whether a file still holds the name, as a word of its own."""
    with suppress(OSError):
        text = named(file.read_text(encoding="utf-8", errors="replace").casefold())
        return renamer.within(text)
    return False
