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
from hone.stats import Figure
from hone.stats.calibration import Calibration

MOST_PEOPLE = 20
"""People who are told of one by one."""


def further_lines(one: FurtherOfCriterion) -> list[str]:
    """The further figures of one criterion, a sentence each."""
    lines = [f"{line}{_spread(found.sd)}" for line, found in _strict(one)]
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
