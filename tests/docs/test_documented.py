"""Nothing is left out of the docs: commands, options, public names, errors, extras."""

from __future__ import annotations

import re
import tomllib

import click

import hone
from docs import PAGES, commands
from hone import errors
from hone.cli.main import COMMANDS, cli
from tests.docs.pages import DOCS, ROOT


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_pages_that_are_written_from_the_code_are_current() -> None:
    for name, write in PAGES.items():
        assert write() == _text(name), f"{name}: make docs"


def test_every_command_and_option_stands_in_the_reference() -> None:
    page = _text("commands.md")
    found = 0
    for path, command in commands(cli, ("hone",)):
        section = re.search(rf"^## {re.escape(' '.join(path))}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
        assert section, f"{' '.join(path)} has no section"
        for option in command.params:
            if isinstance(option, click.Option):
                found += 1
                assert all(name in section[1] for name in option.opts), f"{' '.join(path)}: {option.opts}"
    assert found > 100


def test_every_command_stands_in_a_page_that_explains_it() -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md") if path.name != "commands.md")
    assert [name for name in COMMANDS if f"hone {name}" not in written] == []


def test_every_public_name_stands_in_the_reference() -> None:
    page = _text("python.md")
    assert [name for name in hone.__all__ if f"### hone.{name}\n" not in page] == []


def _kinds(kind: type[errors.HoneError]) -> list[str]:
    return [kind.__name__, *(name for below in kind.__subclasses__() for name in _kinds(below))]


def test_every_error_has_its_meaning_and_its_remedy() -> None:
    rows = {row[1]: row[2:] for row in map(re.Match.groups, re.finditer(
        r"^(\|) `(\w+)` \| ([^|]+) \| ([^|]+) \|$", _text("errors.md"), re.MULTILINE))}  # fmt: skip
    kinds = [name for name in _kinds(errors.HoneError) if hasattr(errors, name)]
    assert len(kinds) > 20
    assert [name for name in kinds if name not in rows] == []
    assert [name for name in rows if name not in kinds] == [], "an error that is gone"


def test_every_extra_stands_in_the_readme() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in extras if name != "dev" and f"[{name}]" not in readme] == []
