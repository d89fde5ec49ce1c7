"""Influence functions of Spearman's rho and Kendall's tau-b: how much each row moves them.

With thousands of different scores a rank statistic is linear in how often each row counts, to an error that shrinks
as 1/n, faster than the interval (1/sqrt(n)). Sources: W. Hoeffding, Ann. Math. Stat. 19 (1948), 293-325, section 5
(U- statistics as sums); C. Croux and C. Dehon, Stat. Methods Appl. 19 (2010), 497-515 (influence of both
correlations).
"""

from __future__ import annotations

import numpy as np

from hone.stats.arrays import Floats, Integers

PARTNERS = 2000
"""Kendall's influence of a row is its mean concordance with at most so many other rows, evenly chosen."""


def rank_influences(x: Floats, y: Floats, copies: Floats | Integers) -> tuple[Floats, Floats]:
    """Spearman's rho, Kendall's tau-b, and what each row adds to them.

    Args:
        x: Left scores, none missing, shape (rows,).
        y: Right scores.
        copies: How many items each row stands for, or how much it weighs.

    Returns:
        The two values, shape (2,), exact; and the influences, shape (rows, 2), with a mean of 0 over items.
    """
    rho, rho_influence = _spearman(x, y, copies)
    tau, tau_influence = _kendall(x, y, copies)
    return np.array([rho, tau]), np.stack([rho_influence, tau_influence], axis=1)


def _spearman(x: Floats, y: Floats, copies: Floats | Integers) -> tuple[float, Floats]:
    share = copies / copies.sum()
    u, v = _position(x, share), _position(y, share)
    spread_u, spread_v = float(share @ u**2), float(share @ v**2)
    scale = np.sqrt(spread_u * spread_v)
    if scale < 1e-12:
        return float("nan"), np.zeros(len(x))
    rho = float(share @ (u * v)) / scale
    together = u * v + _above(x, share * v) + _above(y, share * u)
    own = (u**2 + 2 * _above(x, share * u)) / spread_u + (v**2 + 2 * _above(y, share * v)) / spread_v
    influence = together / scale - rho / 2 * own
    return rho, influence - float(share @ influence)


def _position(scores: Floats, share: Floats) -> Floats:
    """The share of items below each row (ties by half), minus one half."""
    return 0.5 - _above(scores, share)


def _above(scores: Floats, amounts: Floats) -> Floats:
    """The sum of the amounts of rows with a higher score than each row's, ties by half."""
    levels, place = np.unique(scores, return_inverse=True)
    sums = np.bincount(place, weights=amounts, minlength=len(levels))
    above: Floats = (sums.sum() - np.cumsum(sums) + sums / 2)[place]
    return above


def _kendall(x: Floats, y: Floats, copies: Floats | Integers) -> tuple[float, Floats]:
    share = copies / copies.sum()
    counted = np.issubdtype(copies.dtype, np.integer)
    concordance, untied_x, untied_y = _against_partners(x, y, share, PARTNERS if counted else len(x))
    centre, mean_x, mean_y = float(share @ concordance), float(share @ untied_x), float(share @ untied_y)
    scale = np.sqrt(mean_x * mean_y)
    if scale < 1e-12:
        return float("nan"), np.zeros(len(x))
    tau = centre / scale
    ties = (untied_x - mean_x) / mean_x + (untied_y - mean_y) / mean_y
    influence = 2 * ((concordance - centre) / scale - tau / 2 * ties)
    return (_exact_tau(x, y, copies.astype(np.int64)) if counted else tau), influence


def _exact_tau(x: Floats, y: Floats, copies: Integers) -> float:
    from scipy.stats import kendalltau  # noqa: PLC0415 - scipy.stats takes a second to load; few sets need it

    return float(kendalltau(np.repeat(x, copies), np.repeat(y, copies)).statistic)


def _against_partners(x: Floats, y: Floats, share: Floats, most: int) -> tuple[Floats, Floats, Floats]:
    chosen = np.arange(0, len(x), -(-len(x) // most))
    weight = share[chosen] / share[chosen].sum()
    result = np.empty((3, len(x)))
    for start in range(0, len(x), 1000):
        rows = slice(start, start + 1000)
        sign_x = np.sign(x[rows, None] - x[None, chosen])
        sign_y = np.sign(y[rows, None] - y[None, chosen])
        result[:, rows] = (sign_x * sign_y) @ weight, np.abs(sign_x) @ weight, np.abs(sign_y) @ weight
    return result[0], result[1], result[2]
