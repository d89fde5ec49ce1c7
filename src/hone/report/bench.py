"""A benchmark's results for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.bench import BenchReport, ModelComparison
from hone.bench.judged import UNSCORED_AT_MOST, JudgedComparison, JudgedReport
from hone.report.terminal import clean
from hone.report.wording import interval_name
from hone.stats import Figure

_LISTED = 12


def bench_report(report: BenchReport, margin: float) -> RenderableType:
    """One row a model, then each model against the first in words."""
    lines = [line for comparison in report.comparisons for line in _comparison_lines(comparison, report, margin)]
    for comparison in report.same_prompt:
        pair = f"{clean(comparison.model)} against {clean(comparison.base)}, both under {comparison.prompts[1]}"
        better = f"the base does better under {report.scores[0].prompt}"
        lines += ["", f"{pair}: {_points(comparison.difference, report.confidence)}"]
        lines += [f"  {better}, so that this difference says little of the model"]
    lines += ["", *unsaid] if (unsaid := _unsaid(report)) else []
    tables = [_score_table(report), *([_prompt_table(report)] if report.choosing else [])]
    return Group(*tables, *(Text(line) for line in lines))


def _prompt_table(report: BenchReport) -> Table:
    """Each prompt that was tried, model by model, and the one that was chosen."""
    table = Table(title=f"prompts tried, with {report.choosing:,} answers to problems outside the test")
    for name in ("model", "prompt", "right", "of", "share", ""):
        table.add_column(name, justify="left" if name in {"model", "prompt", ""} else "right")
    for one in report.scores:
        for place, tried in enumerate(one.tried):
            name = "" if place else clean(one.model)
            shares = (str(tried.right), str(tried.asked), f"{tried.share:.0%}")
            table.add_row(Text(name), tried.prompt, *shares, "chosen" if tried.chosen else "")
    return table


def _unsaid(report: BenchReport) -> list[str]:
    """What a reader must know of answers that were cut or fell into a loop."""
    lines = []
    for one in report.scores:
        if one.cut.value:
            lines.append(f"{clean(one.model)}: {one.cut.value:.1%} of its answers were cut at the last length limit")
        if one.looped:
            lines.append(f"{clean(one.model)}: {one.looped:,} answers fell into a loop and count as wrong")
    return lines


def _score_table(report: BenchReport) -> Table:
    """Accuracy with intervals, what was cut, length and speed."""
    table = Table()
    accuracy = f"accuracy ({interval_name(report.confidence)})"
    for name in ("model", "prompt", accuracy, "in its form", "cut", "no answer", "tokens", "tokens/s"):
        table.add_column(name, justify="left" if name in {"model", "prompt"} else "right")
    for one in report.scores:
        speed = one.speed.tokens_per_second if one.speed else None
        table.add_row(
            Text(clean(one.model)),
            one.prompt,
            _share(one.flexible),
            _share(one.strict),
            _percent(one.cut),
            str(one.unread),
            f"{one.tokens:.0f}",
            "–" if speed is None else f"{speed:,.0f}",
        )
    return table


def _comparison_lines(comparison: ModelComparison, report: BenchReport, margin: float) -> list[str]:
    """The difference, the test, what was gained and lost, and whether the model is not worse."""
    difference, test = comparison.difference, comparison.test
    if difference.value is None or difference.low is None or difference.high is None:
        return [f"{clean(comparison.model)}: nothing to compare"]
    pair = f"{clean(comparison.model)} against {clean(comparison.base)} ({comparison.reading})"
    gained = f"gained {len(comparison.gained)}{_listed(comparison.gained)}"
    lost = f"lost {len(comparison.lost)}{_listed(comparison.lost)}"
    lines = [
        "",
        f"{pair}: {_points(difference, report.confidence)}, exact McNemar p = {test.p_value:.2g}, n = {difference.n}",
        f"  {gained}, {lost}",
    ]
    if comparison.base_unheard:
        return [*lines, f"  nothing can be said beside this base: {comparison.base_unheard}"]
    return [*lines, f"  {_verdict(comparison, margin)}: the interval must lie above -{margin * 100:g} points"]


def judged_report(report: JudgedReport, margin: float) -> RenderableType:
    """One row a model, then each model against the first in words; scores are shares of the scale."""
    table = Table()
    names = list(report.scores[0].criteria)
    for name in ("model", "mean", *names, "scored", "unscored", "cut"):
        table.add_column(Text(clean(name)), justify="left" if name == "model" else "right")
    for one in report.scores:
        means = (one.mean, *one.criteria.values())
        counts = (one.scored, one.unscored, one.cut)
        shares = ("–" if mean is None else f"{mean:.1%}" for mean in means)
        table.add_row(Text(clean(one.model)), *shares, *map(str, counts))
    lines = [
        Text(line)
        for comparison in report.comparisons
        for line in _judged_lines(comparison, margin, report.confidence)
    ]
    return Group(table, *lines)


def _judged_lines(comparison: JudgedComparison, margin: float, confidence: float) -> list[str]:
    """The difference of the means, by criterion too, what is missing, and whether the model is not worse."""
    overall = comparison.overall
    pair = f"{clean(comparison.model)} against {clean(comparison.base)}"
    lines = ["", f"{pair}: {_points(overall.difference, confidence)}, n = {overall.n} of {comparison.items} items"]
    lines += [
        f"  {clean(name)}: {_points(found.difference, confidence)}" for name, found in comparison.criteria.items()
    ]
    must = f"the interval must lie above -{margin * 100:g} points of the scale's 100"
    lines.append(f"  {_verdict(comparison, margin)}: {must}")
    if comparison.missing > UNSCORED_AT_MOST:
        lines.append(
            f"  {comparison.missing:.0%} of the items have no pair of scores; use a judge that can score them"
        )
    return lines


def _verdict(comparison: ModelComparison | JudgedComparison, margin: float) -> str:
    return "not worse" if comparison.not_worse(margin) else f"may be worse by more than {margin * 100:g} points"


def _points(figure: Figure, confidence: float) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return f"nothing to compare ({figure.reason})" if figure.reason else "nothing to compare"
    same = "the same on every item; " if figure.method == "unseen" else ""
    interval = f"{interval_name(confidence)} {figure.low * 100:+.1f} to {figure.high * 100:+.1f}"
    return f"{figure.value * 100:+.1f} points ({same}{interval})"


def _share(figure: Figure) -> str:
    if figure.value is None or figure.low is None or figure.high is None:
        return "–"
    return f"{figure.value:.1%} ({figure.low:.1%} to {figure.high:.1%})"


def _percent(figure: Figure) -> str:
    return "–" if figure.value is None else f"{figure.value:.1%}"


def _listed(items: Sequence[str]) -> str:
    if not items:
        return ""
    more = ", …" if len(items) > _LISTED else ""
    return f" ({', '.join(clean(item) for item in items[:_LISTED])}{more})"
