"""A full disk, a lock, damage, another schema, a file that may only be read: one line, and what was saved is kept."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from hone.errors import HoneError, MissingExtraError, StoreError
from hone.interop.forms import export_whole
from hone.people.store import NewSubject, open_store
from hone.people.store.schema import HEAD

from .conftest import NAMES, RUBRIC


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with one rating of one reply."""
    path = tmp_path / "feedback.db"
    with open_store(path) as store:
        ann = store.add_rater("Ann").id
        (subject,) = store.add_subjects([NewSubject("i", "Plan.", "Reply.")])
        store.rate(ann, subject, RUBRIC, {"Be Clear": 1})
    return path


def one_line(error: BaseException) -> str:
    assert isinstance(error, StoreError)
    assert "\n" not in str(error)
    return str(error)


SAVER = """
import sys
from pathlib import Path
from hone.domain.rubric import Rubric
from hone.people.store import open_store
rubric = Rubric.model_validate_json(sys.argv[2])
with open_store(Path(sys.argv[1]) if "://" not in sys.argv[1] else sys.argv[1]) as store:
    rater = store.add_rater(sys.argv[3]).id
    while (subject := store.next_subject(rater, rubric, per_item=99)) is not None:
        for criterion in rubric.names:
            store.rate(rater, subject.id, rubric, {criterion: 1}, key=f"{subject.id} {criterion}")
            print(subject.id, criterion, sep="|", flush=True)
"""


def test_sigkill_in_the_middle_of_saves_loses_nothing_that_was_acknowledged(where: Path | str) -> None:
    with open_store(where) as store:
        store.add_subjects(NewSubject(f"i{n}", "Plan.", f"Reply {n}.") for n in range(400))
    acknowledged: set[tuple[str, ...]] = set()
    for number in range(4):
        command = [sys.executable, "-c", SAVER, str(where), RUBRIC.model_dump_json(), "Ann"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if len(lines) >= 20 + 7 * number:
                break
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was killed in the middle, not at its end"
        whole = "".join(lines) + (rest[: rest.rfind("\n") + 1])
        acknowledged |= {tuple(line.split("|")) for line in whole.splitlines()}
        with open_store(where) as store:
            found = [(row.subject, row.criterion) for row in store.ratings(RUBRIC)]
        assert acknowledged <= set(found)
        assert len(found) == len(set(found)) <= len(acknowledged) + number + 1, "at most the save under way is more"
    assert len(acknowledged) >= 80


def test_a_full_disk_is_one_line_and_keeps_what_was_saved(file: Path) -> None:
    code = f"""
import resource, signal, sys
from pathlib import Path
from hone.errors import StoreError
from hone.people.store import NewSubject, open_store
with open_store(Path({str(file)!r})) as store:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({256 * 1024}, {256 * 1024}))
    saved = 0
    try:
        while True:
            store.add_subjects([NewSubject(f"big {{saved}}", "Plan.", "x" * 50_000)])
            saved += 1
    except StoreError as error:
        print(saved)
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, line = done.stdout.splitlines()
    assert "is full" in line or "is it full or failing?" in line
    assert "what was saved before is kept" in line
    with open_store(file) as store:
        assert store.progress(RUBRIC).subjects == 1 + int(count)
        assert len(store.ratings(RUBRIC)) == 1
        store.add_subjects([NewSubject("later", "Plan.", "It goes on.")])


def test_a_database_at_its_greatest_size_says_full_and_still_reads(file: Path) -> None:
    with open_store(file) as store:
        store.database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 60"))
        with pytest.raises(StoreError) as refused:
            store.add_subjects([NewSubject("big", "Plan.", "x" * 500_000)])
        assert "the disk is full, so this was not saved (what was saved before is kept)" in one_line(refused.value)
        assert len(store.ratings(RUBRIC)) == 1


def test_a_database_that_another_program_locks_is_one_line(file: Path) -> None:
    with open_store(file) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
        store.database.write(lambda connection: connection.exec_driver_sql("PRAGMA busy_timeout = 50"))
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError) as refused:
            store.add_rater("Ben")
        assert "another program holds it locked" in one_line(refused.value)
        assert len(store.ratings(RUBRIC)) == 1, "reading goes on"
        other.execute("ROLLBACK")
        assert store.add_rater("Ben").active


def _overwrite(file: Path, start: int, size: int) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file.open("r+b") as stream:
        stream.seek(start)
        stream.write(b"\xa5" * size)


def test_a_damaged_beginning_is_one_line(file: Path, tmp_path: Path) -> None:
    _overwrite(file, 0, 100)
    with pytest.raises(StoreError) as refused:
        open_store(file)
    assert "not an SQLite database, or its beginning is damaged" in one_line(refused.value)
    with pytest.raises(StoreError) as again:
        export_whole(file, tmp_path / "all.jsonl")
    one_line(again.value)


def test_what_is_left_of_a_damaged_store_can_be_exported(tmp_path: Path) -> None:
    file, out = tmp_path / "feedback.db", tmp_path / "left.jsonl"
    with open_store(file) as store:
        ann = store.add_rater("Ann").id
        ids = store.add_subjects(NewSubject(f"i{n}", "Plan.", f"Reply {n}. " * 60) for n in range(300))
        for subject in ids[:100]:
            store.rate(ann, subject, RUBRIC, {"Be Clear": 1})
    with closing(sqlite3.connect(file)) as connection:
        leaves = "SELECT pageno FROM dbstat WHERE name = 'subjects' AND pagetype = 'leaf'"
        pages = [row[0] for row in connection.execute(leaves)] if _has_dbstat(connection) else []
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    page = pages[len(pages) // 2] if pages else file.stat().st_size // size // 2
    _overwrite(file, (page - 1) * size, size)
    done = export_whole(file, out)
    assert any("could be read, others could not" in note for note in done.notes)
    assert 100 < done.counts["subjects"] < 300
    assert done.counts["ratings"] == 100
    head = json.loads(out.read_text().splitlines()[0])
    assert head["damaged"] == list(done.notes)


def _has_dbstat(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1 FROM dbstat LIMIT 1")
    except sqlite3.OperationalError:
        return False
    return True


def test_a_newer_schema_is_refused_in_one_line_and_still_exported(file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for readonly in (False, True):
        with pytest.raises(StoreError) as refused:
            open_store(file, readonly=readonly)
        assert f"its schema 9999 is newer than this version of Hone, which knows {HEAD}; update Hone" in one_line(
            refused.value
        )
    assert export_whole(file, tmp_path / "all.jsonl").counts["ratings"] == 1


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE poems (line TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"belongs to something else \(it has the tables poems\)"):
        open_store(path)
    assert path.read_bytes() == before


@pytest.fixture
def sealed(file: Path) -> Iterator[Path]:
    """A store whose file and folder may only be read, by somebody who is not root."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name) / file.name
        shutil.copyfile(file, copy)
        copy.chmod(0o444)
        copy.parent.chmod(0o555)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            yield copy
        finally:
            os.seteuid(before)
            copy.parent.chmod(0o755)


def test_a_file_that_may_only_be_read_is_one_line_and_still_exported(sealed: Path) -> None:
    with pytest.raises(StoreError) as refused, open_store(sealed) as store:
        store.add_rater("Ben")
    one_line(refused.value)
    with tempfile.TemporaryDirectory() as name:
        assert export_whole(sealed, Path(name) / "all.jsonl").counts["ratings"] == 1


def test_a_database_that_takes_no_writes_is_one_line(file: Path) -> None:
    with open_store(file) as store:
        store.database.write(lambda connection: connection.exec_driver_sql("PRAGMA query_only = ON"))
        with pytest.raises(StoreError) as refused:
            store.add_rater("Ben")
        assert "it may only be read, so this was not saved" in one_line(refused.value)
        assert len(store.ratings(RUBRIC)) == 1


def test_a_store_opened_for_reading_writes_nothing(file: Path) -> None:
    with open_store(file, readonly=True) as store:
        assert len(store.ratings(RUBRIC)) == 1
        with pytest.raises(StoreError, match="opened to be read only"):
            store.add_rater("Ben")


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        open_store(tmp_path / "no" / "such" / "feedback.db")
    assert "it cannot be opened; is the folder there" in one_line(refused.value)


def test_a_server_that_does_not_answer_and_a_url_that_is_none_are_one_line() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("postgresql://hone@127.0.0.1:9/none")
    assert "the database server does not answer" in one_line(refused.value)
    with pytest.raises(HoneError, match="neither a file nor an SQLAlchemy URL"):
        open_store("nonsense://somewhere")


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(StoreError) as refused:
        open_store("postgresql://hone:secret@127.0.0.1:9/none")
    assert "secret" not in str(refused.value)


def test_a_missing_package_is_named_with_the_extra_that_brings_it(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["sqlalchemy"] = None
from pathlib import Path
from hone.people.store import open_store
from hone.errors import MissingExtraError
try:
    open_store(Path({str(tmp_path / "f.db")!r}))
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "hone-llm[store]"' in done.stdout
    assert issubclass(MissingExtraError, HoneError)


def test_a_postgresql_server_that_ends_in_between_is_one_line_and_then_goes_on(database: str) -> None:
    with open_store(database) as store:
        store.add_rater("Ann")
        engine = create_engine(database.rsplit("/", 1)[0] + "/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'hone_%'")
            )
        engine.dispose()
        assert store.add_rater("Ben").active, "a connection that the server closed is noticed before it is used"
        assert [rater.name for rater in store.raters()] == ["Ann", "Ben"]


def test_bad_input_of_one_does_not_touch_the_saves_that_share_its_commit(file: Path) -> None:
    with open_store(file) as store:
        raters = [store.add_rater(f"Rater {n}").id for n in range(12)]
        (subject,) = store.writers() or [store.ratings(RUBRIC)[0].subject]
        refused: list[str] = []

        def work(rater: str, good: bool) -> None:
            try:
                store.rate(rater, subject if good else "nothing", RUBRIC, dict.fromkeys(NAMES, 1.0))
            except HoneError as error:
                refused.append(str(error))

        held = threading.Event()
        slow = threading.Thread(target=lambda: store.database.write(lambda _: held.wait(5)))
        slow.start()
        time.sleep(0.05)
        threads = [threading.Thread(target=work, args=(rater, n % 3 > 0)) for n, rater in enumerate(raters)]
        for thread in threads:
            thread.start()
        time.sleep(0.1)
        held.set()
        for thread in (slow, *threads):
            thread.join()
        assert refused == ["there is no reply 'nothing' to rate"] * 4
        assert len({row.rater for row in store.ratings(RUBRIC)} - {"Ann"}) == 8
