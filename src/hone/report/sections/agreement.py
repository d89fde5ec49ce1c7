"""How well people agree on one criterion, and whether judges are as good as one of them: what pages show of it."""

from __future__ import annotations

from hone.report.charts import ChartTitle, Dot, axis_begin, diamond, intervals
from hone.report.figures import file_slug
from hone.report.page import TableCell
from hone.report.view import ProjectView
from hone.report.wording import (
    STATISTICS,
    AgreementRow,
    agreement_rows,
    headline,
    interval_name,
    people_in_words,
    tiers_in_words,
    verdict_in_plain_words,
    warnings,
    with_interval,
)
from hone.stats import Agreement, CriterionAgreement


def agreement_values(view: ProjectView) -> list[dict[str, object]]:
    """Every criterion."""
    if view.agreed is None:
        return []
    found = view.agreed.agreement
    span = common_span(found)
    return [criterion_values(name, one, found.level, span) for name, one in found.criteria.items()]


def common_span(found: Agreement) -> tuple[float, float]:
    """One axis for all criteria, so that a dot further to the right is better on whichever card it stands."""
    dots = [dot for one in found.criteria.values() for dot in _dots(one, headline(one, found.level))]
    return axis_begin(dots), 1.0


def criterion_values(
    name: str, one: CriterionAgreement, level: str, span: tuple[float, float] | None = None
) -> dict[str, object]:
    """Judges and baselines against the ceiling.

    Args:
        name: The criterion.
        one: What was found of it.
        level: The level of measurement, which the statistic depends on.
        span: Where the axis begins and ends; by default where this criterion's own figures need it.
    """
    statistic = headline(one, level)
    rows = [row for row in agreement_rows(one) if row.says]
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
        "tiers": tiers_in_words(one),
        "statistic": STATISTICS[statistic],
        "picture": intervals(
            title, _dots(one, statistic), f"{STATISTICS[statistic]}, {interval_name(one.confidence)}", span
        ),
        "rows": [_row(row, statistic) for row in rows],
    }


def _dots(one: CriterionAgreement, statistic: str) -> list[Dot]:
    return [_dot(row, statistic) for row in agreement_rows(one) if row.says and row.kind != "baseline"]


def _dot(row: AgreementRow, statistic: str) -> Dot:
    figure = row.figures[statistic]
    words = with_interval(figure, interval=False) if figure.value is not None else figure.reason or "unknown"
    return diamond(row.who, figure, words) if row.kind == "person" else Dot(row.who, figure, words)


def _row(row: AgreementRow, statistic: str) -> tuple[str | TableCell, ...]:
    figure = row.figures[statistic]
    same = with_interval(row.figures["accuracy"], "accuracy")
    verdict = TableCell(verdict_in_plain_words(row.judge) if row.judge else "–", row.colour)
    return (row.who, f"{figure.n:,}", same, with_interval(figure), row.leans or "–", verdict)
