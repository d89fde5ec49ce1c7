"""Scores that fall where others' rise: the p value is that of all orders, and the words say what it supports."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from hone.measuring import read_ratings
from hone.measuring.further import further_figures
from hone.report.further import further_lines
from hone.stats import BootstrapOptions, agreement_figures
from hone.stats.reversal import MOST_EXACT, Reversal, reversal

Written = Callable[..., Path]
QUICK = BootstrapOptions(resamples=100)


def lines_of(file: Path) -> list[str]:
    collected = read_ratings(file)
    further = further_figures(collected, agreement_figures(collected.ratings, QUICK), QUICK)
    json.dumps({name: one.as_dict() for name, one in further.items()}, allow_nan=False)
    return [
        line for one in further.values() for line in further_lines(one) if "fall where" in line or "other (" in line
    ]


def rated(written: Written, items: int, judge: Callable[[int], object], second: Callable[[int], object]) -> Path:
    rows = [(f"{n},c,ann,{n % 4 + 1},human", f"{n},c,ben,{second(n)},human") for n in range(items)]
    scored = [f"{n},c,bot,{judge(n)},judge" for n in range(items)]
    return written("item,criterion,rater,score,kind", *(line for row in rows for line in row), *scored)


def test_on_few_items_the_p_value_is_that_of_all_orders() -> None:
    generator = np.random.default_rng(0)
    for n in range(3, 8):
        one, other = generator.integers(1, 5, n).astype(float), generator.integers(1, 5, n).astype(float)
        found = reversal(one, other)
        if found is None:
            continue
        sums = np.array([np.dot(order, other) for order in permutations(one)])
        assert found.p_value == pytest.approx((sums <= np.dot(one, other) + 1e-9).mean())
        assert found.correlation == pytest.approx(np.corrcoef(one, other)[0, 1])
    steepest = reversal(np.arange(4.0), -np.arange(4.0))
    assert steepest is not None
    assert [steepest.correlation, steepest.p_value] == pytest.approx([-1, 1 / 24])


@pytest.mark.parametrize("items", [MOST_EXACT, 40, 400])
def test_where_nothing_is_reversed_a_small_p_is_as_rare_as_it_says(items: int) -> None:
    generator = np.random.default_rng(1)
    draws = 150
    found = [reversal(*generator.normal(size=(2, items))) for _ in range(draws)]
    small = sum(one is not None and one.p_value <= 0.1 for one in found)
    assert small <= 26, "15 are to be expected, and more than 26 in one of 1,000 runs"
    assert sum(one is None for one in found) > draws / 4, "half of them rise together"


def test_what_does_not_vary_rises_or_is_missing_is_not_spoken_of() -> None:
    rising, missing = np.arange(6.0), np.full(6, np.nan)
    for scores in (rising, np.ones(6), missing):
        assert reversal(scores, rising) is None
    assert reversal(-rising[:2], rising[:2]) is None


def test_groups_are_looked_at_by_their_means() -> None:
    scores, groups = np.repeat(np.arange(5.0), 10), np.repeat(np.arange(5), 10)
    found = reversal(-scores, scores, groups)
    assert found is not None
    assert (found.n, found.grouped) == (5, True)
    assert found.p_value == pytest.approx(1 / 120)


def test_a_reversed_judge_of_eight_items_is_asked_about(written: Written) -> None:
    (line,) = lines_of(rated(written, 8, lambda n: 4 - n % 4, lambda n: n % 4 + 1))
    assert line.startswith("bot: the scores fall where people's rise (correlation -1.00 on 8 items, p = 0.00")
    assert line.endswith(": is the scale reversed?")


def test_four_items_are_too_few_and_that_is_said(written: Written) -> None:
    (line,) = lines_of(rated(written, 4, lambda n: 4 - n % 4, lambda n: n % 4 + 1))
    assert "p = 0.0417); these are too few items to see whether the scale is reversed" in line


def test_a_person_whose_scale_is_reversed_is_asked_about(written: Written) -> None:
    lines = lines_of(rated(written, 40, lambda n: n % 4 + 1, lambda n: 4 - n % 4))
    assert any(
        line.startswith("ben: the scores fall where the others' rise (correlation -1.00 on 40") for line in lines
    )


def test_two_labels_that_are_swapped_are_asked_about(written: Written) -> None:
    rows = [f"{n},c,{who},{word},{kind}" for n in range(20) for who, word, kind in (
        ("ann", ("red", "blue")[n % 2], "human"), ("ben", ("red", "blue")[n % 2], "human"),
        ("bot", ("blue", "red")[n % 2], "judge"))]  # fmt: skip
    (line,) = lines_of(written("item,criterion,rater,score,kind", *rows))
    assert line.startswith("bot: says the one label where people say the other")
    assert line.endswith("are the two labels swapped?")


def test_many_raters_need_a_smaller_p() -> None:
    assert Reversal(-0.7, 0.02, 12).shown(1)
    assert not Reversal(-0.7, 0.02, 12).shown(10)


def test_the_differences_of_people_and_judges_are_those_of_agreement(written: Written) -> None:
    collected = read_ratings(rated(written, 40, lambda n: (n * 7) % 4 + 1, lambda n: (n * 3) % 4 + 1))
    agreement = agreement_figures(collected.ratings, QUICK)
    one, found = agreement.criteria["c"], further_figures(collected, agreement, QUICK)["c"]
    closeness = found.judges["bot"].closeness
    assert closeness is not None
    assert closeness.mean_difference is one.judges["bot"].consensus["mean_error"]
    for name in ("ann", "ben"):
        assert found.people[name].mean_difference is one.ceiling_by_person[name]["mean_error"]
