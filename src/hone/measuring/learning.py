"""How a judge of one's own grows with what it learns from, and what more ratings would be worth.

Of each draw a fifth of the units is held out; so many replies of the others, drawn at random, are learnt from, and
signals and penalty chosen on these alone. The curve is drawn on in two forms, a - b/√n and a - b/n, between which
errors of regularised fits commonly fall. The range between them is no interval: one is not known, as draws share
replies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.judging.saved_judge import SIGNALS, Signal
from hone.measuring.rated_replies import RatedReplies, ReplyFeatures
from hone.stats import BootstrapOptions, paired_agreement
from hone.stats.logistic import fit_levels
from hone.stats.nested import chosen_model, folds_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
SIZES = (50, 100, 200, 400)
MORE = 50
"""How many more ratings are asked about."""
_FORMS = (0.5, 1.0)
_LEAST = 3
"""Points under which the curve is not drawn on."""


@dataclass(frozen=True)
class CurvePoint:
    """What so many rated replies come to."""

    ratings: int
    value: float
    """The mean agreement with people on what was held out, over draws."""
    deviation: float
    """The standard deviation over draws."""


@dataclass(frozen=True)
class LearningCurve:
    """The curve of one criterion."""

    rated: int
    """How many rated replies there are."""
    points: tuple[CurvePoint, ...]
    draws: int
    gain: tuple[float, float] | None = None
    """What `MORE` ratings more would add, by the two forms, lower first."""
    at_twice: tuple[float, float] | None = None
    """What twice as many would come to, by the two forms, lower first."""

    @property
    def words(self) -> str:
        """What more ratings would be worth."""
        if self.gain is None or self.at_twice is None:
            least = round(SIZES[_LEAST - 1] / 0.8)
            return (
                f"what {MORE} more rated replies would be worth is not known: the curve is drawn on from {least} "
                "rated replies or more"
            )
        if self.gain[1] <= 0:
            return f"more rated replies are not seen to help: the curve does not rise up to {self.points[-1].ratings}"
        low, high = self.gain
        return (
            f"{MORE} more rated replies would be worth {low:+.3f} to {high:+.3f}, and twice as many would come to "
            f"{self.at_twice[0]:.2f} to {self.at_twice[1]:.2f}, if the curve goes on as 1/n or 1/√n; no interval of "
            "that is known"
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        drawn_on = {"gain": self.gain, "at_twice": self.at_twice, "words": self.words}
        return {"points": [vars(one) for one in self.points], "draws": self.draws} | drawn_on


def learning_curve(
    rated: RatedReplies, units: Integers, *, signals: Sequence[Signal] = SIGNALS, draws: int = 5, seed: int = 0
) -> LearningCurve:
    """The learning curve of one criterion.

    Args:
        rated: The rated replies.
        units: What is held out together, shape (replies,).
        signals: What may be read.
        draws: How often the replies are drawn for each size.
        seed: Of the draws.
    """
    features = ReplyFeatures(rated, signals)
    found: dict[int, list[float]] = {}
    for draw in range(draws):
        asked = folds_of(units, 5, seed + draw) == 0
        order = np.random.default_rng([seed, draw]).permutation(np.flatnonzero(~asked))
        for size in SIZES:
            if size <= len(order):
                value = _learnt(features, rated, np.sort(order[:size]), np.flatnonzero(asked), units)
                found.setdefault(size, []).extend([] if value is None else [value])
    points = tuple(
        CurvePoint(size, float(np.mean(values)), float(np.std(values, ddof=1)))
        for size, values in found.items()
        if len(values) > 1
    )
    if len(points) < _LEAST:
        return LearningCurve(len(units), points, draws)
    gains, twice = zip(*(_drawn_on(points, len(units), power) for power in _FORMS), strict=True)
    return LearningCurve(len(units), points, draws, (min(gains), max(gains)), (min(twice), max(twice)))


def _learnt(
    features: ReplyFeatures, rated: RatedReplies, known: Integers, asked: Integers, units: Integers
) -> float | None:
    """The agreement on what is asked of a judge that knows these replies; none where it is undefined."""
    recipes, shares = list(features.candidates().values()), rated.shares
    best = chosen_model(recipes, shares, known, units, folds=3)
    made, learnt = recipes[best.recipe](known), shares.at(known)
    model = fit_levels(made[known], learnt.targets, learnt.weights, best.penalty, shares.directions)
    scores = rated.scores(model.probabilities(made[asked]))
    options = BootstrapOptions(resamples=100)
    return paired_agreement(scores, scores, rated.people[asked], rated.scale.level, options=options).first.value


def _drawn_on(points: Sequence[CurvePoint], rated: int, power: float) -> tuple[float, float]:
    """What `MORE` ratings more would add, and what twice as many would come to, where the error falls as n^-power."""
    at = np.array([one.ratings for one in points], dtype=np.float64) ** -power
    design = np.stack([np.ones(len(at)), -at], axis=1)
    (top, slope), *_ = np.linalg.lstsq(design, np.array([one.value for one in points]), rcond=None)
    gain = slope * (rated**-power - (rated + MORE) ** -power)
    return float(gain), float(min(1.0, top - slope * (2 * rated) ** -power))
