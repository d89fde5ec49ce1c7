"""Where no item differs from another, an interval says what the items that nobody has seen might still change."""

from __future__ import annotations

import numpy as np
import pytest

from hone.stats import (
    BootstrapOptions,
    JudgeAgreement,
    Level,
    Ratings,
    agreement_figures,
    krippendorff_alpha,
    paired_agreement,
    paired_means,
)
from hone.stats.unseen import unseen_share

QUICK = BootstrapOptions(resamples=300)


def judged(people: np.ndarray, judge: np.ndarray, level: Level = "ordinal", groups: object = None) -> JudgeAgreement:
    names = [f"r{place}" for place in range(people.shape[1])]
    ratings = Ratings({"c": people}, names, level, {"c": judge[:, None]}, ["j"], groups)  # type: ignore[arg-type]
    return agreement_figures(ratings, QUICK).overall.judges["j"]


def agreed(items: int, levels: int = 4, raters: int = 3) -> np.ndarray:
    return np.repeat(np.arange(items)[:, None] % levels, raters, axis=1).astype(float)


def test_the_share_that_may_have_been_missed_is_clopper_and_pearsons() -> None:
    from scipy.stats import binomtest  # noqa: PLC0415 - heavy

    for n in (1, 12, 25, 300):
        assert unseen_share(n, 0.95) == pytest.approx(binomtest(0, n).proportion_ci(0.95, "exact").high)


def test_a_judge_that_is_one_too_high_on_every_item_is_lenient_once_there_are_enough() -> None:
    for items, lenient in ((12, False), (30, True), (300, True)):
        people = agreed(items)
        error = judged(people, people[:, 0] + 1).consensus["mean_error"]
        assert error.value == 1
        assert error.method == "unseen"
        assert error.low is not None
        assert (error.low > 0) is lenient, items


def test_a_perfect_judge_of_perfect_people_is_as_good_with_enough_items_and_never_promised_nothing() -> None:
    few = judged(agreed(30), agreed(30)[:, 0]).verdict
    assert few.outcome == "not shown"
    assert few.more_items is not None
    for times, outcome in ((0.7, "not shown"), (1.4, "as good")):
        enough = agreed(30 + int(times * few.more_items))
        assert judged(enough, enough[:, 0]).verdict.outcome == outcome, "about so many"
    many = judged(agreed(300), agreed(300)[:, 0])
    assert many.verdict.outcome == "as good"
    kappa = many.consensus["weighted_kappa"]
    assert kappa.value == 1
    assert kappa.low is not None
    assert 0.9 < kappa.low < 1
    assert judged(agreed(1000, 2), agreed(1000, 2)[:, 0], "nominal").verdict.outcome == "as good"


def test_a_judge_that_always_gives_one_level_is_worse_than_people_who_agree() -> None:
    found = judged(agreed(300, 3), np.ones(300)).verdict
    assert (found.gap.value, found.outcome) == (-1, "worse")


def test_a_rare_level_leaves_more_room_than_an_even_scale() -> None:
    rare = agreed(300)
    rare[:] = 0
    rare[:6] = 1
    assert judged(rare, rare[:, 0], "nominal").verdict.outcome == "not shown", "one miss more costs much of a kappa"


def test_groups_and_not_items_are_what_says_how_much_was_missed() -> None:
    people = agreed(300)
    groups = [f"g{place % 20}" for place in range(300)]
    alone, together = judged(people, people[:, 0]), judged(people, people[:, 0], groups=groups)
    low, wide = alone.consensus["weighted_kappa"].low, together.consensus["weighted_kappa"].low
    assert low is not None
    assert wide is not None
    assert wide < low
    assert together.verdict.outcome == "not shown"
    few = judged(people, people[:, 0], groups=[f"g{place % 4}" for place in range(300)])
    assert few.consensus["weighted_kappa"].low is None


def test_a_baseline_that_knows_nothing_keeps_its_plain_zero() -> None:
    people = agreed(60)
    found = agreement_figures(Ratings({"c": people}, ["a", "b", "c"], "ordinal"), QUICK).overall
    assert found.baselines["majority_class"]["weighted_kappa"].low is None
    assert found.people.together["fleiss_kappa"].method == "unseen"
    assert found.people.pairs["cohen_kappa"]["a|c"].method == "unseen"
    assert found.ceiling["pearson"].method == "unseen"


def test_no_value_is_its_own_reason() -> None:
    alike = judged(np.ones((300, 2)), np.ones(300)).verdict
    assert alike.words.startswith("cannot be said (one level only)")
    assert alike.more_items is None
    apart = np.full((30, 2), np.nan)
    apart[:15, 0], apart[15:, 1] = 1, 2
    nobody = judged(apart, np.ones(30)).verdict
    assert nobody.outcome == "no ceiling"
    assert nobody.more_items is None
    assert "let two people rate the same items" in nobody.words


def test_alpha_of_people_who_agree_everywhere_leaves_room() -> None:
    few, many = (krippendorff_alpha(agreed(n), "nominal", options=QUICK) for n in (20, 1000))
    for found in (few, many):
        assert (found.value, found.high) == (1, 1)
    assert few.low is not None
    assert many.low is not None
    assert few.low < 0.9 < many.low < 1


def test_better_on_every_item_is_better_and_equal_on_every_item_has_an_interval() -> None:
    better = paired_means(np.ones(12), np.zeros(12), options=QUICK, span=(0, 1)).difference
    assert (better.value, better.high, better.method) == (1, 1, "unseen")
    assert better.low == pytest.approx(1 - 2 * unseen_share(12, 0.95))
    same = paired_means(np.ones(12), np.ones(12), options=QUICK, span=(0, 1)).difference
    assert same.value == 0
    assert same.low == pytest.approx(-unseen_share(12, 0.95))
    unknown = paired_means(np.ones(12), np.zeros(12), options=QUICK).difference
    assert unknown.low is None
    assert unknown.reason == "the same on every item, so no interval"


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_two_judges_that_never_differ_are_told_apart_within_what_was_not_seen(level: Level) -> None:
    people = agreed(100)
    found = paired_agreement(people[:, 0], people[:, 0], people, level, options=QUICK)
    assert (found.difference.value, found.p_value) == (0, 1)
    assert found.difference.low is not None
    assert found.difference.high is not None
    assert -0.25 < found.difference.low < 0 < found.difference.high < 0.25


def test_a_judge_that_nothing_speaks_against_is_not_yet_as_good_on_thirty_items() -> None:
    people = agreed(30, 2)
    people[:5, 0] = 1 - people[:5, 0]
    few = judged(people, agreed(30, 2)[:, 0], "nominal").verdict
    assert few.gap.value is not None
    assert few.gap.low is not None
    assert few.gap.value > 0, "only people slip"
    assert few.gap.low < -0.1, "30 items without a slip leave room for a judge that slips on a tenth"
    assert few.outcome == "not shown"
    people = np.tile(people, (10, 1))
    assert judged(people, agreed(300, 2)[:, 0], "nominal").verdict.outcome == "better"
