"""A judge of one's own in the terminal: what it reaches on what it has not seen, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.measuring.own_judge import HeldOutFigures, OwnJudge
from hone.report.terminal import clean
from hone.report.wording import STATISTICS, with_interval
from hone.stats import Figure

_UNITS = {"reply": "replies", "group": "groups", "question": "questions", "writer": "writers"}


def own_judge_report(criteria: Mapping[str, OwnJudge], confidence: float = 0.95) -> RenderableType:
    """Every criterion: its table, whether the judge may be used, for new writers too, and its calibration."""
    parts = [part for name, one in criteria.items() for part in _criterion(name, one)]
    tested = sum(not one.problem for one in criteria.values())
    together = f", over {tested} criteria together" if tested > 1 else ""
    legend = (
        "Agreement with the people's consensus on what was held out; nothing of it was learnt from. A person is held "
        f"against the others. Intervals hold the truth in {confidence:.0%}{together}, for other replies of this "
        "kind; they do not tell how other ratings to learn from would change the judge."
    )
    return Group(*parts, Text(legend, style="dim")) if tested else Group(*parts)


def _criterion(name: str, one: OwnJudge) -> Iterator[RenderableType]:
    if one.problem:
        yield Text.assemble((clean(name), "bold"), f" · {one.problem}")
        return
    yield Text.assemble((clean(name), "bold"), f" · {one.rated:,} rated replies · {STATISTICS[one.statistic]}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("what was held out", overflow="fold", min_width=20)
    for by, figures in one.held_out.items():
        table.add_column(f"{figures.units:,} {_UNITS[by]}", justify="right")
    table.add_column("your own judge minus it", justify="right")
    for row in _rows(one):
        table.add_row(*row)
    yield table
    yield Text(f"{clean(name)}: {one.words}.", style="green" if one.accepted else "red")
    yield Text(f"{clean(name)}: {one.new_writers}.", style="green" if one.for_new_writers else "yellow")
    yield from _chosen(one.held_out[one.unseen])
    yield from _curve(one)
    yield Text("")


def _rows(one: OwnJudge) -> Iterator[list[Text]]:
    counted = one.held_out[one.unseen]
    own = [_two_lines(figures.own, "bold") for figures in one.held_out.values()]
    yield [Text("your own judge", style="bold"), *own, Text("")]
    for name in counted.beside:
        cells = [_value(figures.beside[name].second) for figures in one.held_out.values()]
        yield [Text(clean(name)), *cells, _two_lines(counted.beside[name].difference, statistic="gap")]
    persons = {f"person: {name}": figure for name, figure in one.people.items()}
    ceiling = {} if one.ceiling is None else {"a person, on average": one.ceiling}
    for name, figure in (persons | ceiling).items():
        yield [Text(clean(name), style="dim"), *(_value(figure) for _ in one.held_out), Text("")]


def _value(figure: Figure) -> Text:
    return Text(with_interval(figure, interval=False))


def _two_lines(figure: Figure, style: str = "", statistic: str = "") -> Text:
    """A figure, and its interval below it, so that several stand side by side."""
    value, _, interval = with_interval(figure, statistic).partition(" ")
    return Text(f"{value}\n{interval}" if interval else value, style=style)


def _curve(one: OwnJudge) -> Iterator[Text]:
    if one.curve is None or not one.curve.points:
        return
    points = "; ".join(f"{at.ratings}: {at.value:.2f} ± {at.deviation:.2f}" for at in one.curve.points)
    unseen = _UNITS[one.unseen]
    over = f"(mean ± standard deviation over {one.curve.draws} draws)"
    told = f"learnt from so many rated replies, on unseen {unseen} {over}: {points}; {one.curve.words}"
    yield Text(told, style="dim")


def _chosen(figures: HeldOutFigures) -> Iterator[Text]:
    signals = "; ".join(
        f"{name} (in {count} {'folds' if count > 1 else 'fold'})" for name, count in figures.signals.items()
    )
    yield Text(f"signals chosen: {signals}", style="dim")
    told = figures.calibration
    yield Text(
        f"its probabilities: Brier score {with_interval(told.brier)}; calibration error (ECE) {told.ece:.3f}, where "
        f"a perfectly calibrated judge shows {told.floor:.3f} on average and up to {told.floor_high:.3f}: "
        f"{told.words}",
        style="dim",
    )
