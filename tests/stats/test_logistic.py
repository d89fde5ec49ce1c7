from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from hone.errors import StatsError
from hone.stats.arrays import Floats, Integers
from hone.stats.logistic import Features, directions_of, fit_levels
from hone.stats.nested import PENALTIES, RatedShares, chosen_model, folds_of, log_loss, nested

LEVELS = 3


def drawn(items: int = 300, seed: int = 0) -> tuple[Floats, Integers]:
    """Three features, of which two move three levels."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(items, 3))
    place = features @ [1.5, -1.0, 0.0] + generator.logistic(size=items)
    return features, np.digitize(place, [-1, 1])


def shares(labels: Integers, *, ordered: bool) -> RatedShares:
    return RatedShares(np.eye(LEVELS)[labels], np.ones(len(labels)), directions_of(LEVELS, ordered=ordered))


@pytest.mark.parametrize("penalty", [1.0, 30.0])
def test_without_an_order_it_is_the_multinomial_regression_of_scikit_learn(penalty: float) -> None:
    features, labels = drawn()
    rated = shares(labels, ordered=False)
    found = fit_levels(features, rated.targets, rated.weights, penalty, rated.directions).probabilities(features)
    other = LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=1000).fit(features, labels).predict_proba(features)
    assert np.abs(found - other).max() < 2e-3


def test_one_set_of_weights_moves_a_reply_along_ordered_levels() -> None:
    features, labels = drawn(2000)
    rated = shares(labels, ordered=True)
    model = fit_levels(features, rated.targets, rated.weights, 1.0, rated.directions)
    assert model.weights.shape == (3, 1)
    first, second, none = model.weights.ravel()
    assert first / second == pytest.approx(-1.5, rel=0.15)
    assert abs(none) < 0.1 * abs(first)
    found = model.probabilities(features)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found.mean(axis=0) == pytest.approx(rated.targets.mean(axis=0), abs=2e-3), "calibrated where it was fitted"


def test_a_sparse_matrix_gives_the_same() -> None:
    features, labels = drawn()
    rated = shares(labels, ordered=False)
    kept = np.where(np.abs(features) > 1, features, 0.0)
    one = fit_levels(kept, rated.targets, rated.weights, 1.0, rated.directions)
    other = fit_levels(csr_array(kept), rated.targets, rated.weights, 1.0, rated.directions)
    assert one.probabilities(kept) == pytest.approx(other.probabilities(csr_array(kept)), abs=1e-6)


def test_an_item_of_weight_two_counts_as_two() -> None:
    features, labels = drawn(60)
    rated = shares(labels, ordered=True)
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    twice = np.concatenate([np.arange(60), np.arange(20)])
    one = fit_levels(features, rated.targets, weights, 3.0, rated.directions)
    other = fit_levels(features[twice], rated.targets[twice], np.ones(80), 3.0, rated.directions)
    assert one.probabilities(features) == pytest.approx(other.probabilities(features), abs=1e-4)


def test_a_level_that_nobody_gave_keeps_a_small_probability() -> None:
    features, labels = drawn(80)
    rated = shares(np.minimum(labels, 1), ordered=False)
    found = fit_levels(features, rated.targets, rated.weights, 1.0, rated.directions).probabilities(features)
    assert np.isfinite(found).all()
    assert 0 < found[:, 2].max() < 0.05


def test_nothing_to_learn_from_is_said() -> None:
    with pytest.raises(StatsError, match="no ratings"):
        fit_levels(np.empty((0, 2)), np.empty((0, 3)), np.empty(0), 1.0, directions_of(3, ordered=True))


def test_units_are_never_cut_and_folds_are_about_equal() -> None:
    units = np.repeat(np.arange(30), np.random.default_rng(0).integers(1, 9, 30))
    fold = folds_of(units, 5, 0)
    assert all(len(set(fold[units == unit].tolist())) == 1 for unit in range(30))
    sizes = np.bincount(fold)
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 8
    assert len(set(folds_of(np.array([0, 0, 1, 1]), 5, 0).tolist())) == 2, "two units are two folds"


def test_features_are_made_without_the_unit_that_is_asked_and_chosen_without_it() -> None:
    features, labels = drawn(120)
    units = np.arange(120) // 10
    seen: list[set[int]] = []

    def recipe(known: Integers) -> Features:
        seen.append(set(units[known].tolist()))
        assert all(set(np.flatnonzero(units == unit)) <= set(known.tolist()) for unit in seen[-1])
        return features

    nested([recipe], shares(labels, ordered=True), units, folds=4)
    assert max(len(one) for one in seen) == 9, "a quarter of the units is held out each time"
    assert min(len(one) for one in seen) < 9, "and inner folds hold out more"


def test_inner_folds_choose_the_features_that_help() -> None:
    features, labels = drawn(200)
    rated, known = shares(labels, ordered=True), np.arange(200)
    noise = np.random.default_rng(1).normal(size=(200, 40))
    candidates = [lambda _: noise, lambda _: features]
    found = chosen_model(candidates, rated, known, known)
    assert found.recipe == 1
    assert found.penalty in PENALTIES
    held_out = nested(candidates, rated, known)
    assert [one.recipe for one in held_out.chosen] == [1] * 5
    base = log_loss(np.tile(rated.targets.mean(axis=0), (200, 1)), rated.targets, rated.weights)
    assert log_loss(held_out.probabilities, rated.targets, rated.weights) < base - 0.1


def test_shuffled_labels_are_not_learnt() -> None:
    features, labels = drawn(200)
    rated = shares(np.random.default_rng(3).permutation(labels), ordered=True)
    found = nested([lambda _: features], rated, np.arange(200))
    base = log_loss(np.tile(rated.targets.mean(axis=0), (200, 1)), rated.targets, rated.weights)
    assert log_loss(found.probabilities, rated.targets, rated.weights) > base - 0.02
    assert np.mean([one.penalty for one in found.chosen]) > 10


def test_one_group_cannot_be_held_out() -> None:
    features, labels = drawn(20)
    with pytest.raises(StatsError, match="one group"):
        nested([lambda _: features], shares(labels, ordered=True), np.zeros(20, dtype=np.int64))
