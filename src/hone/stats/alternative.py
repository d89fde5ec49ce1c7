"""The alternative annotator test: may a judge take a person's place?

Source: N. Calderon, R. Reichart and R. Dror, The Alternative Annotator Test for LLM-as-a-Judge, ACL 2025, section
3. Each person in turn is left out; on every item, who is nearer to the other people, the judge or that person? The
judge wins against a person when its advantage, plus the allowance epsilon, is significantly larger than theirs (a
one-sided test, Benjamini-Yekutieli over people), and passes when it wins against at least half of them.

The paper takes Wilcoxon's signed-rank test below 30 items. On differences of -1, 0 or 1 that test rejects a true
hypothesis far more often than it says. So up to 200 items the exact distribution of their sum is taken here, at the
share of ties that is the hardest to reject within a 99.9% interval of that share, whose 0.1% is added (R. L. Berger
and D. D. Boos, JASA 89 (1994), 1012-1016); above, the paper's t test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, stdtr

from hone.errors import StatsError
from hone.stats.alpha import Level
from hone.stats.arrays import Floats, Numbers, as_scores, divide
from hone.stats.multiplicity import benjamini_yekutieli

EPSILON = 0.15
"""The paper's allowance for skilled raters; it advises 0.2 for experts and 0.1 for crowd workers."""
_LEFT_OUT = 0.001
"""What the interval of the share of ties leaves out."""
_EXACT = 200
"""Up to so many items the exact distribution is used."""
_ENOUGH = 30
"""With fewer items a person the test's answer is not told."""


@dataclass(frozen=True)
class AgainstPerson:
    """The judge against one person, both seen by the others."""

    rater: str
    n: int
    judge_advantage: float
    """How often the judge is at least as near to the others as the person is."""
    person_advantage: float
    """How often the person is at least as near as the judge."""
    p_value: float
    p_adjusted: float
    won: bool


@dataclass(frozen=True)
class AlternativeTest:
    """The result of the test."""

    winning_rate: float
    """The share of people against whom the judge wins."""
    advantage: float
    """The average advantage probability: how often the judge is at least as near to the others as a person is."""
    epsilon: float
    passed: bool
    """Whether the winning rate is at least one half."""
    people: tuple[AgainstPerson, ...]

    @property
    def trusted(self) -> bool:
        """Whether there are the three people that the paper asks for, and 30 items of each."""
        return len(self.people) >= 3 and all(person.n >= _ENOUGH for person in self.people)


def alternative_annotator_test(
    people: Numbers,
    judge: Numbers,
    level: Level,
    raters: Sequence[str] | None = None,
    epsilon: float = EPSILON,
    significance: float = 0.05,
) -> AlternativeTest | None:
    """Test whether a judge may take a person's place.

    Args:
        people: Ratings, NaN where missing, shape (items, raters).
        judge: The judge's scores, shape (items,).
        level: `nominal` counts equal labels; the others take the root mean squared distance.
        raters: The people's names; numbers when absent.
        epsilon: The allowance for what a judge saves.
        significance: The rate of false discoveries to keep to.

    Returns:
        The result, or none where no person shares two items with the judge and another person.

    Raises:
        StatsError: The shapes do not fit, or epsilon is outside 0 to 1.
    """
    ratings, scores = as_scores(people, "people's ratings", 2), as_scores(judge, "the judge's scores", 1)
    if len(ratings) != len(scores) or not 0 <= epsilon <= 1:
        raise StatsError("the judge needs a score (or NaN) for each item, and epsilon a value from 0 to 1")
    names = list(raters) if raters is not None else [str(number) for number in range(ratings.shape[1])]
    pairs = [(name, *_indicators(ratings, scores, person, level)) for person, name in enumerate(names)]
    usable = [(name, judge_wins, person_wins) for name, judge_wins, person_wins in pairs if len(judge_wins) >= 2]
    if not usable:
        return None
    p_values = [_p_value(person_wins - judge_wins, epsilon) for _, judge_wins, person_wins in usable]
    adjusted = benjamini_yekutieli(p_values)
    results = tuple(
        AgainstPerson(name, len(f), float(f.mean()), float(h.mean()), p, float(q), bool(q <= significance))
        for (name, f, h), p, q in zip(usable, p_values, adjusted, strict=True)
    )
    rate = float(np.mean([result.won for result in results]))
    advantage = float(np.mean([result.judge_advantage for result in results]))
    return AlternativeTest(rate, advantage, epsilon, rate >= 0.5, results)


def _indicators(ratings: Floats, scores: Floats, person: int, level: Level) -> tuple[Floats, Floats]:
    others = np.delete(ratings, person, axis=1)
    kept = ~np.isnan(scores) & ~np.isnan(ratings[:, person]) & ~np.isnan(others).all(axis=1)
    judged = _alignment(scores[kept], others[kept], level)
    own = _alignment(ratings[kept, person], others[kept], level)
    return (judged >= own - 1e-12).astype(np.float64), (own >= judged - 1e-12).astype(np.float64)


def _alignment(scores: Floats, others: Floats, level: Level) -> Floats:
    """How near a score is to the other people's, shape (items,); higher is nearer."""
    given = ~np.isnan(others)
    count = given.sum(axis=1).astype(np.float64)
    if level == "nominal":
        return divide((scores[:, None] == others).sum(axis=1).astype(np.float64), count)
    squares = np.where(given, (scores[:, None] - others) ** 2, 0.0)
    return -np.sqrt(divide(squares.sum(axis=1), count))


def _p_value(differences: Floats, epsilon: float) -> float:
    """One-sided: is the mean of person minus judge below epsilon?"""
    n = len(differences)
    if n <= _EXACT:
        return _exact(round(float(differences.sum())), int((differences != 0).sum()), n, epsilon)
    centre, spread = float(differences.mean()), float(differences.std(ddof=1))
    if spread == 0:
        return 0.0 if centre < epsilon else 1.0
    return float(stdtr(n - 1, (centre - epsilon) / (spread / np.sqrt(n))))


def _exact(total: int, apart: int, n: int, epsilon: float) -> float:
    """The chance of a sum this low where the true mean is epsilon, whatever the true share of ties.

    Args:
        total: The sum of the differences, each -1, 0 or 1.
        apart: How many of them are no tie.
        n: How many differences.
        epsilon: Their mean under the hypothesis.
    """
    low = float(betaincinv(apart, n - apart + 1, _LEFT_OUT / 2)) if apart else 0.0
    high = float(betaincinv(apart + 1, n - apart, 1 - _LEFT_OUT / 2)) if apart < n else 1.0
    shares = np.linspace(max(low, epsilon, 1e-9), max(high, epsilon, 1e-9), 33)
    chances = np.stack([(shares - epsilon) / 2, 1 - shares, (shares + epsilon) / 2], axis=1)
    waves = np.fft.rfft(chances, 2 * n + 1, axis=1) ** n
    sums = np.fft.irfft(waves, 2 * n + 1, axis=1)[:, : total + n + 1].sum(axis=1)
    return float(np.clip(sums.max() + _LEFT_OUT, 0.0, 1.0))
