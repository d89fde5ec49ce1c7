"""The name that a person signs with on this machine: asked once, kept beside what else Hone remembers for them."""

from __future__ import annotations

from hone.errors import FeedbackError
from hone.files import config_folder, write_whole
from hone.text import is_printable
from hone.text import name as named

_FILE = "name"
_LONGEST = 80


def kept_signature() -> str:
    """The name that was kept; empty where none was, or it cannot be read."""
    try:
        return named((config_folder() / _FILE).read_text(encoding="utf-8")[:_LONGEST])
    except (OSError, UnicodeDecodeError):
        return ""


def keep_signature(name: str) -> str:
    """Keep a name for this and all later projects.

    Returns:
        The name as it is kept, without spaces around it.

    Raises:
        FeedbackError: It is empty, too long or cannot be printed.
    """
    name = named(name)
    if not name or len(name) > _LONGEST or not is_printable(name):
        raise FeedbackError(f"{name[:_LONGEST]!r} is not a name; write 1 to {_LONGEST} characters")
    write_whole(config_folder(make=True) / _FILE, f"{name}\n")
    return name
