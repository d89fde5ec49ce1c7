"""Prediction-powered means: many judge scores, corrected by the few items that people rated too.

Sources: A. N. Angelopoulos and others, Science 382 (2023), 669-674; A. N. Angelopoulos, J. C. Duchi and T. Zrnic,
PPI++ (arXiv 2311.01453), section 6 (power tuning). With weights, the variance is that of a ratio of weighted sums
(Hajek; C.-E. Sarndal and others, Model Assisted Survey Sampling (1992), section 5.7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from hone.errors import StatsError
from hone.stats.arrays import Floats, Numbers, as_scores
from hone.stats.figure import Figure, undefined


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
    if n < 2:
        nothing = undefined(n, "fewer than 2 items were rated by people and judge")
        return Estimate(nothing, nothing, _judge_only(sample, confidence), 0.0, 1.0, "Too few items were rated.")
    trust = 0.0 if rest < 2 else _tuning(sample) if tuning is None else tuning
    people_only = _combined(sample, 0.0, confidence)
    corrected = _combined(sample, trust, confidence)
    gain = _gain(people_only, corrected)
    return Estimate(corrected, people_only, _judge_only(sample, confidence), trust, gain, _words(gain, n, trust))


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
    words = _words(gain, people_only.n, tuning)
    return Estimate(corrected, people_only, _apart(one.judge_only, other.judge_only), tuning, gain, words)


def _differences(first: Evidence, second: Evidence) -> Evidence:
    try:
        return Evidence(
            np.asarray(first.people, dtype=np.float64) - np.asarray(second.people, dtype=np.float64),
            np.asarray(first.judge, dtype=np.float64) - np.asarray(second.judge, dtype=np.float64),
            np.asarray(first.rest, dtype=np.float64) - np.asarray(second.rest, dtype=np.float64),
            first.weights,
            first.rest_weights,
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
    return _Sample(people[both], judge[both], rest[known], _scaled(weights[both]), _scaled(rest_weights[known]))


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
    if spread <= 0:
        return 0.0
    return float(np.clip(covariance / ((1 + len(people) / len(sample.rest)) * spread), 0, 1))


def _combined(sample: _Sample, trust: float, confidence: float) -> Figure:
    value, variance = _moments(sample.people - trust * sample.judge, sample.weights)
    if trust:
        mean, spread = _moments(trust * sample.rest, sample.rest_weights)
        value, variance = value + mean, variance + spread
    return _normal(value, variance, len(sample.people), confidence)


def _moments(values: Floats, weights: Floats) -> tuple[float, float]:
    """The weighted mean, and the variance of it (weights have a mean of 1)."""
    mean = float(np.mean(weights * values))
    return mean, float(np.mean((weights * (values - mean)) ** 2)) / len(values)


def _judge_only(sample: _Sample, confidence: float) -> Figure:
    if len(sample.rest) < 2:
        return undefined(len(sample.rest), "the judge scored fewer than 2 other items")
    return _normal(*_moments(sample.rest, sample.rest_weights), len(sample.rest), confidence)


def _normal(value: float, variance: float, n: int, confidence: float) -> Figure:
    if not 0 < confidence < 1:
        raise StatsError(f"a confidence of {confidence} is not between 0 and 1")
    half = float(ndtri((1 + confidence) / 2)) * math.sqrt(variance)
    return Figure(value, value - half, value + half, n, method="normal")


def _apart(first: Figure, second: Figure) -> Figure:
    n = first.n + second.n
    if first.value is None or second.value is None or first.half_width is None or second.half_width is None:
        return undefined(n, first.reason or second.reason or "undefined")
    value, half = first.value - second.value, math.hypot(first.half_width, second.half_width)
    return Figure(value, value - half, value + half, n, method="normal")


def _gain(people_only: Figure, corrected: Figure) -> float:
    if not people_only.half_width or not corrected.half_width:
        return 1.0
    return (people_only.half_width / corrected.half_width) ** 2


def _words(gain: float, n: int, trust: float) -> str:
    if gain > 1.05:
        extra = round(n * (gain - 1))
        return f"The judge's scores are worth about {extra} more rated items (beside the {n} that there are)."
    if trust < 0.05:
        return "The judge adds nothing: its scores do not follow people's. The figure rests on people alone."
    return "The judge adds next to nothing: the interval is as wide as from people alone."
