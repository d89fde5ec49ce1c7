"""A probability for each level from a few features: multinomial logistic regression with an L2 penalty.

Targets are distributions over levels, such as the shares of raters, so that what is learnt is the log loss of the
raters themselves. Of unordered levels each has weights of its own. Of ordered ones one set of weights moves a reply
along the levels, in equal steps of the log odds of neighbours (adjacent-categories logits: A. Agresti, Analysis of
Ordinal Categorical Data, 2nd ed. (2010), section 4.1). Both losses are convex, so that there is one answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.optimize import minimize

from hone.errors import StatsError
from hone.stats.arrays import Floats

_OF_BIAS = 1e-3
"""The penalty on the intercepts, so that a level that nobody gave has a finite one."""


class Features(Protocol):
    """Numbers, a row an item: an array, or a sparse matrix of scipy."""

    @property
    def shape(self) -> Any:
        """Rows and columns."""

    def __getitem__(self, rows: Any, /) -> Any:
        """Some of the rows."""

    def __matmul__(self, other: Any, /) -> Any:
        """The product with a dense array."""


@dataclass(frozen=True)
class LevelModel:
    """A fitted model."""

    weights: Floats
    """Shape (features, directions)."""
    intercepts: Floats
    """Shape (levels,)."""
    directions: Floats
    """By how much a reply's place along each direction moves the log odds of each level, (levels, directions)."""

    def probabilities(self, features: Features) -> Floats:
        """The probability of each level, shape (items, levels); each row sums to 1."""
        return np.exp(_log_shares(np.asarray(features @ self.weights) @ self.directions.T + self.intercepts))


def _log_shares(scores: Floats) -> Floats:
    """The logs of the shares that scores come to, shape (items, levels); scipy's own is slower on so few levels."""
    lowered = scores - scores.max(axis=1, keepdims=True)
    found: Floats = lowered - np.log(np.exp(lowered).sum(axis=1, keepdims=True))
    return found


def directions_of(levels: int, *, ordered: bool) -> Floats:
    """Along what a reply moves: one direction through ordered levels, else one for each; (levels, directions)."""
    if not ordered and levels > 2:
        return np.eye(levels)
    return np.linspace(-1, 1, levels)[:, None]


def fit_levels(
    features: Features, targets: Floats, weights: Floats, penalty: float, directions: Floats
) -> LevelModel:
    """Fit by maximum likelihood with an L2 penalty.

    Args:
        features: Shape (items, features), each of about the same spread.
        targets: The share of each level, rows summing to 1, shape (items, levels).
        weights: What each item counts, shape (items,).
        penalty: Half of it times the sum of squared weights is added to the summed log loss.
        directions: See `directions_of`.

    Raises:
        StatsError: There is no item.
    """
    count, size = features.shape
    if not count:
        raise StatsError("there are no ratings to learn from")
    levels, ways = directions.shape
    total = float(weights.sum())
    transposed = np.ascontiguousarray(features.T) if isinstance(features, np.ndarray) else features[:].T.tocsr()

    def loss(flat: Floats) -> tuple[float, Floats]:
        slopes, bias = flat[: size * ways].reshape(size, ways), flat[size * ways :]
        logs = _log_shares(np.asarray(features @ slopes) @ directions.T + bias)
        missed = (np.exp(logs) - targets) * weights[:, None]
        value = -float((targets * logs).sum(axis=1) @ weights)
        value += penalty / 2 * float((slopes**2).sum()) + _OF_BIAS / 2 * float(bias @ bias)
        slope = np.asarray(transposed @ (missed @ directions)) + penalty * slopes
        return value / total, np.concatenate([slope.ravel(), missed.sum(axis=0) + _OF_BIAS * bias]) / total

    found = minimize(loss, np.zeros(size * ways + levels), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return LevelModel(found.x[: size * ways].reshape(size, ways), found.x[size * ways :], directions)
