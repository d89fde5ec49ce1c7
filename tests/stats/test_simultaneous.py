"""Several judges and criteria: intervals that hold together, and tiers that tell apart only what differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri

from hone.stats import Agreement, BootstrapOptions, Ratings, agreement_figures, judge_verdicts
from hone.stats.bootstrap import Draws, Key, StatisticColumn
from hone.stats.simultaneous import joint_confidence, tiers_of

QUICK = BootstrapOptions(resamples=800)


def file_of(slips: list[float], criteria: int = 1, items: int = 150, seed: int = 0) -> Ratings:
    """Three people who slip as often as 0.15, and judges who slip this often."""
    generator = np.random.default_rng(seed)
    people, judges = {}, {}
    for place in range(criteria):
        truth = generator.integers(1, 6, items)

        def seen(chance: float, truth: np.ndarray = truth) -> np.ndarray:
            steps = generator.choice((-1, 1), len(truth)) * (generator.random(len(truth)) < chance)
            return np.asarray(np.clip(truth + steps, 1, 5), dtype=np.float64)

        people[f"c{place}"] = np.stack([seen(0.15) for _ in range(3)], axis=1)
        judges[f"c{place}"] = np.stack([seen(chance) for chance in slips], axis=1)
    return Ratings(people, ["a", "b", "c"], "ordinal", judges, [f"j{place}" for place in range(len(slips))])


def found(slips: list[float], criteria: int = 1) -> Agreement:
    return agreement_figures(file_of(slips, criteria), QUICK)


def normal(columns: int, correlation: float) -> Draws:
    generator = np.random.default_rng(0)
    shared = generator.normal(size=(20_000, 1))
    values = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * generator.normal(size=(20_000, columns))
    known: dict[Key, tuple[int, StatisticColumn]] = {
        (("c", str(place)), "x"): (place, StatisticColumn(100, "")) for place in range(columns)
    }
    return Draws(known, np.zeros(columns), values, np.zeros((0, columns)), np.zeros(0), 10_000, 0.95)


def test_independent_figures_take_sidaks_confidence_and_equal_ones_their_own() -> None:
    free = normal(20, 0.0)
    assert joint_confidence(free, list(free.columns)) == pytest.approx(0.95 ** (1 / 20), abs=0.0006)
    tied = normal(20, 1.0)
    assert joint_confidence(tied, list(tied.columns)) == pytest.approx(0.95, abs=0.003)
    assert joint_confidence(free, list(free.columns)[:1]) == 0.95


def test_one_judge_on_one_criterion_is_widened_by_nothing() -> None:
    ratings = file_of([0.15])
    alone = agreement_figures(ratings, QUICK).overall.judges["j0"].verdict
    assert alone.comparisons == 1
    assert "holds together" not in alone.words


def test_the_gap_of_a_judge_is_wider_beside_others_and_its_figures_are_not() -> None:
    many = file_of([0.15] * 12)
    few = replace(many, judges={"c0": np.asarray((many.judges or {})["c0"])[:, :1]}, judge_names=["j0"])
    one, other = (agreement_figures(given, QUICK).overall.judges["j0"] for given in (few, many))
    gap = one.verdict.gap
    assert gap.value is not None
    assert gap.low is not None
    assert gap.high is not None
    assert other.verdict.gap.half_width is not None
    stretch = other.verdict.gap.half_width / max(gap.value - gap.low, gap.high - gap.value)
    assert 1.1 < stretch < 1.1 * ndtri(1 - 0.025 / 12) / ndtri(0.975)
    assert other.verdict.comparisons == 12
    assert "holds together with those of all 12 differences shown" in other.verdict.words
    kappas = [given.consensus["weighted_kappa"].half_width for given in (one, other)]
    assert kappas[0] == pytest.approx(kappas[1], rel=0.15)


def test_all_criteria_together_are_one_more_difference() -> None:
    assert found([0.15, 0.15], criteria=3).overall.judges["j0"].verdict.comparisons == 8


def test_equal_judges_are_one_tier_and_a_clear_difference_makes_two() -> None:
    assert [len(tier) for tier in found([0.15] * 6).overall.tiers] == [6]
    tiers = found([0.1, 0.12, 0.9, 0.95]).overall.tiers
    assert [set(tier) for tier in tiers] == [{"j0", "j1"}, {"j2", "j3"}]
    assert found([0.15]).overall.tiers == ()


def test_tiers_of_judges_that_nothing_tells_apart_are_none() -> None:
    draws = normal(2, 1.0)
    assert tiers_of(draws, {"c": {"a": (("c", "0"), "x"), "b": (("c", "1"), "x")}}) == {}


def test_the_verdicts_alone_are_those_beside_the_figures() -> None:
    ratings = file_of([0.15, 0.5, 0.1], criteria=2)
    whole, alone = agreement_figures(ratings, QUICK), judge_verdicts(ratings, QUICK)
    for name, one in whole.criteria.items():
        for judge, given in one.judges.items():
            assert alone[name][judge].gap == given.verdict.gap
            assert alone[name][judge].outcome == given.verdict.outcome


def test_few_files_of_equal_judges_hold_a_false_claim() -> None:
    """The run of 200 files is `benchmarks/many_judges.py`."""
    false = 0
    for seed in range(25):
        verdicts = judge_verdicts(file_of([0.15] * 12, 2, 80, seed), BootstrapOptions(400))
        false += any(one.outcome in ("better", "worse") for judged in verdicts.values() for one in judged.values())
    assert false <= 4


def test_over_all_criteria_only_judges_of_the_same_criteria_stand_in_one_order() -> None:
    generator = np.random.default_rng(3)
    people = {name: generator.integers(0, 3, (40, 2)).astype(float) for name in ("Be Brief", "Be Kind")}
    none = np.full(40, np.nan)
    judges = {
        "Be Brief": np.column_stack([none, none, people["Be Brief"][:, 0]]),
        "Be Kind": np.column_stack([people["Be Kind"][:, 0], generator.integers(0, 3, 40), none]),
    }
    ratings = Ratings(people, ["ann", "ben"], "ordinal", judges, ["one", "two", "rules"])
    overall = agreement_figures(ratings, BootstrapOptions(200)).overall
    assert {judge for tier in overall.tiers for judge in tier} == {"one", "two"}
