"""What a database complains of, in one line that says what happened and what to do."""

from __future__ import annotations

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hone.errors import HoneError, StoreError
from hone.extras import missing
from hone.spelling import option

KEPT = "what was saved before is kept"

SALVAGE = "hone feedback export FILE.jsonl"
"""The command that writes what can be read; its form is `store`."""


def damaged_store() -> str:
    """What is said of a database that does not read any more."""
    form = option("form", "store")
    return f"the database is damaged; restore a copy of it, or save what can be read: {SALVAGE} {form}"


_DAMAGED = ("malformed", "could not decode")
"""What SQLite complains of where a file is damaged."""

_SAYS = (
    ("database or disk is full", f"the disk is full, so this was not saved ({KEPT}); free some space and save again"),
    ("no space left", f"the disk is full, so this was not saved ({KEPT}); free some space and save again"),
    ("disk i/o error", f"the disk could not write the data, so this was not saved ({KEPT}); is it full or failing?"),
    ("is locked", f"another program holds it locked, so this was not saved ({KEPT}); end that program and try again"),
    (
        "readonly database",
        f"it may only be read, so this was not saved ({KEPT}); give yourself the right to write it",
    ),
    (
        "file is not a database",
        "this file is not an SQLite database, or its beginning is damaged; restore a copy of it",
    ),
    ("unable to open database", "it cannot be opened; is the folder there, and may you write in it?"),
    ("connection refused", "the database server does not answer; is it running, and is the address right?"),
    ("could not translate host", "there is no such database server; is the address right?"),
    (
        "requirement",
        (
            "the database server wants the password in a form that others can read; let it use scram-sha-256, or add "
            "?require_auth=md5 or what it uses to the address"
        ),
    ),
    (
        "certificate",
        (
            "the database server's certificate is not trusted; add ?sslmode=verify-full&sslrootcert=FILE to it, "
            "or ?sslmode=require to go without"
        ),
    ),
    (
        "server does not support ssl",
        "the database server speaks no TLS; set it up, or add ?sslmode=disable to the address",
    ),
    ("authentication failed", "the database server refuses the name or the password"),
    ("does not exist", "the database server has no such database, role or table"),
)
"""What the message of a driver holds, and what we say then."""


def explained(error: BaseException, name: str) -> HoneError:
    """The error for a database that failed.

    Args:
        error: What SQLAlchemy raised.
        name: The database's name in messages.
    """
    if isinstance(error, ModuleNotFoundError):
        return missing(str(error.name), "postgres", use=f"databases such as {name}")
    if isinstance(error, UnicodeDecodeError):  # what SQLite quotes of a damaged schema is no text
        return StoreError(f"{name}: {damaged_store()}")
    if isinstance(error, (ArgumentError, NoSuchModuleError, ValueError)):
        return StoreError(f"{name}: neither a file nor an SQLAlchemy URL such as postgresql://USER@HOST/NAME")
    if isinstance(error, PoolTimeoutError):
        return StoreError(f"{name}: too many are reading at once; try again in a moment")
    said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    lower = said.lower()
    if any(mark in lower for mark in _DAMAGED):
        return StoreError(f"{name}: {damaged_store()}")
    words = next((words for mark, words in _SAYS if mark in lower), "")
    return StoreError(f"{name}: {words}" if words else f"{name}: the database says: {said[:200]}")
