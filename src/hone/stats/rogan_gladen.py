"""A share of "yes" from a judge that errs, corrected by how often it errs on the items that people rated.

Source: W. J. Rogan and B. Gladen, Am. J. Epidemiol. 107 (1978), 71-76; the interval is theirs (delta method), with
the three shares pulled towards one half by z^2/2 successes and failures (A. Agresti and B. A. Coull, Am. Stat. 52
(1998), 119-126) so that a judge without an observed error is not taken to be without error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from hone.errors import StatsError
from hone.stats.arrays import Floats, Numbers, as_scores
from hone.stats.figure import Figure, undefined
from hone.stats.proportion import wilson


@dataclass(frozen=True)
class CorrectedShare:
    """The corrected share, and what it was corrected with."""

    corrected: Figure
    judge_only: Figure
    """The share of the judge's own "yes"."""
    sensitivity: Figure
    """How often the judge says yes where people do."""
    specificity: Figure
    """How often the judge says no where people do."""
    words: str


def corrected_share(people: Numbers, judge: Numbers, rest: Numbers, confidence: float = 0.95) -> CorrectedShare:
    """The true share of "yes" among the items that nobody rated.

    It holds when the judge errs as often on the rest as on the rated items of the same truth.

    Args:
        people: 0 or 1 for each rated item, NaN where missing (dropped as pairs); shape (rated,).
        judge: The judge's 0 or 1 for the same items.
        rest: The judge's 0 or 1 for the items that nobody rated, shape (rest,).
        confidence: How often such an interval holds the truth.

    Raises:
        StatsError: The shapes do not fit, or a score is neither 0 nor 1.
    """
    truth, said, other = _binary(people, judge, rest)
    positive, negative = truth == 1, truth == 0
    sensitivity = wilson(float(said[positive].sum()), int(positive.sum()), confidence)
    specificity = wilson(float((1 - said[negative]).sum()), int(negative.sum()), confidence)
    judge_only = wilson(float(other.sum()), len(other), confidence)
    corrected, words = _correct(judge_only, sensitivity, specificity, confidence)
    return CorrectedShare(corrected, judge_only, sensitivity, specificity, words)


def _binary(people: Numbers, judge: Numbers, rest: Numbers) -> tuple[Floats, Floats, Floats]:
    truth, said = as_scores(people, "people's scores", 1), as_scores(judge, "the judge's scores", 1)
    other = as_scores(rest, "the judge's scores of the rest", 1)
    if truth.shape != said.shape:
        raise StatsError(f"people scored {len(truth)} items and the judge {len(said)}; give the same items")
    both = ~(np.isnan(truth) | np.isnan(said))
    truth, said, other = truth[both], said[both], other[~np.isnan(other)]
    if not np.isin(np.concatenate([truth, said, other]), (0.0, 1.0)).all():
        raise StatsError("this correction is for yes (1) and no (0); use the mean's for other scores")
    return truth, said, other


def _correct(share: Figure, sensitivity: Figure, specificity: Figure, confidence: float) -> tuple[Figure, str]:
    if sensitivity.value is None or specificity.value is None or share.value is None:
        return undefined(
            share.n, "people gave one level only, or the judge scored no other item"
        ), "Not to be corrected."
    power = sensitivity.value + specificity.value - 1
    if power <= 0:
        return undefined(share.n, "the judge tells yes from no no better than chance"), "The judge adds nothing."
    value = min(1.0, max(0.0, (share.value + specificity.value - 1) / power))
    z = float(ndtri((1 + confidence) / 2))
    smooth = [_smoothed(figure, z) for figure in (share, sensitivity, specificity)]
    (said, n_said), (yes, n_yes), (no, n_no) = smooth
    power = yes + no - 1
    if power <= 0:
        return Figure(
            value, 0.0, 1.0, share.n, method="delta"
        ), "The judge hardly tells yes from no: anything is possible."
    centre = min(1.0, max(0.0, (said + no - 1) / power))
    variance = (
        said * (1 - said) / n_said + centre**2 * yes * (1 - yes) / n_yes + (1 - centre) ** 2 * no * (1 - no) / n_no
    )
    half = z * math.sqrt(variance) / power
    low, high = min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half))
    return Figure(value, low, high, share.n, method="delta"), _words(share.value, value)


def _smoothed(figure: Figure, z: float) -> tuple[float, float]:
    assert figure.value is not None  # noqa: S101 - the caller has checked; this tells the type checker
    trials = figure.n + z * z
    return (figure.value * figure.n + z * z / 2) / trials, trials


def _words(said: float, value: float) -> str:
    if abs(said - value) < 0.005:
        return "The judge's errors cancel: the correction changes nothing to speak of."
    how = "too often" if said > value else "too seldom"
    return f"The judge says yes {how}: {said:.1%} against {value:.1%} corrected."
