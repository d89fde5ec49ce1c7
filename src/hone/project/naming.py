"""Which rubric a name means: a version, the working rubric, one of the library, or a file."""

from __future__ import annotations

from pathlib import Path

from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.project.folder import Project
from hone.project.templates import read_rubric


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
        if project.with_task is None:
            raise ProjectError(f"there is no rubric {name!r}; name a file, or a name from: hone templates")
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
