"""Pictures of agreement: judges against the ceiling, confusion matrices, and judge against people with counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np

from hone.measuring import Joint
from hone.report.charts import Dot, draw_intervals
from hone.report.drawing import CEILING, FAIL, HEAT, INK, LINE, PASS, SOFT, UNSURE, Picture, drawable
from hone.report.terminal import clean
from hone.report.wording import (
    STATISTICS,
    TOGETHER,
    AgreementRow,
    agreement_rows,
    headline,
    interval_name,
    with_interval,
)
from hone.stats import Agreement, CriterionAgreement

MOST_PANELS = 12
"""Judges in one picture of small panels; beyond, the table has the others."""
_MARKS = {
    "better": (PASS, "D"),
    "as good": (PASS, "o"),
    "other scores": (FAIL, "X"),
    "worse": (FAIL, "s"),
    "not shown": (UNSURE, "^"),
    "no ceiling": (UNSURE, "v"),
}
_ROW, _HEAD, _COLUMNS = 0.26, 1.0, 4


def agreement_picture(agreement: Agreement) -> Picture:
    """Every judge's agreement with its interval, by criterion, against the ceiling."""
    panels = dict(agreement.criteria)
    if len(panels) > 1:
        panels[TOGETHER] = agreement.overall
    heights = [_HEAD + _ROW * (sum(judge.items > 0 for judge in one.judges.values()) + 1) for one in panels.values()]

    def draw(figure: Any) -> None:
        axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axis, (name, one) in zip(axes, panels.items(), strict=True):
            _dots(axis, name, one, headline(one, agreement.level))
        # One axis for all, so that a dot further to the right is better wherever it stands.
        low = min(axis.get_xlim()[0] for axis in axes)
        for axis in axes:
            axis.set_xlim(low, 1.02)

    lines = [
        f"{drawable(name, 60)}: ceiling {with_interval(one.ceiling[headline(one, agreement.level)])}"
        for name, one in panels.items()
    ]
    return Picture(
        "agreement", "Agreement with people, against the ceiling", "; ".join(lines), (9.6, sum(heights)), draw
    )


def _dots(axis: Any, name: str, one: CriterionAgreement, statistic: str) -> None:
    person, *others = agreement_rows(one)
    judges = [_judged(row, statistic) for row in others if row.judge and row.says]
    judges.sort(key=lambda dot: -2.0 if dot.figure.value is None else dot.figure.value, reverse=True)
    ceiling = person.figures[statistic]
    words = with_interval(ceiling, interval=False) if ceiling.value is not None else f"unknown: {ceiling.reason}"
    dots = [Dot(person.who, ceiling, words, CEILING, "*", CEILING), *judges]
    draw_intervals(axis, dots)
    if ceiling.value is not None:
        axis.axvline(ceiling.value, color=CEILING, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        if ceiling.low is not None and ceiling.high is not None:
            axis.axvspan(ceiling.low, ceiling.high, color=CEILING, alpha=0.14, linewidth=0, zorder=0)
    lows = [dot.figure.value if dot.figure.low is None else dot.figure.low for dot in dots]
    low = min((one for one in lows if one is not None), default=1.0)
    axis.set_xlim(max(-1.05, min(low, 0.95) - 0.04), 1.02)
    axis.set_title(f"{drawable(name, 60)} · {one.items:,} items")
    axis.set_xlabel(f"{STATISTICS[statistic]} with the people's consensus ({interval_name(one.confidence)})")


def _judged(row: AgreementRow, statistic: str) -> Dot:
    figure = row.figures[statistic]
    colour, mark = _MARKS[row.judge.verdict.outcome if row.judge else "no ceiling"]
    if figure.value is None:
        return Dot(row.who, figure, f"undefined: {drawable(figure.reason or '', 36)}", inked=UNSURE)
    return Dot(row.who, figure, f"{figure.value:.2f}  {row.verdict}", colour, mark, colour)


def confusion_picture(
    name: str, one: CriterionAgreement, labels: Mapping[float, str], place: int = 1
) -> Picture | None:
    """The judges' levels against the people's; none where scores are measurements."""
    judges = {
        judge: found.confusion for judge, found in one.judges.items() if found.items and found.confusion is not None
    }
    shown = dict(list(judges.items())[:MOST_PANELS])
    if not shown or not one.levels:
        return None
    ticks = [drawable(labels.get(level, f"{level:g}"), 16) for level in one.levels]
    side = max(1.5, 0.42 * len(ticks) + 0.9)

    def draw(figure: Any) -> None:
        for axis, (judge, counts) in zip(_grid(figure, len(shown)), shown.items(), strict=True):
            _matrix(axis, counts, ticks)
            _entitle(axis, judge, side)
        figure.supxlabel("the people's consensus", fontsize=9.5)
        figure.supylabel("the judge", fontsize=9.5)

    title = f"{drawable(name, 60)}: where judges and people differ{_of(len(shown), len(judges))}"
    words = "Counts of items; a column is what people say, its darkest cell what the judge mostly says then."
    return Picture(f"confusion-{place}-{file_slug(name)}", title, words, _size(len(shown), side), draw)


def _entitle(axis: Any, judge: str, side: float) -> None:
    """Name a small panel, on two lines at most."""
    width = int(side * 12)
    lines = wrap(drawable(judge, 2 * width - 4), width, max_lines=2, placeholder="…")
    axis.set_title("\n".join(lines), fontsize=8.5, fontweight="normal")


def _matrix(axis: Any, counts: Any, ticks: Sequence[str]) -> None:
    totals = np.maximum(counts.sum(axis=0, keepdims=True), 1e-9)
    shares = counts / totals
    size = len(ticks)
    for row in range(size):
        for column in range(size):
            share = float(shares[row, column])
            axis.fill_between(
                [column - 0.5, column + 0.5], row - 0.5, row + 0.5, color=HEAT, alpha=share, linewidth=0
            )
            colour = "white" if share > 0.5 else INK if counts[row, column] else SOFT
            axis.text(column, row, _count(counts[row, column]), ha="center", va="center", color=colour, fontsize=8.5)
        axis.fill_between(
            [row - 0.5, row + 0.5], row - 0.5, row + 0.5, facecolor="none", edgecolor=INK, linewidth=0.9
        )
    turn = 35 if max(map(len, ticks)) > 4 else 0
    axis.set_xticks(range(size), ticks, fontsize=8, rotation=turn, ha="right" if turn else "center")
    axis.set_yticks(range(size), ticks, fontsize=8)
    axis.set_xlim(-0.5, size - 0.5)
    axis.set_ylim(-0.5, size - 0.5)
    axis.set_aspect("equal")
    axis.tick_params(length=0, labelcolor=INK)
    axis.spines[:].set_visible(False)


def scatter_picture(
    name: str, joints: Mapping[str, Joint], labels: Mapping[float, str], place: int = 1
) -> Picture | None:
    """Each judge's scores against the people's mean, a disc as large as the items are many."""
    shown = dict(list(joints.items())[:MOST_PANELS])
    if not shown:
        return None

    def draw(figure: Any) -> None:
        for axis, (judge, joint) in zip(_grid(figure, len(shown)), shown.items(), strict=True):
            _discs(axis, joint, labels)
            _entitle(axis, judge, 2.5)
        figure.supxlabel("the mean of people's scores", fontsize=9.5)
        figure.supylabel("the judge's score", fontsize=9.5)

    title = f"{drawable(name, 60)}: judge against people{_of(len(shown), len(joints))}"
    words = "A disc's area is the number of items with that pair of scores; on the dashed line both are the same."
    return Picture(f"scatter-{place}-{file_slug(name)}", title, words, _size(len(shown), 2.5), draw)


def _discs(axis: Any, joint: Joint, labels: Mapping[float, str]) -> None:
    row, column = np.nonzero(joint.counts)
    counts = joint.counts[row, column]
    x, y = joint.people[column], joint.judge[row]
    axis.scatter(x, y, s=12 + 420 * counts / counts.max(), color=PASS, alpha=0.45, linewidth=0, zorder=2)
    for place in range(len(counts)):
        axis.text(x[place], y[place], f"{counts[place]:,}", ha="center", va="center", fontsize=6.5, zorder=3)
    spans = [(float(side.min()), float(side.max())) for side in (joint.people, joint.judge)]
    margins = [max(high - low, 1e-9) * 0.14 for low, high in spans]
    axis.set_xlim(spans[0][0] - margins[0], spans[0][1] + margins[0])
    axis.set_ylim(spans[1][0] - margins[1], spans[1][1] + margins[1])
    if min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0]) > 0.3 * (spans[0][1] - spans[0][0]):
        # A line of equal scores says something only where both use the same numbers.
        axis.axline((spans[0][0], spans[0][0]), slope=1, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    axis.grid(linewidth=0.6, color=LINE)
    axis.set_axisbelow(True)
    axis.tick_params(length=0, labelsize=8, labelcolor=INK)
    if not joint.judge_binned:
        ticks = [drawable(labels.get(value, f"{value:g}"), 16) for value in joint.judge.tolist()]
        axis.set_yticks(joint.judge, ticks)


def _grid(figure: Any, count: int) -> list[Any]:
    """Axes for small panels, row by row; what is left of the last row stays empty."""
    columns = min(_COLUMNS, count)
    axes = figure.subplots(-(-count // columns), columns, squeeze=False).ravel().tolist()
    for axis in axes[count:]:
        axis.set_axis_off()
    return list(axes[:count])


def _size(count: int, side: float) -> tuple[float, float]:
    columns = min(_COLUMNS, count)
    return max(3.4, columns * side + 0.9), -(-count // columns) * (side + 0.45) + 0.6


def _count(count: float) -> str:
    return f"{count:,.0f}" if float(count).is_integer() else f"{count:,.1f}"


def _of(shown: int, there: int) -> str:
    return "" if shown == there else f" (the first {shown} of {there} judges)"


def file_slug(name: str) -> str:
    """A name as a file name holds it; two names may share one."""
    return re.sub(r"[^\w]+", "-", clean(name).lower(), flags=re.ASCII).strip("-")[:60] or "criterion"
