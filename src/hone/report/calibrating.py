"""Maps from a judge's scores to people's, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from hone.measuring.calibrating import JudgeCalibration
from hone.report.terminal import clean
from hone.stats.figure import Figure
from hone.stats.score_map import MappedScores


def calibration_lines(found: JudgeCalibration) -> Iterator[str]:
    """One line a criterion: which map, and what it is worth on items that it was not fitted to."""
    for name, one in found.criteria.items():
        yield f"{clean(name)}: {_worth(one)}"
    for name, why in found.refused.items():
        yield f"{clean(name)}: no map; {clean(why)}"


def _worth(one: MappedScores) -> str:
    change = one.beside.difference
    distances = (
        f"mean squared distance to people {_value(one.beside.second)} as it is, {_value(one.beside.first)} mapped, "
        "on items that the map was not fitted to"
    )
    if one.fitted.kind == "as it is":
        return f"no map does better than the judge's scores as they are ({distances})"
    interval = "" if change.low is None or change.high is None else f" ({change.low:+.3f} to {change.high:+.3f})"
    verdict = "nearer to people" if one.nearer else "not shown to be nearer to people, so it is not kept"
    return f"{one.fitted.kind}: {distances}; change {_value(change, '+.3f')}{interval}: {verdict}"


def _value(figure: Figure, form: str = ".3f") -> str:
    return "–" if figure.value is None else format(figure.value, form)
