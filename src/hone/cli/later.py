"""Groups of commands, each imported when it is called, so that one does not wait for what another needs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LaterCommands(click.Group):
    """A group whose further commands stand in modules of their own, behind those that it holds.

    Args:
        homes: By name, the module that holds the command, the command's name there, and its short help.
    """

    def __init__(self, *args: Any, homes: Mapping[str, tuple[str, str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self._homes = homes

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all, those that it holds first."""
        return [*super().list_commands(ctx), *self._homes]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; none where there is none of this name."""
        if cmd_name not in self._homes:
            return super().get_command(ctx, cmd_name)
        module, name, _ = self._homes[cmd_name]
        command = getattr(importlib.import_module(module), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Every command with its short help, none imported for it."""
        own = [(name, one.get_short_help_str(200)) for name, one in self.commands.items() if not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, text) for name, (_, _, text) in self._homes.items())])
