from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from hone.stats import alternative_annotator_test


def test_the_advantage_and_p_values_are_those_of_the_definition() -> None:
    generator = np.random.default_rng(1)
    people = generator.integers(0, 3, (50, 3)).astype(float)
    judge = np.where(generator.random(50) < 0.7, people[:, 0], generator.integers(0, 3, 50))
    found = alternative_annotator_test(people, judge, "nominal", epsilon=0.2)
    assert found is not None
    for place, person in enumerate(found.people):
        others = np.delete(people, place, axis=1)
        judged = (judge[:, None] == others).mean(axis=1)
        own = (people[:, [place]] == others).mean(axis=1)
        assert person.judge_advantage == pytest.approx((judged >= own).mean())
        assert person.person_advantage == pytest.approx((own >= judged).mean())
        indicators = (own >= judged).astype(float) - (judged >= own)
        assert person.p_value == pytest.approx(ttest_1samp(indicators, 0.2, alternative="less").pvalue)
    assert found.advantage == pytest.approx(np.mean([person.judge_advantage for person in found.people]))
    assert found.winning_rate == np.mean([person.won for person in found.people])


def test_a_judge_that_is_the_others_consensus_passes_and_noise_fails() -> None:
    generator = np.random.default_rng(2)
    truth = generator.integers(1, 6, 100)
    people = truth[:, None] + generator.normal(0, 0.7, (100, 4))
    good = alternative_annotator_test(people, truth.astype(float), "interval")
    poor = alternative_annotator_test(people, generator.permutation(truth).astype(float), "interval")
    assert good is not None
    assert poor is not None
    assert good.passed
    assert good.winning_rate == 1
    assert good.advantage > 0.6
    assert not poor.passed


def test_a_person_is_compared_only_where_judge_and_others_scored() -> None:
    people = np.array([[1, 1, np.nan]] * 20 + [[2, np.nan, np.nan]] * 5 + [[0, 0, 1]] * 20)
    judge = np.array([1.0] * 44 + [np.nan])
    found = alternative_annotator_test(people, judge, "nominal")
    assert found is not None
    assert [person.n for person in found.people] == [39, 39, 19]


def test_one_person_cannot_be_left_out() -> None:
    assert alternative_annotator_test(np.ones((20, 1)), np.ones(20), "nominal") is None
