"""What may be the name of a person: one rule for the store and for the name that somebody signs with.

It imports nothing heavy, because every command asks who types it.
"""

from __future__ import annotations

from hone.errors import FeedbackError
from hone.text import is_printable
from hone.text import name as named

LONGEST_NAME = 80
"""Characters of a name."""


def person_name(text: str) -> str:
    """The name in its one spelling, without spaces around it.

    Raises:
        FeedbackError: It is empty, too long, or cannot be printed.
    """
    name = named(text)
    if not name or len(name) > LONGEST_NAME or not is_printable(name):
        raise FeedbackError(f"{name[:LONGEST_NAME]!r} is not a name; write 1 to {LONGEST_NAME} characters")
    return name
