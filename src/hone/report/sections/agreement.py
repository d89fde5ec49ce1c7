"""How well people agree on one criterion, and whether judges are as good as one of them: what pages show of it."""

from __future__ import annotations

from hone.report.charts import ChartTitle, Dot, diamond, intervals
from hone.report.figures import file_slug
from hone.report.page import TableCell
from hone.report.view import ProjectView
from hone.report.wording import (
    STATISTICS,
    AgreementRow,
    agreement_rows,
    headline,
    people_in_words,
    warnings,
    with_interval,
)
from hone.stats import CriterionAgreement


def agreement_values(view: ProjectView) -> list[dict[str, object]]:
    """Every criterion."""
    if view.agreed is None:
        return []
    found = view.agreed.agreement
    return [criterion_values(name, one, found.level) for name, one in found.criteria.items()]


def criterion_values(name: str, one: CriterionAgreement, level: str) -> dict[str, object]:
    """Judges and baselines against the ceiling.

    Args:
        name: The criterion.
        one: What was found of it.
        level: The level of measurement, which the statistic depends on.
    """
    statistic = headline(one, level)
    rows = [row for row in agreement_rows(one) if row.says]
    dots = [_dot(row, statistic) for row in rows if row.kind != "baseline"]
    title = ChartTitle(
        f"agreement-{file_slug(name)}",
        f"{name}: agreement against the ceiling",
        "The diamond is a person, the discs are judges",
    )
    return {
        "name": name,
        "count": f"{one.items:,}",
        "people": people_in_words(one),
        "warnings": warnings(one),
        "statistic": STATISTICS[statistic],
        "picture": intervals(title, dots, f"{STATISTICS[statistic]}, 95% interval"),
        "rows": [_row(row, statistic) for row in rows],
    }


def _dot(row: AgreementRow, statistic: str) -> Dot:
    figure = row.figures[statistic]
    words = with_interval(figure, interval=False) if figure.value is not None else figure.reason or "unknown"
    return diamond(row.who, figure, words) if row.kind == "person" else Dot(row.who, figure, words)


def _row(row: AgreementRow, statistic: str) -> tuple[str | TableCell, ...]:
    figure = row.figures[statistic]
    same = with_interval(row.figures["accuracy"], "accuracy")
    verdict = TableCell(row.verdict or "–", row.colour)
    return (row.who, f"{figure.n:,}", same, with_interval(figure), row.leans or "–", verdict)
