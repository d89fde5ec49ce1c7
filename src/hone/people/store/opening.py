"""Brings a store's schema up to date: makes it, upgrades an older one after a backup, refuses a newer one.

Alembic is loaded only where there is something to do.
"""

from __future__ import annotations

import contextlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from hone.errors import OlderStoreError, StoreError
from hone.files import make_private
from hone.people.store.database import Database, alone
from hone.people.store.failures import damaged_store
from hone.people.store.respelt import Respelt
from hone.people.store.schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
_UPGRADE = 1
"""The number of the lock that an upgrade holds."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What was done to an older store."""

    revision: str
    """Its schema before."""
    backup: Path | None
    """The copy from before, where the store is an SQLite file."""
    respelt: Respelt

    def __str__(self) -> str:
        copy = [f"a copy from before is in {self.backup}"] if self.backup else []
        return "; ".join(["the store was brought up to date", *self.respelt.lines(), *copy])


def bring_up(database: Database) -> Upgrade | None:
    """Make the schema what this version of Hone knows.

    Returns:
        What was done, where the schema was an older one.

    Raises:
        StoreError: The schema is newer than this version of Hone, or is not one of ours.
    """
    _own(database)
    revision = database.read(revision_of)
    if revision == HEAD:
        return None  # what made it has set all that stays with the file
    _check(revision, database)
    backup = _back_up(database, revision) if revision and database.sqlite else None
    database.directly("PRAGMA journal_mode = WAL")  # readers and a writer do not wait for each other; it stays
    respelt = database.write(_upgrade)
    return Upgrade(revision, backup, respelt) if revision else None


def _own(database: Database) -> None:
    """Make a new SQLite file for its owner only; the files that SQLite puts beside it are as it is."""
    if database.sqlite and database.name != ":memory:" and not database.name.startswith("file:"):
        with contextlib.suppress(StoreError):  # SQLite says what is wrong with the place
            make_private(Path(database.name), kind=StoreError)


def check_readable(database: Database) -> None:
    """Refuse a schema that this version of Hone cannot read as it stands.

    Raises:
        StoreError: It is newer, older, or none of ours.
    """
    revision = database.read(revision_of)
    if revision == HEAD:
        return
    _check(revision, database)
    what = f"has the older schema {revision}" if revision else "holds no feedback yet"
    kind = OlderStoreError if revision else StoreError
    raise kind(f"{database.name}: {what}; open it once for writing: hone feedback status")


def check_whole(database: Database) -> None:
    """Refuse an SQLite file whose pages, rows and indexes do not fit together, where it is not too large for that.

    Raises:
        StoreError: It is damaged.
    """
    if not database.sqlite or not Path(database.name).exists():
        return

    def found(connection: Connection) -> bool:
        size = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        if size > _PAGES:
            return True
        whole = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one() == "ok"
        return whole and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None

    if not database.read(found):
        raise StoreError(f"{database.name}: {damaged_store()}")


_PAGES = 16_384
"""Pages that are looked through at each opening, 64 MB as a rule: more would keep every command waiting."""


def revision_of(connection: Connection) -> str | None:
    """The schema's revision; none for an empty database.

    Raises:
        StoreError: There are tables, but none of ours.
    """
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if names:
        found = ", ".join(sorted(names)[:3])
        raise StoreError(f"this database belongs to something else (it has the tables {found}); name another")
    return None


def known_revisions() -> list[str]:
    """Every revision that this version of Hone knows, oldest first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - loaded only where there is something to do

    script = ScriptDirectory(str(MIGRATIONS))
    return [one.revision for one in reversed(list(script.walk_revisions()))]


def _check(revision: str | None, database: Database) -> None:
    if revision is not None and revision not in known_revisions():
        raise StoreError(
            f"{database.name}: its schema {revision} is newer than this version of Hone, which knows {HEAD}; "
            "update Hone (nothing was changed)"
        )


def _upgrade(connection: Connection) -> Respelt:
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    alone(connection, _UPGRADE)  # two processes that open a new store at once must not both make it
    script = ScriptDirectory(str(MIGRATIONS))
    config = Config()
    with EnvironmentContext(
        config,
        script,
        fn=lambda revision, _: script._upgrade_revs(HEAD, revision),
    ) as environment:
        environment.configure(connection=connection, transactional_ddl=True, transaction_per_migration=False)
        environment.run_migrations()
    found: Respelt = config.attributes.get("respelt", Respelt())
    return found


def _back_up(database: Database, revision: str) -> Path:
    """A whole copy, taken by SQLite itself so that it is right even while others write."""
    file = Path(database.name)
    copy = file.with_name(f"{file.name}.before-{revision}")
    number = 1
    while copy.exists():
        number += 1
        copy = file.with_name(f"{file.name}.before-{revision}-{number}")
    try:
        make_private(copy, kind=StoreError)
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except (sqlite3.Error, OSError) as error:
        copy.unlink(missing_ok=True)
        raise StoreError(f"{file}: no backup could be written ({error}), so its schema stays as it is") from error
    return copy
