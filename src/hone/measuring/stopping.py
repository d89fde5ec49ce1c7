"""When to stop rating: how many more ratings bring an interval to the width that is wanted.

Intervals narrow with the square root of the number of items (J. M. Lachin, Control. Clin. Trials 2 (1981), 93-113, in
`stats.power`). The figure is how often two people give the same score: what everybody understands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hone.domain.rubric import Rubric
from hone.measuring.ratings import Reading, read_ratings
from hone.stats import BootstrapOptions, Figure, agreement_figures, items_for_half_width
from hone.tables import Table

_RESAMPLES = 2000
"""Enough for the width of an interval, which is all that is used here."""


@dataclass(frozen=True)
class Stopping:
    """What one figure still needs."""

    criterion: str
    """Empty for all criteria together."""
    figure: Figure
    half_width: float
    """Half the width that is wanted, in the figure's unit."""
    more_items: int | None
    """Replies that are still to be rated by everybody; none where that cannot be told yet."""
    more_ratings: int | None
    """The same in ratings of a reply, each by so many people."""

    @property
    def words(self) -> str:
        """The rule in one sentence."""
        what = f"agreement on {self.criterion}" if self.criterion else "agreement"
        if self.more_ratings is None or self.figure.value is None:
            return f"{what}: {self.figure.reason or 'no interval yet'}; rate more replies"
        half = self.figure.half_width
        now = f"{what}: {self.figure.value:.2f} ±{half:.2f} on {self.figure.n} replies" if half is not None else what
        if not self.more_ratings:
            return f"{now}; this is enough for ±{self.half_width:g}"
        return f"{now}; about {self.more_ratings:,} more ratings give an interval of ±{self.half_width:g}"

    def as_dict(self) -> dict[str, Any]:
        """As `hone feedback status --json` prints it."""
        return {
            "criterion": self.criterion,
            "percent_agreement": self.figure.as_dict(),
            "half_width": self.half_width,
            "more_items": self.more_items,
            "more_ratings": self.more_ratings,
            "words": self.words,
        }


def stop_rule(table: Table, rubric: Rubric, *, half_width: float = 0.05, per_item: int = 2) -> list[Stopping]:
    """How many more ratings each criterion needs, and all together.

    Args:
        table: Ratings in long form, as a store gives them.
        rubric: The rubric they were given under.
        half_width: The interval that is aimed at: percent agreement ± this.
        per_item: How many people rate each reply.

    Raises:
        StatsError: The half width is not above 0.
    """
    agreement = agreement_figures(
        read_ratings(table, Reading(rubric=rubric)).ratings, BootstrapOptions(resamples=_RESAMPLES)
    )
    parts = (
        dict(agreement.criteria) if len(agreement.criteria) == 1 else {**agreement.criteria, "": agreement.overall}
    )
    return [
        _stopping(name, one.people.together["percent_agreement"], half_width, per_item) for name, one in parts.items()
    ]


def _stopping(name: str, figure: Figure, half_width: float, per_item: int) -> Stopping:
    wanted = items_for_half_width(figure, half_width)
    if wanted is None:
        return Stopping(name, figure, half_width, None, None)
    more = max(0, wanted - figure.n)
    return Stopping(name, figure, half_width, more, more * per_item)
