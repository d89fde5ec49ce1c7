"""What a cascade would do, replayed over planted scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hone.domain.evidence import Judgement, Score
from hone.measuring.cascade import (
    GROUPED,
    WEIGHTED,
    CascadeReplay,
    CascadeRule,
    CriterionCascade,
    SureScores,
    replayed,
    scores_by_votes,
    scores_of_judgements,
)
from hone.measuring.collected import Collected
from hone.report.cascade import cascade_page, typed
from hone.stats import Ratings

NAME = "Be Right"


def collected(people: np.ndarray, judges: np.ndarray | None = None, **more: object) -> Collected:
    ratings = Ratings(
        people={NAME: people},
        raters=[f"p{n}" for n in range(people.shape[1])],
        level="nominal",
        judges=None if judges is None else {NAME: judges},
        judge_names=() if judges is None else [f"vote {n}" for n in range(judges.shape[1])],
    )
    ratings = replace(ratings, **more)  # type: ignore[arg-type]
    return Collected(ratings, tuple(map(str, range(len(people)))), people.size, 0, 0, "level: nominal")


def planted(items: int = 200) -> tuple[Collected, SureScores, SureScores]:
    """People say 0 and 1 in turns; the first judge has every tenth wrong, and is unsure of just these."""
    truth = np.arange(items) % 2
    wrong = np.arange(items) % 10 == 3
    first = SureScores(np.where(wrong, 1 - truth, truth).astype(float), np.where(wrong, 0.6, 0.97))
    second = SureScores(truth.astype(float), np.ones(items))
    return collected(np.column_stack([truth, truth]).astype(float)), first, second


def one(found: Collected, first: SureScores, second: SureScores, rule: CascadeRule | None = None) -> CriterionCascade:
    return replayed(found, {NAME: first}, {NAME: second}, rule)[NAME]


def test_each_threshold_is_what_would_have_been() -> None:
    came = one(*planted(), CascadeRule(cost=(1, 10)))
    assert [each.below for each in came.thresholds] == [0.99, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5]
    by = {each.below: each for each in came.thresholds}
    assert [by[below].share.value for below in (0.99, 0.95, 0.5)] == [0, 0.9, 1]
    assert (by[0.95].wrong.value, by[0.95].accuracy.value, by[0.95].kappa) == (0, 1, 1)
    assert by[0.5].wrong.value == pytest.approx(0.1)
    assert by[0.5].accuracy.value == pytest.approx(0.9)
    assert by[0.99].wrong.value is None
    assert [by[below].cost for below in (0.99, 0.95, 0.5)] == pytest.approx([11_000, 2_000, 1_000])
    assert came.first is not None
    assert came.first[0].value == pytest.approx(0.9)
    assert came.lowest == 0.7


def test_ties_of_people_and_replies_that_a_judge_lacks_are_left_out_and_counted() -> None:
    found, first, second = planted(100)
    people = np.asarray(found.ratings.people[NAME]).copy()
    people[:5, 0] = 1 - people[:5, 0]
    levels = second.levels.copy()
    levels[10:13] = np.nan
    came = one(collected(people), first, SureScores(levels, second.certainty))
    assert (came.items, came.tied, came.unjudged) == (92, 5, 3)


def test_groups_have_no_exact_bound_and_it_says_so() -> None:
    found, first, second = planted()
    grouped = replace(found, ratings=replace(found.ratings, clusters=[n // 10 for n in range(200)]))
    came = one(grouped, first, second)
    assert came.unbounded == GROUPED
    assert came.lowest is None
    assert all(each.bound is None for each in came.thresholds)
    alone = replace(found, ratings=replace(found.ratings, clusters=list(range(200))))
    assert one(alone, first, second).lowest == 0.7


def test_replies_drawn_with_unequal_chances_have_no_exact_bound_and_it_says_so() -> None:
    found, first, second = planted()
    weights = np.where(np.arange(200) % 2, 1.0, 20.0)
    came = one(replace(found, weights=weights), first, second)
    assert (came.unbounded, came.lowest) == (WEIGHTED, None)
    assert one(replace(found, weights=np.full(200, 3.0)), first, second).lowest is not None


def test_several_criteria_share_what_may_be_missed() -> None:
    found, first, second = planted()
    people = np.asarray(found.ratings.people[NAME])
    both = replace(found, ratings=replace(found.ratings, people={NAME: people, "Be Kind": people}))
    came = replayed(both, {NAME: first, "Be Kind": first}, {NAME: second, "Be Kind": second})
    single = one(found, first, second)
    bounds = [each.thresholds[1].bound for each in (came[NAME], single)]
    assert bounds[0] is not None
    assert bounds[1] is not None
    assert bounds[0].miss == pytest.approx(bounds[1].miss / 2)
    assert bounds[0].bound > bounds[1].bound
    kept = CascadeReplay("a", "b", CascadeRule(), {**came, "Be Brief": replace(single, thresholds=())})
    assert kept.lowest is None
    assert CascadeReplay("a", "b", CascadeRule(), came).lowest == 0.7


def test_measurements_are_neither_right_nor_wrong() -> None:
    draw = np.random.default_rng(0).normal(size=(50, 2))
    found = replace(collected(draw), ratings=replace(collected(draw).ratings, level="interval"))
    scores = SureScores(draw[:, 0], np.ones(50))
    assert "measurements" in one(found, scores, scores).problem
    nobody = SureScores(np.full(200, np.nan), np.zeros(200))
    assert "no reply has a score" in one(planted()[0], nobody, planted()[1]).problem


def test_votes_become_the_level_with_most_of_them_and_their_share_a_certainty() -> None:
    nan = np.nan
    votes = np.array([[1, 1, 0], [0, 1, nan], [nan, nan, nan], [2, 2, 2]], dtype=float)
    found = collected(np.ones((4, 1)), votes)
    scores = scores_by_votes(found, ["vote 0", "vote 1", "vote 2"])[NAME]
    assert scores.levels.tolist()[:2] == [1, 0]
    assert np.isnan(scores.levels[2])
    assert scores.certainty.tolist() == pytest.approx([2 / 3, 1 / 2, 0, 1])
    assert scores.votes == 3
    (grid,) = {tuple(each.below for each in one(found, scores, scores).thresholds)}
    assert grid == pytest.approx((1, 2 / 3, 1 / 3))


def test_judgements_give_their_likeliest_level_and_without_shares_no_certainty() -> None:
    def judged(item: str, **score: object) -> Judgement:
        made = Score.model_validate({"criterion": NAME, "reason": "", **score})
        return Judgement(item=item, judge="m", rubric="r", scores=(made,))

    found = collected(np.ones((3, 1)))
    judgements = {"0": judged("0", value=0.4, shares=(0.3, 0.7)), "1": judged("1", value=1)}
    scores = scores_of_judgements(found, judgements, (0, 1))[NAME]
    assert scores.levels.tolist()[:2] == [1, 1]
    assert np.isnan(scores.levels[2])
    assert scores.certainty.tolist() == [0.7, 0, 0]


@pytest.mark.parametrize(("below", "words"), [(7 / 9, "0.777"), (2 / 3, "0.666"), (0.95, "0.95"), (1, "1")])
def test_a_threshold_is_written_so_that_what_reaches_it_still_does(below: float, words: str) -> None:
    assert typed(below) == words
    assert float(words) <= below


def test_the_page_shows_every_threshold_and_escapes_names() -> None:
    found, first, second = planted()
    page = cascade_page(
        CascadeReplay("<b>a", "b", CascadeRule(cost=(1, 10)), replayed(found, {NAME: first}, {NAME: second}))
    )
    assert "&lt;b&gt;a" in page
    assert "<b>a" not in page
    for words in ("cost of 1,000", "always", "never", "0.95", "11,000", "from 0.7 on, at most 10%"):
        assert words in page
