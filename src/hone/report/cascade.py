"""A cascade of two judges at each threshold: what the first decides alone, how often wrongly, agreement and cost."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.measuring.cascade import CascadeReplay, CascadeThreshold, CriterionCascade
from hone.report.page import TableCell, fill
from hone.report.terminal import clean
from hone.report.wording import with_interval
from hone.stats import Figure


def cascade_report(found: CascadeReplay) -> RenderableType:
    """Every criterion with its table, and what may be said of it."""
    parts: list[RenderableType] = []
    for name, one in found.criteria.items():
        parts.append(Text.assemble((clean(name), "bold"), f" · {one.items:,} replies"))
        if not one.problem:
            table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
            for title in _head(found):
                table.add_column(title, justify="left" if title == "ask below" else "right")
            for row, kind in _rows(found, one):
                style = {"pass": "green", "soft": "dim"}.get(kind, "")
                table.add_row(*(Text(clean(cell), style=style) for cell in row))
            parts.append(table)
        parts += [Text(clean(line)) for line in _lines(found, name, one)]
        parts.append(Text(""))
    return Group(*parts, Text(_legend(found), style="dim"))


def cascade_page(found: CascadeReplay) -> str:
    """The same as one page that stands alone."""
    criteria = [
        {
            "name": name,
            "replies": one.items,
            "rows": [[row[0], *(TableCell(cell, kind) for cell in row[1:])] for row, kind in _rows(found, one)],
            "lines": list(_lines(found, name, one)),
        }
        for name, one in found.criteria.items()
    ]
    values = {
        "title": f"{found.first}, then {found.second}",
        "head": _head(found),
        "criteria": criteria,
        "notes": found.notes,
        "legend": _legend(found),
    }
    return fill("cascade.html", values)


def _head(found: CascadeReplay) -> list[str]:
    head = ["ask below", "decided alone", "wrong alone", "at most", "agreement", "kappa"]
    return [*head, "cost of 1,000"] if found.rule.cost else head


def _rows(found: CascadeReplay, one: CriterionCascade) -> Iterator[tuple[list[str], str]]:
    """Every row as words, with its kind."""
    cost = found.rule.cost
    if one.second:
        yield _alone("always", "0%", one.second, cost and sum(cost))
    for threshold in one.thresholds:
        yield _row(threshold, cost=cost is not None)
    if one.first:
        yield _alone("never", "100%", one.first, cost and cost[0])


def _row(one: CascadeThreshold, *, cost: bool) -> tuple[list[str], str]:
    bound = "–" if one.bound is None else f"{one.bound.bound:.1%}"
    holds = one.bound is not None and one.bound.holds
    cells = [
        typed(one.below),
        with_interval(one.share, "accuracy", interval=False),
        "–" if one.wrong.value is None else f"{one.wrong.value:.1%}",
        f"{bound} ✓" if holds else bound,
        _share(one.accuracy),
        "–" if one.kappa is None else f"{one.kappa:.3f}",
    ]
    more = [f"{one.cost:,.6g}"] if cost and one.cost is not None else []
    return [*cells, *more], "pass" if holds else ""


def _alone(when: str, share: str, judge: tuple[Figure, float | None], cost: float | None) -> tuple[list[str], str]:
    accuracy, kappa = judge
    cells = [when, share, "", "", _share(accuracy), "–" if kappa is None else f"{kappa:.3f}"]
    return [*cells, *([] if cost is None else [f"{1000 * cost:,.6g}"])], "soft"


def typed(below: float) -> str:
    """A threshold as it can be typed: rounded down, so that what reaches it still does."""
    return f"{int(below * 1000 + 1e-6) / 1000:g}"


def _share(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:.1%} to {figure.high:.1%})"
    return f"{figure.value:.1%}{interval}"


def _lines(found: CascadeReplay, name: str, one: CriterionCascade) -> Iterator[str]:
    """What may be said of a criterion."""
    if one.tied:
        yield f"{name}: {one.tied:,} replies on which people are tied are left out"
    if one.unjudged:
        yield f"{name}: {one.unjudged:,} replies without a score of both judges are left out"
    if one.problem:
        yield f"{name}: {one.problem}."
    elif one.unbounded:
        yield f"{name}: {one.unbounded}; the shares are those of these replies alone."
    elif one.lowest is None:
        yield (
            f"{name}: at no threshold is it shown that at most {found.rule.wrong:.0%} of what {found.first} decides "
            "alone is wrong; rate more replies, or bear more wrong ones."
        )
    else:
        chosen = next(each for each in one.thresholds if each.below == one.lowest)
        yield (
            f"{name}: from {typed(one.lowest)} on, at most {found.rule.wrong:.0%} of what {found.first} decides "
            f"alone is wrong, with {found.rule.confidence:.0%}; it then decides "
            f"{with_interval(chosen.share, 'accuracy', interval=False)} of the replies alone."
        )


def _legend(found: CascadeReplay) -> str:
    many = " and criteria" if len(found.criteria) > 1 else ""
    return (
        "Right is what the people's consensus says. “At most” is the exact upper limit (Clopper and Pearson) of the "
        f"share that is wrong. Where ✓ stands it is shown that at most {found.rule.wrong:.0%} is wrong; all that is "
        f"so marked holds together, over thresholds{many}, with {found.rule.confidence:.0%}, for other replies drawn "
        "as these were. Agreement is that of both judges together, with a plain interval. “Always” and “never” are "
        "the second and the first judge alone. Nobody was asked anything."
    )
