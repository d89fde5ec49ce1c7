"""Further figures of agreement in words, the same in the terminal and on the page; and whether probabilities hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from hone.measuring.further import FurtherOfCriterion, FurtherOfJudge
from hone.report.drawing import CEILING, INK, SOFT, Picture, drawable
from hone.report.figures import file_slug
from hone.report.terminal import clean
from hone.report.wording import amount, percent_cell, strictness
from hone.stats import FEW_ITEMS, Figure
from hone.stats.calibration import Calibration
from hone.stats.reversal import Reversal

_STEEP = -0.5
"""On few items a correlation above this may come of anything, and is not spoken of."""
MOST_PEOPLE = 20
"""People who are told of one by one."""


def further_lines(one: FurtherOfCriterion) -> list[str]:
    """The further figures of one criterion, a sentence each."""
    lines = [f"{line}{_spread(found.sd)}" for line, found in _strict(one)]
    sides = [*one.turned.items(), *((name, judge.reversal) for name, judge in one.judges.items())]
    lines[:0] = [line for name, found in sides if found is not None and (line := _turned(clean(name), found, one))]
    if len(one.people) > MOST_PEOPLE:
        lines.append(f"and {len(one.people) - MOST_PEOPLE} people more, in the JSON")
    if one.ratio_alpha is not None:
        lines.append(f"Krippendorff's alpha with ratio distances: {amount(one.ratio_alpha)}")
    return [*lines, *(line for name, judge in one.judges.items() for line in _judge(clean(name), judge))]


def further_report(further: Mapping[str, FurtherOfCriterion]) -> RenderableType:
    """Every criterion's."""
    parts: list[Text] = []
    for name, one in further.items():
        lines = further_lines(one)
        if lines:
            parts.append(Text(f"{clean(name)}: who is strict, and how close", style="bold"))
            parts += [Text(f"  {line}") for line in lines]
    return Group(*parts, Text("")) if parts else Group()


def reliability_pictures(further: Mapping[str, FurtherOfCriterion]) -> Iterator[Picture]:
    """Of each judge that gives probabilities, whether they mean what they say."""
    for place, (name, one) in enumerate(further.items(), 1):
        for judge, found in one.judges.items():
            if found.calibration is not None:
                yield _reliability(f"reliability-{place}-{file_slug(judge)}", f"{name}, {judge}", found.calibration)


def _strict(one: FurtherOfCriterion) -> Iterator[tuple[str, Any]]:
    if len(one.people) < 2:
        return
    for name, found in list(one.people.items())[:MOST_PEOPLE]:
        yield strictness(name, found.mean_difference, one.confidence), found


def _turned(name: str, found: Reversal, one: FurtherOfCriterion) -> str:
    """That a scale may be reversed, or that there are too few items to see it; empty where nothing is seen."""
    units = "groups" if found.grouped else "items"
    figures = f"correlation {found.correlation:.2f} on {found.n:,} {units}, {_p_in_words(found.p_value)}"
    side = "people's" if name in map(clean, one.judges) else "the others'"
    seen = f"{name}: the scores fall where {side} rise ({figures})"
    if one.labels:
        seen = f"{name}: says the one label where people say the other ({figures})"
    if found.shown(one.tests):
        return f"{seen}: {'are the two labels swapped' if one.labels else 'is the scale reversed'}?"
    if found.n < FEW_ITEMS and found.correlation <= _STEEP:
        what = "the labels are swapped" if one.labels else "the scale is reversed"
        return f"{seen}; these are too few {units} to see whether {what}"
    return ""


def _p_in_words(value: float) -> str:
    return f"p = {value:.4f}" if value >= 0.0001 else "p < 0.0001"


def _spread(sd: float | None) -> str:
    return "" if sd is None else f"; the differences have a standard deviation of {sd:.2f}"


def _judge(name: str, found: FurtherOfJudge) -> Iterator[str]:
    if found.closeness is not None and found.closeness.rmse.value is not None:
        near = found.closeness
        yield (
            f"{name}: off by {amount(near.mae)} on average (MAE), RMSE {amount(near.rmse)}, in points of the scale"
            f"{_spread(near.sd)}"
        )
    if found.detection is not None:
        seen = found.detection
        yield (
            f"{name}, of the level {seen.upper:g}: precision {percent_cell(seen.precision)}, "
            f"recall {percent_cell(seen.recall)}, F1 {amount(seen.f1)}"
        )
    if found.calibration is not None:
        told = found.calibration
        yield (
            f"{name}: Brier score {amount(told.brier, 3)}; calibration error (ECE) {told.ece:.3f}, where a perfectly "
            f"calibrated judge shows {told.floor:.3f} on average and up to {told.floor_high:.3f}: {told.words}"
        )
    if found.by_system is not None:
        yield f"{name}, per system: {_correlations(found.by_system.systems)}"
        if found.by_system.documents["pearson"].value is not None:
            yield f"{name}, per document, averaged: {_correlations(found.by_system.documents)}"


def _correlations(figures: Mapping[str, Figure]) -> str:
    count = figures["pearson"].n
    return f"Pearson's r {amount(figures['pearson'])}, Kendall's tau {amount(figures['kendall_tau'])}, n = {count:,}"


def _reliability(name: str, whose: str, found: Calibration) -> Picture:
    def draw(figure: Any) -> None:
        axis = figure.subplots()
        axis.plot([0, 1], [0, 1], color=CEILING, linewidth=1.2, linestyle=(0, (4, 3)))
        for one in found.bins:
            low, high = one.share.low, one.share.high
            if low is not None and high is not None:
                axis.plot([one.probability] * 2, [low, high], color=SOFT, linewidth=1.4)
            axis.plot([one.probability], [one.share.value], "o", color=INK, markersize=5)
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1)
        axis.set_aspect("equal")
        axis.set_xlabel("the judge's probability of yes", fontsize=9)
        axis.set_ylabel("people's share of yes", fontsize=9)

    words = "; ".join(f"{one.probability:.2f}: {percent_cell(one.share)} of {one.share.n}" for one in found.bins)
    title = f"{drawable(whose, 60)}: whether probabilities mean what they say"
    return Picture(name, title, f"On the dashed line they do. {words}", (4.6, 4.4), draw)
