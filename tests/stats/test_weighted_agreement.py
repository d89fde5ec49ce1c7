"""Items that stand for unequally many: an item of weight three is as three items in every figure of agreement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from hone.errors import StatsError
from hone.stats import Agreement, BootstrapOptions, Ratings, agreement_figures, paired_agreement
from hone.stats.alpha import Level
from hone.stats.blocks import MomentBlock, WeightBlock
from hone.stats.orders import MOST_RANKED, order_blocks

QUICK = BootstrapOptions(200)
# Alpha and the intraclass correlations correct for few values or items, and three copies are more of them.
CORRECTED = {"krippendorff_alpha", "icc_2_1", "icc_2_k"}


def planted(level: Level, items: int = 60, *, whole: bool = True) -> tuple[Ratings, np.ndarray]:
    generator = np.random.default_rng(3)
    truth = generator.integers(1, 5, items) if whole else generator.normal(3, 1, items)
    people = np.stack([truth + generator.integers(-1, 2, items) for _ in range(3)], axis=1).astype(float)
    people[generator.random(people.shape) < 0.1] = np.nan
    judges = (truth + generator.integers(0, 2, items)).astype(float)[:, None]
    lengths = generator.integers(10, 90, items)
    return Ratings({"c": people}, ["a", "b", "d"], level, {"c": judges}, ["judge"], lengths=lengths), np.where(
        np.arange(items) % 3 == 0, 3, 1
    )


def chosen(ratings: Ratings, rows: np.ndarray, weights: np.ndarray | None = None) -> Ratings:
    assert ratings.judges is not None
    assert ratings.lengths is not None
    return Ratings(
        {name: np.asarray(one)[rows] for name, one in ratings.people.items()},
        ratings.raters,
        ratings.level,
        {name: np.asarray(one)[rows] for name, one in ratings.judges.items()},
        ratings.judge_names,
        lengths=np.asarray(ratings.lengths)[rows],
        weights=weights,
    )


def values(agreement: Agreement) -> Iterator[tuple[str, float | None]]:
    found = agreement.criteria["c"]
    parts = [found.people.together, found.ceiling, found.judges["judge"].consensus, *found.ceiling_by_person.values()]
    parts += [*found.judges["judge"].people.values(), *found.baselines.values()]
    for part in parts:
        yield from ((name, figure.value) for name, figure in part.items() if name not in CORRECTED)
    yield "gap", found.judges["judge"].verdict.gap.value


@pytest.mark.parametrize(("level", "whole"), [("nominal", True), ("ordinal", True), ("interval", False)])
def test_an_item_of_weight_three_is_as_three_items(level: Level, *, whole: bool) -> None:
    ratings, weights = planted(level, whole=whole)
    every = np.arange(len(weights))
    one = list(values(agreement_figures(chosen(ratings, every, weights), QUICK)))
    other = list(values(agreement_figures(chosen(ratings, np.repeat(every, weights)), QUICK)))
    assert len(one) > 20
    for (name, weighted), (_, repeated) in zip(one, other, strict=True):
        assert weighted == (repeated if repeated is None else pytest.approx(repeated)), name


def test_equal_weights_are_no_weights() -> None:
    ratings, weights = planted("ordinal")
    every = np.arange(len(weights))
    equal = agreement_figures(chosen(ratings, every, np.full(len(weights), 7.0)), QUICK)
    assert equal.as_dict() == agreement_figures(ratings, QUICK).as_dict()


def test_with_weights_no_share_has_wilsons_interval_and_no_test_of_alike_items_is_run() -> None:
    ratings, weights = planted("ordinal")
    found = agreement_figures(chosen(ratings, np.arange(len(weights)), weights), QUICK).criteria["c"]
    assert found.judges["judge"].consensus["accuracy"].method != "wilson"
    assert found.judges["judge"].verdict.alternative is None


@pytest.mark.parametrize("statistic", ["accuracy", "weighted_kappa", "spearman"])
def test_two_judges_are_compared_with_the_weights(statistic: str) -> None:
    ratings, weights = planted("ordinal")
    people = np.asarray(ratings.people["c"])
    generator = np.random.default_rng(4)
    one, other = people[:, 0], people[:, 0] + generator.integers(0, 2, len(people))
    every = np.repeat(np.arange(len(people)), weights)
    found = paired_agreement(one, other, people[:, 1:], "ordinal", statistic, options=QUICK, weights=weights)
    same = paired_agreement(one[every], other[every], people[every, 1:], "ordinal", statistic, options=QUICK)
    assert found.difference.value == pytest.approx(same.difference.value)


def test_ranks_of_many_items_are_weighted_too() -> None:
    generator = np.random.default_rng(5)
    size = MOST_RANKED + 700
    left = generator.normal(size=size)
    right, weights = left + generator.normal(size=size), generator.integers(1, 4, size)
    ones = np.ones(size, dtype=np.int64)
    moments = order_blocks(left, right, ones, mass=weights.astype(float))[1]
    every = np.repeat(np.arange(size), weights)
    exact = order_blocks(left[every], right[every], np.ones(len(every), dtype=np.int64), exact=True)[1]
    assert isinstance(exact, WeightBlock)
    assert isinstance(moments, MomentBlock)
    weighted = moments.finish((moments.moments * weights[:, None]).sum(axis=0, keepdims=True))
    np.testing.assert_allclose(weighted, exact.evaluate(np.ones((1, len(every)))), atol=2e-3)


@pytest.mark.parametrize("weights", [[-1.0] * 60, [np.nan] * 60, [1.0] * 59, [0.0] * 60])
def test_what_are_no_weights_is_refused(weights: list[float]) -> None:
    ratings, _ = planted("ordinal")
    with pytest.raises(StatsError, match="give one weight, 0 or more, for each of the 60 items"):
        agreement_figures(chosen(ratings, np.arange(60), np.array(weights)), QUICK)
