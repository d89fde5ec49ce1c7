"""The drawing rule: chances, draws that keep them, and the weights of what was rated."""

from __future__ import annotations

import numpy as np
import pytest

from hone.errors import StatsError
from hone.stats.item_draw import ItemDraw, draw_chances, draw_items, draw_weights


def test_half_of_a_chance_is_even_and_half_follows_the_uncertainty() -> None:
    chances = draw_chances([0.0, 0.1, 0.3], 1)
    np.testing.assert_allclose(chances, [1 / 6, 1 / 6 + 1 / 8, 1 / 6 + 3 / 8])
    assert chances.sum() == pytest.approx(1)


@pytest.mark.parametrize("unsure", [[0.0] * 8, [np.nan] * 8])
def test_without_any_uncertainty_the_draw_is_even(unsure: list[float]) -> None:
    np.testing.assert_allclose(draw_chances(unsure, 2), np.full(8, 0.25))


def test_what_is_not_known_counts_as_the_mean_of_the_others() -> None:
    chances = draw_chances([0.2, 0.4, np.nan], 1)
    np.testing.assert_allclose(chances, draw_chances([0.2, 0.4, 0.3], 1))


def test_no_chance_is_above_1_and_they_sum_up_to_what_is_drawn() -> None:
    chances = draw_chances([50.0, 1, 1, 0, 0, 0], 4)
    assert chances[0] == 1
    assert chances.max() <= 1
    assert chances.sum() == pytest.approx(4)
    np.testing.assert_array_equal(draw_chances([3.0, 1], 5), [1, 1])


def test_what_is_no_uncertainty_is_refused() -> None:
    with pytest.raises(StatsError, match="is 0 or more"):
        draw_chances([-0.1, 0.2], 1)


def test_each_draw_has_its_size_and_each_item_its_chance() -> None:
    generator = np.random.default_rng(1)
    chances = draw_chances(generator.random(30) ** 3, 7)
    drawn = np.zeros(30)
    for _ in range(4000):
        places = draw_items(chances, generator)
        assert len(np.unique(places)) == 7
        drawn[places] += 1
    assert np.abs(drawn / 4000 - chances).max() < 4 * np.sqrt(0.25 / 4000)


def test_one_draw_weighs_each_item_by_1_over_its_chance() -> None:
    assert draw_weights([ItemDraw({"a": 0.5, "b": 0.1}, 12)], {"a", "b"}) == {"a": 2, "b": pytest.approx(10)}


def test_what_is_not_rated_yet_is_stood_for_by_the_rest_of_its_draw() -> None:
    assert draw_weights([ItemDraw({"a": 0.5, "b": 0.1}, 12)], {"a"}) == {"a": 4}
    assert draw_weights([ItemDraw({"a": 0.5}, 2)], set()) == {}


def test_a_draw_from_fewer_items_says_nothing_of_those_that_came_later() -> None:
    found = draw_weights([ItemDraw({"a": 0.5}, 2), ItemDraw({"b": 0.25}, 5)], {"a", "b"})
    assert found == {"a": 1, "b": 4}


def test_totals_over_several_draws_are_unbiased() -> None:
    generator = np.random.default_rng(2)
    truth, unsure = generator.normal(3, 1, 40), generator.random(40)
    truth += 2 * unsure  # what people say goes with the uncertainty, so that equal weights would be off
    totals, plain = [], []
    for _ in range(1500):
        left, draws = np.arange(40), []
        for count in (6, 9):
            chances = draw_chances(unsure[left], count)
            places = draw_items(chances, generator)
            draws.append(ItemDraw({str(left[at]): float(chances[at]) for at in places.tolist()}, 40))
            left = np.delete(left, places)
        weights = draw_weights(draws, {item for draw in draws for item in draw.chances})
        scores = truth[[int(item) for item in weights]]
        totals.append(float(np.array(list(weights.values())) @ scores))
        plain.append(float(scores.mean()) * 40)
    error = float(np.std(totals)) / np.sqrt(len(totals))
    assert abs(np.mean(totals) - truth.sum()) < 3 * error
    assert np.mean(plain) - truth.sum() > 10 * error, "the same without weights is off"
