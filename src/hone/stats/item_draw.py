"""Which items people rate next: half evenly, half where the judge is unsure, each with a known chance.

The one home of the drawing rule. A rating where the judge is sure seldom says anything new; but if only the unsure
items were rated, nobody would learn how often the judge is sure and wrong. So an item's chance is a mixture of an
even one and one in proportion to the judge's uncertainty, and each rated item then stands for 1 / its chance.
Sources: T. Zrnic and E. J. Candes, Active Statistical Inference, ICML 2024 (the mixture); D. G. Horvitz and D. J.
Thompson, JASA 47 (1952), 663-685 (the weights); W. G. Madow, Ann. Math. Stat. 20 (1949), 333-354, and H. O. Hartley
and J. N. K. Rao, Ann. Math. Stat. 33 (1962), 350-374 (a draw of a fixed size with such chances).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers, Numbers, as_scores

EVEN_SHARE = 0.5
"""How much of a chance does not depend on the judge: no item's weight is more than twice that of an even draw."""


@dataclass(frozen=True)
class ItemDraw:
    """One draw of items for people to rate."""

    chances: Mapping[str, float]
    """By drawn item, its chance to be drawn from those that were not drawn before."""
    reach: int
    """How many items there were, with those that were drawn before."""


def draw_chances(uncertainty: Numbers, count: int) -> Floats:
    """The chance of each item to be among the drawn ones.

    Args:
        uncertainty: How unsure the judge is of each item, 0 or more, in any unit; NaN where that is not known, which
            counts as the mean of the others. Shape (items,).
        count: How many items are drawn.

    Returns:
        Chances from 0 to 1 whose sum is `count`, or the number of items where there are fewer. Shape (items,).

    Raises:
        StatsError: An uncertainty is below 0 or infinite, or `count` is.
    """
    unsure = as_scores(uncertainty, "uncertainties", 1)
    if (unsure < 0).any() or count < 0:
        raise StatsError("an uncertainty, and the number of items to draw, is 0 or more")
    items = len(unsure)
    if count >= items:
        return np.ones(items)
    known = ~np.isnan(unsure)
    unsure = np.where(known, unsure, unsure[known].mean() if known.any() else 0.0)
    unsure = unsure if unsure.sum() > 0 else np.ones(items)
    share = EVEN_SHARE / items + (1 - EVEN_SHARE) * unsure / unsure.sum()
    chances, surely = np.zeros(items), np.zeros(items, dtype=bool)
    while True:  # what passes 1 is surely drawn, and what is left is shared out among the others
        left = count - int(surely.sum())
        chances = np.where(surely, 1.0, left * share / share[~surely].sum())
        beyond = (chances > 1) & ~surely
        if not beyond.any():
            return chances
        surely |= beyond


def draw_items(chances: Floats, generator: np.random.Generator) -> Integers:
    """Draw as many items as the chances sum up to, each with its chance exactly.

    Systematic sampling of the items in random order: equal steps through the chances laid end to end.

    Args:
        chances: From `draw_chances`, shape (items,).
        generator: What decides.

    Returns:
        The places of the drawn items, in their order.
    """
    count = round(float(chances.sum()))
    order = generator.permutation(len(chances))
    ends = np.cumsum(chances[order])
    steps = generator.random() + np.arange(count)
    places = np.minimum(np.searchsorted(ends, steps, side="right"), len(chances) - 1)
    return np.sort(order[places]).astype(np.int64)


def draw_weights(draws: Sequence[ItemDraw], rated: Collection[str]) -> dict[str, float]:
    """How many items each rated one stands for.

    Each draw alone gives an unbiased total: what was drawn before it as it is, and 1 / its chance for each item of
    its own. The draws are averaged, each by how many of its items are rated. That is unbiased too, because how many
    does not depend on the scores. Of a draw that is not all rated yet, the rated items are taken for a random part.

    Args:
        draws: In the order in which they were made.
        rated: Which items people rated.

    Returns:
        By rated item that was drawn, its weight. A draw from fewer items than the latest one says nothing of the
        others, so that its own items then stand for themselves.
    """
    counts = [sum(item in rated for item in draw.chances) for draw in draws]
    reach = max((draw.reach for draw, count in zip(draws, counts, strict=True) if count), default=0)
    parts = [count if draw.reach == reach else 0 for draw, count in zip(draws, counts, strict=True)]
    shares = np.array(parts, dtype=np.float64) / max(sum(parts), 1)
    found: dict[str, float] = {}
    for place, (draw, count) in enumerate(zip(draws, counts, strict=True)):
        later = float(shares[place + 1 :].sum())
        found |= {
            item: len(draw.chances) / count * (float(shares[place]) / chance + later)
            for item, chance in draw.chances.items()
            if item in rated
        }
    return found
