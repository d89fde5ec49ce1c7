"""Options that several commands share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hone.trust import consent

F = TypeVar("F", bound=Callable[..., Any])


def project_option(function: F) -> F:
    """``--project FOLDER``: the project, by default the one that the working folder lies in; and ``--trust``."""
    named = click.option(
        "--project",
        "-p",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        help="The project's folder; by default the one you are in.",
    )(function)
    return click.option(
        "--trust",
        is_flag=True,
        expose_value=False,
        callback=_trust,
        help="Agree to the hosts and the database that hone.yaml names; it is remembered.",
    )(named)


def _trust(_context: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        consent.everything = True


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
