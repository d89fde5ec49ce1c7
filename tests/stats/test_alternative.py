from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, ttest_1samp

from hone.stats import alternative_annotator_test
from hone.stats.alternative import EPSILON, _p_value


def test_the_advantage_and_p_values_are_those_of_the_definition() -> None:
    generator = np.random.default_rng(1)
    people = generator.integers(0, 3, (250, 3)).astype(float)
    judge = np.where(generator.random(250) < 0.7, people[:, 0], generator.integers(0, 3, 250))
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


@pytest.mark.parametrize(("n", "ties"), [(12, 0.3), (29, 0.6), (40, 0.1), (100, 0.8)])
def test_a_true_hypothesis_is_rejected_no_more_often_than_is_said(n: int, ties: float) -> None:
    """At the very edge, with differences of -1, 0 and 1, where Wilcoxon's test rejects several times too often."""
    generator = np.random.default_rng(n)
    apart, draws = max(1 - ties, EPSILON), 2000
    chances = [(apart - EPSILON) / 2, 1 - apart, (apart + EPSILON) / 2]
    found = [_p_value(generator.choice([-1.0, 0.0, 1.0], n, p=chances), EPSILON) for _ in range(draws)]
    rejected = int(np.sum(np.array(found) <= 0.05))
    assert rejected <= binom.ppf(0.999, draws, 0.05), f"{rejected / draws:.3f}"
    assert min(found) < 0.2, "it can reject"


def test_with_few_items_a_person_the_test_is_not_told() -> None:
    generator = np.random.default_rng(3)
    people = generator.integers(0, 3, (29, 3)).astype(float)
    found = alternative_annotator_test(people, people[:, 0], "nominal")
    assert found is not None
    assert not found.trusted
