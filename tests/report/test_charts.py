"""Charts as parts of a page: whatever names hold, in the page's own colours, and without styles."""

from __future__ import annotations

from pathlib import Path

import pytest

from hone.report.charts import ChartTitle, Dot, Line, curves_chart, diamond, intervals, shares
from hone.report.drawing import BAR, SHADES, Picture, save_picture
from hone.stats import Figure

NAMES = ("a <b>&", "half \ud800", "清楚 🙂 עברית", "$\\frac{1}{0$", "]]> \x1b[31m\x00", 'a style="b" id="c')
TITLE = ChartTitle("one", "What <i> it shows", "In words & figures")


def charts(name: str) -> list[Picture]:
    dots = [diamond(name, Figure(0.5, 0.4, 0.6, 9), "0.50"), Dot(name, Figure(None, None, None, 0), name * 20)]
    lines = (Line("training", [(0, 2), (9, 1)]), Line("held out", []))
    return [
        intervals(TITLE, dots, "kappa"),
        shares(TITLE, {name: [3, 0, 5], "nothing": [0, 0, 0]}, [name, "b", "c"]),
        curves_chart(TITLE, lines, "step", "loss"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_name_holds_is_drawn_as_text(name: str, tmp_path: Path) -> None:
    for chart in charts(name):
        assert chart.svg.count("<text") > 3
        assert "one-c" not in chart.svg
        assert "<b>" not in chart.svg
        assert "\ud800" not in chart.svg
        assert "\x1b" not in chart.svg
        assert save_picture(chart, tmp_path)


def test_a_chart_is_named_takes_the_pages_colours_and_refers_to_nothing_outside() -> None:
    for chart in charts("Ann"):
        assert "<title>What &lt;i&gt; it shows</title><desc>In words &amp; figures</desc>" in chart.svg
        assert "var(--" in chart.svg
        assert not any(part in chart.svg for part in ("style", "http", "font-family", BAR, *SHADES))


def test_a_chart_is_drawn_once() -> None:
    (chart, *_) = charts("Ann")
    assert chart.svg is chart.svg


def test_figures_beyond_the_axis_end_where_it_does() -> None:
    whole = intervals(TITLE, [Dot("Ann", Figure(0.5, 0.0, 1.0, 9), "")], "share", (0.0, 1.0))
    beyond = intervals(TITLE, [Dot("Ann", Figure(0.5, -3.0, 7.0, 9), "")], "share", (0.0, 1.0))
    assert whole.svg == beyond.svg


def test_each_of_many_levels_stands_in_the_key() -> None:
    drawn = shares(TITLE, {"Ann": [1] * 11}, [f"level {number}" for number in range(11)]).svg
    assert all(f">level {number}<" in drawn for number in range(11))
