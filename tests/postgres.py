"""A private PostgreSQL server, for every test that asks for one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists() and (place / "initdb").exists()), None)


def as_owner(folder: Path) -> list[str]:
    """What a command is put behind, as PostgreSQL refuses to run as root."""
    if os.getuid():
        return []
    shutil.chown(folder, "nobody")
    return ["setpriv", "--reuid=nobody", "--clear-groups"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a private server, ended with the tests."""
    with private_postgres() as url:
        yield url


@contextmanager
def private_postgres() -> Iterator[str]:
    """The URL of a private server on a free loopback port while the block runs."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    if not os.getuid() and not shutil.which("setpriv"):
        pytest.skip("PostgreSQL does not run as root, and there is no setpriv to run it as another")
    with tempfile.TemporaryDirectory(prefix="hone-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir()
        before = as_owner(data)
        call = [*before, str(programs / "initdb"), "-D", str(data), "-U", "hone", "-A", "trust", "-N", "-E", "UTF8"]
        made = subprocess.run([*call, "--locale=C"], capture_output=True, text=True, cwd=folder, check=False)
        if made.returncode:
            pytest.skip(f"initdb fails here: {made.stderr.strip()[-200:]}")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        where = ["-D", str(data), "-p", str(port), "-k", "", "-h", "127.0.0.1"]
        server = subprocess.Popen(
            [*before, str(programs / "postgres"), *where, "-F"],  # no flush to the disk: the tests end processes only
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        try:
            url = f"postgresql+psycopg://hone@127.0.0.1:{port}/postgres"
            wait_for(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url)
    deadline = time.monotonic() + 30
    while True:
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            break
        except Exception:  # it is starting
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.05)
    engine.dispose()


@pytest.fixture
def database(postgres: str) -> str:
    """A fresh database on the private server."""
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    name = f"hone_{time.monotonic_ns()}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return postgres.rsplit("/", 1)[0] + f"/{name}"
