"""Where a project's store and a command meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hone.domain.rubric import Rubric
from hone.errors import OlderStoreError, ProjectError
from hone.journey.watching import Tell, nothing
from hone.people.store import check_store_installed, open_store
from hone.project import Project, Run
from hone.project.naming import named_rubric, rubric_anywhere
from hone.tables import Table

if TYPE_CHECKING:
    from hone.journey.column_options import ColumnOptions
    from hone.measuring import Collected
    from hone.measuring.join import Joined
    from hone.people.store.store import Store

Ratings = Path | str | Project | Table
"""A long-form file, or a project, whose store is read."""


@contextmanager
def project_store(
    project: Project, *, readonly: bool = False, database: str | None = None, tell: Tell = nothing
) -> Iterator[Store]:
    """The project's store, or another that was named, open within the block.

    Raises:
        ProjectError: It is only to be read, and nothing was ever put into it.
        StoreError: It cannot be opened.
    """
    where = database_of(project, database)
    if readonly:
        check_there(where)
        _bring_up(where, tell)
    with open_store(where, readonly=readonly) as store:
        _say_upgrade(store, tell)
        yield store


def _bring_up(where: Path | str, tell: Tell) -> None:
    """Bring a store of an earlier version up to date, which only opening it for writing does."""
    try:
        with open_store(where, readonly=True):
            return
    except OlderStoreError:
        with open_store(where) as store:
            _say_upgrade(store, tell)


def _say_upgrade(store: Store, tell: Tell) -> None:
    if store.upgrade is not None:
        tell(str(store.upgrade))


def database_of(project: Project, database: str | None) -> Path | str:
    """The database that ``--database`` names, else the project's."""
    if database is None:
        return project.agreed_database
    return database if "://" in database else Path(database)


def check_there(where: Path | str) -> None:
    """Refuse to read from a file that is not there.

    Raises:
        ProjectError: It is not.
    """
    if isinstance(where, Path) and not where.exists():
        remedy = "rate with `hone rate`, or bring some in: hone feedback import FILE"
        raise ProjectError(f"{where}: there is no feedback yet; {remedy}")


def ratings_source(
    ratings: Ratings, rubric: Rubric | str | None, *, pairs: bool = False, unrated: bool = False, tell: Tell = nothing
) -> tuple[Path | Table, Rubric | None, Run | None]:
    """Where the ratings are, the rubric that they are on, and the labelling that a project's judgements are of.

    Args:
        ratings: A file, or a project, whose store is read as `project_ratings` does.
        rubric: The rubric; of a project also a version's name, and by default the latest.
        pairs: Of a project, verdicts on pairs instead.
        unrated: Of a project, also the judgements of items that nobody rated.
        tell: Told which judgements of a project were taken.

    Raises:
        ProjectError: A file's rubric is named by a version, or the project has nothing of the kind yet.
    """
    if isinstance(ratings, Project):
        found = rubric if isinstance(rubric, Rubric) else named_rubric(rubric, ratings)
        joined = project_ratings(ratings, found, pairs=pairs, unrated=unrated, tell=tell)
        return joined.table, found, joined.run
    if isinstance(rubric, str):
        raise ProjectError(f"a file knows no version {rubric!r}; give the rubric itself, or a project for the file")
    return Path(ratings) if isinstance(ratings, str) else ratings, rubric, None


def where_rated(file: Path | None, rubric: str | None, folder: Path) -> tuple[Ratings, Rubric | str | None]:
    """Where the ratings are that options name, and their rubric: a file, or the project with its versions.

    Args:
        file: A file of ratings.
        rubric: The rubric's name; beside a file it is found without a project, too.
        folder: Where the project is looked for, where no file is named.

    Raises:
        ProjectError: There is no project, or no rubric of that name.
    """
    return (Project.find(folder), rubric) if file is None else (file, rubric_anywhere(rubric))


@dataclass(frozen=True)
class ReadRatings:
    """Ratings as arrays, with what they are on."""

    collected: Collected
    rubric: Rubric | None
    path: Path
    """Where they come from, for messages."""
    notes: tuple[str, ...]
    """What a reader should know of them."""


def read_rated(
    ratings: Ratings, rubric: Rubric | str | None, said: ColumnOptions, judged: Sequence[Path] = ()
) -> ReadRatings:
    """Ratings of a file or a project, with judges' scores out of further files.

    Args:
        ratings: Where they are.
        rubric: See `ratings_source`.
        said: What is known of the columns.
        judged: What `label` wrote, a file a judge.

    Raises:
        ProjectError: There is nothing to read.
        FileFormatError: A row does not read.
    """
    from hone.measuring import Reading, read_with_judged  # noqa: PLC0415 - loads the statistics

    told: list[str] = []
    source, found, _ = ratings_source(ratings, rubric, tell=told.append)
    reading = Reading(None, found, raters=said.rater_column, columns=said.columns())
    collected = read_with_judged(source, reading, judged)
    path = source if isinstance(source, Path) else source.path
    return ReadRatings(collected, found, path, (*told, *collected.notes()))


def project_ratings(
    project: Project, rubric: Rubric, *, pairs: bool = False, unrated: bool = False, tell: Tell = nothing
) -> Joined:
    """What the project's people said, with the judgements of the same replies under the same rubric.

    Args:
        project: The project.
        rubric: Which ratings are current.
        pairs: Verdicts on pairs instead.
        unrated: Also the judgements of items that nobody rated.
        tell: Told which judgements were taken.

    Raises:
        ProjectError: There is nothing of the kind yet.
    """
    check_store_installed()
    from hone.measuring.join import Joined, join  # noqa: PLC0415
    from hone.people.exchange.stored import stored_choices  # noqa: PLC0415 - loads SQLAlchemy

    with project_store(project, readonly=True, tell=tell) as store:
        joined = Joined(stored_choices(store)) if pairs else join(project, store, rubric, unrated=unrated)
        for note in joined.notes:
            tell(note)
        if not joined.table.count():
            what = "verdicts on pairs" if pairs else "ratings under this rubric"
            raise ProjectError(f"{store.database.name}: there are no {what}; see: hone feedback status")
    return joined
