"""Exported files beside their source."""

from __future__ import annotations

from hone.export.results import ExportRow
from hone.report.view import ProjectView
from hone.report.wording import percent_cell, percent_points


def export_values(view: ProjectView) -> dict[str, object]:
    """Whether the files are what was tuned."""
    if view.exported is None:
        return {}
    files = view.exported.files
    return {
        "parity": [_parity(one) for one in files],
        "tested": [
            (
                one.file,
                f"{found.name}, {found.source.n:,}",
                percent_cell(found.source),
                percent_cell(found.exported),
                percent_points(found.difference),
            )
            for one in files
            if (found := one.benchmark) is not None
        ],
        "checks": [(one.file, name, detail) for one in files for name, detail in one.checks.items()],
    }


def _parity(one: ExportRow) -> tuple[str, ...]:
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
