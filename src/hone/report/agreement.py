"""Agreement in the terminal: one table a criterion, which says who agrees with people and how well a person does."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.measuring import Estimates, JudgeComparison, PairAccuracies
from hone.measuring.drift import Drift
from hone.report.terminal import clean
from hone.report.wording import (
    PAIR_COLUMNS,
    STATISTICS,
    TOGETHER,
    agreement_rows,
    headline,
    intervals_in_words,
    pair_rows,
    pairs_in_words,
    partly_scored,
    people_in_words,
    percent_cell,
    tiers_in_words,
    verdict_in_short,
    warnings,
    with_interval,
)
from hone.stats import Agreement, CorrectedShare, CriterionAgreement, JudgeAgreement

_KINDS = {"person": "bold", "judge": "", "baseline": "dim"}
_STYLES = {
    "better": "green",
    "as good": "green",
    "other scores": "red",
    "worse": "red",
    "not shown": "yellow",
    "no ceiling": "yellow",
}


def pairs_report(pairs: PairAccuracies) -> RenderableType:
    """How often judges of pairs are right, and what takes no judgement beside them."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    for place, column in enumerate(PAIR_COLUMNS):
        table.add_column(column, justify="right" if place else "left")
    for row in pair_rows(pairs):
        table.add_row(*map(Text, row), style="" if row[-1] else "dim")
    return Group(table, Text(pairs_in_words(pairs), style="dim"), Text(""))


def agreement_report(agreement: Agreement, *, pairs: bool = False) -> RenderableType:
    """Every criterion, and all of them together where there are several.

    Args:
        agreement: The figures.
        pairs: Whether they are of verdicts on pairs, where "the same" takes a judge that flips for undecided.
    """
    parts = [_criterion(name, one, agreement.level, pairs) for name, one in agreement.criteria.items()]
    if len(parts) > 1:
        parts.append(_criterion(TOGETHER, agreement.overall, agreement.level, pairs))
        parts += [Text(f"{line}.") for line in partly_scored(agreement)]
    legend = (
        f"The ceiling is each person against the others' consensus. {intervals_in_words(agreement)} Below a verdict: "
        "the judge's figure minus a person's, on the same items: above 0 the judge is nearer to the others."
    )
    return Group(*parts, Text(legend, style="dim"))


def _criterion(name: str, one: CriterionAgreement, level: str, pairs: bool) -> RenderableType:
    statistic = headline(one, level)
    title = Text.assemble((clean(name), "bold"), f" · {one.items:,} items · {people_in_words(one)}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("against the people's consensus", overflow="fold", min_width=22)
    same = "same verdict, a flip as a tie" if pairs else STATISTICS["accuracy"]
    for column in ("items", same, STATISTICS[statistic], "leans"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict, and difference to a person", min_width=24)
    for row in _rows(one, statistic):
        table.add_row(*row)
    notes = [Text(f"! {warning}", style="yellow") for warning in warnings(one)]
    tiers = tiers_in_words(one)
    return Group(title, table, *notes, *([Text(f"{tiers}.")] if tiers else []), Text(""))


def _rows(one: CriterionAgreement, statistic: str) -> Iterator[list[Text]]:
    for row in agreement_rows(one):
        known = row.kind != "person" or any(one.ceiling[name].value is not None for name in (statistic, "accuracy"))
        if not (row.says and known):
            continue
        same = with_interval(row.figures["accuracy"], "accuracy", interval=False)
        figure = row.figures[statistic]
        cells = [clean(row.who), f"{figure.n:,}", same, with_interval(figure)]
        texts = [Text(cell, style=_KINDS[row.kind]) for cell in cells]
        yield texts if row.judge is None else [*texts, Text(row.leans), _verdict(row.judge)]


def _verdict(judge: JudgeAgreement) -> Text:
    gap = judge.verdict.gap
    verdict = Text(verdict_in_short(judge), style=_STYLES[judge.verdict.outcome])
    return verdict if gap.value is None else verdict.append(f"\n{with_interval(gap, 'gap')}", style="dim")


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


def drift_report(drift: Drift) -> RenderableType:
    """A judge beside itself earlier: what changed, and which of the two is nearer to people."""
    lines = []
    for name, one in drift.changes.items():
        told = f"{clean(name)}: the same score on {percent_cell(one.same)} of {one.same.n:,} items"
        if one.shift is not None and one.shift.value is not None:
            told += f"; now {with_interval(one.shift, 'gap')} on average"
        lines.append(Text(told))
    return Group(comparison_report(drift.comparison), *lines)


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
                "  unrated items (Rogan–Gladen)",
                "",
                "",
                with_interval(share.judge_only),
                "",
                with_interval(share.corrected),
            )
            words.append(Text(_rogan_gladen(share)))
        words += [Text(f"! {clean(name)}: {warning}", style="yellow") for warning in one.warnings()]
    return Group(table, *words)


def _rogan_gladen(share: CorrectedShare) -> str:
    """What the second correction is about: other items, and another truth, than the first."""
    about = f"the share of yes among the {share.judge_only.n:,} items that nobody rated, as most people would say"
    return f"  Rogan–Gladen, {about}: {share.words}"
