"""Options that several commands share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.project import Project, read_rubric

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


def named_rubric(name: str | None, project: Project) -> Rubric:
    """The rubric that ``--rubric`` names.

    Args:
        name: ``v2``, ``working``, a rubric of the library, or a file; none takes the latest version, and the working
            rubric where nothing is finalised yet.
        project: Where versions are looked up.

    Raises:
        ProjectError: There is no such rubric.
    """
    if name == "working":
        return project.rubric
    versions = {f"v{version.version}": version.rubric for version in project.versions}
    if name is None:
        latest = [rubric for version, rubric in versions.items() if version != "v0"]
        return latest[-1] if latest else project.rubric
    if name in versions:
        return versions[name]
    found = read_rubric(name)
    if found is None:
        known = ", ".join([*versions, "working"])
        raise ProjectError(f"there is no rubric {name!r}; there are {known}, a file, or a name from: hone templates")
    return found


def rubric_anywhere(name: str | None) -> Rubric | None:
    """The rubric that ``--rubric`` names, inside a project or outside; none where none is named.

    Raises:
        ProjectError: There is no such rubric.
    """
    if name is None:
        return None
    found = read_rubric(name)
    if found is not None:
        return found
    try:
        project = Project.find(Path())
    except ProjectError as error:
        where = "no file or library rubric is called so, and versions are known only inside a project"
        raise ProjectError(f"there is no rubric {name!r}: {where}") from error
    return named_rubric(name, project)
