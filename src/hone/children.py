"""Processes that end with the one that started them, also where that one is killed.

Run as a script, this file is the launcher of such a process. On Linux it asks the kernel to be killed with its parent
and becomes the program; elsewhere it stays, looks whether the parent is still there, and ends the program when it is
not. It imports nothing of Hone, so that a converter or a quantiser starts no slower.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

_PR_SET_PDEATHSIG, _SIGKILL = 1, 9
_EVERY = 1.0
"""Seconds between two looks at the parent."""


def tied(command: Sequence[str]) -> list[str]:
    """The command line that runs a command and ends it with this process.

    The thread that starts it must wait for it: on Linux the kernel ends it with the thread.
    """
    if os.name != "posix":
        return list(command)
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def end_with_parent() -> None:
    """Let this process end when the one that started it does; a thread looks once a second."""
    if os.name == "posix":
        threading.Thread(target=_watch, args=(os.getppid(),), name="hone-parent", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY)
    os._exit(1)


def _launch(parent: int, command: list[str]) -> int:
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only the launcher needs it

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the kernel was asked
            return 1
        os.execvp(command[0], command)  # noqa: S606 - the command is our caller's
    program = subprocess.Popen(command)  # noqa: S603 - the same
    while program.poll() is None:
        if os.getppid() != parent:
            program.kill()
        time.sleep(0.05)
    return program.returncode


if __name__ == "__main__":
    sys.exit(_launch(int(sys.argv[1]), sys.argv[2:]))
