"""The report of a project in one call."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from hone.journey.gathering import gather_view
from hone.journey.options import OptionForm, VerbOptions
from hone.project import Project
from hone.report.page import write_page
from hone.report.project_page import project_page
from hone.report.view import ProjectView

PAGE = "report.html"


class ReportOptions(VerbOptions):
    """What may be set for `report`."""

    verb = "report"
    out: Annotated[Path | None, OptionForm(path="file")] = None
    """The page's file.  [default: report.html in the project]"""
    open: bool = False
    """Show the page in the browser."""


def write_report(project: Project, file: Path | str | None = None) -> tuple[ProjectView, Path]:
    """Gather what a project holds, and write its page; nothing is asked of any model.

    Args:
        project: The project.
        file: The page's file; `report.html` in the project by default.

    Returns:
        What the page shows, and its file.

    Raises:
        HoneError: The project's settings or rubric do not read, or the page cannot be written.
    """
    path = Path(file) if file else project.folder / PAGE
    view = gather_view(project, datetime.now().astimezone())
    write_page(path, project_page(view))
    return view, path
