"""The cluster bootstrap: every statistic of a plan on the same resamples, and intervals from them.

No Python loop runs over resamples. Clusters are drawn as counts; statistics are functions of count-weighted sums.
Sources: B. Efron, JASA 82 (1987), 171-185 (BCa); C. A. Field and A. H. Welsh, JRSS-B 69 (2007), 369-390 (clusters);
T. C. Hesterberg, Am. Stat. 69 (2015), 371-386 (expanded limits, since resamples of few clusters spread too little: G
clusters take t with G - 1 degrees of freedom times sqrt(G / (G - 1)) in place of the normal z).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import expit, ndtr, ndtri, stdtrit

from hone.errors import StatsError
from hone.stats.arrays import Floats, divide
from hone.stats.blocks import Block
from hone.stats.figure import Figure, undefined
from hone.stats.plan import ResamplePlan, pack_blocks
from hone.stats.proportion import wilson
from hone.stats.sampling import CHUNK, ClusterSampling
from hone.stats.unseen import SAME, flat_columns, unseen_values
from hone.stats.workers import seeded, spread_tasks

MOST_LEFT_OUT = 2000
"""With more units than this, BCa takes its acceleration from an even choice of about so many of them."""
LEAST_GROUPS = 5
"""With fewer groups no interval is given: those of 2 to 4 groups hold the truth in 38 to 78 of 100 draws."""
ROUGH_GROUPS = 15
"""With fewer groups, resamples spread too little: the interval is then at least as wide as that of the jackknife."""
_LEAST_DEFINED = 0.5
"""An interval needs at least this share of the resamples to give a value."""


Key = tuple[tuple[str, ...], str]
"""Where a statistic belongs, and its name."""


@dataclass(frozen=True)
class BootstrapOptions:
    """How intervals are made."""

    resamples: int = 10_000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        """Refuse settings that make no interval.

        Raises:
            StatsError: Fewer than 100 resamples, or a confidence outside (0, 1).
        """
        if self.resamples < 100:
            raise StatsError(f"{self.resamples} resamples are too few for an interval; ask for at least 100")
        if not 0 < self.confidence < 1:
            raise StatsError(f"a confidence of {self.confidence} is not between 0 and 1")


@dataclass(frozen=True)
class StatisticColumn:
    """What is known of one statistic besides its values."""

    n: int
    reason: str
    share: bool = False
    ends: tuple[float, float] | None = None
    """Between which it lies, where its interval is the jackknife's (`_stretched`)."""
    jackknifed: bool = False
    """Whether its interval is at least as wide as the jackknife's."""


@dataclass(frozen=True)
class Draws:
    """The statistics of all blocks: as observed, on each resample, and with each unit left out once."""

    columns: Mapping[Key, tuple[int, StatisticColumn]]
    """Where each statistic stands, by its key."""
    observed: Floats
    """Shape (statistics,)."""
    resampled: Floats
    """Shape (resamples, statistics)."""
    left_out: Floats
    """Shape (units, statistics)."""
    copies: Floats
    """How many clusters each left-out unit stands for, shape (units,)."""
    clusters: int
    """How many clusters each resample draws."""
    confidence: float
    grouped: bool = False
    """Whether a cluster is a group of items, not an item."""
    unseen: Mapping[int, Floats] = field(default_factory=dict)
    """By how many items a statistic rests on: every statistic, shape (cases, statistics), had these items missed as
    many as they may have (`unseen`). Only where some statistic of so many items is the same on every resample."""
    one_sided: Mapping[Key, tuple[bool, bool]] = field(default_factory=dict)
    """Of which statistics no item speaks for less, and of which none for more: resamples know no such item either."""

    def value(self, key: Key) -> float:
        """The observed value; NaN where undefined."""
        return float(self.observed[self.columns[key][0]])


def resample(
    blocks: Iterable[tuple[tuple[str, ...], Block]], sampling: ClusterSampling, options: BootstrapOptions
) -> Draws:
    """Compute every statistic of every block on the same resamples.

    Args:
        blocks: Each with a key, which blocks may share, taken one by one; a statistic's key is `(key, name)`.
        sampling: What is resampled.
        options: How often, from which seed.
    """
    keys: list[tuple[str, ...]] = []

    def each() -> Iterator[Block]:
        for key, block in blocks:
            keys.append(key)
            yield block

    steps = pack_blocks(each(), sampling)
    columns: dict[Key, tuple[int, StatisticColumn]] = {}
    for key, block in zip(keys, steps.blocks, strict=True):
        for name in block.names:
            share = sampling.single and sampling.mass is None and name in block.shares
            columns[(key, name)] = (len(columns), StatisticColumn(block.n, block.reason, share, block.ends.get(name)))
    observed = steps.values(sampling.copies.astype(np.float64)[None, :])[0]
    chunks = seeded(sampling, options.resamples, options.seed)
    resampled = np.concatenate(spread_tasks(lambda chunk: steps.values(sampling.draw(*chunk)), chunks))
    left_out, copies = _leave_out(steps, sampling)
    return Draws(
        columns, observed, resampled, left_out, copies, sampling.clusters, options.confidence, not sampling.single
    )


def _leave_out(steps: ResamplePlan, sampling: ClusterSampling) -> tuple[Floats, Floats]:
    """Leave out one cluster at a time: of every unit, or of an even choice of them where there are many."""
    units = len(sampling.copies)
    stride = -(-units // MOST_LEFT_OUT)
    size = max(1, min(500, CHUNK // units)) if steps.weighted else 500
    chosen = np.arange(0, units, stride)
    parts = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    return np.concatenate(spread_tasks(steps.left_out, parts)), (sampling.copies[chosen] * stride).astype(np.float64)


Recipe = Sequence[tuple[Key, Key | None]]
"""The mean of some statistics, or of differences: pairs of a key and the key to subtract (or none)."""


def combine(draws: Draws, recipes: Mapping[Key, tuple[Recipe, StatisticColumn]]) -> Draws:
    """Add statistics that are means of others (or of differences), over those parts that are defined as observed.

    Args:
        draws: The statistics so far.
        recipes: By key, what is averaged, and what else is to be known of the new statistic.
    """
    if not recipes:
        return draws
    columns = dict(draws.columns)
    parts: list[tuple[list[int], list[int]]] = []
    for key, (recipe, column) in recipes.items():
        columns[key] = (len(columns), column)
        parts.append(_defined(draws, recipe))

    def extend(values: Floats) -> Floats:
        added = [_mean(values, plus, minus) for plus, minus in parts]
        return np.concatenate([values, np.stack(added, axis=1)], axis=1)

    return Draws(
        columns,
        extend(draws.observed[None, :])[0],
        extend(draws.resampled),
        extend(draws.left_out),
        draws.copies,
        draws.clusters,
        draws.confidence,
        draws.grouped,
    )


def _defined(draws: Draws, recipe: Recipe) -> tuple[list[int], list[int]]:
    plus, minus = [], []
    for key, other in recipe:
        keys = [key] if other is None else [key, other]
        if all(part in draws.columns and np.isfinite(draws.value(part)) for part in keys):
            plus.append(draws.columns[key][0])
            if other is not None:
                minus.append(draws.columns[other][0])
    return plus, minus


def _mean(values: Floats, plus: list[int], minus: list[int]) -> Floats:
    terms = values[:, plus] - values[:, minus] if minus else values[:, plus]
    finite = np.isfinite(terms)
    return divide(np.where(finite, terms, 0.0).sum(axis=1), finite.sum(axis=1).astype(np.float64))


def figure_of(draws: Draws, key: Key) -> Figure:
    """The figure of one statistic: Wilson for a plain share, the jackknife where a block asks for it, else BCa."""
    place, column = draws.columns[key]
    value = float(draws.observed[place])
    if not np.isfinite(value):
        return undefined(column.n, column.reason)
    if column.share:
        return wilson(value * column.n, column.n, draws.confidence)
    resampled = draws.resampled[:, place]
    ordered = np.sort(resampled[np.isfinite(resampled)])
    if draws.clusters < 2:
        return Figure(value, None, None, column.n, "fewer than 2 clusters, so nothing to resample")
    if draws.grouped and draws.clusters < LEAST_GROUPS:
        few = f"{draws.clusters} groups are too few for an interval; it takes {LEAST_GROUPS}"
        return Figure(value, None, None, column.n, few)
    if len(ordered) < _LEAST_DEFINED * len(resampled):
        return Figure(value, None, None, column.n, "undefined on most resamples, so no interval")
    if ordered[-1] - ordered[0] < SAME:
        return _of_one_value(value, draws.unseen.get(column.n), place, column)
    stretched = _stretched(value, draws, place, column.ends) if column.ends else None
    z = expanded(draws.clusters, draws.confidence)
    shares = _bca_shares(value, ordered, draws.left_out[:, place], draws.copies, z)
    method = "percentile" if shares is None else "bca"
    low, high = np.quantile(ordered, shares or (ndtr(-z), ndtr(z)))
    if stretched is not None:
        (low, high), method = stretched, "jackknife"
    if stretched is None and (column.jackknifed or (draws.grouped and draws.clusters < ROUGH_GROUPS)):
        half = _jackknifed(draws.left_out[:, place], draws.copies, draws.confidence)
        if value - half < low or value + half > high:
            low, high, method = min(low, value - half), max(high, value + half), "jackknife"
    found = Figure(value, float(low), float(high), column.n, method=method)
    return _reaching(found, draws, key) if key in draws.one_sided else found


def _reaching(figure: Figure, draws: Draws, key: Key) -> Figure:
    """The figure with limits that reach to what was not seen, on the side that no item speaks for."""
    cases = draws.unseen[figure.n][:, draws.columns[key][0]] if figure.n in draws.unseen else np.empty(0)
    cases = cases[np.isfinite(cases)]
    if not len(cases) or figure.low is None or figure.high is None:
        return figure
    none_for_less, none_for_more = draws.one_sided[key]
    low = min(figure.low, float(cases.min())) if none_for_less else figure.low
    high = max(figure.high, float(cases.max())) if none_for_more else figure.high
    return replace(figure, low=low, high=high, method="unseen" if low < figure.low else figure.method)


def _stretched(value: float, draws: Draws, place: int, ends: tuple[float, float]) -> tuple[float, float] | None:
    """The jackknife's interval of a statistic that lies between two ends, taken on the logit scale, which has none.

    Near an end a statistic spreads the less the nearer it comes, so that a sample that was lucky also looks sure: of
    30 items BCa's intervals of AC2 held the truth in 91 of 100 draws, these in 94 (`docs/results/coverage.md`).
    Sources: the estimate less its bias by M. H. Quenouille, Biometrika 43 (1956), 353-360; its standard error with t
    by J. W. Tukey, Ann. Math. Stat. 29 (1958), 614; on a scale that evens out the spread by R. G. Miller, Biometrika
    61 (1974), 1-15.

    Returns:
        The limits; none where the statistic reaches an end, or where there are so many clusters that not each was
        left out, and BCa holds as well.
    """
    if draws.clusters > MOST_LEFT_OUT:
        return None
    low, high = ends
    shares = (np.append(draws.left_out[:, place], value) - low) / (high - low)
    if not np.isfinite(shares).all() or shares.min() <= SAME or shares.max() >= 1 - SAME:
        return None
    *left_out, observed = np.log(shares / (1 - shares)).tolist()
    mean = float(np.average(left_out, weights=draws.copies))
    centre = observed - (draws.clusters - 1) * (mean - observed)
    half = _jackknifed(np.array(left_out), draws.copies, draws.confidence)
    found = low + (high - low) * expit(np.array([centre - half, centre + half]))
    return min(value, float(found[0])), max(value, float(found[1]))


def _jackknifed(left_out: Floats, copies: Floats, confidence: float) -> float:
    """Half the width of the cluster jackknife's interval, with t for the few clusters; 0 where it has none.

    Source: B. Efron and C. Stein, Ann. Stat. 9 (1981), 586-596 (the jackknife's standard error, seldom too small);
    t with one degree of freedom fewer than clusters.

    Args:
        left_out: The values with each unit left out once, shape (units,).
        copies: How many clusters each unit stands for.
        confidence: How often such an interval holds the truth.
    """
    count = float(copies.sum())
    if not np.isfinite(left_out).all():
        return 0.0
    gaps = left_out - np.average(left_out, weights=copies)
    error = math.sqrt((count - 1) / count * float(copies @ gaps**2))
    return float(stdtrit(count - 1, (1 + confidence) / 2)) * error


def _of_one_value(value: float, unseen: Floats | None, place: int, column: StatisticColumn) -> Figure:
    """A figure that is the same whichever items are drawn: how far could those that were not seen move it?"""
    cases = np.empty(0) if unseen is None else unseen[:, place]
    cases = np.append(cases[np.isfinite(cases)], value)
    low, high = float(cases.min()), float(cases.max())
    if high - low < SAME:
        return Figure(value, None, None, column.n, "the same on every item, so no interval")
    return Figure(value, low, high, column.n, method="unseen")


def with_unseen(
    draws: Draws,
    blocks: Callable[[], Iterable[Block]],
    sampling: ClusterSampling,
    cases: int,
    recipes: Sequence[Callable[[Draws], Draws]] = (),
    aside: Callable[[Key], bool] | None = None,
) -> Draws:
    """Add what items that were not seen might do to statistics that are the same on every resample, or one-sided.

    Args:
        draws: All statistics.
        blocks: Makes the blocks of the draws anew, in their order, over the rows that were seen and `cases` more.
        sampling: What was seen.
        cases: How many made-up rows there are.
        recipes: What made the statistics behind those of the blocks, in order.
        aside: Statistics that need no interval.
    """
    flat = set(flat_columns(draws.resampled).tolist())
    ignored = {place for key, (place, _) in draws.columns.items() if aside is not None and aside(key)}
    counts = {
        column.n
        for place, column in draws.columns.values()
        if place in flat - ignored and column.n and not column.share
    }
    counts |= {draws.columns[key][1].n for key in draws.one_sided if draws.columns[key][1].n}
    if not counts or not cases or (draws.grouped and draws.clusters < LEAST_GROUPS):
        return draws
    ordered = sorted(counts)
    names, values = unseen_values(blocks(), sampling, cases, ordered, draws.confidence)
    few = dict(list(draws.columns.items())[: len(names)])
    if [name for _, name in few] != names:
        raise RuntimeError("the statistics of items that were not seen are others than those of the items")
    found = replace(
        draws, columns=few, observed=draws.observed[: len(few)], resampled=values, left_out=np.empty((0, len(few)))
    )
    for recipe in recipes:
        found = recipe(found)
    values = found.resampled.copy()
    values[:, sorted(ignored)] = np.nan
    parts = values.reshape(len(ordered), cases, -1)
    return replace(draws, unseen=dict(zip(ordered, parts, strict=True)))


def expanded(clusters: int, confidence: float) -> float:
    """How many standard errors the limits stand apart from the middle, for so many clusters (2 or more)."""
    t = float(stdtrit(clusters - 1, (1 + confidence) / 2))
    return t * math.sqrt(clusters / (clusters - 1))


def _bca_shares(
    value: float, ordered: Floats, left_out: Floats, copies: Floats, z: float
) -> tuple[float, float] | None:
    """The two shares of the resamples between which the BCa interval lies (Efron 1987).

    Args:
        value: As observed.
        ordered: The resampled values, sorted, all finite.
        left_out: The values with each unit left out once, shape (units,).
        copies: How many clusters each unit stands for.
        z: How many standard errors the limits stand apart from the middle.

    Returns:
        The shares, or none where BCa is not defined: the value outside its resamples, no spread or a missing value
        among the left-out ones, or a correction past its pole.
    """
    near = 1e-9 * max(1.0, abs(value))
    below, up_to = np.searchsorted(ordered, [value - near, value + near])
    bias = float(ndtri((below + up_to) / 2 / len(ordered)))
    if not np.isfinite(left_out).all() or not np.isfinite(bias):
        return None
    gaps = np.average(left_out, weights=copies) - left_out
    spread = float(copies @ gaps**2)
    if spread < 1e-20:
        return None
    acceleration = float(copies @ gaps**3) / (6 * spread**1.5)
    limits = bias + np.array([-z, z])
    if (acceleration * limits >= 1).any():
        return None
    low, high = ndtr(bias + limits / (1 - acceleration * limits))
    return float(low), float(high)
