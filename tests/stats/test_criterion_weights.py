"""Weights of criteria in an overall rating: what they are, what is claimed of them, and how often intervals hold."""

from __future__ import annotations

import numpy as np
import pytest

from hone.errors import StatsError
from hone.stats.bootstrap import BootstrapOptions
from hone.stats.criterion_weights import CriterionWeights, OverallRatings, criterion_weights

QUICK = BootstrapOptions(200)
TRUE = {"clear": 0.5, "kind": 0.25, "long": 0.0}


def planted(
    items: int, generator: np.random.Generator, noise: float = 0.1, alike: float = 0.5, raters: int = 2
) -> OverallRatings:
    """Each of some raters rates every item on criteria that go together, with a strictness of their own."""
    shared = generator.normal(size=items)
    rows = np.tile(np.arange(items), raters)
    names = np.repeat([f"r{n}" for n in range(raters)], items)
    criteria = {
        name: np.clip(0.5 + 0.2 * (alike * shared + (1 - alike) * generator.normal(size=items))[rows], 0, 1)
        + generator.normal(0, 0.05, len(rows))
        for name in TRUE
    }
    strict = np.repeat(generator.normal(0, 0.2, raters), items)
    item = generator.normal(0, noise, items)[rows] + generator.normal(0, noise / 2, len(rows))
    overall = sum(weight * criteria[name] for name, weight in TRUE.items()) + strict + item
    return OverallRatings(overall, criteria, names.tolist(), rows.tolist())


def fitted(items: int = 400, seed: int = 1, noise: float = 0.1) -> CriterionWeights:
    return criterion_weights(planted(items, np.random.default_rng(seed), noise), options=QUICK)


def test_weights_are_found_whatever_the_raters_strictness() -> None:
    found = fitted()
    for name, weight in TRUE.items():
        figure = found.criteria[name].figure
        assert figure.value == pytest.approx(weight, abs=0.1)
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low <= weight <= figure.high
    assert sum(one.share or 0 for one in found.criteria.values()) == pytest.approx(1)
    assert {name: one.adding for name, one in found.criteria.items()} == {
        "clear": "adds",
        "kind": "adds",
        "long": "adds nothing",
    }
    assert found.better_than_equal
    assert found.explained is not None
    assert 0.2 < found.explained < 0.9


def test_on_few_items_nothing_is_shown_rather_than_nothing_is_there() -> None:
    found = fitted(12, noise=0.3)
    assert {one.adding for one in found.criteria.values()} == {"not shown"}
    assert found.few
    assert not found.better_than_equal


def test_what_other_criteria_determine_has_no_weight_of_its_own() -> None:
    ratings = planted(100, np.random.default_rng(3))
    twin = {**ratings.criteria, "again": ratings.criteria["clear"]}
    found = criterion_weights(
        OverallRatings(ratings.overall, twin, ratings.raters, ratings.clusters), options=QUICK
    ).criteria
    assert found["clear"].figure.low is found["again"].figure.low is None
    assert found["again"].adding == "not shown"
    assert "determine it" in (found["again"].figure.reason or "")
    assert found["kind"].adding == "adds"


def test_a_criterion_that_runs_against_the_overall_rating_is_said_to() -> None:
    ratings = planted(300, np.random.default_rng(4))
    turned = np.asarray(ratings.overall) - 0.6 * np.asarray(ratings.criteria["long"])
    found = criterion_weights(
        OverallRatings(turned, ratings.criteria, ratings.raters, ratings.clusters), options=QUICK
    ).criteria
    assert found["long"].adding == "against"
    assert found["long"].figure.value == 0


def test_rows_that_count_twice_are_as_two_rows() -> None:
    ratings = planted(60, np.random.default_rng(5), raters=1)
    weights = np.where(np.arange(60) % 2, 2, 1)
    every = np.repeat(np.arange(60), weights)
    one = criterion_weights(
        OverallRatings(ratings.overall, ratings.criteria, ratings.raters, ratings.clusters, weights), options=QUICK
    )
    other = criterion_weights(
        OverallRatings(
            np.asarray(ratings.overall)[every],
            {name: np.asarray(scores)[every] for name, scores in ratings.criteria.items()},
            ["r0"] * len(every),
            [ratings.clusters[at] for at in every.tolist()],
        ),
        options=QUICK,
    )
    for name in TRUE:
        one_figure, other_figure = one.criteria[name].figure, other.criteria[name].figure
        assert one_figure.value == pytest.approx(other_figure.value)
        assert one_figure.high == pytest.approx(other_figure.high)


def test_all_intervals_hold_together_as_often_as_they_say() -> None:
    held, wrong = 0, 0
    for seed in range(150):
        found = fitted(60, seed, noise=0.2).criteria
        figures = {name: one.figure for name, one in found.items()}
        held += all((figure.low or 0) <= TRUE[name] <= (figure.high or 0) for name, figure in figures.items())
        wrong += found["long"].adding in ("adds", "adds little", "against")
    assert held >= 150 * 0.95 - 2 * (150 * 0.95 * 0.05) ** 0.5
    assert wrong <= 6


def test_too_few_items_for_so_many_criteria_is_one_line() -> None:
    with pytest.raises(StatsError, match=r"4 rated items .* are too few for the weights of 3 criteria; it takes 7"):
        fitted(4)
    with pytest.raises(StatsError, match="at least one criterion"):
        criterion_weights(OverallRatings([1.0], {}, ["a"], ["i"]))
