"""The one place where templates become pages: what they may use, and that all they show is cleaned and escaped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import BuiltinMethodType, MethodType

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hone.files import write_whole
from hone.report.terminal import clean, short

_HERE = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class TableCell:
    """A table's cell that is coloured by what it says."""

    words: str
    kind: str = ""
    """Its class, such as `pass`, `fail` or `unsure`."""


def template_environment(*folders: Path) -> Environment:
    """What templates are read and filled by: everything that is not markup is cleaned and escaped.

    Args:
        *folders: Where templates are looked for before those of this room.
    """
    made = Environment(
        loader=FileSystemLoader([*folders, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    made.filters |= {"short": short, "thousands": "{:,}".format}
    return made


def fill(template: str, values: Mapping[str, object]) -> str:
    """A page of this room.

    Args:
        template: The template's file.
        values: What it shows, by the names that it knows them by.
    """
    return _pages().get_template(template).render(values)


def write_page(path: Path, document: str) -> None:
    """Write a page.

    Raises:
        ProjectError: It cannot be written.
    """
    write_whole(path, document, errors="replace")


@cache
def _pages() -> Environment:
    return template_environment()


def _cleaned(value: object) -> object:
    """What a template shows: markup as it is, anything else without what a terminal or a browser would act on."""
    if hasattr(value, "__html__"):
        return value
    if isinstance(value, MethodType | BuiltinMethodType):  # a name that a dict has of its own, such as `items`
        raise TypeError(f"a template shows {value.__name__!r}, which is a function")
    return clean(str(value))
