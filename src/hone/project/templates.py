"""The library of ready tasks and rubrics that come with Hone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hone.domain.evidence import RubricVersion
from hone.domain.rubric import Rubric
from hone.errors import ProjectError
from hone.files import typed_path
from hone.project.files import load_document, read_text, read_yaml

_LIBRARY = Path(__file__).parent.parent / "templates"
DEFAULT = "study-plan-student"
_FIELD = "Field:"
BLANK = "blank"
"""The template without a task of its own; it is none of the ready tasks that `templates` lists."""


@dataclass(frozen=True, slots=True)
class Template:
    """A ready task with starting criteria and items."""

    name: str
    title: str
    about: str
    """One sentence."""
    field: str
    """Whose work it is from, such as "health care"; empty where it is nobody's."""
    folder: Path
    """Holds ``hone.yaml``, ``rubric.yaml``, ``items.jsonl`` and ``about.md``."""
    finalised: Path | None
    """The finalised rubric of the library, where there is one."""


def templates() -> list[Template]:
    """All templates, the default first."""
    found = [_template(path.parent) for path in sorted(_LIBRARY.glob("*/about.md"))]
    return sorted(found, key=lambda template: template.name != DEFAULT)


def find_template(name: str) -> Template:
    """The template of this name.

    Raises:
        ProjectError: There is none.
    """
    if name == BLANK:
        return Template(BLANK, "Your own task", "Nothing is filled in.", "", _LIBRARY / BLANK, finalised=None)
    known = {template.name: template for template in templates()}
    if name not in known:
        raise ProjectError(f"there is no template {name!r}; there are {', '.join([*known, BLANK])}")
    return known[name]


def finalised_rubrics() -> dict[str, Rubric]:
    """The finalised rubrics of the library by their names."""
    return {path.stem: read_yaml(path, Rubric) for path in sorted((_LIBRARY / "rubrics").glob("*.yaml"))}


def read_rubric(name: str) -> Rubric | None:
    """The rubric of a file (a working rubric or a frozen version), or of the library; none where there is neither.

    Raises:
        FileFormatError: The file does not read.
    """
    path = typed_path(name)
    if not path.is_file():
        return finalised_rubrics().get(name)
    if "rubric" in load_document(path):
        return read_yaml(path, RubricVersion).rubric
    return read_yaml(path, Rubric)


def _template(folder: Path) -> Template:
    lines = [line.strip() for line in read_text(folder / "about.md").splitlines() if line.strip()]
    rubric = _LIBRARY / "rubrics" / f"{folder.name}.yaml"
    field = next((line.removeprefix(_FIELD).strip() for line in lines if line.startswith(_FIELD)), "")
    finalised = rubric if rubric.exists() else None
    return Template(folder.name, lines[0].lstrip("# "), lines[1], field, folder, finalised)
