"""What moves the judge besides the criteria."""

from __future__ import annotations

from collections.abc import Iterator

from hone.judging.audit import AuditFinding
from hone.report.page import Markup, cell, paragraph, table
from hone.report.sections.parts import amount, not_there_yet, part, source_line
from hone.report.view import ProjectView

_MOVED = {True: ("yes", "fail"), False: ("no sign of it", "pass"), None: ("cannot be told", "unsure")}


def audit_part(view: ProjectView) -> Markup:
    """One row a question, with its interval and what a judge that is not moved would show."""
    return part("audit", "What moves the judge besides the criteria", _audit(view))


def _audit(view: ProjectView) -> Iterator[Markup]:
    found = view.audited
    if found is None:
        yield not_there_yet("The judge was not audited yet", view.makes["audit"])
        return
    moved = [one.name for one in found.findings if one.moved]
    said = f"It is moved by {', '.join(dict.fromkeys(moved))}." if moved else "No sign that anything else moves it."
    yield paragraph(f"The judge is {found.judge}. {said}", "warn" if moved else "")
    head = ("what", "changed or compared", "measured", "figure (95% interval)", "if not moved", "n", "moved?")
    yield table(head, [_row(one) for one in found.findings], "Each question changes one thing that should not matter")
    yield source_line(found.source)


def _row(one: AuditFinding) -> tuple[str | Markup, ...]:
    figure = amount(one.figure) + (f"; people {amount(one.people)}" if one.people is not None else "")
    words, kind = _MOVED[one.moved]
    return (
        one.name,
        cell(one.asked),
        cell(one.measured),
        cell(figure),
        cell(f"{one.still:g}", "num"),
        cell(f"{one.figure.n:,}", "num"),
        cell(words, kind),
    )
