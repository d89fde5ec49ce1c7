"""How well people agree, and whether the judge is as good as one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hone.report.charts import Dot, intervals
from hone.report.page import Markup, cell, drawn_picture, element, escaped, folded, listed, paragraph, table
from hone.report.sections.parts import not_there_yet, part, source_line
from hone.report.view import AgreementPart, ProjectView
from hone.report.wording import (
    BASELINES,
    OUTCOMES,
    STATISTICS,
    headline,
    leaning,
    people_in_words,
    verdict_in_short,
    warnings,
    with_interval,
)
from hone.stats import CriterionAgreement, Figure


def agreement_part(view: ProjectView) -> Markup:
    """Judge and baselines against the ceiling, criterion by criterion."""
    return part("agreement", "Agreement with people", _agreement(view))


def _agreement(view: ProjectView) -> Iterator[Markup]:
    found = view.agreed
    if found is None:
        yield not_there_yet("Nothing can be said of how good the judge is", view.makes["agreement"], view.unrated)
        return
    yield listed(found.notes, "soft")
    for name, one in found.agreement.criteria.items():
        yield from _criterion(name, one, found)
    yield paragraph(
        "The ceiling is each person against the others' consensus: no judge can be asked for more. In brackets: 95% "
        "intervals. The page of hone agree has every other figure, and says how to read them."
    )
    yield source_line(found.source, "hone agree --html agreement.html")


def _criterion(name: str, one: CriterionAgreement, found: AgreementPart) -> Iterator[Markup]:
    statistic = headline(one, found.agreement.level)
    judges = {judge: figures for judge, figures in one.judges.items() if figures.items}
    dots = [_dot("a person (the ceiling)", one.ceiling[statistic], ceiling=True)]
    rows = [_row("a person (the ceiling)", one.ceiling, statistic)]
    for judge, figures in judges.items():
        dots.append(_dot(judge, figures.consensus[statistic]))
        kind = OUTCOMES.get(figures.verdict.outcome, "unsure")
        rows.append(
            _row(judge, figures.consensus, statistic, leaning(figures), cell(verdict_in_short(figures), kind))
        )
    for baseline, values in one.baselines.items():
        if values["accuracy"].value is not None:
            rows.append(_row(BASELINES.get(baseline, baseline), values, statistic))
    yield element("h3", escaped(name))
    yield paragraph(f"{one.items:,} items; {people_in_words(one)}.")
    for warning in warnings(one):
        yield paragraph(f"{warning}.", "warn")
    drawn = intervals(dots, f"{STATISTICS[statistic]}, 95% interval")
    yield drawn_picture(
        drawn, f"{name}: agreement against the ceiling", "The diamond is a person, the discs are judges"
    )
    head = ("who", "items", "same score", STATISTICS[statistic], "leans", "verdict")
    yield folded("The same as a table", table(head, rows, f"{name}: agreement with the people's consensus"))


def _dot(name: str, shown: Figure, *, ceiling: bool = False) -> Dot:
    words = with_interval(shown, interval=False) if shown.value is not None else shown.reason or "unknown"
    return Dot(name, shown, words, ceiling)


def _row(
    name: str, figures: Mapping[str, Figure], statistic: str, leans: str = "–", verdict: Markup | None = None
) -> tuple[str | Markup, ...]:
    same = with_interval(figures["accuracy"], "accuracy")
    return (
        name,
        f"{figures[statistic].n:,}",
        same,
        with_interval(figures[statistic]),
        cell(leans),
        verdict or cell("–"),
    )
