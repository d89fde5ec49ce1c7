"""The command itself: help, exit codes, and what it does not load."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from hone.cli.main import COMMANDS, cli

Hone = Callable[..., Any]
HEAVY = ("aiohttp", "fastapi", "numpy", "rich", "ruamel", "scipy", "sqlalchemy", "torch", "transformers", "xllamacpp")


def paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found
            yield from paths(found, (*path, name))


PATHS = list(paths(cli))


def test_there_are_commands_and_each_stands_in_the_help(bare: Hone) -> None:
    assert {path[0] for path in PATHS if path} == set(COMMANDS)
    assert ("rubric", "finalise") in PATHS
    text = bare("--help").out
    assert all(f"\n  {name} " in text for name in COMMANDS)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_has_help(bare: Hone, path: tuple[str, ...]) -> None:
    for flag in ("--help", "-h"):
        result = bare(*path, flag)
        assert result.code == 0
        assert result.out.startswith("Usage:")
        assert len(result.out.splitlines()) > 4


NO_REPORT = {
    ("rubric",),
    ("feedback",),
    ("judge",),
    ("tune",),
    ("init",),
    ("demo",),
    ("rate",),
    ("rate", "revoke"),
    ("chat",),
    ("serve",),
}
"""Groups, and commands that make, serve or talk and have no results."""


@pytest.mark.parametrize("path", [path for path in PATHS if path and path not in NO_REPORT])
def test_every_command_that_reports_has_json(bare: Hone, path: tuple[str, ...]) -> None:
    assert "--json" in bare(*path, "--help").out


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom hone.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as error:\n    assert not error.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage:")
    assert done.stdout.splitlines()[-1] == "[]"


def test_wrong_usage_exits_with_2(bare: Hone) -> None:
    for arguments in (["no-such-command"], ["label", "--no-such-option"], ["rubric", "compare", "--items", "0"]):
        result = bare(*arguments)
        assert result.code == 2
        assert result.out == ""
        assert "Traceback" not in result.err


def test_the_version_is_printed(bare: Hone) -> None:
    result = bare("--version")
    assert result.code == 0
    assert result.out.startswith("hone, version ")


def test_the_exit_code_reaches_the_shell() -> None:
    command = [sys.executable, "-m", "hone.cli.main", "rubric", "show", "-p", "/"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("hone: no Hone project in /")
    assert len(done.stderr.splitlines()) == 1


def test_every_command_is_there_without_any_extra() -> None:
    extras = ("alembic", "fastapi", "gepa", "pyarrow", "sqlalchemy", "torch", "transformers", "uvicorn")
    code = (
        "import sys, click\n"
        "class NotThere:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {extras!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, NotThere())\n"
        "from hone.cli.main import cli\n"
        "from hone.journey.refining import RefineOptions\n"  # what comes next is said on a page without a store, too
        "def walk(command, path):\n"
        "    print(*path)\n"
        "    if isinstance(command, click.Group):\n"
        "        context = click.Context(command)\n"
        "        for name in command.list_commands(context):\n"
        "            walk(command.get_command(context, name), (*path, name))\n"
        "walk(cli, ('hone',))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {tuple(line.split()[1:]) for line in done.stdout.splitlines()} == set(PATHS)


@pytest.mark.parametrize("command", ["rubric show", "label"])
def test_a_quick_command_does_not_wait_for_the_statistics(command: str) -> None:
    code = (
        "import sys; from hone.cli.main import cli\n"
        f"cli.main({[*command.split(), '--help']!r}, standalone_mode=False)\n"
        "print([name for name in ('scipy', 'sqlalchemy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
