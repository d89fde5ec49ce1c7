"""A socket that accepts as long as there are files for connections, and as many files as may be had."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import time
from dataclasses import replace
from typing import Any

from hone.serving.connections import Limits

BACKLOG = 1024
"""How many may stand before the door; whoever comes before we are ready waits, and is not refused."""
AT_ONCE = 64
"""How many are let in before what those who are in have sent is read."""
MOST_FILES = 65_536
"""Open files that are asked for at most: some systems allow a number without end, which costs memory."""
_KEPT_FREE = 256
"""Open files for everything that is no connection: the database, pages, the engine."""
_LOGGER = logging.getLogger(__name__)


class Listening(socket.socket):
    """A socket that accepts, and turns newcomers away while no file is left for them.

    asyncio's own way is to write a log line for each of a thousand attempts and to try again, each time more often.
    """

    _spare: int | None = None

    def accept(self) -> tuple[socket.socket, Any]:
        """See `socket.socket.accept`."""
        while True:
            try:
                return super().accept()
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE):
                    raise
            self._turn_away()

    def listen(self, _: int = BACKLOG, /) -> None:
        """See `socket.socket.listen`; asyncio gives the number that it accepts at once, which is another one."""
        super().listen(BACKLOG)

    def spare(self) -> None:
        """Keep a file that can be given up, so that a newcomer can be accepted and closed."""
        with contextlib.suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY)

    def close(self) -> None:
        """See `socket.socket.close`."""
        self._give_up()
        super().close()

    def _give_up(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _turn_away(self) -> None:
        _LOGGER.warning("no more files can be opened: newcomers are turned away; raise the limit: ulimit -n")
        if self._spare is None:
            time.sleep(0.01)  # somebody else took it: the loop would ask again at once, without end
            self.spare()
            raise BlockingIOError
        self._give_up()
        try:
            super().accept()[0].close()
        except OSError as error:
            raise BlockingIOError from error
        finally:
            self.spare()


def listening(family: int, address: Any) -> Listening:
    """A socket that listens at an address.

    Raises:
        OSError: The address cannot be used.
    """
    made = Listening(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # as asyncio does: a port that was just left may be taken up again
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    made.spare()
    return made


def fitting(limits: Limits) -> Limits:
    """The limits with no more connections than there are files for, after asking for as many files as may be had."""
    files = _files()
    return replace(limits, total=min(limits.total, files - min(_KEPT_FREE, files // 2)))


def _files() -> int:
    try:
        import resource  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return 2048
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # some systems refuse what they name as the limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft
