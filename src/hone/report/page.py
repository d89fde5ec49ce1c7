"""A page as a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from hone.files import write_whole


@dataclass(frozen=True)
class DrawnPicture:
    """A drawn picture with what it shows."""

    drawn: str
    title: str
    words: str

    @property
    def svg(self) -> Markup:
        """The drawing, named for those who cannot see it."""
        opened, _, rest = str(self.drawn).replace('aria-hidden="true"', 'role="img"', 1).partition(">")
        named = Markup("<title>{}</title><desc>{}</desc>").format(self.title, self.words)
        return Markup(f"{opened}>{named}{rest}")  # noqa: S704 - our own drawing, escaped where it is made


def write_page(path: Path, document: str) -> None:
    """Write a page.

    Raises:
        ProjectError: It cannot be written.
    """
    write_whole(path, document, errors="replace")
