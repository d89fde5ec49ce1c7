"""Whether a new wording of a judge is better, on ratings that it was not chosen by.

The best of several candidates looks better than it is on the ratings that chose it. With a sealed set a part of the
ratings chooses and the other part, looked at once, decides. Prequential testing (A. P. Dawid, JRSS A 147 (1984),
278-292) uses most ratings for both: blocks come one after another, each is judged by what the blocks before it chose,
and the pooled paired difference decides. Without a true gain each block's difference has mean nought whatever came
before it, so that differences of blocks are uncorrelated and the usual interval of the pool holds. That is not so
where each fold is judged by what all other folds chose: a fold that happens to favour a candidate makes the others
choose it, and of twenty useless candidates twice as many pass as should (docs/results/refine_gate.md).

What is judged is the procedure; what it hands over is chosen once more on all ratings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from hone.errors import StatsError
from hone.stats.alpha import Level
from hone.stats.arrays import Floats, Integers
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.figure import Figure
from hone.stats.nested import folds_of
from hone.stats.paired import paired_agreement

TOTAL = 0.05
"""How often, over all openings of one set of ratings, a change may pass that is none (one-sided)."""
SEALED = 1 / 3
"""The share of the ratings that a sealed set holds."""
BLOCKS = 4
"""Blocks of ratings that are judged one after another, after a first one that only chooses."""
FIRST = 1 / (BLOCKS + 1)
"""The share of the ratings in that first block."""

USUAL_DEVIATION = 1.0
"""Of the paired difference in kappa for one item, where no better is known: what simulated wordings of one judge have
(docs/results/refine_gate.md)."""

Change = Literal["better", "not shown", "worse"]
Choose = Callable[[Integers], Floats]
"""Given the items that may be looked at, gives the chosen judge's scores of all items, shape (items,)."""


def significance_of(opening: int, total: float = TOTAL) -> float:
    """What one opening of a gate may spend of the total, so that all together stay below it.

    The first spends one half, the next half of what is left, and so on without end: whatever is tried between the
    openings, the chances add up to at most `total` (Bonferroni's inequality with unequal shares).

    Args:
        opening: Which it is, from 1 on.
        total: The chance over all openings.

    Raises:
        StatsError: The opening is below 1.
    """
    if opening < 1:
        raise StatsError(f"openings are counted from 1, not {opening}")
    return total / 2.0**opening


@dataclass(frozen=True)
class ChangedJudge:
    """What a gate says of a change."""

    verdict: Change
    difference: Figure
    """The new judge's agreement with people minus the present one's, with the interval that the verdict rests on."""
    significance: float
    """One-sided."""
    further: int | None
    """About how many more ratings would show a gain of this size four times of five; none where it is no gain, or
    shown."""


def judge_change(
    new: Floats,
    present: Floats,
    people: Floats,
    level: Level,
    *,
    statistic: str | None = None,
    clusters: Sequence[object] | None = None,
    opening: int = 1,
    options: BootstrapOptions | None = None,
) -> ChangedJudge:
    """Whether a new judge agrees better with people than the present one, on items that did not choose it.

    Args:
        new: Its scores, NaN where missing, shape (items,).
        present: The present judge's.
        people: Ratings, shape (items, raters), or (items,).
        level: What scores mean.
        statistic: One of `comparison.NAMES`; the level's headline when absent.
        clusters: The group of each item; each item its own when absent.
        opening: Which opening of this gate it is, from 1 on.
        options: Resamples and seed; the confidence comes from the opening.

    Raises:
        StatsError: The shapes do not fit.
    """
    spent = significance_of(opening)
    given = options or BootstrapOptions()
    options = BootstrapOptions(given.resamples, given.seed, confidence=1 - 2 * spent)
    found = paired_agreement(new, present, people, level, statistic, clusters, options).difference
    verdict: Change = "not shown"
    if found.low is not None and found.low > 0:
        verdict = "better"
    elif found.high is not None and found.high < 0:
        verdict = "worse"
    return ChangedJudge(verdict, found, spent, _further(found, spent) if verdict == "not shown" else None)


def _further(found: Figure, spent: float) -> int | None:
    if not found.value or found.value <= 0 or found.half_width is None:
        return None
    error = found.half_width / float(ndtri(1 - spent))
    needed = found.n * (error * float(ndtri(1 - spent) + ndtri(0.8)) / found.value) ** 2
    return max(1, int(np.ceil(needed - found.n)))


def judge_changes(
    new: Floats,
    present: Floats,
    people: Sequence[Floats],
    level: Level,
    *,
    clusters: Sequence[object] | None = None,
    opening: int = 1,
    options: BootstrapOptions | None = None,
) -> ChangedJudge:
    """The same of several criteria together: one difference over all their scores, so that one opening is spent.

    An item counts once for each criterion, and all its criteria are drawn together.

    Args:
        new: The new judge's scores, NaN where missing, shape (items, criteria).
        present: The present judge's.
        people: By criterion, ratings of shape (items, raters); the raters are the same.
        level: What scores mean.
        clusters: The group of each item; each item its own when absent.
        opening: Which opening of this gate it is, from 1 on.
        options: Resamples and seed; the confidence comes from the opening.

    Raises:
        StatsError: The shapes do not fit.
    """
    if not new.shape == present.shape == (len(people[0]), len(people)):
        raise StatsError("both judges need a row an item and a column a criterion")
    together: Sequence[object] | None = clusters
    if len(people) > 1:
        of_item = list(range(len(new))) if clusters is None else list(clusters)
        together = of_item * len(people)
    told = judge_change(
        new.T.ravel(),
        present.T.ravel(),
        np.concatenate(people),
        level,
        clusters=together,
        opening=opening,
        options=options,
    )
    # It counts scores; an item brings one of each criterion.
    return told if told.further is None else replace(told, further=-(-told.further // len(people)))


def prequential_blocks(
    units: Integers, *, blocks: int = BLOCKS, seed: int = 0, before: Integers | None = None
) -> list[tuple[Integers, Integers]]:
    """What may be looked at, and what is then tested by it, block by block.

    Args:
        units: What stays together, from 0 on, shape (items,).
        blocks: How many are tested, after a first one of about the same size that only chooses.
        seed: Of the order.
        before: Items that only choose, because they were tested before; then the others are all tested. A unit of
            which one item was tested before only chooses.

    Returns:
        Items that choose, and items that are tested, as pairs.

    Raises:
        StatsError: There is nothing that could be held out.
    """
    if before is None:
        fold = folds_of(units, blocks + 1, seed)
    else:
        old = np.isin(units, units[before])
        fold = np.zeros(len(units), dtype=np.int64)
        if (~old).any():
            fold[~old] = 1 + folds_of(np.unique(units[~old], return_inverse=True)[1].astype(np.int64), blocks, seed)
    if not fold.max() or not (fold == 0).any():
        raise StatsError("with one group nothing can be held out")
    return [(np.flatnonzero(fold < part), np.flatnonzero(fold == part)) for part in range(1, int(fold.max()) + 1)]


def prequential(choose: Choose, units: Integers, *, blocks: int = BLOCKS, seed: int = 0) -> Floats:
    """The scores of what a procedure chooses, each item's by a choice that saw earlier blocks alone.

    Args:
        choose: The procedure.
        units: What stays together, from 0 on, shape (items,).
        blocks: How many are judged, after a first one of about the same size that only chooses.
        seed: Of the order.

    Returns:
        Shape (items,); NaN for the items of the first block.

    Raises:
        StatsError: There is one unit alone.
    """
    found = np.full(len(units), np.nan)
    for known, tested in prequential_blocks(units, blocks=blocks, seed=seed):
        found[tested] = choose(known)[tested]
    return found


def sealed_split(units: Integers, *, seed: int = 0) -> tuple[Integers, Integers]:
    """The items that may be looked at, and a sealed third of the units.

    Args:
        units: What stays together, from 0 on, shape (items,).
        seed: Of the draw.

    Raises:
        StatsError: There are fewer than three units.
    """
    if len(np.unique(units)) < 3:
        raise StatsError("with fewer than three groups no third can be sealed")
    fold = folds_of(units, 3, seed)
    return np.flatnonzero(fold != 0), np.flatnonzero(fold == 0)


def power_of_gate(items: int, deviation: float, gain: float, *, opening: int = 1) -> dict[str, float]:
    """How often each way would show a gain, by the normal approximation: `prequential` and `sealed`.

    It takes for granted that the better candidate is chosen, which fewer ratings do less often.

    Args:
        items: Rated items.
        deviation: Of the paired difference, for one item: its standard error times the root of the items.
        gain: The true gain, in the statistic's unit.
        opening: Which opening it is.

    Raises:
        StatsError: There are no items, or the deviation is not above 0.
    """
    return {
        "prequential": power_to_show(items * (1 - FIRST), deviation, gain, opening=opening),
        "sealed": power_to_show(items * SEALED, deviation, gain, opening=opening),
    }


def power_to_show(tested: float, deviation: float, gain: float, *, opening: int = 1) -> float:
    """How often a gain is shown on so many items that are tested, by the normal approximation.

    Args:
        tested: Items, or what else is independent.
        deviation: Of the paired difference, for one of them.
        gain: The true gain, in the statistic's unit.
        opening: Which opening it is.

    Raises:
        StatsError: There are no items, or the deviation is not above 0.
    """
    if tested <= 0 or deviation <= 0:
        raise StatsError("power needs items, and a deviation above 0")
    bound = float(ndtri(1 - significance_of(opening)))
    return float(ndtr(gain * np.sqrt(tested) / deviation - bound))
