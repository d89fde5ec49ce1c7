"""A judge who orders as people do and scores otherwise is not as good as a person."""

from __future__ import annotations

import numpy as np
import pytest

from hone.measuring import compare_judges
from hone.report.wording import tiers_in_words, warnings
from hone.stats import BootstrapOptions, Figure, Level, Ratings, VerdictRule, agreement_figures, judge_verdicts
from hone.stats.arrays import Floats
from hone.stats.orders import ORDER_NAMES, nearness_block, order_blocks
from hone.stats.verdict import VerdictGrounds, verdict_of

QUICK = BootstrapOptions(500)


def measured(
    judge: tuple[float, float] = (1.0, 0.0), items: int = 100, people: int = 3, level: Level = "interval"
) -> Ratings:
    """Measurements around 50; the judge is as exact as a person, then stretched and moved."""
    generator = np.random.default_rng(1)
    truth = generator.normal(50, 20, items)
    seen = truth[:, None] + generator.normal(0, 5, (items, people))
    own = (truth + generator.normal(0, 5, items)) * judge[0] + judge[1]
    return Ratings(
        {"c": np.round(seen, 1)},
        [f"p{place}" for place in range(people)],
        level,
        {"c": np.round(own, 3)[:, None]},
        ["j"],
    )


def of_levels(people: Floats, judge: Floats) -> Ratings:
    return Ratings({"c": people}, ["a", "b", "c"], "ordinal", {"c": judge[:, None]}, ["j"])


def around(truth: Floats, slip: float, seed: int) -> Floats:
    """Scores 0 and 1 that miss this often, shape (items, 3)."""
    generator = np.random.default_rng(seed)
    return np.where(generator.random((len(truth), 3)) < slip, 1 - truth[:, None], truth[:, None])


@pytest.mark.parametrize(
    ("judge", "difference"),
    [
        ((1.0, 45.0), "+46.17"),
        ((1.0, 9.0), "+10.17"),
        ((0.01, 0.0), "-47.61"),
        ((2.0, -50.0), "+0.45"),
        ((1.0, 1e6), "+1000001.17"),
    ],
)
def test_a_judge_on_another_level_or_scale_orders_as_people_do_and_is_not_as_good(
    judge: tuple[float, float], difference: str
) -> None:
    found = agreement_figures(measured(judge), QUICK).criteria["c"]
    verdict = found.judges["j"].verdict
    assert verdict.outcome == "other scores"
    assert verdict.words.startswith("orders as people do, but its scores are not theirs: its Pearson's correlation")
    assert f"its mean score from people's by {difference}" in verdict.words
    assert verdict.more_items is None, "no more items make its scores people's"
    (warning,) = warnings(found)
    assert warning.startswith(f"j orders as people do, but its scores are not theirs: mean difference {difference}")


@pytest.mark.parametrize("shift", [0.0, 4.0])
def test_a_difference_in_level_that_is_within_the_margin_is_as_good(shift: float) -> None:
    assert agreement_figures(measured((1.0, shift)), QUICK).criteria["c"].judges["j"].verdict.outcome == "as good"


def test_a_scale_that_is_reversed_is_worse() -> None:
    assert judge_verdicts(measured((-1.0, 100.0)), QUICK)["c"]["j"].outcome == "worse"


def test_few_items_on_another_scale_are_not_told_that_more_would_show_it_as_good() -> None:
    verdict = judge_verdicts(measured((1.0, 45.0), items=20), QUICK)["c"]["j"]
    assert verdict.words.startswith("not shown to be as good as a person (its scores are not theirs):")
    assert verdict.more_items is None


def test_a_judge_of_yes_and_no_on_another_scale_is_not_as_good_as_people_who_slip() -> None:
    """0 and 100 beside 0 and 1 are three levels, of which the kappa sees the place and not the size."""
    truth = np.random.default_rng(0).integers(0, 2, 400).astype(float)
    verdict = judge_verdicts(of_levels(around(truth, 0.25, 1), truth * 100), QUICK)["c"]["j"]
    assert verdict.gap.low is not None
    assert verdict.gap.low > -0.1, "the kappa alone would call it as good"
    assert verdict.outcome == "other scores"
    assert "its nearness to the others' scores by less than -10" in verdict.words


def test_a_level_that_only_the_judge_uses_is_no_fault_in_itself() -> None:
    truth = np.random.default_rng(0).integers(1, 5, 300).astype(float)
    people = np.repeat(truth[:, None], 3, axis=1)
    people[::6, 0], people[1::6, 1], people[2::6, 2] = 1.0, 2.0, 3.0
    judge = truth.copy()
    judge[:2] = 5.0
    assert judge_verdicts(of_levels(people, judge), QUICK)["c"]["j"].outcome in {"as good", "better"}


def test_why_a_judge_of_probabilities_has_no_kappa_is_said() -> None:
    truth = np.random.default_rng(0).integers(0, 2, 60).astype(float)
    judge = np.clip(truth * 0.6 + 0.2 + np.random.default_rng(1).normal(0, 0.05, 60), 0, 1)
    words = judge_verdicts(of_levels(around(truth, 0.1, 2), judge), QUICK)["c"]["j"].words
    assert words.startswith("cannot be said (some scores are not on the people's scale)")


@pytest.mark.parametrize(
    ("near", "outcome"), [((-0.05, 0.1), "as good"), ((-0.3, 0.1), "not shown"), ((-0.3, -0.05), "other scores")]
)
def test_both_gaps_must_clear_the_margin(near: tuple[float, float], outcome: str) -> None:
    gap, nearness = (Figure((low + high) / 2, low, high, 100) for low, high in ((0.01, 0.2), near))
    found = verdict_of(gap, "pearson", 3, None, VerdictRule(), 1, VerdictGrounds(nearness=nearness))
    assert found.outcome == outcome
    left_open = "it orders as people do, but its scores are not shown to be theirs" in found.words
    assert left_open == (outcome == "not shown")


def test_the_verdicts_alone_say_what_stands_beside_the_figures() -> None:
    for ratings in (measured(), measured((1.0, 45.0)), measured(items=20), measured(people=2)):
        beside = agreement_figures(ratings, QUICK).criteria["c"].judges["j"].verdict
        alone = judge_verdicts(ratings, QUICK)["c"]["j"]
        assert beside.words.startswith(alone.words)
        assert (beside.outcome, beside.more_items) == (alone.outcome, alone.more_items)


def test_the_verdicts_alone_know_who_agrees_by_chance() -> None:
    generator = np.random.default_rng(3)
    ratings = of_levels(generator.integers(0, 2, (400, 3)).astype(float), generator.integers(0, 2, 400).astype(float))
    for verdict in (
        judge_verdicts(ratings, QUICK)["c"]["j"],
        agreement_figures(ratings, QUICK).criteria["c"].judges["j"].verdict,
    ):
        assert verdict.outcome == "not shown"
        assert "people are not shown to agree beyond chance" in verdict.words


@pytest.mark.parametrize("items", [18, 19, 20, 21, 60, 62])
def test_so_many_different_scores_that_one_item_more_changes_the_way_of_counting(items: int) -> None:
    """Up to 400 cells are a table; the made-up items behind 20 items reach beyond."""
    assert agreement_figures(measured(items=items), QUICK).criteria["c"].judges["j"].verdict.gap.value is not None


def test_all_ways_of_counting_give_their_figures_in_one_order() -> None:
    generator = np.random.default_rng(0)
    for size in (10, 100, 2000):
        left, right = generator.normal(size=(2, size))
        found = [name for block in order_blocks(left, right, np.ones(size, np.int64)) for name in block.names]
        assert tuple(found) == ORDER_NAMES


def test_nearness_is_1_of_equal_scores_0_of_unrelated_ones_and_falls_with_the_square_of_a_shift() -> None:
    generator = np.random.default_rng(0)
    others = generator.normal(50, 20, 20_000)
    ones = np.ones(len(others), np.int64)

    def near(scores: Floats) -> float:
        block = nearness_block(scores, others, ones)
        return float(block.finish(block.moments.sum(axis=0)[None, :])[0, 0])

    assert near(others) == pytest.approx(1)
    assert near(generator.permutation(others)) == pytest.approx(0, abs=0.03)
    assert near(others + 10) == pytest.approx(1 - 100 / (2 * others.var()))


def test_where_a_correlation_is_compared_it_is_not_called_agreement() -> None:
    base, generator = measured(), np.random.default_rng(5)
    one = np.asarray((base.judges or {})["c"])[:, 0]
    judges = np.column_stack([one + 45, one + generator.normal(0, 30, len(one))])
    ratings = Ratings(base.people, base.raters, "interval", {"c": judges}, ["moved", "rough"])
    words = compare_judges(ratings, "moved", "rough", QUICK).criteria["c"].words
    assert words == "moved orders more as people do; whose scores are nearer to theirs, a correlation does not say"
    tiers = tiers_in_words(agreement_figures(ratings, QUICK).criteria["c"])
    assert tiers.endswith("They are compared by Pearson's r, which does not see their level")


def test_beside_others_a_judge_who_is_too_high_is_known_by_its_scores_and_its_order_as_well_as_alone() -> None:
    """That no item speaks for its nearness says nothing of its correlation, whose interval must not grow by it."""
    base = measured(items=60)
    one = np.asarray((base.judges or {})["c"])[:, 0]
    judges = np.column_stack([one + 45, one, 100 - one])
    ratings = Ratings(base.people, base.raters, "interval", {"c": judges}, ["high", "good", "turned"])
    found = judge_verdicts(ratings, QUICK)["c"]
    assert [one.outcome for one in found.values()] == ["other scores", "as good", "worse"]
    gaps = [found[name].gap for name in ("high", "good")]
    assert gaps[0].low == pytest.approx(gaps[1].low)
    assert gaps[0].high == pytest.approx(gaps[1].high)
