"""One figure: a value, the interval around it, how many items it rests on, and why where there is none."""

from __future__ import annotations

from dataclasses import dataclass

FEW_ITEMS = 10
"""A figure on fewer items than this is shown with a warning."""
CORRELATIONS = frozenset({"pearson", "spearman", "kendall_tau"})
"""The names of figures that are the same for a judge whose scores are all 45 points higher."""


@dataclass(frozen=True)
class Figure:
    """A value with its confidence interval.

    `value` is none where the statistic is undefined, and `low` and `high` are none where no interval can be given;
    `reason` says why in either case. A made-up number is never put in their place.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    """How many items it rests on."""
    reason: str | None = None
    method: str | None = None
    """How the interval was made: `bca`, `percentile`, `wilson`, `normal`, `t`, `delta`, `jackknife`; `unseen` where
    every item says the same, from the share of items that so many may have missed."""

    @property
    def few(self) -> bool:
        """Whether it rests on so few items that it must be shown with a warning."""
        return self.n < FEW_ITEMS

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval, in the value's own unit."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def as_dict(self) -> dict[str, float | int | str | None]:
        """The figure as JSON writes it; `reason` and `method` only where there is one."""
        written: dict[str, float | int | str | None] = {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
        }
        extra = {"reason": self.reason, "method": self.method}
        return written | {name: text for name, text in extra.items() if text is not None}


def undefined(n: int, reason: str) -> Figure:
    """A figure that has no value, and why."""
    return Figure(value=None, low=None, high=None, n=n, reason=reason)
