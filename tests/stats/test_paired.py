from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kendalltau, permutation_test, spearmanr
from sklearn.metrics import cohen_kappa_score

from hone.errors import StatsError
from hone.stats import BootstrapOptions, Level, paired_agreement, paired_means

Floats = npt.NDArray[np.float64]
QUICK = BootstrapOptions(resamples=2000)


def simulated(seed: int = 0, items: int = 150) -> tuple[Floats, Floats, Floats]:
    """A good judge, a poor one and a person."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, 6, items)
    slips = (generator.integers(-1, 2, items), generator.integers(-3, 4, items), generator.integers(-1, 2, items))
    good, poor, person = (np.clip(truth + slip, 1, 5).astype(float) for slip in slips)
    return good, poor, person


def test_the_difference_is_that_of_the_two_figures() -> None:
    good, poor, person = simulated()
    found = paired_agreement(good, poor, person, "ordinal", options=QUICK)
    expected = [cohen_kappa_score(judge, person, weights="quadratic") for judge in (good, poor)]
    assert found.statistic == "weighted_kappa"
    assert [found.first.value, found.second.value] == pytest.approx(expected)
    assert found.difference.value == pytest.approx(expected[0] - expected[1])
    assert found.difference.low is not None
    assert found.difference.low > 0
    assert found.p_value == pytest.approx(1 / 2001)


def test_swapping_the_judges_turns_the_sign() -> None:
    good, poor, person = simulated()
    one, other = (paired_agreement(*pair, person, "ordinal", options=QUICK) for pair in ((good, poor), (poor, good)))
    assert one.difference.value == pytest.approx(-(other.difference.value or 0))
    assert one.difference.half_width == pytest.approx(other.difference.half_width, rel=0.1)


def test_a_judge_against_itself_shows_no_difference() -> None:
    good, _, person = simulated()
    found = paired_agreement(good, good, person, "ordinal", options=QUICK)
    assert found.difference.value == 0
    assert found.p_value == 1


@pytest.mark.parametrize("statistic", ["cohen_kappa", "accuracy"])
def test_the_permutation_p_is_scipys(statistic: str) -> None:
    generator = np.random.default_rng(9)
    person = generator.integers(0, 2, 60).astype(float)
    one, other = (np.where(generator.random(60) < right, person, 1 - person) for right in (0.85, 0.7))

    def difference(a: Floats, b: Floats) -> float:
        score = cohen_kappa_score if statistic == "cohen_kappa" else lambda x, y: float((x == y).mean())
        return float(score(a, person) - score(b, person))

    expected = permutation_test(
        (one, other), difference, permutation_type="samples", n_resamples=1500, rng=np.random.default_rng(1)
    ).pvalue
    found = paired_agreement(one, other, person, "nominal", statistic, options=BootstrapOptions(resamples=20_000))
    assert found.p_value == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("statistic", ["spearman", "kendall_tau"])
def test_measurements_are_compared_by_rank(statistic: str) -> None:
    generator = np.random.default_rng(2)
    person = generator.normal(size=120)
    one, other = person + generator.normal(0, 0.5, 120), person + generator.normal(0, 3, 120)
    found = paired_agreement(one, other, person, "interval", statistic, options=BootstrapOptions(resamples=500))
    if statistic == "spearman":
        expected = spearmanr(one, person).statistic - spearmanr(other, person).statistic
    else:
        expected = kendalltau(one, person).statistic - kendalltau(other, person).statistic
    assert found.difference.value == pytest.approx(expected, abs=1e-7)
    assert found.p_value is not None
    assert found.p_value < 0.01


def test_items_that_either_judge_lacks_are_dropped_for_both() -> None:
    good, poor, person = simulated()
    good[:10], poor[10:25] = np.nan, np.nan
    assert paired_agreement(good, poor, person, "ordinal", options=QUICK).n == 125


def test_clusters_are_swapped_and_drawn_whole() -> None:
    good, poor, person = simulated(items=30)
    many_good, many_poor, many = (np.repeat(scores, 8) for scores in (good, poor, person))
    groups = np.repeat(np.arange(30), 8).tolist()
    options = BootstrapOptions(resamples=20_000)
    once = paired_agreement(good, poor, person, "ordinal", options=options)
    together = paired_agreement(many_good, many_poor, many, "ordinal", None, groups, options)
    assert together.difference.half_width == pytest.approx(once.difference.half_width, rel=0.04)
    assert together.p_value == pytest.approx(once.p_value, abs=0.01)


def test_paired_means_are_a_paired_t_test_in_large_samples() -> None:
    generator = np.random.default_rng(4)
    first = generator.normal(0.1, 1, 400)
    second = first + generator.normal(0, 0.5, 400)
    found = paired_means(first, second, options=BootstrapOptions(resamples=10_000))
    differences = first - second
    assert found.n == 400
    assert found.difference.value == pytest.approx(differences.mean())
    assert found.difference.half_width == pytest.approx(1.96 * differences.std() / 20, rel=0.04)


def test_one_level_has_no_difference_and_no_p() -> None:
    found = paired_agreement(np.ones(20), np.ones(20), np.ones(20), "ordinal", options=QUICK)
    assert found.difference.value is None
    assert found.difference.reason == "one level only"
    assert found.p_value is None


@pytest.mark.parametrize(("level", "statistic"), [("ordinal", "f1"), ("nominal", "")])
def test_unknown_statistics_are_refused(level: Level, statistic: str) -> None:
    good, poor, person = simulated()
    if statistic:
        with pytest.raises(StatsError, match="unknown statistic"):
            paired_agreement(good, poor, person, level, statistic)
    with pytest.raises(StatsError, match="one row an item"):
        paired_agreement(good, poor[1:], person, level)


def test_judges_without_a_shared_item_have_no_difference() -> None:
    found = paired_agreement([1, np.nan], [np.nan, 2], [1, 2], "ordinal", options=QUICK)
    assert (found.n, found.p_value, found.difference.value) == (0, None, None)
    assert paired_means([1, np.nan], [np.nan, 2], options=QUICK).difference.reason == "no item was scored by both"
