"""The schema: made by migrations, upgraded after a backup, and opened by many at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from hone.people.store import NewSubject, open_store
from hone.people.store.opening import known_revisions
from hone.people.store.schema import HEAD, metadata
from hone.people.store.store import Store

from .conftest import RUBRIC

NEWER = ("second_looks", "opened", "openings", "chances", "draws")
"""Tables that the stores of earlier versions lack."""


def test_migrations_make_the_tables_that_the_code_reads_and_writes(where: Path | str) -> None:
    with open_store(where) as store:
        differences = store.database.read(
            lambda connection: compare_metadata(MigrationContext.configure(connection), metadata)
        )
        assert differences == []
    assert known_revisions()[-1] == HEAD


def test_an_older_schema_is_upgraded_after_a_backup_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "feedback.db"
    with open_store(file) as store:
        ann = store.add_rater("Ann").id
        (subject,) = store.add_subjects([NewSubject("i", "Plan.", "Reply.")])
        store.rate(ann, subject, RUBRIC, {"Be Clear": 1})
        assert store.backup is None
    first = known_revisions()[0]
    with closing(sqlite3.connect(file)) as connection, connection:
        for table in ("subjects", "pairs"):
            connection.execute(f"DROP INDEX ix_{table}_item")
        connection.execute("ALTER TABLE raters DROP COLUMN epoch")
        for table in NEWER:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = ?", (first,))
    with open_store(file) as store:
        assert store.backup == tmp_path / f"feedback.db.before-{first}"
        assert len(store.ratings(RUBRIC)) == 1
    assert store.backup
    with closing(sqlite3.connect(store.backup)) as connection:
        assert connection.execute("SELECT count(*) FROM ratings").fetchone() == (1,)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (first,)
    with open_store(file) as store:
        assert store.backup is None, "the second opening has nothing to do"


def test_two_processes_that_open_a_new_store_at_once_both_get_it(where: Path | str) -> None:
    code = (
        "import sys; from pathlib import Path; from hone.people.store import open_store\n"
        "where = sys.argv[1] if '://' in sys.argv[1] else Path(sys.argv[1])\n"
        "with open_store(where) as store: store.add_rater(sys.argv[2])\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(where), name], stderr=subprocess.PIPE, text=True)
        for name in ("Ann", "Ben", "Cy")
    ]
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 3
    with open_store(where) as store:
        assert [rater.name for rater in store.raters()] == ["Ann", "Ben", "Cy"]


def test_an_open_store_does_not_load_alembic_once_the_schema_is_there(tmp_path: Path) -> None:
    file = tmp_path / "feedback.db"
    open_store(file).close()
    code = (
        f"import sys; from pathlib import Path; from hone.people.store import open_store\n"
        f"open_store(Path({str(file)!r})).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_help_loads_neither_sqlalchemy_nor_alembic() -> None:
    code = (
        "import sys; from hone.cli.main import cli\n"
        "for words in (['--help'], ['feedback', '--help'], ['feedback', 'export', '--help'], ['agree', '--help']):\n"
        "    cli.main(words, standalone_mode=False)\n"
        "print('sqlalchemy' in sys.modules or 'alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_backup_name_that_is_taken_is_not_overwritten(tmp_path: Path) -> None:
    file, first = tmp_path / "feedback.db", known_revisions()[0]
    open_store(file).close()
    (tmp_path / f"feedback.db.before-{first}").write_text("mine")
    with closing(sqlite3.connect(file)) as connection, connection:
        for table in ("subjects", "pairs"):
            connection.execute(f"DROP INDEX ix_{table}_item")
        connection.execute("ALTER TABLE raters DROP COLUMN epoch")
        for table in NEWER:
            connection.execute(f"DROP TABLE {table}")
        connection.execute("UPDATE alembic_version SET version_num = ?", (first,))
    with open_store(file) as store:
        assert store.backup == tmp_path / f"feedback.db.before-{first}-2"
    assert (tmp_path / f"feedback.db.before-{first}").read_text() == "mine"


def test_a_store_and_what_sqlite_puts_beside_it_are_their_owner_s(tmp_path: Path) -> None:
    with open_store(tmp_path / "feedback.db") as store:
        store.add_rater("ana")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes["feedback.db"] == 0o600
    assert set(modes.values()) == {0o600}


def _change(store: Store, *statements: str) -> None:
    def work(connection: Connection) -> None:
        for statement in statements:
            connection.execute(text(statement))

    store.database.write(work)


def test_an_upgrade_signs_out_those_alone_who_were_ever_withdrawn(where: Path | str) -> None:
    with open_store(where) as store:
        for name in ("Ann", "Ben", "Cy"):
            store.invite(name)
        store.revoke("Ben")
        store.invite("Ben")
        store.revoke("Cy")
        _change(store, "ALTER TABLE raters DROP COLUMN epoch", *(f"DROP TABLE {table}" for table in NEWER))
        store.database.write(
            lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
        )
    with open_store(where) as store:
        assert store.upgrade is not None
        assert {rater.name: rater.epoch == "" for rater in store.raters()} == {"Ann": True, "Ben": False, "Cy": False}
