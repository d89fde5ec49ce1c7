"""Who is strict: a sentence for each person, and all of them on one axis, as people and criteria are compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hone.report.charts import ChartTitle, Dot, intervals
from hone.report.drawing import BAR, SOFT, Picture
from hone.report.figures import file_slug
from hone.report.wording import interval_name, strictness, with_interval
from hone.stats import Agreement, Figure

MOST_DRAWN = 20
"""People in one picture; the sentences and the table have all."""
_SPANS = (0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class CriterionStrictness:
    """Who is strict on one criterion."""

    name: str
    said: Sequence[str]
    """One sentence a person."""
    picture: Picture | None
    """None where too few replies were rated to say anything of anybody."""
    rows: Sequence[tuple[str, ...]]
    """A person, how many replies, the mean difference with its interval."""


def strictness_of(found: Agreement) -> list[CriterionStrictness]:
    """Every criterion that several people rated; the pictures have one axis."""
    shown = {
        name: {who: figures["mean_error"] for who, figures in one.ceiling_by_person.items()}
        for name, one in found.criteria.items()
        if len(one.raters) > 1
    }
    reach = axis_reach([figure for people in shown.values() for figure in people.values()])
    confidence = found.overall.confidence
    return [
        criterion_strictness(name, people, confidence, reach, place)
        for place, (name, people) in enumerate(shown.items(), 1)
    ]


def criterion_strictness(
    name: str, people: Mapping[str, Figure], confidence: float, reach: float | None = None, place: int = 1
) -> CriterionStrictness:
    """How far each person's mean score lies from the others', with its interval.

    Args:
        name: The criterion.
        people: By person, the mean of their scores less the others' of the same replies, in points of the scale.
        confidence: Of the intervals.
        reach: How far the axis reaches to both sides of 0; as far as these figures need by default.
        place: Of the criterion on its page, so that no two pictures share a name.
    """
    return CriterionStrictness(
        name,
        [strictness(who, figure, confidence) for who, figure in people.items()],
        _picture(f"strict-{place}-{file_slug(name)}", name, people, confidence, reach),
        [(who, f"{figure.n:,}", with_interval(figure, "mean_error")) for who, figure in people.items()],
    )


def _picture(
    file: str, name: str, people: Mapping[str, Figure], confidence: float, reach: float | None
) -> Picture | None:
    drawn = dict(list(people.items())[:MOST_DRAWN])
    if not any(map(_says, drawn.values())):
        return None
    most = axis_reach(list(drawn.values())) if reach is None else reach
    left = f" (the first {len(drawn)} of {len(people)} people)" if len(drawn) < len(people) else ""
    title = ChartTitle(
        file,
        f"{name}: who is strict{left}",
        "The dot is a person's mean score less the others', the line its interval; grey, where it holds 0: no "
        "difference is shown",
    )
    label = f"← stricter · milder → (points, {interval_name(confidence)})"
    return intervals(title, [_dot(who, one) for who, one in drawn.items()], label, (-most, most), centre=0.0)


def axis_reach(figures: Sequence[Figure]) -> float:
    """How far an axis reaches to both sides of 0, so that all of these figures with their intervals lie on it."""
    ends = [abs(end) for one in figures if _says(one) for end in (one.low, one.high) if end is not None]
    most = max(ends, default=1.0)
    return next((span for span in _SPANS if most <= span), float(math.ceil(most)))


def _says(figure: Figure) -> bool:
    """Whether there is an interval on replies enough to show it."""
    return figure.value is not None and figure.low is not None and figure.high is not None and not figure.few


def _dot(who: str, figure: Figure) -> Dot:
    if not _says(figure):
        words = "cannot be known" if figure.value is None else "too few to say" if figure.few else "no interval"
        return Dot(who, replace(figure, value=None, low=None, high=None), words)
    differs = not (figure.low or 0.0) <= 0.0 <= (figure.high or 0.0)
    return Dot(who, figure, with_interval(figure, "mean_error", interval=False), BAR if differs else SOFT)
