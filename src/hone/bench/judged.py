"""Models compared by a rubric's judge: mean scores on the same items, and their differences pair by pair.

Scores are put as shares of the scale, 0 for its lowest level and 1 for its highest, so that one margin serves every
scale. A reply that the judge could not score stands for nothing: its item is left out of the pair, and counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from hone.domain.base import Frozen
from hone.domain.rubric import Rubric
from hone.stats import BootstrapOptions, Figure, PairedDifference, paired_means
from hone.stats.share_difference import MARGIN, above_margin

UNSCORED_AT_MOST = 0.1
"""A gate stays shut where a larger share of the items has no pair of scores: it is not missing at random."""


class JudgedReply(Frozen):
    """One model's reply to one item, as the judge scored it."""

    model: str
    item: str
    group: str | None
    text: str
    cut: bool
    scores: dict[str, float]
    """The value of each criterion's level; empty where there is no score."""
    unscored: str | None
    """Why there is none."""

    def share(self, rubric: Rubric, criterion: str | None = None) -> float:
        """The score as a share of the scale, of one criterion or the mean of all; NaN where there is none."""
        values = list(self.scores.values()) if criterion is None else [self.scores.get(criterion, math.nan)]
        low, high = rubric.scale.values[0], rubric.scale.values[-1]
        return (fmean(values) - low) / (high - low) if values else math.nan


@dataclass(frozen=True, slots=True)
class JudgedScore:
    """One model over all items."""

    model: str
    mean: float | None
    """Over the items that it has a score on; none where it has none."""
    criteria: Mapping[str, float | None]
    scored: int
    unscored: int
    cut: int


@dataclass(frozen=True, slots=True)
class JudgedComparison:
    """A model against the first one, on the items that both have scores on."""

    base: str
    model: str
    overall: PairedDifference
    """The model minus the base."""
    criteria: Mapping[str, PairedDifference]
    items: int
    """How many items were asked."""

    def not_worse(self, margin: float = MARGIN) -> bool:
        """Whether enough items have scores and the interval of the difference lies above minus the margin."""
        return above_margin(self.overall.difference, margin) and self.missing <= UNSCORED_AT_MOST

    @property
    def missing(self) -> float:
        """The share of items without a pair of scores."""
        return 1 - self.overall.n / self.items


@dataclass(frozen=True, slots=True)
class JudgedReport:
    """All that the judge found."""

    scores: tuple[JudgedScore, ...]
    comparisons: tuple[JudgedComparison, ...]
    confidence: float = 0.95
    """How often an interval holds the truth."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON writes it."""
        return {
            "models": [
                {
                    "model": one.model,
                    "mean": one.mean,
                    "criteria": dict(one.criteria),
                    "scored": one.scored,
                    "unscored": one.unscored,
                    "cut": one.cut,
                }
                for one in self.scores
            ],
            "comparisons": [
                {
                    "base": one.base,
                    "model": one.model,
                    "difference": _figure(one.overall.difference),
                    "p_value": one.overall.p_value,
                    "items": one.items,
                    "pairs": one.overall.n,
                    "criteria": {name: _figure(found.difference) for name, found in one.criteria.items()},
                }
                for one in self.comparisons
            ],
        }


def compare_judged(
    replies: Sequence[JudgedReply], models: Sequence[str], rubric: Rubric, confidence: float = 0.95
) -> JudgedReport:
    """The report on the judged replies of one or more models.

    Args:
        replies: Every model's to the same items, each model's in the same order.
        models: Their specs; the first is the base of every comparison.
        rubric: What was judged by.
        confidence: How often an interval is to hold the truth.

    Raises:
        StatsError: The models did not reply to the same items.
    """
    by_model = {model: [one for one in replies if one.model == model] for model in models}
    base, *others = models
    return JudgedReport(
        tuple(_score(model, own, rubric) for model, own in by_model.items()),
        tuple(_against(by_model[base], by_model[other], rubric, confidence) for other in others),
        confidence,
    )


def _score(model: str, replies: Sequence[JudgedReply], rubric: Rubric) -> JudgedScore:
    return JudgedScore(
        model=model,
        mean=_mean([one.share(rubric) for one in replies]),
        criteria={name: _mean([one.share(rubric, name) for one in replies]) for name in rubric.names},
        scored=sum(one.unscored is None for one in replies),
        unscored=sum(one.unscored is not None for one in replies),
        cut=sum(one.cut for one in replies),
    )


def _against(
    base: Sequence[JudgedReply], other: Sequence[JudgedReply], rubric: Rubric, confidence: float
) -> JudgedComparison:
    groups = [one.group or one.item for one in base]

    def difference(criterion: str | None = None) -> PairedDifference:
        first, second = ([one.share(rubric, criterion) for one in side] for side in (other, base))
        return paired_means(first, second, groups, BootstrapOptions(confidence=confidence), (0.0, 1.0))

    criteria = {name: difference(name) for name in rubric.names}
    return JudgedComparison(base[0].model, other[0].model, difference(), criteria, len(base))


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return fmean(known) if known else None


def _figure(figure: Figure) -> dict[str, Any]:
    return figure.as_dict()
