"""Charts: figures with their intervals, shares of levels, and curves; `drawing` puts them into files and pages.

Each chart is a picture for those who see it; the page puts the same figures into a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hone.report.drawing import BAR, CARD, ON_SHADES, OTHER_BAR, PASS, SHADES, SOFT, Picture, drawable
from hone.stats import Figure

_WIDTH, _LEFT, _RIGHT, _ROW = 600, 170, 60, 30
"""Of a chart, where its axis begins, what stands beside the axis, and of a row: in points, 72 to the inch."""
_NAMES, _TICKS, _PAD = 14, 13, 11
"""Sizes of letters, and the room between a name and its row, in points."""
_WHOLE = 19
"""Letters of a name that have room in full size."""
_IN_A_ROW = 5
"""Levels in a row of the key."""


@dataclass(frozen=True)
class Dot:
    """One row of an interval chart.

    Args:
        name: Whose figure it is.
        figure: The figure; without a value only the words are shown.
        words: What stands beside it.
        colour: Of the mark.
        mark: Its shape, as matplotlib names it.
        inked: The colour of the words.
    """

    name: str
    figure: Figure
    words: str
    colour: str = BAR
    mark: str = "o"
    inked: str = SOFT


def diamond(name: str, figure: Figure, words: str) -> Dot:
    """The row that the others are held against."""
    return Dot(name, figure, words, OTHER_BAR, "D")


@dataclass(frozen=True)
class Line:
    """One curve: its points in order, and whether each point is marked."""

    name: str
    points: Sequence[tuple[float, float]]
    marked: bool = False


@dataclass(frozen=True)
class ChartTitle:
    """What a chart is called.

    Args:
        name: Its file name, which no other picture of a page has.
        title: What it shows, in a few words.
        words: What a reader who cannot see it should know.
    """

    name: str
    title: str
    words: str


def intervals(
    titled: ChartTitle,
    dots: Sequence[Dot],
    label: str,
    span: tuple[float, float] | None = None,
    tick: str = "{:g}",
    centre: float | None = None,
) -> Picture:
    """Figures with their intervals, one below the other, on one axis.

    Args:
        titled: What the chart is called.
        dots: The rows; those without a value show their words.
        label: What the axis measures.
        span: Where the axis begins and ends; by default it ends at 1 and begins where the figures need it.
        tick: How a number on the axis is written.
        centre: A value that is marked by an upright line, such as 0 for differences.
    """
    start, end = span or (axis_begin(dots), 1.0)
    steps = 4 if (end - start) in (1.0, 2.0, 4.0) or start == -end else 3 if end - start == 1.5 else 5
    ticks = [start + (end - start) * place / steps for place in range(steps + 1)]

    def draw(figure: Any) -> None:
        axis = _axis(figure, _LEFT, _RIGHT, 4, 36)
        draw_intervals(axis, [_within(dot, start, end) for dot in dots], scale=1.5)
        if centre is not None:
            axis.axvline(centre, color=SOFT, linewidth=1.4, zorder=1)
        axis.set_xlim(start, end)
        axis.tick_params(axis="y", pad=_PAD)
        axis.set_xticks(ticks, [tick.format(value) for value in ticks], fontsize=_TICKS)
        axis.set_xlabel(label, fontsize=_TICKS, color=SOFT, labelpad=2)
        axis.spines[:].set_visible(False)

    return _chart(titled, _ROW * len(dots) + 40, draw)


def draw_intervals(axis: Any, dots: Sequence[Dot], scale: float = 1.0) -> None:
    """Draw rows of figures, their names to the left of the axis and their words to the right.

    Args:
        axis: Where to.
        dots: The rows, the first at the top.
        scale: How large marks and letters are; 1 is for small panels.
    """
    across = axis.get_yaxis_transform()
    for place, dot in enumerate(dots):
        value = dot.figure.value
        side = 1.01 if value is not None else 0.01
        axis.text(
            side + 0.01,
            place,
            drawable(dot.words, 60 if value is None else 90),
            transform=across,
            va="center_baseline",
            color=dot.inked,
            fontsize=9 * scale,
        )
        if value is None:
            continue
        low = value if dot.figure.low is None else dot.figure.low
        high = value if dot.figure.high is None else dot.figure.high
        axis.plot([low, high], [place, place], color=dot.colour, linewidth=2 * scale, solid_capstyle="butt", zorder=2)
        size = (9 if dot.mark == "*" else 6) * scale
        axis.plot([value], [place], dot.mark, color=dot.colour, markersize=size, zorder=3, clip_on=False)
    names = [drawable(dot.name, 40 if scale == 1 else 26) for dot in dots]
    axis.set_yticks(range(len(dots)), names, fontsize=9.5 * scale)
    if scale != 1:
        _fit_names(axis)
    axis.set_ylim(len(dots) - 0.4, -0.6)
    axis.tick_params(length=0)
    axis.grid(axis="x", linewidth=0.6 * scale, zorder=0)
    axis.set_axisbelow(True)
    axis.spines["left"].set_visible(False)


def shares(titled: ChartTitle, rows: Mapping[str, Sequence[int]], labels: Sequence[str]) -> Picture:
    """How often each level was given, one bar a row, each bar the whole of its row.

    Args:
        titled: What the chart is called.
        rows: Counts by name, one a level.
        labels: The levels.
    """
    key = 22 * math.ceil(len(labels) / _IN_A_ROW)

    def draw(figure: Any) -> None:
        axis = _axis(figure, _LEFT, _RIGHT, 4, key + 8)
        for place, counts in enumerate(rows.values()):
            _bar(axis, place, counts)
        names = [drawable(name, 26) for name in rows]
        axis.set_yticks(range(len(rows)), names, fontsize=_NAMES)
        _fit_names(axis)
        axis.set_xticks([])
        axis.set_xlim(0, 1)
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.tick_params(length=0, pad=_PAD)
        axis.spines[:].set_visible(False)
        patches = [
            axis.barh([0], [0], color=SHADES[shade(level, len(labels))], label=drawable(label, 18))
            for level, label in enumerate(labels)
        ]
        figure.legend(
            handles=patches,
            loc="lower left",
            bbox_to_anchor=(_LEFT / _WIDTH, 0),
            ncols=_IN_A_ROW,
            frameon=False,
            fontsize=_TICKS,
            labelcolor=SOFT,
            handlelength=1.1,
            handleheight=1.1,
            handletextpad=0.4,
            borderpad=0.2,
            borderaxespad=0,
            columnspacing=1.4,
        )

    return _chart(titled, _ROW * len(rows) + key + 12, draw)


def _bar(axis: Any, place: int, counts: Sequence[int]) -> None:
    total, begin = sum(counts), 0.0
    for level, count in enumerate(counts):
        share = count / total if total else 0.0
        if share:
            colour = SHADES[shade(level, len(counts))]
            axis.barh([place], [share], left=begin, height=0.8, color=colour, edgecolor=CARD, linewidth=1)
        if share * (_WIDTH - _LEFT - _RIGHT) > 22:
            colour = ON_SHADES[shade(level, len(counts))]
            axis.text(
                begin + share / 2, place, f"{count}", ha="center", va="center_baseline", color=colour, fontsize=_NAMES
            )
        begin += share
    axis.text(1.02, place, f"{total}", va="center_baseline", color=SOFT, fontsize=_TICKS)


def curves_chart(titled: ChartTitle, lines: Sequence[Line], across: str, up: str) -> Picture:
    """Two curves over one axis, the upright axis from 0.

    Args:
        titled: What the chart is called.
        lines: The curves; those without points are left out.
        across: What the level axis measures.
        up: What the upright axis measures.
    """

    def draw(figure: Any) -> None:
        axis = _axis(figure, 56, 20, 34, 44)
        for colour, line in zip((PASS, OTHER_BAR), lines, strict=True):
            if line.points:
                sides = zip(*line.points, strict=True)
                axis.plot(*sides, color=colour, linewidth=2, marker="o" if line.marked else "", label=line.name)
        axis.set_xlim(left=0)
        axis.set_ylim(bottom=0)
        axis.set_xlabel(across, fontsize=_TICKS, color=SOFT)
        axis.set_title(up, fontsize=_TICKS, color=SOFT, fontweight="normal", x=-0.08)
        axis.tick_params(length=0, labelsize=_TICKS, labelcolor=SOFT)
        axis.grid(axis="y", linewidth=0.8)
        axis.set_axisbelow(True)
        axis.spines[:].set_visible(False)
        if axis.lines:
            figure.legend(
                loc="upper right", ncols=2, frameon=False, fontsize=_NAMES, labelcolor="linecolor", borderaxespad=0.1
            )

    return _chart(titled, 260, draw)


def name_size(name: str) -> float:
    """How large a name is written, in points, so that it has room beside the axis."""
    return _NAMES * min(1.0, _WHOLE / max(len(name), 1))


def _fit_names(axis: Any) -> None:
    for label in axis.get_yticklabels():
        label.set_fontsize(name_size(label.get_text()))


def shade(level: int, levels: int) -> int:
    """The place of a level's colour among `SHADES`, from 0, the worst level, to 4."""
    return round((len(SHADES) - 1) * level / max(1, levels - 1))


def axis_begin(dots: Sequence[Dot]) -> float:
    """Where an axis that ends at 1 begins, so that every figure with its interval lies on it: -1, -0.5 or 0."""
    lows = [dot.figure.low if dot.figure.low is not None else dot.figure.value for dot in dots]
    least = min((low for low in lows if low is not None), default=0.0)
    return -1.0 if least < -0.5 else -0.5 if least < 0 else 0.0


def _within(dot: Dot, start: float, end: float) -> Dot:
    """A row whose figures end where the axis does."""

    def kept(value: float | None) -> float | None:
        return None if value is None else min(max(value, start), end)

    figure = dot.figure
    return replace(
        dot, figure=replace(figure, value=kept(figure.value), low=kept(figure.low), high=kept(figure.high))
    )


def _axis(figure: Any, left: float, right: float, above: float, below: float) -> Any:
    """The one axis of a chart; the room around it is in points."""
    figure.set_layout_engine("none")
    wide, high = figure.get_size_inches() * 72
    return figure.add_axes((left / wide, below / high, 1 - (left + right) / wide, 1 - (above + below) / high))


def _chart(titled: ChartTitle, height: float, draw: Callable[[Any], None]) -> Picture:
    return Picture(titled.name, titled.title, titled.words, (_WIDTH / 72, height / 72), draw, stretches=True)
