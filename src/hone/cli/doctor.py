"""`hone doctor`: what this machine can do."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from hone.cli.codes import PROBLEM
from hone.cli.options import json_option
from hone.cli.screen import out, print_json
from hone.journey import machine


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:
    """Tell what this machine can do, and how to fix what is missing. Exit 1 where something needed is missing."""
    found = machine.doctor()
    if as_json:
        print_json({"hone": importlib.metadata.version("hone-llm"), "checks": [asdict(check) for check in found]})
    else:
        table = Table(title=f"Hone {importlib.metadata.version('hone-llm')}", title_justify="left")
        for column in ("", "what", "found", "how to fix it, or what for"):
            table.add_column(column)
        marks = {"ok": ("ok", "green"), "missing": ("missing", "red"), "optional": ("-", "dim")}
        for check in found:
            text, style = marks[check.state]
            table.add_row(Text(text, style=style), check.name, check.found, Text(check.mend))
        out().print(table)
    if any(check.state == "missing" for check in found):
        raise SystemExit(PROBLEM)
