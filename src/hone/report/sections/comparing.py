"""Does stating the rubric help? What the expert said of replies with and without it."""

from __future__ import annotations

from hone.domain.evidence import Advice, Comparison
from hone.report.charts import ChartTitle, shares
from hone.report.page import TableCell
from hone.report.terminal import comparison_summary, counting_measures, short
from hone.report.view import MOST_ROWS, ProjectView
from hone.rubrics.compare import summary

_TEXTS = 3
"""Pairs whose replies are shown whole."""
_LABELS = ("without it", "tie", "with the rubric")


def comparison_values(view: ProjectView) -> dict[str, object]:
    """How often the reply under the rubric won, each pair, and advice that waits."""
    if view.compared is None:
        return {}
    comparisons = view.compared.comparisons
    found = summary(comparisons)
    counts = (found.lost, found.tied, found.won)
    words = f"{found.won} with the rubric, {found.tied} ties, {found.lost} without it"
    return {
        "summary": found,
        "words": comparison_summary(found),
        "picture": shares(ChartTitle("pairs", "Pairs won", words), {"comparisons": counts}, _LABELS),
        "counts": [
            *((label, f"{count:,}") for label, count in zip(_LABELS, counts, strict=True)),
            ("could not be read", f"{found.unread:,}"),
        ],
        "rows": [_row(one) for one in comparisons[:MOST_ROWS]],
        "pairs": comparisons[:_TEXTS],
        "advice": [_piece(one) for one in view.advised.advice] if view.advised else [],
    }


def _row(one: Comparison) -> tuple[str | TableCell, ...]:
    won = one.winner or "unread"
    names = dict.fromkeys(counting_measures(one))
    kind = {"with": "pass", "without": "fail"}.get(won, "")
    flipped = " (flipped)" if one.flipped else ""
    cut = " (a reply was cut)" if one.without.cut or one.with_.cut else ""
    said = [verdict.winner or f"unread: {short(verdict.unread or '', 60)}" for verdict in one.verdicts]
    return (one.id, *said, TableCell(won + flipped + cut, kind), short(", ".join(names), 120))


def _piece(one: Advice) -> tuple[str, ...]:
    new = f"{one.proposal.name}: {one.proposal.sentence}" if one.proposal else "–"
    return (f"{one.id} {one.action}", one.criterion or "–", new, one.reason)
