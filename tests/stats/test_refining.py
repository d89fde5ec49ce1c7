"""A gate for a changed judge: what was chosen on decides nothing."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from hone.errors import StatsError
from hone.stats import BootstrapOptions
from hone.stats.arrays import Floats, Integers
from hone.stats.refining import (
    TOTAL,
    judge_change,
    power_of_gate,
    prequential,
    sealed_split,
    significance_of,
)

FEW = BootstrapOptions(400)


def _world(seed: int, items: int = 200, candidates: int = 20, gain: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """People, the present judge, candidates that are as good, the first of them better by so much kappa."""
    draw = np.random.default_rng(seed)
    people = (draw.random(items) < 0.5).astype(float)
    errors = np.full(candidates + 1, 0.17)
    errors[1] -= gain / 2
    wrong = draw.random((items, candidates + 1)) < errors
    scores = np.where(wrong, 1 - people[:, None], people[:, None])
    return people, scores[:, 0], scores[:, 1:]


def _best(people: Floats, candidates: Floats, known: Integers) -> Floats:
    right = (candidates[known] == people[known, None]).mean(axis=0)
    return candidates[:, int(right.argmax())]


def _verdicts(count: int, *, fitted: bool, gain: float = 0.0) -> list[str]:
    found: list[str] = []
    for seed in range(count):
        people, present, candidates = _world(seed, gain=gain)
        rows = np.arange(len(people))
        new = _best(people, candidates, rows)
        if fitted:
            new = prequential(partial(_best, people, candidates), rows)
        found.append(judge_change(new, present, people, "nominal", options=FEW).verdict)
    return found


def test_the_best_of_many_useless_candidates_passes_on_its_own_rows_and_not_block_by_block() -> None:
    same, fitted = _verdicts(120, fitted=False), _verdicts(120, fitted=True)
    assert same.count("better") > 15
    assert fitted.count("better") <= 7  # 2.5% are allowed: more than 7 of 120 would come once in 200 times


def test_a_large_gain_is_shown() -> None:
    assert _verdicts(20, fitted=True, gain=0.3).count("better") >= 18


def test_a_worse_judge_is_worse_and_what_is_not_shown_says_how_many_more_ratings() -> None:
    people, present, candidates = _world(1, items=150, candidates=1, gain=0.12)
    told = judge_change(candidates[:, 0], present, people, "nominal", options=FEW)
    assert told.verdict == "not shown"
    assert told.difference.value is not None
    assert told.difference.value > 0
    assert told.further is not None
    assert told.further > 50
    worse = judge_change(1 - people, present, people, "nominal", options=FEW)
    assert (worse.verdict, worse.further) == ("worse", None)


def test_no_item_is_judged_by_a_choice_that_saw_its_group() -> None:
    units = np.repeat(np.arange(12), 3)
    seen: list[set[int]] = []

    def choose(known: Integers) -> Floats:
        seen.append(set(units[known].tolist()))
        return np.full(len(units), float(len(seen)))

    scores = prequential(choose, units, blocks=3)
    assert int(np.isnan(scores).sum()) == 9
    for unit in {int(one) for one in units[~np.isnan(scores)]}:
        place = int(scores[unit * 3]) - 1
        assert set(scores[units == unit].tolist()) == {place + 1}
        assert unit not in seen[place]
    known, sealed = sealed_split(units)
    assert not set(units[known].tolist()) & set(units[sealed].tolist())
    assert len(sealed) == 12
    with pytest.raises(StatsError, match="nothing can be held out"):
        prequential(choose, np.zeros(5, dtype=np.int64))
    with pytest.raises(StatsError, match="no third"):
        sealed_split(np.array([0, 0, 1]))


def test_all_openings_together_spend_no_more_than_the_total() -> None:
    assert sum(significance_of(one) for one in range(1, 60)) <= TOTAL
    assert significance_of(1) == TOTAL / 2
    people, present, candidates = _world(5, items=300, candidates=1, gain=0.17)
    wide = [judge_change(candidates[:, 0], present, people, "nominal", opening=n, options=FEW) for n in (1, 8)]
    assert wide[1].difference.half_width > wide[0].difference.half_width  # type: ignore[operator] # both are defined
    with pytest.raises(StatsError, match="counted from 1"):
        significance_of(0)


def test_block_by_block_shows_more_than_a_sealed_third_of_the_same_ratings() -> None:
    power = power_of_gate(200, 0.6, 0.1)
    assert power["prequential"] > 2 * power["sealed"] > 0
    assert power_of_gate(200, 0.6, 0.1, opening=3)["prequential"] < power["prequential"]
    with pytest.raises(StatsError, match="needs items"):
        power_of_gate(0, 0.6, 0.1)
