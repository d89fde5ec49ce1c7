"""What people say in a project: the pages on which they say it, and files in and out of the store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from hone.journey.column_options import ColumnOptions
from hone.journey.forgetting import note_export
from hone.journey.options import OptionForm, VerbOptions
from hone.journey.stored import check_there, database_of, project_store
from hone.journey.watching import Tell, nothing
from hone.people.store import check_store_installed
from hone.project import Project
from hone.project.naming import named_rubric
from hone.tables.shape import FileColumns

if TYPE_CHECKING:
    from hone.domain.rubric import Rubric
    from hone.interop import Exchanged
    from hone.people.store.store import Store

Form = Literal["ratings", "pairs", "store", "label-studio", "argilla"]

PORT = 8420
"""Where the pages are served, unless something else is said."""


class RateOptions(VerbOptions):
    """What may be set for `rate`."""

    verb = "rate"
    host: str = "127.0.0.1"
    """The address to listen on; beyond this machine only invited people come in."""
    port: int = Field(default=PORT, ge=0, le=65535)
    """0 takes a free one."""
    per_item: int = Field(default=2, ge=1, le=100)
    """How many people rate each reply."""
    second_look: bool = False
    """After their own rating, raters may see the judge's reasons where it differs, and say which is wrong."""
    next: int | None = Field(default=None, ge=1)
    """Draw replies until so many wait for a first rating: half evenly, half where the judge is unsure."""
    run: Annotated[tuple[str, ...], OptionForm(metavar="RUN")] = ()
    """The run under runs/ whose replies are rated; again for more.  [default: the latest]"""
    model: Annotated[tuple[str, ...], OptionForm(metavar="SPEC")] = ()
    """Another model for the playground; repeat for more."""
    base_url: Annotated[str, OptionForm(metavar="URL")] = ""
    """The address that raters type, where a proxy stands before."""
    no_open: bool = False
    """Do not open a browser."""
    stop_after: Annotated[float | None, OptionForm(metavar="SECONDS")] = Field(default=None, gt=0)
    """Stop after this many seconds without a visitor."""


class InviteOptions(VerbOptions):
    """What may be set for `rate invite`."""

    verb = "rate invite"
    name: Annotated[str, OptionForm(positional=True)]
    role: Literal["rater", "owner"] = "rater"
    days: float = Field(default=14.0, gt=0, le=3650)
    """How long the link lets them in."""
    base_url: Annotated[str, OptionForm(metavar="URL")] = f"http://localhost:{PORT}"
    """The address that they will type."""


class ImportOptions(ColumnOptions):
    """What may be set for `feedback import`."""

    verb = "feedback import"
    file: Annotated[Path, OptionForm(positional=True)]
    form: Form | None = None
    """What the file holds.  [default: found out]"""
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    database: str | None = None
    """Another store: a file, or an SQLAlchemy URL.  [default: the one in hone.yaml]"""


class ExportFeedbackOptions(VerbOptions):
    """What may be set for `feedback export`."""

    verb = "feedback export"
    file: Annotated[Path, OptionForm(positional=True)]
    form: Form = "ratings"
    """What to write."""
    stale: bool = False
    """Also ratings of criteria that have changed since, marked so."""
    blind: bool = False
    """Numbers in place of people's names."""
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    database: str | None = None
    """Another store: a file, or an SQLAlchemy URL.  [default: the one in hone.yaml]"""


class StatusOptions(VerbOptions):
    """What may be set for `feedback status`."""

    verb = "feedback status"
    per_item: int = Field(default=2, ge=1)
    """How many people should rate each reply."""
    half_width: float = Field(default=0.05, gt=0, le=1)
    """The interval that is aimed at, each way."""
    rubric: str | None = None
    """v1, v2, …, working, a file or a library name.  [default: the latest version]"""
    database: str | None = None
    """Another store: a file, or an SQLAlchemy URL.  [default: the one in hone.yaml]"""


def import_feedback(
    project: Project,
    file: Path | str,
    *,
    form: Form | None = None,
    rater_column: Sequence[str] = (),
    columns: FileColumns | None = None,
    rubric: str | None = None,
    database: str | None = None,
    tell: Tell = nothing,
) -> Exchanged:
    """Read feedback from a file into a project's store, all of it or nothing.

    Args:
        project: The project.
        file: Ratings, long or wide (CSV, XLSX, JSONL, Parquet), Label Studio's tasks, Argilla's records, or a whole
            store.
        form: What the file holds; found out by default.
        rater_column: Of a file with one column a rater, the columns that are raters; by their headings by default.
        columns: Of a file of ratings, what else is known of its columns.
        rubric: The version that the ratings were given under; the latest by default.
        database: Another store than the project's.
        tell: Told where the store's schema was brought up to date.

    Raises:
        FileFormatError: A row does not fit; the message names its place.
        StoreError: The store cannot be written.
    """
    found = named_rubric(rubric, project)
    with project_store(project, database=database, tell=tell) as store:
        from hone.interop import import_file  # noqa: PLC0415 - loads SQLAlchemy

        return import_file(store, Path(file), found, form, raters=rater_column, columns=columns)


def export_feedback(
    project: Project,
    file: Path | str,
    *,
    form: Form = "ratings",
    rubric: str | None = None,
    stale: bool = False,
    blind: bool = False,
    database: str | None = None,
) -> Exchanged:
    """Write a project's feedback into a file.

    Args:
        project: The project.
        file: Where.
        form: What to write; `store` is everything, with its history.
        rubric: The version whose ratings are current; the latest by default.
        stale: Of ratings, also those of criteria that have changed since, marked so.
        blind: Of ratings, numbers in place of people's names.
        database: Another store than the project's.

    Raises:
        ProjectError: There is no feedback yet.
    """
    where = database_of(project, database)
    check_there(where)
    check_store_installed()
    from hone.interop.forms import Which, export_file, export_whole  # noqa: PLC0415 - loads SQLAlchemy

    if database is None:
        note_export(project, Path(file))
    if form == "store":
        return export_whole(where, Path(file))
    with project_store(project, readonly=True, database=database) as store:
        which = Which(current_only=not stale, blind=blind)
        return export_file(store, Path(file), form, named_rubric(rubric, project), which)


def feedback_status(
    project: Project,
    *,
    rubric: str | None = None,
    per_item: int = 2,
    half_width: float = 0.05,
    database: str | None = None,
    tell: Tell = nothing,
) -> dict[str, Any]:
    """How far the rating is: by rater, what is stale, where people differ, and how many more ratings it takes.

    Args:
        project: The project.
        rubric: The version that people rate by; the latest by default.
        per_item: How many people should rate each reply.
        half_width: The interval that is aimed at, each way, as a share.
        database: Another store than the project's.
        tell: Told where the store's schema was brought up to date.

    Returns:
        Counts by name, `raters`, the `stop_rule` by criterion, and the same in `words`.

    Raises:
        ProjectError: There is no feedback yet.
    """
    found = named_rubric(rubric, project)
    with project_store(project, readonly=True, database=database, tell=tell) as store:
        return _status(store, found, per_item, half_width)


def _status(store: Store, rubric: Rubric, per_item: int, half_width: float) -> dict[str, Any]:
    from hone.measuring.stopping import stop_rule  # noqa: PLC0415
    from hone.people.exchange.stored import stored_ratings  # noqa: PLC0415 - loads SQLAlchemy

    rows = store.ratings(rubric, current_only=False)
    people = [row for row in rows if row.kind == "human"]
    whole = store.progress(rubric, per_item=per_item)
    stopping = (
        []
        if not any(not row.stale for row in people)
        else stop_rule(stored_ratings(store, rubric), rubric, half_width=half_width, per_item=per_item)
    )
    apart = store.disagreements(rubric)
    found: dict[str, Any] = {
        "database": store.database.name,
        "rubric": rubric.digest,
        "replies": whole.subjects,
        "ratings": sum(not row.stale for row in people),
        "stale": sum(row.stale for row in people),
        "judges": sorted({row.rater for row in rows if row.kind == "judge"}),
        "left": whole.left,
        "verdicts_on_pairs": len(store.choices()),
        "disagreements": len(apart),
        "adjudicated": sum(one.adjudicated is not None for one in apart),
        "decisions": len(store.decisions()),
        "raters": [_rater(store, rubric, one, per_item) for one in store.raters() if one.role != "judge"],
        "stop_rule": [one.as_dict() for one in stopping],
    }
    scores = f"{found['ratings']:,} current scores, {found['stale']:,} stale"
    wanted = f"{whole.left:,} ratings still to do, at {per_item} people a reply"
    apart_words = f"people differ on {len(apart):,} scores, {found['adjudicated']:,} adjudicated"
    others = f"{found['verdicts_on_pairs']:,} verdicts on pairs; {found['decisions']:,} decisions on advice"
    found["words"] = [f"{scores}; {wanted}", f"{apart_words}; {others}", *(one.words for one in stopping)]
    return found


def _rater(store: Store, rubric: Rubric, rater: Any, per_item: int) -> dict[str, Any]:
    own = store.progress(rubric, rater.id, per_item=per_item)
    return {
        "name": rater.name,
        "role": rater.role,
        "active": rater.active,
        "done": own.done,
        "skipped": own.skipped,
        "left": own.left,
        "seconds": own.seconds,
    }
