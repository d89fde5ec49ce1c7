"""Golden replies out of ratings: what all people agree on, spread over criteria and levels whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from hone.people.store.values import RatingRow
from hone.rubrics.unanimous import AgreedReply, spread_over_levels, unanimous_ratings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def row(
    subject: str, rater: str, score: float, kind: Literal["human", "judge"] = "human", criterion: str = "Be Kind"
) -> RatingRow:
    return RatingRow(subject, criterion, rater, score, kind, None, NOW, subject, "r", False)


def test_one_person_and_a_judge_who_agree_are_not_all_people() -> None:
    rows = [row("a", "Ann", 1), row("a", "model", 1, "judge"), row("b", "Ann", 0), row("b", "Ben", 0)]
    found = unanimous_ratings([*rows, row("b", "model", 1, "judge")], ["Be Kind"])
    assert (found.ratings, found.rated, found.shared, found.unanimous) == (3, 2, 1, 1)
    assert [(one.subject, dict(one.levels), one.people) for one in found.replies] == [("b", {"Be Kind": 0}, 2)]


def test_a_criterion_that_no_judge_scores_makes_none() -> None:
    rows = [row("a", name, 1, criterion="Be Short") for name in ("Ann", "Ben")]
    assert unanimous_ratings(rows, ["Be Kind"]).replies == []


def test_a_third_person_who_differs_takes_the_agreement_away() -> None:
    rows = [row("a", "Ann", 1), row("a", "Ben", 1), row("a", "Cid", 0)]
    found = unanimous_ratings(rows, ["Be Kind"])
    assert (found.shared, found.unanimous) == (1, 0)


def replies(**levels: float) -> list[AgreedReply]:
    return [AgreedReply(name, {"Be Kind": level}, 2) for name, level in levels.items()]


def test_a_rare_level_comes_before_a_common_one_is_shown_twice() -> None:
    many = replies(**{f"c{n}": 1 for n in range(50)}, rare=-1, seldom=0)
    assert {one.levels["Be Kind"] for one in spread_over_levels(many, 3)} == {-1, 0, 1}
    there = {("Be Kind", 1.0): 5, ("Be Kind", 0.0): 1}
    assert [one.subject for one in spread_over_levels(many, 2, there)] == ["rare", "seldom"]


@given(st.permutations(list(range(12))), st.integers(1, 12))
def test_the_order_of_the_ratings_does_not_decide(order: list[int], count: int) -> None:
    all_of_them = replies(**{f"c{n}": n % 3 - 1 for n in range(12)})
    chosen = spread_over_levels(all_of_them, count)
    assert spread_over_levels([all_of_them[place] for place in order], count) == chosen
    shown = [sum(one.levels["Be Kind"] == level for one in chosen) for level in (-1, 0, 1)]
    assert max(shown) - min(shown) <= 1
