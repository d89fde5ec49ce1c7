"""Charts as inline SVG, drawn here from figures; colours come from the style sheet, so light and dark both hold.

Each chart is a picture for those who see it; the page puts the same figures into a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from hone.report.terminal import clean, short
from hone.stats import Figure

_WIDTH, _ROW, _LEFT, _RIGHT = 600, 30, 170, 60
_LINES_HEIGHT, _MARGIN = 260, 56


@dataclass(frozen=True)
class Dot:
    """One row of an interval chart."""

    name: str
    figure: Figure
    words: str
    ceiling: bool = False


@dataclass(frozen=True)
class Line:
    """One curve: its points in order, and whether each point is marked."""

    name: str
    points: Sequence[tuple[float, float]]
    marked: bool = False


def intervals(dots: Sequence[Dot], label: str, span: tuple[float, float] | None = None, tick: str = "{:g}") -> Markup:
    """Figures with their intervals, one below the other, on one axis.

    Args:
        dots: The rows; those without a value show their words.
        label: What the axis measures.
        span: Where the axis begins and ends; by default it ends at 1 and begins where the figures need it.
        tick: How a number on the axis is written.
    """
    start, end = span or (_begin(dots), 1.0)
    height = _ROW * len(dots) + 40

    def x(value: float) -> float:
        place = min(max(value, start), end)
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (place - start) / (end - start)

    parts = _upright(start, end, x, height, tick)
    parts.append(_said(x((start + end) / 2), height - 4, label, "middle", "tick"))
    for place, dot in enumerate(dots):
        y = 4 + _ROW * place + _ROW / 2
        parts.append(_said(_LEFT - 12, y + 4, short(dot.name, 26), "end"))
        if dot.figure.value is None:
            parts.append(_said(_LEFT + 6, y + 4, short(dot.words, 60), kind="tick"))
            continue
        kind = "ceiling" if dot.ceiling else "judge"
        low = dot.figure.value if dot.figure.low is None else dot.figure.low
        high = dot.figure.value if dot.figure.high is None else dot.figure.high
        parts.append(f'<line class="{kind} whisker" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}"/>')
        parts.append(_mark(kind, x(dot.figure.value), y))
        parts.append(_said(_WIDTH - _RIGHT + 10, y + 4, dot.words, kind="tick"))
    return _svg(parts, height)


def shares(rows: Mapping[str, Sequence[int]], labels: Sequence[str]) -> Markup:
    """How often each level was given, one bar a row, each bar the whole of its row.

    Args:
        rows: Counts by name, one a level.
        labels: The levels.
    """
    height = _ROW * len(rows) + 34
    wide = _WIDTH - _LEFT - 60
    parts = []
    for place, (name, counts) in enumerate(rows.items()):
        y, x, total = 4 + _ROW * place, float(_LEFT), sum(counts)
        parts.append(_said(_LEFT - 12, y + 18, short(name, 26), "end"))
        for level, count in enumerate(counts):
            width = wide * count / total if total else 0
            if width:
                parts.append(
                    f'<rect class="{shade(level, len(labels))}" x="{x:.1f}" y="{y + 2}" width="{width:.1f}" '
                    f'height="{_ROW - 6}"/>'
                )
            if width > 22:
                parts.append(_said(x + width / 2, y + 18, f"{count}", "middle", f"in-{shade(level, len(labels))}"))
            x += width
        parts.append(_said(_WIDTH - 50, y + 18, f"{total}", kind="tick"))
    x = float(_LEFT)
    for level, label in enumerate(labels):
        words = short(label, 18)
        parts.append(
            f'<rect class="{shade(level, len(labels))}" x="{x:.1f}" y="{height - 18}" width="14" height="14"/>'
        )
        parts.append(_said(x + 20, height - 6, words, kind="tick"))
        x += 40 + 7.4 * len(words)
    return _svg(parts, height)


def curves_chart(lines: Sequence[Line], across: str, up: str) -> Markup:
    """Up to five curves over one axis, the upright axis from 0.

    Args:
        lines: The curves; those without points are left out.
        across: What the level axis measures.
        up: What the upright axis measures.
    """
    drawn = [line for line in lines if line.points]
    points = [point for line in drawn for point in line.points]
    right = max((place for place, _ in points), default=1.0) or 1.0
    top = _round(max((value for _, value in points), default=1.0) or 1.0)
    floor = _LINES_HEIGHT - 44

    def x(value: float) -> float:
        return _MARGIN + (_WIDTH - _MARGIN - 20) * value / right

    def y(value: float) -> float:
        return floor - (floor - 34) * value / top

    parts = []
    for part in range(5):
        height = y(top * part / 4)
        parts.append(f'<line class="grid" x1="{_MARGIN}" x2="{_WIDTH - 20}" y1="{height:.1f}" y2="{height:.1f}"/>')
        parts.append(_said(_MARGIN - 8, height + 4, f"{top * part / 4:.3g}", "end", "tick"))
        parts.append(_said(x(right * part / 4), floor + 18, f"{right * part / 4:.3g}", "middle", "tick"))
    parts.append(_said(x(right / 2), _LINES_HEIGHT - 6, across, "middle", "tick"))
    parts.append(_said(_MARGIN - 8, 16, up, kind="tick"))
    side = float(_WIDTH - 20)
    for place, line in enumerate(drawn):
        path = " ".join(f"{x(one):.1f},{y(value):.1f}" for one, value in line.points)
        parts.append(f'<polyline class="curve curve-{place}" points="{path}"/>')
        parts += [
            f'<circle class="curve-{place}" cx="{x(one):.1f}" cy="{y(value):.1f}" r="4"/>'
            for one, value in line.points
            if line.marked
        ]
        parts.append(_said(side, 16, line.name, "end", f"key-{place}"))
        side -= 24 + 7.4 * len(line.name)
    return _svg(parts, _LINES_HEIGHT)


def shade(level: int, levels: int) -> str:
    """The class of a level's colour, from 0, the palest, to 4."""
    return f"shade-{round(4 * level / max(1, levels - 1))}"


def heat(share: float) -> str:
    """The class of a table's cell that holds this share of its column, from 0 to 4."""
    return f"heat-{min(4, int(share * 5))}"


def _begin(dots: Sequence[Dot]) -> float:
    lows = [dot.figure.low if dot.figure.low is not None else dot.figure.value for dot in dots]
    least = min((low for low in lows if low is not None), default=0.0)
    return -1.0 if least < -0.5 else -0.5 if least < 0 else 0.0


def _upright(start: float, end: float, x: Callable[[float], float], height: float, tick: str) -> list[str]:
    """The grid's lines with their numbers."""
    parts = []
    steps = 4 if (end - start) in (1.0, 2.0, 4.0) else 3 if end - start == 1.5 else 5
    for place in range(steps + 1):
        value = start + (end - start) * place / steps
        parts.append(f'<line class="grid" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="4" y2="{height - 36}"/>')
        parts.append(_said(x(value), height - 20, tick.format(value), "middle", "tick"))
    return parts


def _round(value: float) -> float:
    """The next round number above: 1, 2, 4, 5 or 8 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value * (1 - 1e-9))


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "ceiling":
        return f'<path class="ceiling" d="M{x:.1f} {y - 7}l6 7l-6 7l-6 -7z"/>'
    return f'<circle class="judge" cx="{x:.1f}" cy="{y}" r="5.5"/>'


def _said(x: float, y: float, words: str, anchor: str = "", kind: str = "") -> str:
    """Text in a chart; the one place where text gets into it."""
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{escape(clean(words))}</text>'


def _svg(parts: Sequence[str], height: float) -> Markup:
    inner = "".join(parts)
    return Markup(  # noqa: S704 - every text went through `_said`
        f'<svg aria-hidden="true" class="chart" viewBox="0 0 {_WIDTH} {height:g}" focusable="false">{inner}</svg>'
    )
