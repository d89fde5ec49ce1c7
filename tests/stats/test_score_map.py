"""Maps from a judge's scores to people's: which one is chosen, what it is worth, and what is not claimed."""

from __future__ import annotations

import numpy as np
import pytest

from hone.errors import StatsError
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.score_map import MappedScores, mapped_scores

QUICK = BootstrapOptions(200)


def mapped(kind: str, items: int = 200, seed: int = 1) -> MappedScores:
    generator = np.random.default_rng(seed)
    people = generator.integers(1, 6, items).astype(float)
    noise = generator.normal(0, 0.3, items)
    judge = {
        "lenient": people + 1 + noise,
        "narrow": 3 + 0.4 * (people - 3) + 0.3 * noise,
        "bent": np.sqrt(people / 5) * 5 + 0.3 * noise,
        "blind": generator.integers(1, 6, items).astype(float),
    }[kind]
    return mapped_scores(judge, people, list(range(items)), (1.0, 5.0), options=QUICK)


def fair(items: int, seed: int) -> MappedScores:
    """Of a judge whose scores are already what people are expected to say."""
    generator = np.random.default_rng(seed)
    judge = generator.integers(2, 5, items).astype(float)
    return mapped_scores(
        judge, judge + generator.normal(0, 0.5, items), list(range(items)), (0.0, 6.0), options=QUICK
    )


@pytest.mark.parametrize("kind", ["lenient", "narrow", "bent", "blind"])
def test_a_map_that_helps_is_kept_and_never_turns_the_order_round(kind: str) -> None:
    found = mapped(kind)
    assert found.nearer
    assert found.fitted.kind != "as it is"
    assert (np.diff(found.fitted.values) >= 0).all()
    assert 1 <= min(found.fitted.values) <= max(found.fitted.values) <= 5


def test_a_fair_judge_is_left_as_it_is_or_not_shown_to_gain() -> None:
    kept = sum(fair(60, seed).nearer for seed in range(60))
    assert kept <= 5, "2.5 of 100 by chance alone"


def test_what_it_is_worth_is_measured_on_items_that_it_was_not_fitted_to() -> None:
    found = mapped("lenient", 2000)
    assert found.beside.second.value == pytest.approx(1.09, abs=0.05)
    assert found.beside.first.value == pytest.approx(0.055, abs=0.02), "less than the noise: no score is beyond 5"


def test_a_judge_always_one_too_high_is_mapped_though_no_item_differs_from_another() -> None:
    people = np.tile([1.0, 2.0, 3.0], 30)
    found = mapped_scores(people + 1, people, list(range(90)), (1.0, 5.0), options=QUICK)
    assert found.nearer
    assert found.fitted.kind == "shift"
    few = mapped_scores(people[:30] + 1, people[:30], list(range(30)), (1.0, 5.0), options=QUICK)
    assert not few.nearer, "30 items leave room for a tenth where it is far off"


def test_beyond_what_was_seen_a_map_is_level() -> None:
    fitted = mapped("lenient").fitted
    low, high = fitted(np.array([-100.0, 100.0]))
    assert (low, high) == (fitted.values[0], fitted.values[-1])


def test_weights_count_in_the_fit() -> None:
    judge, people = np.tile([1.0, 2.0], 40), np.tile([1.0, 3.0, 2.0, 4.0], 20)
    weights = np.where(people - judge == 0, 9.0, 1.0)
    even = mapped_scores(judge, people, list(range(80)), (1.0, 5.0), options=QUICK).fitted
    heavy = mapped_scores(judge, people, list(range(80)), (1.0, 5.0), weights, QUICK).fitted
    assert sum(heavy(np.array([1.0, 2.0]))) < sum(even(np.array([1.0, 2.0])))


def test_too_few_items_are_one_line() -> None:
    with pytest.raises(StatsError, match=r"20 items \(or groups\) that both scored are too few for a map"):
        fair(20, 1)
