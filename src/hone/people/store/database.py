"""Transactions: many short reads at once, and writes that share one flush to the disk.

On SQLite a commit waits for the disk, and only one can be under way. Whoever comes to write while another does lines
up; the next one through commits for all that wait, and nobody is answered before the commit has returned. Waiting in
SQLite's own busy handler instead would mean sleeping and trying again. PostgreSQL groups commits by itself, so there
every write is a transaction of its own.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from hone.errors import HoneError, StoreError
from hone.files import copy_whole, may_write, temporary_folder
from hone.people.store.failures import explained
from hone.trust import is_loopback

T = TypeVar("T")
Work = Callable[[Connection], T]
BUSY_SECONDS = 5.0
"""How long a lock that another process holds is waited for."""
FAILURES = (SQLAlchemyError, UnicodeDecodeError)
"""What a database that fails raises; the second where SQLite quotes a damaged schema."""
MOST_TOGETHER = 64
"""Writes that share a commit, at most, so that the first of them does not wait long for the last."""


class _Ticket(Generic[T]):
    """One write in the line."""

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.over = False
        self.result: T | None = None
        self.error: BaseException | None = None


class Database:
    """A database that is open.

    Args:
        engine: Made by `database_at`.
        name: What it is called in messages: the file, or the URL without its password.
        readonly: Whether writes are refused.
    """

    def __init__(self, engine: Engine, name: str, *, readonly: bool = False) -> None:
        self.engine, self.name, self.readonly = engine, name, readonly
        self.sqlite = engine.dialect.name == "sqlite"
        # On SQLite a transaction sees one state anyway; PostgreSQL's usual level shows each statement another one.
        one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine if self.sqlite else engine.execution_options(**one_state)
        self.scratch = ExitStack()
        """What lasts as long as the database is open."""
        self._line: list[_Ticket[Any]] = []
        self._turn = threading.Condition()
        self._writing = False
        self._writer: Connection | None = None

    def read(self, work: Work[T]) -> T:
        """Run reads that see one state of the database.

        Raises:
            StoreError: The database fails.
        """
        try:
            with self._reader.connect() as connection:
                return work(connection)
        except FAILURES as error:
            raise explained(error, self.name) from error

    def write(self, work: Work[T]) -> T:
        """Run one short transaction and return once it is on the disk: all of it, or nothing.

        Raises:
            StoreError: The database fails, or may only be read.
            HoneError: What `work` raises; nothing of it is kept then.
        """
        if self.readonly:
            raise StoreError(f"{self.name}: opened to be read only, so nothing can be saved")
        if not self.sqlite:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                raise explained(error, self.name) from error
        ticket = _Ticket(work)
        self._queue(ticket)
        if ticket.error is not None:
            raise ticket.error
        return cast("T", ticket.result)  # the work was done, so this is what it returned

    def directly(self, statement: str) -> tuple[Any, ...] | None:
        """Run a statement that SQLite takes outside of transactions only; nothing is done on another database.

        Returns:
            Its first row; none where it has none.

        Raises:
            StoreError: The database fails, or is in use.
        """
        if not self.sqlite:
            return None
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            row: tuple[Any, ...] | None = cursor.fetchone()
        except sqlite3.Error as error:
            raise explained(error, self.name) from error
        finally:
            connection.close()
        return row

    def close(self) -> None:
        """Close every connection, once a write that is under way is over."""
        with self._turn:
            self._turn.wait_for(lambda: not self._writing)
            if self._writer is not None:
                self._writer.close()
                self._writer = None
        self.engine.dispose()
        self.scratch.close()

    def _queue(self, ticket: _Ticket[Any]) -> None:
        """Wait until another has done the ticket's work, or do it for all that wait when nobody is writing."""
        with self._turn:
            self._line.append(ticket)
            self._turn.wait_for(lambda: ticket.over or not self._writing)
            if ticket.over:
                return
            self._writing = True
            self._line.remove(ticket)
            tickets = [ticket, *self._line[: MOST_TOGETHER - 1]]
            del self._line[: MOST_TOGETHER - 1]
        try:
            self._commit(tickets)
        finally:
            with self._turn:
                self._writing = False
                self._turn.notify_all()

    def _commit(self, tickets: list[_Ticket[Any]]) -> None:
        """Do the work of all tickets in one transaction; where one fails, each in a transaction of its own."""
        try:
            self._together(tickets)
        except Exception as error:  # whatever it is, whoever asked for it hears of it, and the others' saves go on
            if len(tickets) == 1:
                tickets[0].error = explained(error, self.name) if isinstance(error, FAILURES) else error
                tickets[0].over = True
                return
            for ticket in tickets:
                self._commit([ticket])
        except BaseException as error:
            for ticket in tickets:
                ticket.error, ticket.over = ticket.error or error, True
            raise

    def _together(self, tickets: list[_Ticket[Any]]) -> None:
        try:
            if self._writer is None:
                self._writer = self.engine.connect().execution_options(write=True)
            with self._writer.begin():
                results = [ticket.work(self._writer) for ticket in tickets]
        except HoneError:
            raise  # rolled back, and the connection is as good as before
        except BaseException:
            self._drop()
            raise
        for ticket, result in zip(tickets, results, strict=True):
            ticket.result, ticket.over = result, True

    def _drop(self) -> None:
        """Give up a connection in an unknown state."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                writer.invalidate()
            finally:
                writer.close()


def database_at(where: Path | str, *, readonly: bool = False) -> Database:
    """A database at a file or an SQLAlchemy URL. Nothing is opened yet.

    Raises:
        StoreError: The URL is none, or its driver is not installed.
    """
    url = _url_of(where)
    try:
        if not url.startswith("sqlite"):
            engine = create_engine(
                url, pool_size=16, max_overflow=32, pool_pre_ping=True, connect_args=_guarded(make_url(url))
            )
            return Database(engine, engine.url.render_as_string(hide_password=True), readonly=readonly)
        scratch = ExitStack()
        engine = _sqlite(_unlogged(url, scratch) if readonly else url, readonly)
    except HoneError:
        raise
    except (SQLAlchemyError, ModuleNotFoundError, ValueError) as error:
        raise explained(error, str(where)) from error
    database = Database(engine, make_url(url).database or ":memory:", readonly=readonly)
    database.scratch = scratch
    return database


def _url_of(where: Path | str) -> str:
    """The SQLAlchemy URL of a file or URL; PostgreSQL goes through psycopg 3 where no driver is named."""
    if isinstance(where, Path) or "://" not in where:
        return f"sqlite:///{Path(where).absolute()}"
    for plain in ("postgresql://", "postgres://"):
        if where.startswith(plain):
            return "postgresql+psycopg://" + where.removeprefix(plain)
    return where


def _guarded(url: URL) -> dict[str, str]:
    """What libpq is to insist on, as far as the address and the environment leave it open.

    No password goes to a server in clear, and on another machine the server proves by its certificate who it is.
    A server of this machine may also do without a password, as Unix sockets usually do.
    """
    if not url.drivername.startswith("postgresql"):
        return {}
    hosts = url.query.get("host", url.host or os.environ.get("PGHOST", ""))
    local = all(
        not host or host.startswith("/") or is_loopback(host)
        for one in ([hosts] if isinstance(hosts, str) else hosts)
        for host in one.split(",")
    )
    wanted = {"require_auth": "scram-sha-256,none" if local else "scram-sha-256"}
    if not local:
        wanted |= {"sslmode": "verify-full", "sslrootcert": "system"}
    if "sslmode" in url.query or "PGSSLMODE" in os.environ:
        wanted.pop("sslmode", None)
        wanted.pop("sslrootcert", None)
    return {
        name: value
        for name, value in wanted.items()
        if name not in url.query and f"PG{name.upper().replace('_', '')}" not in os.environ
    }


def _sqlite(url: str, readonly: bool) -> Engine:
    engine = create_engine(
        url, pool_size=16, max_overflow=48, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    if readonly:
        file = engine.url.database or ""
        url = f"sqlite:///file:{quote(file)}?mode=ro{_immutable(Path(file))}&uri=true"
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver begins late and commits by itself around DDL; we do it below
        if readonly:
            connection.execute("PRAGMA query_only = ON")
            return
        # NORMAL would let the last seconds' saves go with the power; what was acknowledged is to be there.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that starts by reading and then writes could fail where another wrote in between.
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _unlogged(url: str, scratch: ExitStack) -> str:
    """Where a file is read from: a copy, where its log can only be read with an index that may not be made beside it.

    Such a pair comes from a backup of a store that was open; what is in the log was saved as well.
    """
    file = Path(make_url(url).database or "")
    log, index = (file.with_name(file.name + end) for end in ("-wal", "-shm"))
    if not log.exists() or index.exists() or may_write(file.parent):
        return url
    folder = scratch.enter_context(temporary_folder("hone-store-", kind=StoreError))
    for part in (file, log):
        copy_whole(part, folder / part.name, kind=StoreError)
    return _url_of(folder / file.name)


def _immutable(file: Path) -> str:
    """In a folder that may not be written SQLite cannot keep its index of the log; without a log it needs none."""
    sealed = not may_write(file.parent) and not file.with_name(f"{file.name}-wal").exists()
    return "&immutable=1" if sealed else ""


def alone(connection: Connection, number: int) -> None:
    """Let no other transaction that calls this with the number run beside this one. SQLite's writes never do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": 7_436_000 + number})
