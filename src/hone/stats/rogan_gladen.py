"""A share of "yes" from a judge that errs, corrected by how often it errs on the items that people rated.

Source: W. J. Rogan and B. Gladen, Am. J. Epidemiol. 107 (1978), 71-76; the interval is theirs (delta method), with
the three shares pulled towards one half by z^2/2 successes and failures (A. Agresti and B. A. Coull, Am. Stat. 52
(1998), 119-126) so that a judge without an observed error is not taken to be without error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

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

    def without_intervals(self, reason: str) -> CorrectedShare:
        """The same without the intervals that rest on the rated items, where these are not independent.

        Args:
            reason: Why there are none.
        """
        bare = [
            figure if figure.value is None else replace(figure, low=None, high=None, reason=reason)
            for figure in (self.corrected, self.sensitivity, self.specificity)
        ]
        if bare[0].value is None:
            words = "Not to be corrected."
        else:
            words = f"It has no interval ({reason}), so the judge is {_NOT_SHOWN}."
        return CorrectedShare(bare[0], self.judge_only, bare[1], bare[2], words)


_NOT_SHOWN = "not shown to say yes too often or too seldom"


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
        return undefined(share.n, "the judge tells yes from no no better than chance"), _no_better(
            sensitivity, specificity
        )
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
    corrected = Figure(value, low, high, share.n, method="delta")
    return corrected, _words(share.value, value, low, high)


def _no_better(sensitivity: Figure, specificity: Figure) -> str:
    """What a judge does that says yes no more often where people do: surely less often where its intervals say so."""
    if sensitivity.high is not None and specificity.high is not None and sensitivity.high < 1 - specificity.high:
        return "The judge's yes and no run against people's: are they the other way round?"
    return "The judge is not shown to tell yes from no, so nothing is corrected."


def _smoothed(figure: Figure, z: float) -> tuple[float, float]:
    assert figure.value is not None  # noqa: S101 - the caller has checked; this tells the type checker
    trials = figure.n + z * z
    return (figure.value * figure.n + z * z / 2) / trials, trials


def _words(said: float, value: float, low: float, high: float) -> str:
    """What the correction shows: a judge that errs one way only where the interval leaves out the judge's share."""
    shares = f"{said:.1%} against {value:.1%} corrected"
    if said > high:
        return f"The judge says yes too often: {shares}."
    if said < low:
        return f"The judge says yes too seldom: {shares}."
    return f"The judge is {_NOT_SHOWN}: {shares}, whose interval holds both."
