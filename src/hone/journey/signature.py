"""The name that a person signs with on this machine: asked once, kept beside what else Hone remembers for them."""

from __future__ import annotations

from hone.files import config_folder, write_whole
from hone.people.names import LONGEST_NAME, person_name
from hone.text import name as named

_FILE = "name"


def kept_signature() -> str:
    """The name that was kept; empty where none was, or it cannot be read."""
    try:
        return named((config_folder() / _FILE).read_text(encoding="utf-8")[:LONGEST_NAME])
    except (OSError, UnicodeDecodeError):
        return ""


def keep_signature(name: str) -> str:
    """Keep a name for this and all later projects.

    Returns:
        The name as it is kept, without spaces around it.

    Raises:
        FeedbackError: It is empty, too long or cannot be printed.
    """
    name = person_name(name)
    write_whole(config_folder(make=True) / _FILE, f"{name}\n")
    return name
