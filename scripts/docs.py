"""Writes what is made from the code under docs/; with ``--check``, says whether it is current.

python scripts/docs.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from reference import python_page
from settings import schema_text, settings_page
from templates_page import templates_page

from hone.cli.main import cli
from hone.files import write_whole

DOCS = Path(__file__).parent.parent / "docs"


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below one, depth first, with its words."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from commands(below, (*path, name))


def commands_page() -> str:
    """All commands, with their help."""
    parts = ["# Commands", "Written by `make docs` from the commands themselves; do not edit."]
    for path, command in commands(cli, ("hone",)):
        context = click.Context(
            command, info_name=" ".join(path), terminal_width=100, max_content_width=100, help_option_names=NAMES
        )
        vars(command)["_help_option"] = None  # click remembers the one that was asked for first, under other names
        parts.append(f"## {' '.join(path)}\n\n```text\n{command.get_help(context).strip()}\n```")
    return "\n\n".join(parts) + "\n"


NAMES = ["-h", "--help"]
"""As every command has it from the one above it."""
PAGES = {
    "commands.md": commands_page,
    "python.md": python_page,
    "settings.md": settings_page,
    "templates.md": templates_page,
    "hone.schema.json": schema_text,
}
"""Every page that is written from the code."""


def main() -> int:
    """Write the pages, or check them."""
    stale = []
    for name, write in PAGES.items():
        path, text = DOCS / name, write()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                write_whole(path, text)
    if stale and "--check" in sys.argv[1:]:
        sys.stderr.write(f"{', '.join(stale)}: not current; run: make docs\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
