"""How much each criterion counts in people's overall rating: weights of 0 or more, and what each is shown to add.

Each rater's overall ratings are explained by the same rater's ratings of the criteria, with a level of each rater's
own, by least squares with weights of 0 or more (C. L. Lawson and R. J. Hanson, Solving Least Squares Problems (1974),
chapter 23). At 0 neither the bootstrap nor a normal interval of such a weight holds (D. W. K. Andrews, Econometrica
68 (2000), 399-405). So what a criterion adds is read off the plain regression, whose weights may be negative: its
interval is the cluster jackknife's (B. Efron and C. Stein, Ann. Stat. 9 (1981), 586-596; A. C. Cameron and D. L.
Miller, J. Hum. Resour. 50 (2015), 317-372), widened so that those of all criteria hold together (Bonferroni), and cut
at 0. That a criterion adds nothing is said only where the interval lies below the margin; else it is not shown to
add.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.optimize import lsq_linear
from scipy.special import stdtrit

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers, Numbers, as_clusters, as_scores
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.figure import Figure
from hone.stats.paired import PairedDifference, paired_means

Adding = Literal["adds", "adds little", "adds nothing", "not shown", "against"]
"""What a criterion is shown to do to the overall rating, beyond the other criteria."""
MARGIN_OF_WEIGHT = 0.1
"""A criterion whose best level moves the overall rating by less than this share of its scale adds next to nothing."""
_EACH = 10
"""Items for each criterion below which weights are hardly worth a look (F. E. Harrell, Regression Modeling Strategies
(2001), section 4.4)."""
_FOLDS = 10


@dataclass(frozen=True)
class OverallRatings:
    """Overall ratings beside those of the criteria, by the same rater of the same item."""

    overall: Numbers
    """Shape (rows,); as shares of its scale, from 0 (worst) to 1."""
    criteria: Mapping[str, Numbers]
    """By name, the same, shape (rows,)."""
    raters: Sequence[str]
    """Whose each row is."""
    clusters: Sequence[object]
    """The item, or the group of items, of each row."""
    weights: Numbers | None = None
    """How much each row counts; all alike when absent."""


@dataclass(frozen=True)
class CriterionWeight:
    """One criterion's weight."""

    figure: Figure
    """By how much of its scale the overall rating rises from the criterion's worst level to its best, other criteria
    being equal; 0 or more. The interval holds together with those of the other criteria."""
    share: float | None
    """Of the sum of all weights; none where all are 0."""
    adding: Adding

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {**self.figure.as_dict(), "share": self.share, "adding": self.adding}


@dataclass(frozen=True)
class CriterionWeights:
    """All criteria's weights, and whether they are worth having."""

    criteria: Mapping[str, CriterionWeight]
    rows: int
    clusters: int
    explained: float | None
    """Of the variance of the overall ratings around each rater's mean, the share that the weights explain on items
    that they were not fitted to; none where the overall ratings do not vary. It can be below 0."""
    beside_equal: PairedDifference
    """The mean squared error on such items, of fitted weights (first) and of equal ones (second)."""
    margin: float
    few: bool
    """Whether there are fewer than 10 items for each criterion."""

    @property
    def better_than_equal(self) -> bool:
        """Whether the weights are shown to predict the overall rating better than equal ones."""
        high = self.beside_equal.difference.high
        return high is not None and high < 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {
            "criteria": {name: one.as_dict() for name, one in self.criteria.items()},
            "rows": self.rows,
            "clusters": self.clusters,
            "explained": self.explained,
            "squared_error": self.beside_equal.first.as_dict(),
            "squared_error_of_equal_weights": self.beside_equal.second.as_dict(),
            "difference": self.beside_equal.difference.as_dict(),
            "better_than_equal": self.better_than_equal,
            "margin": self.margin,
        }


@dataclass(frozen=True)
class _Rows:
    design: Floats
    """Criteria first, then one column a rater; shape (rows, columns)."""
    overall: Floats
    unit: Integers
    weights: Floats
    count: int
    """How many criteria."""

    def chosen(self, rows: Floats | Integers) -> _Rows:
        return _Rows(self.design[rows], self.overall[rows], self.unit[rows], self.weights[rows], self.count)


def criterion_weights(
    ratings: OverallRatings, margin: float = MARGIN_OF_WEIGHT, options: BootstrapOptions | None = None
) -> CriterionWeights:
    """Fit the weights.

    Args:
        ratings: What is explained, and by what.
        margin: Below which a weight is next to nothing.
        options: The confidence; the resamples of the comparison with equal weights; and the seed, also of the folds.

    Raises:
        StatsError: Shapes do not fit, there is no criterion, or there are too few items for so many criteria.
    """
    options = options or BootstrapOptions()
    rows = _rows(ratings)
    units = int(rows.unit.max(initial=-1)) + 1
    least = rows.design.shape[1] + 2
    if units < least:
        raise StatsError(
            f"{units} rated items (or groups of them) are too few for the weights of "
            f"{'1 criterion' if rows.count == 1 else f'{rows.count} criteria'}; it takes {least}"
        )
    plain, errors = _plain(rows, units)
    fitted = _nonnegative(rows)
    total = float(fitted.sum())
    confidence = 1 - (1 - options.confidence) / rows.count
    half = float(stdtrit(units - 1, (1 + confidence) / 2)) * errors
    found = {
        name: CriterionWeight(
            _figure(float(fitted[at]), float(plain[at]), float(half[at]), units),
            float(fitted[at]) / total if total > 0 else None,
            _adding(float(plain[at]), float(half[at]), margin),
        )
        for at, name in enumerate(ratings.criteria)
    }
    predicted = _held_out(rows, units, options.seed)
    missed = [(rows.overall - one) ** 2 for one in predicted]
    beside = paired_means(missed[0], missed[1], [str(one) for one in rows.unit.tolist()], options)
    explained = _explained(rows, missed[0])
    return CriterionWeights(found, len(rows.overall), units, explained, beside, margin, units < _EACH * rows.count)


def _rows(ratings: OverallRatings) -> _Rows:
    overall = as_scores(ratings.overall, "overall ratings", 1)
    criteria = [as_scores(one, f"ratings of {name!r}", 1) for name, one in ratings.criteria.items()]
    count = len(overall)
    if not criteria or any(len(one) != count for one in (*criteria, ratings.raters)):
        raise StatsError("give at least one criterion, and a rater and a rating of each criterion for each row")
    every = np.stack([overall, *criteria], axis=1)
    if np.isnan(every).any():
        raise StatsError("weights need rows with an overall rating and one of each criterion")
    unit = as_clusters(ratings.clusters, count)
    assert unit is not None  # noqa: S101 - clusters were given; this tells the type checker
    weights = np.ones(count) if ratings.weights is None else as_scores(ratings.weights, "weights", 1)
    names, place = np.unique(list(ratings.raters), return_inverse=True)
    levels = (place[:, None] == np.arange(len(names))).astype(np.float64)
    return _Rows(np.concatenate([every[:, 1:], levels], axis=1), overall, unit, weights, len(criteria))


def _plain(rows: _Rows, units: int) -> tuple[Floats, Floats]:
    """The weights of plain least squares, and their standard errors; infinite where they cannot be told apart."""
    columns = rows.design.shape[1]
    products, sums = np.zeros((units, columns, columns)), np.zeros((units, columns))
    weighted = rows.design * rows.weights[:, None]
    np.add.at(products, rows.unit, weighted[:, :, None] * rows.design[:, None, :])
    np.add.at(sums, rows.unit, weighted * rows.overall[:, None])
    whole, total = products.sum(axis=0), sums.sum(axis=0)
    inverse = np.linalg.pinv(whole, hermitian=True)
    # A criterion that others determine has no weight of its own: it is not within the rows' span.
    own = np.abs(np.diag(inverse @ whole)[: rows.count] - 1) < 1e-6
    left_out = np.stack(
        [np.linalg.pinv(whole - products[unit], hermitian=True) @ (total - sums[unit]) for unit in range(units)]
    )
    gaps = left_out - left_out.mean(axis=0)
    errors = np.sqrt((units - 1) / units * (gaps**2).sum(axis=0))[: rows.count]
    plain: Floats = (inverse @ total)[: rows.count]
    return plain, np.where(own, errors, np.inf)


def _nonnegative(rows: _Rows) -> Floats:
    """The weights of 0 or more; the raters' levels may be anything."""
    found = _fit(rows)
    weights: Floats = np.maximum(found[: rows.count], 0.0)
    return weights


def _fit(rows: _Rows) -> Floats:
    roots = np.sqrt(rows.weights)
    low = np.where(np.arange(rows.design.shape[1]) < rows.count, 0.0, -np.inf)
    found: Floats = lsq_linear(rows.design * roots[:, None], rows.overall * roots, (low, np.inf), "bvls").x
    return found


def _equal(rows: _Rows) -> _Rows:
    """The same with the mean of the criteria in place of each."""
    mean = rows.design[:, : rows.count].mean(axis=1, keepdims=True)
    design = np.concatenate([mean, rows.design[:, rows.count :]], axis=1)
    return _Rows(design, rows.overall, rows.unit, rows.weights, 1)


def _held_out(rows: _Rows, units: int, seed: int) -> tuple[Floats, Floats]:
    """What fitted and equal weights predict for each row from the other folds; whole items or groups are held out."""
    fold = np.random.default_rng(seed).permutation(units) % min(_FOLDS, units)
    both = (rows, _equal(rows))
    predicted = np.zeros((2, len(rows.overall)))
    for number in range(int(fold.max()) + 1):
        outside = np.flatnonzero(fold[rows.unit] == number)
        inside = np.flatnonzero(fold[rows.unit] != number)
        for side, one in enumerate(both):
            known = one.chosen(inside)
            found = _fit(known)
            predicted[side, outside] = one.design[outside] @ _with_strangers(found, known)
    return predicted[0], predicted[1]


def _with_strangers(found: Floats, known: _Rows) -> Floats:
    """The fit with the mean level of the others for a rater of whom no row was known."""
    levels, seen = found[known.count :], known.design[:, known.count :].any(axis=0)
    filled: Floats = np.concatenate([found[: known.count], np.where(seen, levels, levels[seen].mean())])
    return filled


def _explained(rows: _Rows, missed: Floats) -> float | None:
    levels = rows.design[:, rows.count :]
    means = (levels.T @ (rows.weights * rows.overall)) / np.maximum(levels.T @ rows.weights, 1e-12)
    spread = float(rows.weights @ (rows.overall - levels @ means) ** 2)
    return 1 - float(rows.weights @ missed) / spread if spread > 1e-12 else None


def _figure(fitted: float, plain: float, half: float, units: int) -> Figure:
    """The weight with the plain regression's interval, cut at 0 and reaching to the weight itself."""
    if not np.isfinite(half):
        return Figure(
            fitted, None, None, units, "the other criteria determine it, so that it has no weight of its own"
        )
    low, high = max(plain - half, 0.0), max(plain + half, 0.0)
    return Figure(fitted, min(low, fitted), max(high, fitted), units, method="jackknife")


def _adding(plain: float, half: float, margin: float) -> Adding:
    if not np.isfinite(half):
        return "not shown"
    low, high = plain - half, plain + half
    if high < 0:
        return "against"
    if low > 0:
        return "adds" if high >= margin else "adds little"
    return "adds nothing" if high < margin else "not shown"
