"""Options that several commands share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def project_option(function: F) -> F:
    """``--project FOLDER``: the project; the one that the working folder lies in by default."""
    return click.option(
        "--project", "-p", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(),
        help="The project's folder; by default the one you are in.",
    )(function)  # fmt: skip


def json_option(function: F) -> F:
    """``--json``: results as one JSON document."""
    return click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")(function)


def fresh_option(function: F) -> F:
    """``--fresh``: a new run, even where an earlier one could go on or has the answers."""
    return click.option("--fresh", is_flag=True, help="Start a new run; ask everything again.")(function)


def by_option(function: F) -> F:
    """``--by NAME``: who decides."""
    return click.option("--by", default=user, help="Your name, kept with what you decide.  [default: your login]")(
        function
    )


def user() -> str:
    """The name of the person at the keyboard, as far as the machine knows it."""
    try:
        return os.environ.get("HONE_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "unknown"
