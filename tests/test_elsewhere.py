"""What Windows lacks is asked for nowhere at import, and a journey without it goes on.

This machine is no Windows: modules and names that it lacks are taken away here, which shows what would be missed and
nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).parents[1] / "src"
WITHOUT = """
import os, signal, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {"fcntl", "resource", "pwd", "grp", "termios", "uvloop"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Missing())
import asyncio, socket, subprocess, tempfile, threading, multiprocessing, ssl, platform, shutil, pathlib
for name in ("fork", "forkpty", "killpg", "getpgid", "setsid", "pread", "pwrite", "getuid", "geteuid", "getgid",
             "sched_getaffinity", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "mkfifo", "getloadavg", "fchmod", "chown"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGHUP", "SIGALRM", "SIGUSR1", "setitimer", "alarm"):
    if hasattr(signal, name):
        delattr(signal, name)
"""
IMPORTS = """
import importlib, pkgutil
import hone

skipped = ("hone.training", "hone.people.store.migrations", "hone.weights", "hone.export.converter")
names = [one.name for one in pkgutil.walk_packages(hone.__path__, "hone.") if not one.name.startswith(skipped)]
for name in names:
    if not name.endswith(("_child", "__main__", "ray")):
        importlib.import_module(name)
print(len(names))
"""
JOURNEY = """
from hone.cli.main import main
import sys
for line in (
    ["init", "plans", "--template", "history-feedback-pupil"],
    ["label", "data.csv", "--rubric", "rubric.yaml", "--out", "labelled.jsonl"],
    ["label", "data.csv", "--rubric", "rubric.yaml", "--out", "labelled.jsonl"],
    ["report", "--project", "plans"],
    ["doctor"],
):
    try:
        main(line)
    except SystemExit as ended:
        assert ended.code in (0, None) or line == ["doctor"], (line, ended.code)
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_module_is_imported_without_what_windows_lacks(tmp_path: Path) -> None:
    done = run(IMPORTS, tmp_path)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 250


def test_a_journey_by_rules_goes_on_without_what_windows_lacks(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("id,prompt,reply\na,Hello?,Hello!\nb,Hello?,Well hello to you\n")
    (tmp_path / "rubric.yaml").write_text(
        "criteria:\n  - {name: Be Short, sentence: At most two words., rule: {max_words: 2}}\n"
        "  - {name: Be Loud, sentence: An exclamation mark., rule: {regex: '!$'}}\n"
    )
    done = run(JOURNEY, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "labelled.jsonl").exists()
    assert (tmp_path / "plans" / "report.html").exists()
    assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_no_such_letters_gets_others(tmp_path: Path) -> None:
    code = "from hone.cli.main import main; main(['templates'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(SRC), "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "history-feedback-pupil" in done.stdout.decode("cp1252")
