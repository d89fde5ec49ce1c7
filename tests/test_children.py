"""A process that is tied to another ends with it, also where that one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hone import children
from hone.children import tied

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are no such signals")

_PARENT = """\
import subprocess, sys
from hone.children import tied
child = subprocess.Popen(tied([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]))
print(child.pid, flush=True)
child.wait()
"""
_WATCHED = """\
import time
from hone.children import end_with_parent
end_with_parent()
print('up', flush=True)
time.sleep(600)
"""
_STARTER = f"""\
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {_WATCHED!r}])
print(child.pid, flush=True)
child.wait()
"""


def is_running(process: int) -> bool:
    """Whether it runs; one that ended and is not yet waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("code", [_PARENT, _STARTER])
def test_a_child_ends_when_its_parent_is_killed(code: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    lines = [parent.stdout.readline(), parent.stdout.readline()]
    child = int(next(line for line in lines if line.strip().isdigit()))
    assert is_running(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert within(10, lambda: not is_running(child))


def test_a_tied_command_has_its_own_arguments_output_and_code() -> None:
    line = tied([sys.executable, "-c", "import sys; print(sys.argv[1:]); sys.exit(7)", "a b", "--c"])
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (7, "['a b', '--c']\n")


def test_a_child_whose_parent_has_ended_before_does_not_start() -> None:
    line = [sys.executable, "-I", "-S", children.__file__, "1", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_where_the_kernel_cannot_be_asked_the_launcher_watches(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "sys.platform = 'other'\n"
        "from hone import children\n"
        "sys.exit(children._launch(children.os.getppid(), [sys.executable, '-c', 'import sys; sys.exit(5)']))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 5
