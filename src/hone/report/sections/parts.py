"""What every part of the page is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hone.report.page import Markup, command, element, escaped, joined
from hone.report.view import FigureSource
from hone.stats import Figure

MOST_ROWS = 40
"""Rows of a table of single replies; the run folder has them all."""


def part(name: str, title: str, pieces: Iterable[Markup]) -> Markup:
    """One part of the page, under its title."""
    return element("section", element("h2", escaped(title)), *pieces, name=name)


def source_line(source: FigureSource, *more: str) -> Markup:
    """Where the figures come from, and what makes them."""
    extra = joined(*(joined(escaped("; "), command(one)) for one in more))
    return element("p", escaped(f"From {source.run}: "), command(source.command), extra, kind="made")


def not_there_yet(what: str, typed: str, why: str = "") -> Markup:
    """One line for what is not there yet."""
    return element("p", escaped(f"{what}{f' ({why})' if why else ''}. Type: "), command(typed), kind="soft")


def cut_note(shown: int, there: int, what: str) -> Markup:
    """A line that says how many of them are not shown; nothing where all are."""
    if shown >= there:
        return Markup("")
    return element(
        "p", escaped(f"The first {shown} of {there:,} {what}; the run's folder has them all."), kind="soft"
    )


def percent_cell(figure: Figure) -> str:
    """A share with its interval: "34.0% (27.8% to 40.8%)"; why, where there is none."""
    return _figured(figure, "{:.1%}".format)


def percent_points(figure: Figure) -> str:
    """A difference of shares in percentage points: "+32.0 (+25.1 to +38.9)"; why, where there is none."""
    return _figured(figure, lambda value: f"{100 * value:+.1f}")


def amount(figure: Figure, digits: int = 2) -> str:
    """A number with its interval; why, where there is none."""
    return _figured(figure, lambda value: f"{value:.{digits}f}")


def _figured(figure: Figure, said: Callable[[float], str]) -> str:
    if figure.value is None:
        return figure.reason or "–"
    if figure.low is None or figure.high is None:
        return f"{said(figure.value)} ({figure.reason})" if figure.reason else said(figure.value)
    return f"{said(figure.value)} ({said(figure.low)} to {said(figure.high)})"
