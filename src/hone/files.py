"""The one home of what is written to disk: the cache, files and folders written whole, temporary folders, locks.

A disk that is full, read-only or not ours is one line that names the path, never a traceback.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import shutil
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from hone.errors import HoneError, ProjectError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; there, two processes at once are not noticed
    fcntl = None  # type: ignore[assignment]

_MOVE = "set HONE_CACHE to a folder that can be written"
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""Follow no link; and on Windows, write a line break as the one byte that it is."""
_READING = threading.Lock()
_OF_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}
"""What only a disk says; a network's errors are others."""


def typed_path(name: str | Path) -> Path:
    """A path as a person types it: ``~`` is their home folder; that of a user who is not there stays as typed."""
    return Path(os.path.expanduser(name))  # noqa: PTH111 - Path.expanduser ends with a traceback there


def cache() -> Path:
    """Hone's cache: ``HONE_CACHE``, else ``hone`` in the system's cache folder. Safe to delete at any time.

    Raises:
        ProjectError: There is no home folder that it could lie in.
    """
    return _users("HONE_CACHE", "XDG_CACHE_HOME", ".cache", "the cache")


def config_folder(*, make: bool = False) -> Path:
    """The folder of what the user told Hone, for all projects: ``HONE_CONFIG``, else ``hone`` in the system's place.

    Args:
        make: Make it where it is missing, for its owner only.

    Raises:
        ProjectError: There is no home folder that it could lie in, or it cannot be made.
    """
    folder = _users("HONE_CONFIG", "XDG_CONFIG_HOME", ".config", "what Hone remembers for you")
    if make:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"{folder}: cannot be made ({reason(error)}); set HONE_CONFIG to a folder that can be written"
            ) from error
    return folder


def _users(own: str, system: str, hidden: str, what: str) -> Path:
    """A folder of the user's, as the variables name it.

    Args:
        own: Hone's own variable.
        system: The variable of the system's folder of this kind.
        hidden: That folder in a home folder.
        what: What it is, for messages.

    Raises:
        ProjectError: There is no home folder that it could lie in.
    """
    remedy = f"set {own} to a folder that can be written"
    if given := os.environ.get(own):
        if (path := typed_path(given)).parts[0].startswith("~"):
            raise ProjectError(f"{own}={given}: there is no such home folder; {remedy}")
        return path
    place = os.environ.get(system, "")
    if os.path.isabs(place):  # noqa: PTH117 - the standard says that any other value is to be ignored
        return Path(place) / "hone"
    try:
        home = Path.home()
    except RuntimeError as error:
        raise ProjectError(f"{what} has no place: HOME is not set; {remedy}") from error
    if os.environ.get("HOME") == "" or not home.is_absolute():
        raise ProjectError(
            f"HOME is '{os.environ.get('HOME')}', which is not a folder, so there is no place for {what}; {remedy}"
        )
    if not home.is_dir():
        raise ProjectError(f"{home}: the home folder does not exist, so {what} has no place; {remedy}")
    return home / hidden / "hone"


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
    """Turn an error of the disk about this path into one line that names it; all other errors pass.

    Args:
        path: What is written: a file, or a folder with all that is in it.
        kind: The error that is raised.
        hint: What to do about it, where more can be said than the reason.

    Raises:
        HoneError: The disk is full or read-only, or the path may not be written.
    """
    with _errors_of(path, path, kind=kind, hint=hint):
        yield


@contextmanager
def _errors_of(path: Path, *places: Path, kind: type[HoneError], hint: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if not _concerns(error, places):
            raise
        raise kind(f"{path}: cannot be written ({reason(error)}){f'; {hint}' if hint else ''}") from error


def _concerns(error: OSError, places: tuple[Path, ...]) -> bool:
    """Whether the file that an error names lies in one of the places; without a name, whether only disks say such."""
    if isinstance(error.filename, str | bytes):
        named = Path(os.fsdecode(error.filename))
        return any(named == place or place in named.parents for place in places)
    return error.errno in _OF_DISKS


def may_write(folder: Path) -> bool:
    """Whether files can be made in a folder; not so on a read-only disk, or where the modes forbid it."""
    effective = os.access in os.supports_effective_ids
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=effective)


def make_folder(path: Path, *, kind: type[HoneError] = ProjectError, new: bool = False) -> Path:
    """Make a folder and those above it, where they are missing.

    Args:
        path: The folder.
        kind: The error that is raised.
        new: It must not be there yet.

    Raises:
        FileExistsError: It is there, and `new` was asked for.
        HoneError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=not new)
    except OSError as error:
        if new and isinstance(error, FileExistsError) and path.is_dir():
            raise
        raise kind(f"{path}: cannot be written ({reason(error)})") from error
    return path


@contextmanager
def temporary_folder(
    prefix: str, parent: Path | None = None, *, kind: type[HoneError] = ProjectError
) -> Iterator[Path]:
    """A folder for its owner only, gone when the block ends, in the system's place for such folders.

    What killed processes left there is removed first.

    Raises:
        HoneError: It cannot be made.
    """
    place = Path(parent or tempfile.gettempdir())
    try:
        _sweep(place, _TEMPORARY)
        name = f"{prefix}{_HERE}-{os.getpid()}-"
        holder = tempfile.TemporaryDirectory(prefix=name, dir=place, ignore_cleanup_errors=True)
    except OSError as error:
        raise kind(f"{place}: no temporary folder can be made there ({reason(error)}); set TMPDIR") from error
    with holder as folder:
        yield Path(folder)


def open_to_append(
    path: Path, *, mode: int = 0o666, fresh: bool = False, kind: type[HoneError] = ProjectError
) -> int:
    """Open a file that is added to, as a journal or a log is; made where it is missing. No link is followed.

    Args:
        path: The file.
        mode: The permissions of a new file, less the process's umask.
        fresh: Whether what is in it goes.
        kind: The error that is raised.

    Returns:
        The descriptor, which can be read too.

    Raises:
        HoneError: It cannot be written.
    """
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _AS_IT_IS, mode)
        if fresh:
            os.ftruncate(file, 0)
    except OSError as error:
        raise kind(f"{path}: cannot be written ({reason(error)})") from error
    return file


def open_to_read(path: Path) -> int:
    """The descriptor of a file that is read by places; see `read_at`.

    Raises:
        OSError: It cannot be read.
    """
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def read_whole(path: Path, most: int) -> bytes:
    """The bytes of a plain file that may come from somebody else.

    A pipe or a device under its name would be read without end, so that neither is opened.

    Args:
        path: The file; a link to one is followed.
        most: The most bytes.

    Raises:
        OSError: It cannot be read, or is no plain file (`EINVAL`), or is longer (`EFBIG`).
    """
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    if state.st_size > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes", str(path))
    return path.read_bytes()


def read_at(file: int, length: int, start: int) -> bytes:
    """Bytes of an open file from a place on, as many as there are up to a length; several threads may read at once.

    Args:
        file: The descriptor.
        length: The most bytes.
        start: The place of the first, from 0.
    """
    if hasattr(os, "pread"):
        return os.pread(file, length, start)
    with _READING:  # Windows has one place a descriptor, which is moved there and read from
        os.lseek(file, start, os.SEEK_SET)
        return os.read(file, length)


def open_new(path: Path, *, buffering: int = -1) -> BinaryIO:
    """Open a file that must not be there yet, for its writer, which turns the disk's errors into its own words.

    Raises:
        OSError: It is there, or cannot be made.
    """
    return path.open("xb", buffering=buffering)


def make_private(path: Path, content: bytes = b"", *, kind: type[HoneError] = ProjectError) -> None:
    """Make a file for its owner only, whole at once; one that is there stays as it is.

    Raises:
        HoneError: It cannot be made.
    """
    part = part_of(path)
    with _errors_of(path, path, part, kind=kind):
        if path.exists():
            return
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _AS_IT_IS, 0o600)
        try:
            with os.fdopen(file, "wb") as stream:
                stream.write(content)
            with contextlib.suppress(FileExistsError):  # another process that starts at the same moment was first
                os.link(part, path)
        finally:
            part.unlink()


@contextmanager
def whole_path(
    path: Path, *, kind: type[HoneError] = ProjectError, hint: str = "", mode: int = 0o666
) -> Iterator[Path]:
    """The path of an empty file beside the target, which takes the target's name when the block ends well.

    The file is rebuilt under a name that nobody can guess, so that no link is followed; it is gone when the block
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
    with _errors_of(path, path, path.parent, *path.parent.parents[:-1], kind=kind, hint=hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _AS_IT_IS, mode))
    with _errors_of(path, path, part, kind=kind, hint=hint):
        try:
            yield part
            with part.open("r+b") as stream:  # Windows puts only what can be written onto the disk
                os.fsync(stream.fileno())
            part.replace(path)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def whole_stream(
    path: Path, *, kind: type[HoneError] = ProjectError, hint: str = "", mode: int = 0o666
) -> Iterator[BinaryIO]:
    """A stream of bytes that takes the target's name when the block ends well; see `whole_path`."""
    with whole_path(path, kind=kind, hint=hint, mode=mode) as part, part.open("wb") as stream:
        yield stream
        stream.flush()


@contextmanager
def text_written_whole(path: Path, *, kind: type[HoneError] = ProjectError, hint: str = "") -> Iterator[TextIO]:
    """A stream of UTF-8 text, half characters replaced, that takes the target's name when the block ends well."""
    with (
        whole_path(path, kind=kind, hint=hint) as part,
        part.open("w", encoding="utf-8", errors="replace", newline="\n") as stream,
    ):
        yield stream
        stream.flush()


def copy_whole(source: Path, target: Path, *, kind: type[HoneError] = ProjectError) -> None:
    """Copy a file's content; see `whole_path`.

    Raises:
        HoneError: The copy cannot be written.
    """
    with whole_path(target, kind=kind, hint="free some space") as part:
        shutil.copyfile(source, part)


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
    """A hidden name beside a path that nobody has used; what killed processes left in its folder is removed first."""
    _sweep(path.parent, _PART)
    return path.with_name(f".{path.name}.{_HERE}-{os.getpid()}-{secrets.token_hex(6)}.part")


_HERE = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
"""This machine, in the names of parts: on a shared disk, processes of other machines cannot be asked for."""


_PART = re.compile(rf"\..*\.{_HERE}-(\d+)-[0-9a-f]{{12}}\.part")
_TEMPORARY = re.compile(rf"hone-.*{_HERE}-(\d+)-[^-]+")


def _sweep(folder: Path, pattern: re.Pattern[str]) -> None:
    """Remove what processes of this machine that have ended left in a folder without removing it."""
    try:
        found = [(Path(entry.path), pattern.fullmatch(entry.name)) for entry in os.scandir(folder)]
    except OSError:
        return  # no folder yet, so nothing is left in it
    for left, match in found:
        if match and not _runs(int(match[1])):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    left.unlink()


def _runs(process: int) -> bool:
    if os.name != "posix":  # elsewhere, asking for a process may end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another person's
    return True


@contextmanager
def folder_beside(
    path: Path, *, kind: type[HoneError] = ProjectError, hint: str = "free some space"
) -> Iterator[Path]:
    """A new folder on the same disk as the target, for its owner only, gone when the block ends.

    Raises:
        HoneError: It cannot be made, or what the block does with it fails for the disk's reasons.
    """
    part = part_of(path)
    with _errors_of(path, path.parent, *path.parent.parents[:-1], kind=kind, hint=hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700)
    with _errors_of(path, path, part, kind=kind, hint=hint):
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
def locked(
    path: Path,
    *,
    patience: float = 600,
    kind: type[HoneError] = ProjectError,
    busy: type[HoneError] | None = None,
    what: str = "",
) -> Iterator[None]:
    """Hold a file's lock while the block runs; the system takes it back when the process ends, however it ends.

    Args:
        path: The lock's file, which stays, and holds process and machine of who had it last.
        patience: How long another holder is waited for, in seconds.
        kind: The error that is raised.
        busy: The error that is raised where another process holds it; without it, `kind`.
        what: What is being written while it is held, for the message; without it, the lock itself is named.

    Raises:
        HoneError: It cannot be made, or another process holds it for too long; the message says which.
    """
    make_folder(path.parent, kind=kind)
    with disk_errors(path, kind):
        file = os.open(path, os.O_RDWR | os.O_CREAT | _AS_IT_IS, 0o666)
    try:
        _wait_for(file, path, patience, busy or kind, what)
        with disk_errors(path, kind):
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        os.close(file)


def holder_of(path: Path) -> str | None:
    """Who holds a lock, as ``process 12 on HOST``; none where nobody does.

    Args:
        path: The lock's file.
    """
    if fcntl is None:
        return None
    try:
        file = os.open(path, os.O_RDONLY | _AS_IT_IS)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(file)
    except OSError:  # a disk without locks
        return None
    finally:
        os.close(file)
    return None


def _named(file: int) -> str:
    return read_at(file, 200, 0).decode("utf-8", "replace").strip() or "another process"


def _wait_for(file: int, path: Path, patience: float, kind: type[HoneError], what: str) -> None:
    if fcntl is None:
        return
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                holder = _named(file)
                said = f"{what} is being written by {holder}" if what else f"{path}: {holder} holds this lock"
                raise kind(f"{said}; wait for it, or end it") from error
            time.sleep(0.1)
        except OSError:  # a disk without locks, such as some of the network's: what is written is whole all the same
            return
        else:
            return
