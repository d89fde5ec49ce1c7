"""Two judges, or one judge under two rubric versions, on the same items: which agrees better with people?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hone.errors import ProjectError
from hone.stats import BootstrapOptions, PairedDifference, Ratings, holm, paired_agreement
from hone.stats.arrays import Numbers
from hone.stats.figure import CORRELATIONS

SIGNIFICANT = 0.05
_UNRATED = "nobody rated these items, so nearness to people cannot be compared"


@dataclass(frozen=True)
class CriterionDifference:
    """The two on one criterion."""

    difference: PairedDifference
    p_adjusted: float | None
    """Holm's p value over all criteria; none where the difference is undefined."""
    words: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        found = self.difference
        figures = {name: getattr(found, name).as_dict() for name in ("first", "second", "difference")}
        tests = {"p_value": found.p_value, "p_holm": self.p_adjusted}
        return {"statistic": found.statistic, **figures, **tests, "items": found.n, "words": self.words}


@dataclass(frozen=True)
class JudgeComparison:
    """The two, first minus second, on every criterion."""

    first: str
    second: str
    criteria: Mapping[str, CriterionDifference]

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        criteria = {name: one.as_dict() for name, one in self.criteria.items()}
        return {"first": self.first, "second": self.second, "criteria": criteria}


def compare_judges(
    ratings: Ratings, first: str, second: str, options: BootstrapOptions | None = None
) -> JudgeComparison:
    """Hold two judges against people's consensus on the items that both scored, criterion by criterion.

    Raises:
        ProjectError: A name is no judge's, or both are the same.
    """
    for name in (first, second):
        if name not in ratings.judge_names:
            there = ", ".join(ratings.judge_names) or "none"
            raise ProjectError(f"there is no judge {name!r} in the ratings; the judges are: {there}")
    if first == second:
        raise ProjectError(f"{first!r} cannot be compared with itself; name two judges")
    one, other = (ratings.judge_names.index(name) for name in (first, second))
    judges = ratings.judges or {}
    found = {
        name: paired_agreement(
            np.asarray(judges[name])[:, one],
            np.asarray(judges[name])[:, other],
            people,
            ratings.level,
            clusters=ratings.clusters,
            options=options,
            weights=ratings.weights,
        )
        for name, people in ratings.people.items()
    }
    adjusted = holm([np.nan if one.p_value is None else one.p_value for one in found.values()]).tolist()
    return JudgeComparison(
        first,
        second,
        {
            name: CriterionDifference(
                difference,
                None if np.isnan(p) else p,
                _words(first, second, difference, p) if _is_rated(ratings.people[name]) else _UNRATED,
            )
            for (name, difference), p in zip(found.items(), adjusted, strict=True)
        },
    )


def _is_rated(people: Numbers) -> bool:
    """Whether any person rated any item."""
    return not np.isnan(np.asarray(people, dtype=np.float64)).all()


def _words(first: str, second: str, found: PairedDifference, p: float) -> str:
    value = found.difference.value
    if value is None or np.isnan(p):
        return f"cannot be compared: {found.difference.reason}"
    if found.difference.few:
        return f"only {found.n} items: too few to compare"
    if p > SIGNIFICANT:
        return "no difference that chance does not explain"
    better = first if value > 0 else second
    if found.statistic in CORRELATIONS:
        return f"{better} orders more as people do; whose scores are nearer to theirs, a correlation does not say"
    return f"{better} agrees better with people"
