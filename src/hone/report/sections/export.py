"""Exported files beside their source."""

from __future__ import annotations

from collections.abc import Iterator

from hone.export.results import ExportRow
from hone.report.page import Markup, cell, folded, paragraph, table
from hone.report.sections.parts import not_there_yet, part, percent_cell, percent_points, source_line
from hone.report.view import ProjectView


def export_part(view: ProjectView) -> Markup:
    """Whether the files are what was tuned."""
    return part("export", "Exported files, beside their source", _export(view))


def _export(view: ProjectView) -> Iterator[Markup]:
    found = view.exported
    if found is None:
        yield not_there_yet("Nothing was exported yet", view.makes["export"])
        return
    yield paragraph(f"From {found.model}. A file that differs from its source is not written.")
    head = ("file", "MB", "replies as the source", "mean KL (nats)", "perplexity", "source's", "tokens/s")
    yield table(head, [_row(one) for one in found.files], "Parity: the file is asked what its source would have said")
    tested = [one for one in found.files if one.benchmark is not None]
    if tested:
        yield table(
            ("file", "problems", "source right", "file right", "difference in points"),
            [_tested(one) for one in tested],
            "The same problems to source and file, 95% intervals",
        )
    checks = [(one.file, cell(name), cell(detail)) for one in found.files for name, detail in one.checks.items()]
    yield folded("What was checked", table(("file", "check", "what came of it"), checks, "Checks that held"))
    yield source_line(found.source, f"hone chat gguf:{found.files[-1].file}" if found.files else "hone doctor")


def _row(one: ExportRow) -> tuple[str, ...]:
    ties = f" (+{one.replies.ties} ties)" if one.replies.ties else ""
    return (
        one.file,
        f"{one.bytes / 1e6:.0f}",
        f"{one.replies.same} of {one.replies.n}{ties}",
        f"{one.replies.kl:.1e}",
        f"{one.perplexity:.2f}",
        f"{one.source_perplexity:.2f}",
        f"{one.tokens_per_second.get('generation', 0):.0f}",
    )


def _tested(one: ExportRow) -> tuple[str, ...]:
    found = one.benchmark
    if found is None:
        return (one.file,)
    return (
        one.file,
        f"{found.name}, {found.source.n:,}",
        percent_cell(found.source),
        percent_cell(found.exported),
        percent_points(found.difference),
    )
