"""Nested cross-validation: how good a fitted model is on what it has not seen, when it also chooses for itself.

What is held out together is a unit: a reply, a group, a question, a writer. Features and penalty are chosen on the
units that are left, so that nothing of a held-out one reaches what is said of it. A score of chosen settings on the
folds that chose them is too good (G. C. Cawley and N. L. C. Talbot, JMLR 11 (2010), 2079-2107).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers
from hone.stats.logistic import Features, fit_levels

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""Between which the L2 penalty is chosen."""


def log_loss(probabilities: Floats, targets: Floats, weights: Floats) -> float:
    """The mean log loss in nats, against a distribution over levels for each item."""
    each = -(targets * np.log(np.clip(probabilities, 1e-12, 1))).sum(axis=1)
    return float(np.average(each, weights=weights))


def folds_of(units: Integers, count: int, seed: int) -> Integers:
    """The fold of each item, so that items of one unit share it and folds are about equally large.

    Args:
        units: The unit of each item, from 0 on, shape (items,).
        count: How many folds; with fewer units each unit is one.
        seed: Of the order in which units are dealt out.
    """
    sizes = np.bincount(units)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold, filled = np.zeros(len(sizes), dtype=np.int64), np.zeros(min(count, len(sizes)))
    for unit in order.tolist():
        fold[unit] = int(np.argmin(filled))
        filled[fold[unit]] += sizes[unit]
    return fold[units]


@dataclass(frozen=True)
class RatedShares:
    """What is learnt from: a distribution over levels for each item."""

    targets: Floats
    """Shape (items, levels)."""
    weights: Floats
    """What each item counts, shape (items,)."""
    directions: Floats

    def at(self, rows: Integers) -> RatedShares:
        """Some of the items."""
        return RatedShares(self.targets[rows], self.weights[rows], self.directions)


FeatureRecipe = Callable[[Integers], Features]
"""Makes the features of all items, shape (items, features), knowing only the items that may be learnt from."""


@dataclass(frozen=True)
class ChosenModel:
    """What inner cross-validation chose."""

    recipe: int
    """Which of the recipes."""
    penalty: float
    loss: float
    """The mean log loss on the inner folds."""


def chosen_model(
    recipes: Sequence[FeatureRecipe],
    rated: RatedShares,
    known: Integers,
    units: Integers,
    *,
    folds: int = 4,
    seed: int = 0,
) -> ChosenModel:
    """Choose features and penalty by cross-validation over units, on the known items alone.

    Args:
        recipes: The candidates.
        rated: The ratings of all items.
        known: The items that may be learnt from.
        units: The unit of each item, of all items.
        folds: How many.
        seed: Of the folds.
    """
    own = np.unique(units[known], return_inverse=True)[1]
    fold = folds_of(own, folds, seed)
    missed = np.zeros((len(recipes), len(PENALTIES)))
    for part in range(int(fold.max()) + 1 if fold.max() else 0):
        inside, outside = known[fold != part], known[fold == part]
        for place, recipe in enumerate(recipes):
            features, learnt, asked = recipe(inside), rated.at(inside), rated.at(outside)
            for at, penalty in enumerate(PENALTIES):
                model = fit_levels(features[inside], learnt.targets, learnt.weights, penalty, rated.directions)
                loss = log_loss(model.probabilities(features[outside]), asked.targets, asked.weights)
                missed[place, at] += loss * len(outside) / len(known)
    # One unit alone cannot be cut: the strongest penalty.
    best = int(missed.argmin()) if fold.max() else len(PENALTIES) - 1
    chosen, strength = divmod(best, len(PENALTIES))
    return ChosenModel(chosen, PENALTIES[strength], float(missed[chosen, strength]))


@dataclass(frozen=True)
class OutOfFold:
    """What a model says of items that it has not seen."""

    probabilities: Floats
    """Shape (items, levels)."""
    chosen: tuple[ChosenModel, ...]
    """By fold."""


def nested(
    recipes: Sequence[FeatureRecipe], rated: RatedShares, units: Integers, *, folds: int = 5, seed: int = 0
) -> OutOfFold:
    """Nested cross-validation: each item's probabilities come from a model that saw nothing of its unit.

    Features, penalty and weights are chosen anew in each fold, on the other units alone.

    Args:
        recipes: The candidates.
        rated: The ratings.
        units: What is held out together, shape (items,).
        folds: How many.
        seed: Of the folds.

    Raises:
        StatsError: There is one unit alone.
    """
    fold = folds_of(units, folds, seed)
    if not fold.max():
        raise StatsError("with one group nothing can be held out")
    found, chosen = np.zeros_like(rated.targets), []
    for part in range(int(fold.max()) + 1):
        known, asked = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        best = chosen_model(recipes, rated, known, units, seed=seed + 1)
        features, learnt = recipes[best.recipe](known), rated.at(known)
        model = fit_levels(features[known], learnt.targets, learnt.weights, best.penalty, rated.directions)
        found[asked] = model.probabilities(features[asked])
        chosen.append(best)
    return OutOfFold(found, tuple(chosen))
