"""Pages for people: rate, compare, decide on the rubric, look at the results, try two models.

Rendered here, on the server; they work without JavaScript, load nothing from elsewhere, and say nothing to a rater
that would make them less blind. FastAPI and what comes with it are imported when `rate` is called, not before.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from hone.extras import check_installed
from hone.journey.journey import Journey
from hone.journey.watching import SILENT, Watch
from hone.project import Project

_PACKAGES = ("fastapi", "uvicorn", "jinja2", "nh3", "latex2mathml", "itsdangerous", "python_multipart", "sqlalchemy")


def rate(project: Project | Path | str, *, watch: Watch = SILENT, **options: Any) -> None:
    """Serve the pages of a project until Ctrl-C: rate, compare, decide on the rubric, look at the results.

    Args:
        project: The project, or its folder.
        watch: Told the address that lets the owner in, in this run alone, and what was put up for rating. Where no
            browser can be opened, it is the only one who learns of it.
        options: Fields of `hone.web.server.PageOptions`: host, port, per_item, next, runs, models, open_browser,
            stop_after.

    Raises:
        MissingExtraError: The extra `web` is not installed.
        ProjectError: The address cannot be used, or nobody is invited to a server that others can reach.
    """
    check_installed(_PACKAGES, "web", use="the pages")
    server = importlib.import_module("hone.web.server")
    with Journey(project, watch=watch) as journey:
        server.serve_pages(journey, server.PageOptions(**options), watch.tell)
