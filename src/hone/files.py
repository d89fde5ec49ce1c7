"""The one home of what is written to disk: the cache, files and folders written whole, temporary folders, locks.

A disk that is full, read-only or not ours is one line that names the path, never a traceback.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hone.errors import HoneError, ProjectError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; there, two processes at once are not noticed
    fcntl = None  # type: ignore[assignment]

_MOVE = "set HONE_CACHE to a folder that can be written"


def cache() -> Path:
    """Hone's cache: ``HONE_CACHE``, else ``hone`` in the system's cache folder. Safe to delete at any time.

    Raises:
        ProjectError: There is no home folder that it could lie in.
    """
    if given := os.environ.get("HONE_CACHE"):
        return Path(given).expanduser()
    system = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(system):  # noqa: PTH117 - the standard says that any other value is to be ignored
        return Path(system) / "hone"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise ProjectError(f"the cache has no place: HOME is not set; {_MOVE}") from error
    if not home.is_dir():
        raise ProjectError(f"{home}: the home folder does not exist, so the cache has no place; {_MOVE}")
    return home / ".cache" / "hone"


def cache_folder(*names: str, kind: type[HoneError] = ProjectError) -> Path:
    """A folder inside the cache, made where it is missing.

    Args:
        *names: The folders from the cache on; none for the cache itself.
        kind: The error that is raised.

    Raises:
        HoneError: It cannot be made or written; the message names the variable that moves the cache.
    """
    folder = cache().joinpath(*names)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise kind(f"{folder}: the cache cannot be written ({reason(error)}); {_MOVE}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise kind(f"{folder}: the cache cannot be written (Permission denied); {_MOVE}")
    return folder


def reason(error: OSError) -> str:
    """What the system says of an error, in its words."""
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def disk_errors(path: Path, kind: type[HoneError] = ProjectError, hint: str = "") -> Iterator[None]:
    """Turn an error of the disk inside the block into one line that names the path.

    Args:
        path: What is written.
        kind: The error that is raised.
        hint: What to do about it, where more can be said than the reason.

    Raises:
        HoneError: The disk is full or read-only, or the path may not be written.
    """
    try:
        yield
    except OSError as error:
        raise kind(f"{path}: cannot be written ({reason(error)}){f'; {hint}' if hint else ''}") from error


def make_folder(path: Path, *, kind: type[HoneError] = ProjectError) -> Path:
    """Make a folder and those above it, where they are missing.

    Raises:
        HoneError: It cannot be made.
    """
    with disk_errors(path, kind):
        path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def whole_path(
    path: Path, *, kind: type[HoneError] = ProjectError, hint: str = "", mode: int = 0o666
) -> Iterator[Path]:
    """The path of an empty file beside the target, which takes the target's name when the block ends well.

    The file is made anew under a name that nobody can guess, so that no link is followed; it is gone when the block
    fails, and the old file stays.

    Args:
        path: The target; its folder is made where it is missing.
        kind: The error that is raised.
        hint: What to do about it.
        mode: The permissions, less the process's umask.

    Raises:
        HoneError: It cannot be written.
    """
    part = part_of(path)
    with disk_errors(path, kind, hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode))
        try:
            yield part
            with part.open("rb") as stream:
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def whole_stream(path: Path, *, kind: type[HoneError] = ProjectError, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A stream of bytes that takes the target's name when the block ends well; see `whole_path`."""
    with whole_path(path, kind=kind, mode=mode) as part, part.open("wb") as stream:
        yield stream
        stream.flush()


def write_whole(
    path: Path, text: str | bytes, *, kind: type[HoneError] = ProjectError, errors: str = "surrogatepass"
) -> None:
    """Replace a file's content in one step, so that an interruption leaves the old one.

    Args:
        path: The file; its folder is made where it is missing.
        text: Text, which is written as UTF-8, or bytes.
        kind: The error that is raised.
        errors: What becomes of half a character, as `str.encode` has it.

    Raises:
        HoneError: The folder cannot be written, or the disk is full.
    """
    content = text if isinstance(text, bytes) else text.encode("utf-8", errors)
    with whole_stream(path, kind=kind) as stream:
        stream.write(content)


def part_of(path: Path) -> Path:
    """A hidden name beside a path that nobody has used."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")


@contextmanager
def folder_beside(
    path: Path, *, kind: type[HoneError] = ProjectError, hint: str = "free some space"
) -> Iterator[Path]:
    """A new folder on the same disk as the target, for its owner only, gone when the block ends.

    Raises:
        HoneError: It cannot be made, or what the block does with it fails for the disk's reasons.
    """
    part = part_of(path)
    with disk_errors(path, kind, hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700)
        try:
            yield part
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def whole_folder(
    target: Path, *, kind: type[HoneError] = ProjectError, hint: str = "free some space"
) -> Iterator[Path]:
    """A folder that takes the target's name when the block ends well, so that no half of it is ever used.

    A target that another process made meanwhile stays: its content is the same.

    Raises:
        HoneError: It cannot be written.
    """
    with folder_beside(target, kind=kind, hint=hint) as scratch:
        part = scratch / target.name
        part.mkdir()
        yield part
        try:
            part.replace(target)
        except OSError:
            if not target.is_dir():
                raise


@contextmanager
def locked(path: Path, *, patience: float = 600, kind: type[HoneError] = ProjectError) -> Iterator[None]:
    """Hold a file's lock while the block runs; the system takes it back when the process ends, however it ends.

    Args:
        path: The lock's file, which stays, and holds process and machine of who had it last.
        patience: How long another holder is waited for, in seconds.
        kind: The error that is raised.

    Raises:
        HoneError: It cannot be made, or another process holds it for too long; the message says which.
    """
    with disk_errors(path, kind):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        _wait_for(file, path, patience, kind)
        with disk_errors(path, kind):
            os.ftruncate(file, 0)
            os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def _wait_for(file: int, path: Path, patience: float, kind: type[HoneError]) -> None:
    if fcntl is None:
        return
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                holder = os.pread(file, 200, 0).decode("utf-8", "replace").strip() or "another process"
                raise kind(f"{path}: {holder} holds this lock; wait for it, or end it") from error
            time.sleep(0.1)
        except OSError:  # a disk without locks, such as some of the network's: what is written is whole all the same
            return
        else:
            return
