"""Prediction-powered means: many judge scores, corrected by the few items that people rated too.

Sources: A. N. Angelopoulos and others, Science 382 (2023), 669-674; A. N. Angelopoulos, J. C. Duchi and T. Zrnic,
PPI++ (arXiv 2311.01453), section 6 (power tuning). With weights, the variance is that of a ratio of weighted sums
(Hajek; C.-E. Sarndal and others, Model Assisted Survey Sampling (1992), section 5.7). How the intervals are made is
in `stats/intervals`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers, Numbers, as_clusters, as_scores
from hone.stats.figure import FEW_ITEMS, Figure, undefined
from hone.stats.intervals import MeanPart, ScoreRange, mean_interval
from hone.stats.reversal import reversal

_FEW_RATED = 30
"""With fewer rated items nothing is said of whether a judge's scores follow people's."""
_NO_INTERVAL = "There is no interval, so nothing shows what the judge adds."


@dataclass(frozen=True)
class Evidence:
    """What is known of one model (or of the difference of two on the same items).

    `rated` and `rest` share no item; together they are all that the judge scored.
    """

    people: Numbers
    """People's score of each rated item, shape (rated,)."""
    judge: Numbers
    """The judge's score of the same items, shape (rated,)."""
    rest: Numbers
    """The judge's scores of the items that nobody rated, shape (rest,)."""
    weights: Numbers | None = None
    """How many items each rated one stands for (1 / its chance to be rated), in any unit; equal when absent."""
    rest_weights: Numbers | None = None
    """The same for the rest."""
    groups: Sequence[object] | None = None
    """The group of each rated item, whose items are not independent; each its own when absent."""
    rest_groups: Sequence[object] | None = None
    """The same for the rest; given where `groups` is."""
    scale: ScoreRange | None = None
    """The lowest and the highest score there is, where it is known."""


@dataclass(frozen=True)
class Estimate:
    """A mean three ways, side by side."""

    corrected: Figure
    people_only: Figure
    judge_only: Figure
    """As if the judge made no systematic error; its interval knows nothing of one."""
    tuning: float
    """Lambda: how far the judge is trusted, from 0 (not at all: people only) to 1."""
    gain: float
    """How many times as many rated items people alone would need for as narrow an interval; 1 means no gain."""
    words: str

    @property
    def helps(self) -> bool:
        """Whether the judge narrows the interval by enough to be worth saying (5% of the items)."""
        return self.gain > 1.05


@dataclass(frozen=True)
class _Sample:
    people: Floats
    judge: Floats
    rest: Floats
    weights: Floats
    rest_weights: Floats
    groups: Integers | None
    rest_groups: Integers | None
    scale: ScoreRange | None


def estimate_mean(evidence: Evidence, confidence: float = 0.95, tuning: float | None = None) -> Estimate:
    """The mean score over all items, corrected with those that people rated.

    The corrected mean is lambda * mean(rest) + mean(people - lambda * judge), all means weighted. Pairs that lack
    either score are dropped as pairs.

    Args:
        evidence: The scores.
        confidence: How often such an interval holds the truth.
        tuning: Lambda, from 0 to 1; the one that makes the interval narrowest when absent.

    Raises:
        StatsError: The shapes do not fit, or a weight is negative.
    """
    if tuning is not None and not 0 <= tuning <= 1:
        raise StatsError(f"a tuning of {tuning:g} is not between 0 and 1")
    sample = _sample(evidence)
    n, rest = len(sample.people), len(sample.rest)
    if not 0 < confidence < 1:
        raise StatsError(f"a confidence of {confidence} is not between 0 and 1")
    if n < 2:
        nothing = undefined(n, "fewer than 2 items were rated by people and judge")
        return Estimate(nothing, nothing, _judge_only(sample, confidence), 0.0, 1.0, "Too few items were rated.")
    trust = 0.0 if rest < 2 else _tuning(sample) if tuning is None else tuning
    people_only = _combined(sample, 0.0, confidence)
    corrected = _combined(sample, trust, confidence)
    gain = _gain(people_only, corrected)
    words = _words(gain, sample, trust, corrected, confidence)
    return Estimate(corrected, people_only, _judge_only(sample, confidence), trust, gain, words)


def estimate_difference(first: Evidence, second: Evidence, paired: bool = True, confidence: float = 0.95) -> Estimate:
    """The difference of two models' means, first minus second, corrected.

    Args:
        first: What is known of the first model.
        second: Of the second; the same items in the same order when paired.
        paired: Whether both answered the same items, so that differences are taken item by item.
        confidence: How often such an interval holds the truth.

    Raises:
        StatsError: Paired evidence does not have the same number of items.
    """
    if paired:
        return estimate_mean(_differences(first, second), confidence)
    one, other = estimate_mean(first, confidence), estimate_mean(second, confidence)
    corrected = _apart(one.corrected, other.corrected)
    people_only = _apart(one.people_only, other.people_only)
    gain = _gain(people_only, corrected)
    tuning = (one.tuning + other.tuning) / 2
    words = _gained(gain, people_only.n) or "The judge adds next to nothing to what people's ratings show."
    if corrected.low is None:
        words = _NO_INTERVAL
    return Estimate(corrected, people_only, _apart(one.judge_only, other.judge_only), tuning, gain, words)


def _differences(first: Evidence, second: Evidence) -> Evidence:
    try:
        return Evidence(
            np.asarray(first.people, dtype=np.float64) - np.asarray(second.people, dtype=np.float64),
            np.asarray(first.judge, dtype=np.float64) - np.asarray(second.judge, dtype=np.float64),
            np.asarray(first.rest, dtype=np.float64) - np.asarray(second.rest, dtype=np.float64),
            first.weights,
            first.rest_weights,
            first.groups,
            first.rest_groups,
            None if first.scale is None else first.scale.of_differences(),
        )
    except ValueError as error:
        raise StatsError("a paired difference needs both models' scores of the same items, in one order") from error


def _sample(evidence: Evidence) -> _Sample:
    people, judge = (
        as_scores(evidence.people, "people's scores", 1),
        as_scores(evidence.judge, "the judge's scores", 1),
    )
    rest = as_scores(evidence.rest, "the judge's scores of the rest", 1)
    if len(people) != len(judge):
        raise StatsError(f"people scored {len(people)} items and the judge {len(judge)}; give the same items")
    weights, rest_weights = _weights(evidence.weights, len(people)), _weights(evidence.rest_weights, len(rest))
    both, known = ~(np.isnan(people) | np.isnan(judge)), ~np.isnan(rest)
    groups, rest_groups = _groups(evidence, len(people), len(rest))
    return _Sample(
        people[both],
        judge[both],
        rest[known],
        _scaled(weights[both]),
        _scaled(rest_weights[known]),
        None if groups is None else groups[both],
        None if rest_groups is None else rest_groups[known],
        evidence.scale,
    )


def _groups(evidence: Evidence, rated: int, rest: int) -> tuple[Integers | None, Integers | None]:
    """The groups of the rated items and of the rest, numbered alike."""
    if evidence.groups is None:
        return None, None
    others = list(evidence.rest_groups) if evidence.rest_groups is not None else []
    if len(evidence.groups) != rated or len(others) != rest:
        raise StatsError(f"give one group for each of the {rated} rated items and the {rest} others")
    numbers = as_clusters([*evidence.groups, *others], rated + rest)
    assert numbers is not None  # noqa: S101 - groups were given; this tells the type checker
    return numbers[:rated], numbers[rated:]


def _weights(values: Numbers | None, count: int) -> Floats:
    weights = np.ones(count) if values is None else as_scores(values, "weights", 1)
    if len(weights) != count or np.isnan(weights).any() or (weights < 0).any() or (count and not weights.sum() > 0):
        raise StatsError(f"give one weight, 0 or more, for each of the {count} items")
    return weights


def _scaled(weights: Floats) -> Floats:
    return weights / weights.mean() if len(weights) else weights


def _tuning(sample: _Sample) -> float:
    """Lambda that minimises the variance (PPI++, section 6): cov(people, judge) / ((1 + n/N) var(judge)), 0 to 1."""
    w, v = sample.weights, sample.rest_weights
    first = float(np.mean(v * sample.rest) + np.mean(w * (sample.people - sample.judge)))
    people, judge = w * (sample.people - first), w * (sample.judge - first)
    covariance = float(np.mean((people - people.mean()) * (judge - judge.mean())))
    spread = float(np.var(np.concatenate([judge, v * (sample.rest - first)]), ddof=1))
    if spread <= 0 or not np.ptp(sample.people):
        return 0.0
    return float(np.clip(covariance / ((1 + len(people) / len(sample.rest)) * spread), 0, 1))


def _combined(sample: _Sample, trust: float, confidence: float) -> Figure:
    rated = MeanPart(sample.people - trust * sample.judge, sample.weights, sample.groups)
    rest = MeanPart(trust * sample.rest, sample.rest_weights, sample.rest_groups) if trust else None
    return mean_interval(rated, rest, sample.scale, trust, confidence)


def _judge_only(sample: _Sample, confidence: float) -> Figure:
    if len(sample.rest) < 2:
        return undefined(len(sample.rest), "the judge scored fewer than 2 other items")
    return mean_interval(
        MeanPart(sample.rest, sample.rest_weights, sample.rest_groups), None, sample.scale, 0.0, confidence
    )


def _apart(first: Figure, second: Figure) -> Figure:
    """The difference of two independent means; each limit adds what either mean's own interval allows on that side.

    Source: G. Y. Zou and A. Donner, Stat. Med. 27 (2008), 1693-1702 (limits that need not lie evenly).
    """
    n = first.n + second.n
    if first.value is None or second.value is None:
        return undefined(n, first.reason or second.reason or "undefined")
    value = first.value - second.value
    limits = (first.low, first.high, second.low, second.high)
    low, high, other_low, other_high = (math.nan if limit is None else limit for limit in limits)
    if math.isnan(low + high + other_low + other_high):
        return Figure(value, None, None, n, reason=first.reason or second.reason)
    below = math.hypot(first.value - low, other_high - second.value)
    above = math.hypot(high - first.value, second.value - other_low)
    return Figure(value, value - below, value + above, n, method="combined")


def _gain(people_only: Figure, corrected: Figure) -> float:
    if not people_only.half_width or not corrected.half_width:
        return 1.0
    return (people_only.half_width / corrected.half_width) ** 2


def _gained(gain: float, n: int) -> str:
    if gain <= 1.05:
        return ""
    extra = round(n * (gain - 1))
    return f"The judge's scores are worth about {extra} more rated items (beside the {n} that there are)."


def _runs_against(sample: _Sample, confidence: float) -> bool:
    """Whether the interval of the covariance of people's and the judge's scores lies below 0.

    The interval is that of the mean of its products, by groups where there are some (delta method: B. Efron and
    R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 21). On few items it is too rough, and all
    orders are looked at instead (`reversal`).
    """
    if len(sample.people) < FEW_ITEMS:
        found = reversal(sample.people, sample.judge, sample.groups)
        return found is not None and found.p_value <= (1 - confidence) / 2
    people, judge = (one - np.average(one, weights=sample.weights) for one in (sample.people, sample.judge))
    products = MeanPart(people * judge, sample.weights, sample.groups)
    high = mean_interval(products, None, None, 0.0, confidence).high
    return high is not None and high < 0


def _words(gain: float, sample: _Sample, trust: float, corrected: Figure, confidence: float) -> str:
    n = len(sample.people)
    if gained := _gained(gain, n):
        return gained
    if not np.ptp(sample.people):
        return "All of people's scores are the same, so nothing shows whether the judge follows them."
    if alone := _adds_nothing(sample, trust, confidence):
        return f"{alone} The figure rests on people alone."
    if corrected.low is None:
        return _NO_INTERVAL
    if n < _FEW_RATED:
        follows = "it follows people" if n >= FEW_ITEMS or trust else "it follows people or its scale is reversed"
        return f"On {n} rated items the judge adds nothing yet; they are too few to say whether {follows}."
    if trust < 0.05:
        return (
            "The judge adds nothing: its scores are not shown to follow people's. The figure rests on people alone."
        )
    return "The judge adds next to nothing: the interval is as wide as from people alone."


def _adds_nothing(sample: _Sample, trust: float, confidence: float) -> str:
    """Why the judge's scores are not used at all; nothing where they may be."""
    if not np.ptp(sample.judge):
        return "The judge gave every rated item the same score, so it adds nothing."
    if len(sample.rest) < 2:
        return "The judge scored no other items, so it adds nothing."
    if not trust and _runs_against(sample, confidence):
        return "The judge's scores run against people's: is its scale the other way round?"
    return ""
