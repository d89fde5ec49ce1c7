"""Charts as inline SVG, drawn here from figures; colours come from the style sheet, so light and dark both hold.

Each chart is a picture for those who see it; the page puts the same figures into a table beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from hone.report.terminal import short
from hone.stats import Figure

_WIDTH, _ROW, _LEFT, _RIGHT = 600, 30, 170, 60


@dataclass(frozen=True)
class Dot:
    """One row of an interval chart."""

    name: str
    figure: Figure
    words: str
    ceiling: bool = False


def intervals(dots: Sequence[Dot], label: str) -> Markup:
    """Figures with their intervals, one below the other, on one axis up to 1.

    Args:
        dots: The rows; those without a value show their reason.
        label: What the axis measures.
    """
    lows = [dot.figure.low if dot.figure.low is not None else dot.figure.value for dot in dots]
    least = min((low for low in lows if low is not None), default=0.0)
    start = -1.0 if least < -0.5 else -0.5 if least < 0 else 0.0
    height = _ROW * len(dots) + 40

    def x(value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (value - start) / (1 - start)

    parts = []
    step = 0.25 if start == 0 else 0.5
    for tick in [start + step * place for place in range(round((1 - start) / step) + 1)]:
        parts.append(f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="4" y2="{height - 36}"/>')
        parts.append(f'<text class="tick" x="{x(tick):.1f}" y="{height - 20}" text-anchor="middle">{tick:g}</text>')
    parts.append(
        f'<text class="tick" x="{x((1 + start) / 2):.1f}" y="{height - 4}" text-anchor="middle">'
        f"{escape(label)}</text>"
    )
    for place, dot in enumerate(dots):
        y = 4 + _ROW * place + _ROW / 2
        kind = "ceiling" if dot.ceiling else "judge"
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(short(dot.name, 26))}</text>')
        if dot.figure.value is None:
            parts.append(f'<text class="tick" x="{_LEFT + 6}" y="{y + 4}">{escape(short(dot.words, 60))}</text>')
            continue
        low = dot.figure.value if dot.figure.low is None else dot.figure.low
        high = dot.figure.value if dot.figure.high is None else dot.figure.high
        parts.append(
            f'<line class="{kind} whisker" x1="{x(max(low, start)):.1f}" x2="{x(high):.1f}" y1="{y}" y2="{y}"/>'
        )
        parts.append(_mark(kind, x(dot.figure.value), y))
        parts.append(f'<text class="tick" x="{_WIDTH - _RIGHT + 10}" y="{y + 4}">{escape(dot.words)}</text>')
    return _svg(parts, height)


def shares(rows: Mapping[str, Sequence[int]], labels: Sequence[str]) -> Markup:
    """How often each level was given, one bar a rater, each bar the whole of its rater's ratings.

    Args:
        rows: Counts by rater, one a level.
        labels: The levels.
    """
    height = _ROW * len(rows) + 34
    wide = _WIDTH - _LEFT - 60
    parts = []
    for place, (name, counts) in enumerate(rows.items()):
        y, x, total = 4 + _ROW * place, float(_LEFT), sum(counts)
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 18}" text-anchor="end">{escape(short(name, 26))}</text>')
        for level, count in enumerate(counts):
            width = wide * count / total if total else 0
            if width:
                parts.append(f'<rect class="{shade(level, len(labels))}" x="{x:.1f}" y="{y + 2}" width="{width:.1f}" '
                             f'height="{_ROW - 6}"/>')  # fmt: skip
            if width > 22:
                parts.append(f'<text class="in-{shade(level, len(labels))}" x="{x + width / 2:.1f}" y="{y + 18}" '
                             f'text-anchor="middle">{count}</text>')  # fmt: skip
            x += width
        parts.append(f'<text class="tick" x="{_WIDTH - 50}" y="{y + 18}">{total}</text>')
    x = float(_LEFT)
    for level, label in enumerate(labels):
        words = short(label, 18)
        parts.append(
            f'<rect class="{shade(level, len(labels))}" x="{x:.1f}" y="{height - 18}" width="14" height="14"/>'
            f'<text class="tick" x="{x + 20:.1f}" y="{height - 6}">{escape(words)}</text>'
        )
        x += 40 + 7.4 * len(words)
    return _svg(parts, height)


def shade(level: int, levels: int) -> str:
    """The class of a level's colour, from 0, the palest, to 4."""
    return f"shade-{round(4 * level / max(1, levels - 1))}"


def heat(share: float) -> str:
    """The class of a table's cell that holds this share of its column, from 0 to 4."""
    return f"heat-{min(4, int(share * 5))}"


def _mark(kind: str, x: float, y: float) -> str:
    if kind == "ceiling":
        return f'<path class="ceiling" d="M{x:.1f} {y - 7}l6 7l-6 7l-6 -7z"/>'
    return f'<circle class="judge" cx="{x:.1f}" cy="{y}" r="5.5"/>'


def _svg(parts: Sequence[str], height: float) -> Markup:
    inner = "".join(parts)
    # Every text in it was escaped where it was put in.
    return Markup(  # noqa: S704
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height:g}" aria-hidden="true" focusable="false">{inner}</svg>'
    )
