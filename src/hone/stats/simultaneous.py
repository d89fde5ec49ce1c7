"""Several figures at once: intervals that hold together, and tiers in place of a ranking.

Of 33 judges that are as good as people, one or two lie beyond a 95% interval by chance alone. So the intervals of all
gaps that are shown are widened together until, in 95 of 100 files, every one of them holds. How far follows from the
largest deviation among them on each of the shared resamples, each in its own standard errors (max-T: P. H. Westfall
and S. S. Young, Resampling-Based Multiple Testing, Wiley 1993, section 2.3), so that figures that move together cost
little. Tiers follow from the same over all pairs of judges (J. C. Hsu, Multiple Comparisons, Chapman and Hall 1996,
chapters 4 and 5).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from hone.stats.arrays import Floats
from hone.stats.bootstrap import Draws, Key, expanded
from hone.stats.figure import Figure
from hone.stats.unseen import SAME

Tiers = tuple[tuple[str, ...], ...]
"""Names, best first: those of one tier are not told apart from its first."""


def joint_confidence(draws: Draws, keys: Sequence[Key]) -> float:
    """The confidence of each interval at which all of them hold together as often as one alone should.

    Args:
        draws: The shared resamples.
        keys: Which statistics are shown beside each other; those without a value do not count.
    """
    places = [draws.columns[key][0] for key in keys if key in draws.columns and np.isfinite(draws.value(key))]
    if len(places) < 2:
        return draws.confidence
    farthest = _deviations(draws.resampled[:, places]).max(axis=1)
    return max(draws.confidence, _confidence(farthest, draws.confidence))


def widened(figure: Figure, draws: Draws, confidence: float) -> Figure:
    """The figure with its interval at a higher confidence.

    Its longer side stands for both: far out in the tail the shorter one is too short where a judge that was lucky
    has a small spread for the same reason. Without that, 9 of 60 files of 33 equal judges and 5 criteria held a false
    claim (`benchmarks/many_judges.py`). An interval that rests on what was not seen is stretched side by side.
    """
    if figure.value is None or figure.low is None or figure.high is None or confidence <= draws.confidence:
        return figure
    below, above = figure.value - figure.low, figure.high - figure.value
    if figure.method == "unseen":
        stretch = math.log(2 / (1 - confidence)) / math.log(2 / (1 - draws.confidence))
    else:
        stretch = expanded(draws.clusters, confidence) / expanded(draws.clusters, draws.confidence)
        below = above = max(below, above)
    return replace(figure, low=figure.value - stretch * below, high=figure.value + stretch * above)


def tiers_of(draws: Draws, shown: Mapping[str, Mapping[str, Key]]) -> dict[str, Tiers]:
    """Which judges are told apart, criterion by criterion, with one error rate for all pairs of all criteria.

    Args:
        draws: The shared resamples.
        shown: By criterion, the figure of each judge; higher is better.
    """
    known = {
        name: {judge: key for judge, key in keys.items() if key in draws.columns and np.isfinite(draws.value(key))}
        for name, keys in shown.items()
    }
    farthest = np.zeros(len(draws.resampled))
    spreads: dict[str, Floats] = {}
    for name, keys in known.items():
        values = draws.resampled[:, [draws.columns[key][0] for key in keys.values()]]
        spreads[name] = np.zeros((len(keys), len(keys)))
        for one in range(len(keys) - 1):
            differences = values[:, one, None] - values[:, one + 1 :]
            farthest = np.maximum(farthest, _deviations(differences).max(axis=1))
            spreads[name][one, one + 1 :] = spreads[name][one + 1 :, one] = np.nan_to_num(_spread(differences))
    if not farthest.any():
        return {}
    confidence = max(draws.confidence, _confidence(farthest, draws.confidence))
    reach = expanded(draws.clusters, confidence)
    return {name: _tiers(draws, keys, reach * spreads[name]) for name, keys in known.items() if len(keys) > 1}


def _tiers(draws: Draws, keys: Mapping[str, Key], reach: Floats) -> Tiers:
    judges, values = list(keys), np.array([draws.value(key) for key in keys.values()])
    left = sorted(range(len(judges)), key=lambda place: -values[place])
    tiers = []
    while left:
        first = left[0]
        tier = [place for place in left if values[first] - values[place] <= max(reach[first, place], SAME)]
        tiers.append(tuple(judges[place] for place in tier))
        left = [place for place in left if place not in tier]
    return tuple(tiers)


def _deviations(values: Floats) -> Floats:
    """How far each resample lies from the middle of its column, in the column's own standard errors."""
    spread = _spread(values)
    usable = spread > SAME
    centre = np.nanmean(values[:, usable], axis=0)
    found = np.zeros(values.shape)
    found[:, usable] = np.nan_to_num(np.abs(values[:, usable] - centre) / spread[usable])
    return found


def _spread(values: Floats) -> Floats:
    counts = np.isfinite(values).sum(axis=0)
    spread = np.zeros(values.shape[1])
    spread[counts > 1] = np.nanstd(values[:, counts > 1], axis=0)
    return spread


def _confidence(farthest: Floats, confidence: float) -> float:
    """The confidence of a normal interval that reaches as far as this share of the largest deviations."""
    return float(1 - 2 * (1 - ndtr(np.quantile(farthest, confidence))))
