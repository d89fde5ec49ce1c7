from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from scipy.special import ndtri, stdtrit

from hone.errors import StatsError
from hone.stats import Evidence, corrected_share, estimate_difference, estimate_mean

Floats = npt.NDArray[np.float64]


def simulated(seed: int, rated: int = 80, rest: int = 700, noise: float = 0.5) -> tuple[Floats, Floats, Floats]:
    generator = np.random.default_rng(seed)
    truth = generator.normal(2, 1, rated + rest)
    judge = truth + 0.3 + generator.normal(0, noise, rated + rest)
    return truth[:rated], judge[:rated], judge[rated:]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("noise", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("tuning", [None, 0.0, 0.5, 1.0])
def test_the_corrected_mean_equals_ppi_python(seed: int, noise: float, tuning: float | None) -> None:
    people, judge, rest = simulated(seed, noise=noise)
    found = estimate_mean(Evidence(people, judge, rest), tuning=tuning).corrected
    low, high = (float(np.squeeze(limit)) for limit in ppi_mean_ci(people, judge, rest, alpha=0.05, lam=tuning))
    assert found.value == pytest.approx(float(np.squeeze(ppi_mean_pointestimate(people, judge, rest, lam=tuning))))
    # The same variance, with n - 1 in place of n for the rated items, and t with n - 1 in place of the normal z.
    n, wider = len(people), stdtrit(len(people) - 1, 0.975) / ndtri(0.975)
    assert found.half_width is not None
    assert wider <= found.half_width / ((high - low) / 2) <= wider * np.sqrt(n / (n - 1)) * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_weighted_corrected_mean_equals_ppi_python(seed: int) -> None:
    people, judge, rest = simulated(seed)
    weights = np.random.default_rng(seed).uniform(0.5, 3, len(people))
    found = estimate_mean(Evidence(people, judge, rest, weights)).corrected
    expected = ppi_mean_pointestimate(people, judge, rest, w=weights)
    assert found.value == pytest.approx(float(np.squeeze(expected)), abs=1e-6)


def test_a_judge_that_follows_people_narrows_the_interval() -> None:
    found = estimate_mean(Evidence(*simulated(1, noise=0.2)))
    assert found.helps
    assert found.gain > 3
    assert found.tuning > 0.5
    assert "more rated items" in found.words


def test_a_judge_that_does_not_follow_people_adds_nothing() -> None:
    generator = np.random.default_rng(0)
    found = estimate_mean(Evidence(generator.normal(size=60), generator.normal(size=60), generator.normal(size=900)))
    assert not found.helps
    assert "adds" in found.words
    assert found.corrected.half_width == pytest.approx(found.people_only.half_width, rel=0.03)


def test_a_pair_that_lacks_either_score_is_dropped_as_a_pair() -> None:
    people, judge, rest = simulated(2)
    people[0], judge[1] = np.nan, np.nan
    found = estimate_mean(Evidence(people, judge, rest)).corrected
    assert found.n == len(people) - 2
    assert found == estimate_mean(Evidence(people[2:], judge[2:], rest)).corrected


def test_a_paired_difference_is_the_mean_of_differences() -> None:
    one, other = simulated(3), simulated(4)
    found = estimate_difference(Evidence(*one), Evidence(*other))
    people, judge, rest = (a - b for a, b in zip(one, other, strict=True))
    assert found == estimate_mean(Evidence(people, judge, rest))


def test_an_unpaired_difference_adds_the_variances() -> None:
    one, other = simulated(3), simulated(4, rated=50)
    found = estimate_difference(Evidence(*one), Evidence(*other), paired=False).corrected
    parts = [estimate_mean(Evidence(*part)).corrected for part in (one, other)]
    halves = [part.half_width for part in parts]
    assert halves[0] is not None
    assert halves[1] is not None
    assert found.half_width == pytest.approx(np.hypot(halves[0], halves[1]))


def test_too_few_rated_items_give_no_mean() -> None:
    found = estimate_mean(Evidence([1.0], [1.0], [1.0, 2.0]))
    assert found.corrected.value is None
    assert found.corrected.reason


def test_rated_items_and_judge_scores_must_be_the_same_items() -> None:
    with pytest.raises(StatsError, match="same items"):
        estimate_mean(Evidence([1.0, 2.0], [1.0], [1.0, 2.0]))


def test_rogan_and_gladen_undo_known_errors() -> None:
    people = np.array([1.0] * 100 + [0.0] * 100)
    judge = np.array([1.0] * 90 + [0.0] * 10 + [1.0] * 20 + [0.0] * 80)
    rest = np.array([1.0] * 410 + [0.0] * 590)
    found = corrected_share(people, judge, rest)
    assert found.corrected.value == pytest.approx((0.41 + 0.8 - 1) / (0.9 + 0.8 - 1))
    assert found.sensitivity.value == pytest.approx(0.9)
    assert "too often" in found.words


def test_a_judge_no_better_than_chance_cannot_be_corrected() -> None:
    found = corrected_share([1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 1])
    assert found.corrected.value is None
    assert found.corrected.reason == "the judge tells yes from no no better than chance"


def test_a_judge_errs_one_way_only_where_the_interval_leaves_out_its_share() -> None:
    people, judge = [1.0] * 12 + [0.0] * 28, [1.0] * 9 + [0.0] * 3 + [1.0] * 4 + [0.0] * 24
    found = corrected_share(people, judge, [1.0] * 30 + [0.0] * 70)
    assert found.corrected.low is not None
    assert found.corrected.high is not None
    assert found.corrected.low < 0.3 < found.corrected.high
    assert "not shown to say yes too often or too seldom" in found.words


def test_a_judge_whose_yes_is_peoples_no_is_told() -> None:
    people = [1.0] * 20 + [0.0] * 20
    assert "run against people's" in corrected_share(people, [0.0] * 20 + [1.0] * 20, [1.0, 0.0]).words
    assert "not shown to tell yes from no" in corrected_share(people, [0.0, 1.0] * 20, [1.0, 0.0]).words


def test_scores_that_run_against_peoples_are_told() -> None:
    generator = np.random.default_rng(0)
    people = generator.integers(1, 6, 40).astype(float)
    rest = generator.integers(1, 6, 400).astype(float)
    assert "run against people's" in estimate_mean(Evidence(people, 6 - people, rest)).words
    apart = generator.integers(1, 6, 40).astype(float)
    assert "run against" not in estimate_mean(Evidence(people, apart, rest)).words


def test_a_scale_the_other_way_round_is_seen_on_eight_items_and_on_four_said_not_to_be() -> None:
    people, rest = np.arange(8.0) % 4 + 1, np.arange(1.0, 40) % 4 + 1
    assert "run against people's" in estimate_mean(Evidence(people, 5 - people, rest)).words
    few = estimate_mean(Evidence(people[:4], 5 - people[:4], rest)).words
    assert few.endswith("they are too few to say whether it follows people or its scale is reversed.")


def test_where_there_is_no_interval_none_is_compared() -> None:
    people = np.tile([0.0, 1.0, 1.0, 0.0], 10)
    groups = [str(at % 2) for at in range(40)]
    evidence = Evidence(people, people, np.tile([0.0, 1.0], 50), groups=groups, rest_groups=["r"] * 100)
    found = estimate_mean(evidence)
    assert found.corrected.low is None
    assert found.words == "There is no interval, so nothing shows what the judge adds."
