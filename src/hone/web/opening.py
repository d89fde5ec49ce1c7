"""Opens the browser for the owner, without showing the key of the address to others on this machine."""

from __future__ import annotations

import html
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hone.files import temporary_folder, write_whole

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Hone</title>
<meta http-equiv="refresh" content="0; url={address}"></head>
<body><p><a href="{address}">Go on to the pages</a></p></body></html>
"""


@contextmanager
def browser_opened(address: str, folder: Path) -> Iterator[None]:
    """A browser at an address, as long as the block runs.

    The browser is given a file that leads there: every account of the machine sees what a program was started with,
    and the address holds the key. The file can be read by its owner only, and is gone when the block ends.

    Args:
        address: Where the browser is led.
        folder: The project's, in which the file is made: browsers in a sandbox cannot read the system's place.

    Raises:
        ProjectError: The file cannot be made.
    """
    # The name is one that what keeps the database out of version control keeps out as well.
    with temporary_folder("feedback.db.open-", folder) as private:
        page = private / "hone.html"
        write_whole(page, _PAGE.format(address=html.escape(address)))
        webbrowser.open(page.as_uri())
        yield
