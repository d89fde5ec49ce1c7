"""Agreement in the terminal: one table a criterion, which says who agrees with people and how well a person does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.measuring import Estimates, JudgeComparison
from hone.report.terminal import clean
from hone.report.wording import (
    BASELINES,
    STATISTICS,
    headline,
    leaning,
    people_in_words,
    verdict_in_short,
    warnings,
    with_interval,
)
from hone.stats import Agreement, CriterionAgreement, Figure

Figures = Mapping[str, Figure]
_STYLES = {"better": "green", "as good": "green", "worse": "red", "too few": "yellow", "no ceiling": "yellow"}


def agreement_report(agreement: Agreement) -> RenderableType:
    """Every criterion, and all of them together where there are several."""
    parts = [_criterion(name, one, agreement.level) for name, one in agreement.criteria.items()]
    if len(parts) > 1:
        parts.append(_criterion("all criteria (their mean)", agreement.overall, agreement.level))
    legend = (
        "The ceiling is each person against the others' consensus. In brackets: 95% intervals. Below a verdict: "
        "the judge's figure minus a person's, on the same items: above 0 the judge is nearer to the others."
    )
    return Group(*parts, Text(legend, style="dim"))


def _criterion(name: str, one: CriterionAgreement, level: str) -> RenderableType:
    statistic = headline(one, level)
    title = Text.assemble((clean(name), "bold"), f" · {one.items:,} items · {people_in_words(one)}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("against the people's consensus", overflow="fold", min_width=22)
    for column in ("items", "same score", STATISTICS[statistic], "leans"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict, and difference to a person", min_width=24)
    for row in _rows(one, statistic):
        table.add_row(*row)
    notes = [Text(f"! {warning}", style="yellow") for warning in warnings(one)]
    return Group(title, table, *notes, Text(""))


def _rows(one: CriterionAgreement, statistic: str) -> Iterator[list[Text]]:
    ceiling = one.ceiling
    if ceiling[statistic].value is not None or ceiling["accuracy"].value is not None:
        yield _row("a person (the ceiling)", ceiling, statistic, "bold")
    for name, judge in one.judges.items():
        if judge.items:
            gap = judge.verdict.gap
            verdict = Text(verdict_in_short(judge), style=_STYLES[judge.verdict.outcome])
            if gap.value is not None:
                verdict.append(f"\n{with_interval(gap, 'gap')}", style="dim")
            yield [*_row(name, judge.consensus, statistic), Text(leaning(judge)), verdict]
    for name, figures in one.baselines.items():
        if figures["accuracy"].value is not None:
            yield _row(BASELINES.get(name, name), figures, statistic, "dim")


def _row(name: str, figures: Figures, statistic: str, style: str = "") -> list[Text]:
    same = with_interval(figures["accuracy"], "accuracy", interval=False)
    cells = (clean(name), f"{figures[statistic].n:,}", same, with_interval(figures[statistic]))
    return [Text(cell, style=style) for cell in cells]


def comparison_report(comparison: JudgeComparison) -> RenderableType:
    """Two judges on the same items, criterion by criterion."""
    table = Table(
        box=box.SIMPLE_HEAD, title=Text(clean(f"{comparison.first} against {comparison.second}, on the same items"))
    )
    table.title_justify = "left"
    table.add_column("criterion")
    for name in ("items", comparison.first, comparison.second, "difference", "p (Holm)"):
        table.add_column(Text(clean(name)), justify="right")
    table.add_column("in words")
    for name, one in comparison.criteria.items():
        found = one.difference
        figures = (found.first, found.second)
        table.add_row(
            Text(clean(name)),
            f"{found.n:,}",
            *(with_interval(figure, interval=False) for figure in figures),
            with_interval(found.difference, "gap"),
            "–" if one.p_adjusted is None else p_value(one.p_adjusted),
            Text(clean(one.words)),
        )
    return table


def p_value(p: float) -> str:
    """A p value, never as nothing."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def estimates_report(estimates: Estimates, title: str) -> RenderableType:
    """Judge only, people only and corrected, side by side."""
    table = Table(box=box.SIMPLE_HEAD, title=Text(clean(title)), title_justify="left", pad_edge=False)
    table.add_column("criterion")
    for name in ("people rated", "judge scored", "judge only", "people only", "corrected"):
        table.add_column(name, justify="right", no_wrap=True)
    words = []
    for name, one in estimates.criteria.items():
        found = one.estimate
        cells = (with_interval(found.judge_only), with_interval(found.people_only), with_interval(found.corrected))
        table.add_row(Text(clean(name)), f"{one.rated:,}", f"{one.labelled:,}", *cells)
        words.append(Text.assemble((f"{clean(name)}: ", "bold"), found.words))
        if one.share is not None:
            share = one.share
            table.add_row(
                "  share of yes (Rogan–Gladen)",
                "",
                "",
                with_interval(share.judge_only),
                "",
                with_interval(share.corrected),
            )
            words.append(Text(f"  {share.words}"))
        if one.rated < 10:
            words.append(Text(f"! {clean(name)}: fewer than 10 rated items say next to nothing", style="yellow"))
    return Group(table, *words)
