"""What moves the judge besides the criteria."""

from __future__ import annotations

from hone.judging.audit import AuditFinding, moved_by
from hone.report.page import TableCell
from hone.report.terminal import planted_lines
from hone.report.view import ProjectView
from hone.report.wording import amount

_MOVED = {
    True: TableCell("yes", "fail"),
    False: TableCell("no sign of it", "pass"),
    None: TableCell("cannot be told", "unsure"),
}


def audit_values(view: ProjectView) -> dict[str, object]:
    """One row a question, with its interval and what a judge that is not moved would show."""
    if view.audited is None:
        return {}
    findings = view.audited.findings
    moved = moved_by(findings)
    return {
        "moved": moved,
        "rows": [_row(one) for one in findings],
        "said": planted_lines(findings, view.audited.rubric),
    }


def _row(one: AuditFinding) -> tuple[str | TableCell, ...]:
    figure = amount(one.figure) + (f"; people {amount(one.people)}" if one.people is not None else "")
    return (one.name, one.asked, one.measured, figure, f"{one.still:g}", f"{one.figure.n:,}", _MOVED[one.moved])
