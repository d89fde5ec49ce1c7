"""Many people with few items each: the ceiling is one figure of all ratings, and memory stays flat."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from hone.stats import BootstrapOptions, CriterionAgreement, Level, Ratings, agreement_figures

QUICK = BootstrapOptions(resamples=1500)


def crowd(items: int, raters: int, seed: int = 0, each: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Ratings of `each` of the raters an item, 1 to 5 around a true level; and a judge's."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(1, 6, items)
    people = np.full((items, raters), np.nan)
    for seat in range(each):
        slip = generator.choice((-1, 0, 0, 1), items)
        people[np.arange(items), (np.arange(items) + seat * (raters // each)) % raters] = np.clip(truth + slip, 1, 5)
    return people, np.clip(truth + generator.choice((-1, 0, 0, 1), items), 1, 5).astype(float)


def found(people: np.ndarray, judge: np.ndarray, level: Level = "ordinal") -> CriterionAgreement:
    names = [f"r{place}" for place in range(people.shape[1])]
    return agreement_figures(Ratings({"c": people}, names, level, {"c": judge[:, None]}, ["j"]), QUICK).overall


@pytest.fixture(scope="module")
def truth() -> CriterionAgreement:
    """Three such people on very many items."""
    return found(*crowd(40_000, 3))


@pytest.mark.parametrize("raters", [12, 60])
def test_the_ceiling_of_many_people_is_that_of_few_with_many_items(raters: int, truth: CriterionAgreement) -> None:
    kappas = []
    for seed in range(20):
        ceiling = found(*crowd(120, raters, seed)).ceiling["weighted_kappa"]
        assert ceiling.low is not None
        assert ceiling.value is not None
        assert ceiling.high is not None
        assert ceiling.low <= ceiling.value <= ceiling.high
        kappas.append(ceiling)
    true = truth.ceiling["weighted_kappa"].value or 0.0
    assert np.mean([one.value for one in kappas]) == pytest.approx(true, abs=0.015)
    assert sum((one.low or 0) <= true <= (one.high or 0) for one in kappas) >= 17


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_pooled_figures_are_those_of_one_person_where_people_rate_the_same(level: Level) -> None:
    people, judge = crowd(300, 3, 5)
    few = np.full((300, 30), np.nan)
    for block in range(10):
        rows = slice(30 * block, 30 * block + 30)
        few[rows, 3 * block : 3 * block + 3] = people[rows]
    apart, together = found(people, judge, level), found(few, judge, level)
    assert together.ceiling["accuracy"].value == pytest.approx(apart.ceiling["accuracy"].value)
    statistic = apart.judges["j"].verdict.statistic
    assert together.ceiling[statistic].value == pytest.approx(apart.ceiling[statistic].value, abs=0.005)
    gaps = [one.judges["j"].verdict.gap for one in (apart, together)]
    assert gaps[0].value == pytest.approx(gaps[1].value, abs=0.005)
    assert gaps[0].half_width == pytest.approx(gaps[1].half_width, rel=0.15)
    assert [gap.n for gap in gaps] == [300, 300]
    if level != "nominal":
        errors = [one.ceiling_by_person["r0"]["mean_error"] for one in (apart, together)]
        assert errors[1].n == 30
        assert errors[1].value == pytest.approx(np.mean(people[:30, 0] - people[:30, 1:].mean(axis=1)))


def test_of_a_crowd_only_what_somebody_reads_is_computed_and_memory_stays_flat() -> None:
    people, judge = crowd(3_000, 200)
    tracemalloc.start()
    one = found(people, judge)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6
    assert one.people.pairs["cohen_kappa"] == {}
    assert one.judges["j"].people == {}
    assert set(one.ceiling_by_person["r7"]) == {"accuracy", "mean_error"}
    assert one.ceiling_by_person["r7"]["mean_error"].low is not None


def test_perfect_agreement_of_a_crowd_leaves_room_for_what_was_not_seen() -> None:
    people, _ = crowd(150, 60)
    same = np.where(np.isnan(people), np.nan, (np.arange(150) % 5 + 1.0)[:, None])
    one = found(same, np.arange(150) % 5 + 1.0)
    for figure in (one.ceiling["weighted_kappa"], one.people.together["krippendorff_alpha"]):
        assert (figure.value, figure.method) == (1, "unseen")
        assert figure.low is not None
        assert 0.8 < figure.low < 1
