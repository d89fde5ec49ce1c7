"""Base against tuned, on the same problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from hone.bench import ModelComparison
from hone.bench.judged import JudgedComparison
from hone.report.charts import Dot, intervals
from hone.report.page import Markup, cell, drawn_picture, element, escaped, folded, paragraph, table
from hone.report.sections.parts import not_there_yet, part, percent_cell, percent_points, source_line
from hone.report.terminal import short
from hone.report.view import BenchPart, JudgedPart, ProjectView, Wrong


def bench_part(view: ProjectView) -> Markup:
    """Accuracy with intervals and each model against the first, pair by pair; then the same by the rubric's judge."""
    return part("bench", "Base against tuned", chain(_bench(view), _matched(view)))


def _bench(view: ProjectView) -> Iterator[Markup]:
    found = view.benched
    if found is None:
        yield not_there_yet("No models were tested yet", view.makes["bench"])
        return
    yield paragraph(found.about)
    for one in found.report.comparisons:
        yield _verdict(one, found)
    yield from _scores(found)
    yield from _pairs(found)
    yield from _answers(found)
    yield source_line(found.source)


def _verdict(one: ModelComparison, found: BenchPart) -> Markup:
    base, model = found.names[one.base], found.names[one.model]
    margin = f"{found.margin * 100:g} points"
    difference = percent_points(one.difference)
    if one.not_worse(found.margin):
        words = f"{model} is not worse than {base}: the difference is {difference} points, above -{margin}."
        return paragraph(f"The gate is open. {words}", "pass")
    words = f"The difference from {base} is {difference} points, and its interval must lie above -{margin}."
    return paragraph(f"The gate is shut: {model} is not shown to be not worse. {words}", "fail")


def _scores(found: BenchPart) -> Iterator[Markup]:
    scores = found.report.scores
    dots = [
        Dot(found.names[one.model], one.flexible, f"{one.flexible.value or 0:.1%}", ceiling=place == 0)
        for place, one in enumerate(scores)
    ]
    yield drawn_picture(
        intervals(dots, "share of right answers, 95% interval", (0.0, 1.0), "{:.0%}"),
        "Right answers",
        "The diamond is the base",
    )
    rows = []
    for one in scores:
        speed = one.speed.tokens_per_second if one.speed else None
        rows.append(
            (
                found.names[one.model],
                percent_cell(one.flexible),
                percent_cell(one.strict),
                percent_cell(one.cut),
                f"{one.unread:,}",
                f"{one.tokens:.0f}",
                "–" if speed is None else f"{speed:,.0f}",
            )
        )
    head = ("model", "right (95% interval)", "right behind ####", "cut", "no answer", "tokens", "tokens/s")
    yield table(head, rows, "Each model on all problems")


def _pairs(found: BenchPart) -> Iterator[Markup]:
    rows = [
        (
            f"{found.names[one.model]} minus {found.names[one.base]}",
            percent_points(one.difference),
            f"{one.test.p_value:.2g}",
            f"{one.difference.n:,}",
            f"{len(one.gained):,}",
            f"{len(one.lost):,}",
        )
        for one in found.report.comparisons
    ]
    if rows:
        head = ("difference", "in points (95% interval)", "exact McNemar p", "problems", "gained", "lost")
        yield table(head, rows, "Pair by pair, on the same problems")


def _answers(found: BenchPart) -> Iterator[Markup]:
    for title, wrong in (("gained", found.gained), ("lost", found.lost)):
        if wrong:
            yield folded(f"The first problems that were {title}, with both answers", _told(wrong, found, title))


def _told(wrong: Sequence[Wrong], found: BenchPart, title: str) -> Markup:
    last = found.report.comparisons[-1]
    head = ("problem", "right answer", f"{found.names[last.base]} wrote", f"{found.names[last.model]} wrote")
    rows = [
        (one.item, cell(one.gold), cell(short(one.base, 400), "words"), cell(short(one.model, 400), "words"))
        for one in wrong
    ]
    return table(head, rows, f"Problems that were {title}")


def _matched(view: ProjectView) -> Iterator[Markup]:
    found = view.matched
    if found is None:
        return
    yield element("h3", escaped("Scored by the rubric's judge"))
    yield paragraph(found.about)
    for comparison in found.report.comparisons:
        yield _judged_verdict(comparison, found)
    names = list(found.report.scores[0].criteria)
    rows = [
        (
            found.names[one.model],
            *(cell("–" if mean is None else f"{mean:.1%}", "num") for mean in (one.mean, *one.criteria.values())),
            cell(f"{one.scored:,}", "num"),
            cell(f"{one.unscored:,}", "num"),
            cell(f"{one.cut:,}", "num"),
        )
        for one in found.report.scores
    ]
    yield table(
        ("model", "mean", *names, "scored", "unscored", "cut"), rows, "Mean scores, as shares of the rubric's scale"
    )
    yield source_line(found.source)


def _judged_verdict(one: JudgedComparison, found: JudgedPart) -> Markup:
    """The difference in words; it is said where too few items have a pair of scores."""
    base, model = found.names[one.base], found.names[one.model]
    difference = percent_points(one.overall.difference)
    pairs = f"{one.overall.n:,} of {one.items:,} items have a pair of scores"
    words = f"{model} minus {base}: {difference} points of the scale's 100; {pairs}."
    if one.not_worse(found.margin):
        return paragraph(f"The gate is open. {words}", "pass")
    return paragraph(f"The gate is shut. {words}", "fail")
