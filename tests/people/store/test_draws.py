"""Draws of replies: what is handed out, what each rated reply stands for, and stores that say strange chances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from hone.errors import StoreError
from hone.people.exchange.stored import stored_ratings
from hone.people.exchange.whole import read_store, write_store
from hone.people.store import NewSubject, open_store
from hone.people.store.draws import Choose, DrawnReplies
from hone.people.store.store import Store

from .conftest import RUBRIC, rubric_of

Ids = Callable[[str], str]
BOTH = {"Be Clear": 1.0, "Be Kind": 1.0}


def the_first(chance: float) -> Choose:
    def choose(replies: Sequence[str], count: int, _: int) -> Mapping[str, float]:
        return dict.fromkeys(replies[:count], chance)

    return choose


def rate_all(store: Store, rater: str) -> list[str]:
    given = []
    while (subject := store.next_subject(rater, RUBRIC)) is not None:
        store.rate(rater, subject.id, RUBRIC, BOTH)
        given.append(subject.id)
    return given


def weights(store: Store) -> dict[str, float | None]:
    return {row.subject: row.weight for row in store.ratings(RUBRIC)}


def test_only_drawn_replies_are_handed_out_and_each_has_its_weight(filled: Store, rater: Ids) -> None:
    assert filled.draw_replies(RUBRIC, 2, the_first(0.25)) == DrawnReplies(2, 2, 1)
    assert filled.progress(RUBRIC, rater("Ann")).subjects == 2
    given = rate_all(filled, rater("Ann"))
    assert len(given) == 2
    assert weights(filled) == dict.fromkeys(given, 4.0)
    assert filled.progress(RUBRIC, rater("Ann")).left == 0


def test_without_a_draw_there_are_no_weights(filled: Store, rater: Ids) -> None:
    assert len(rate_all(filled, rater("Ann"))) == 3
    assert set(weights(filled).values()) == {None}
    assert "weight" not in stored_ratings(filled, RUBRIC).columns


def test_asked_again_only_what_is_lacking_is_drawn(filled: Store, rater: Ids) -> None:
    filled.draw_replies(RUBRIC, 2, the_first(0.5))
    assert filled.draw_replies(RUBRIC, 2, the_first(0.5)) == DrawnReplies(0, 2, 1)
    subject = filled.next_subject(rater("Ann"), RUBRIC)
    assert subject
    filled.rate(rater("Ann"), subject.id, RUBRIC, BOTH)
    assert filled.draw_replies(RUBRIC, 2, the_first(1)) == DrawnReplies(1, 2, 0)
    assert filled.draw_replies(RUBRIC, 9, the_first(1)) == DrawnReplies(0, 2, 0)


def test_a_drawn_reply_that_was_skipped_does_not_wait(filled: Store, rater: Ids) -> None:
    filled.draw_replies(RUBRIC, 1, the_first(0.5))
    subject = filled.next_subject(rater("Ann"), RUBRIC)
    assert subject
    filled.skip(rater("Ann"), subject.id, RUBRIC, "not mine")
    assert filled.draw_replies(RUBRIC, 1, the_first(0.5)) == DrawnReplies(1, 1, 1)


def test_what_was_rated_before_counts_as_an_even_draw(filled: Store, rater: Ids) -> None:
    subject = filled.next_subject(rater("Ann"), RUBRIC)
    assert subject
    filled.rate(rater("Ann"), subject.id, RUBRIC, BOTH)
    filled.draw_replies(RUBRIC, 1, the_first(0.5))
    assert weights(filled) == {subject.id: 3.0}, "of three replies one was rated"
    rate_all(filled, rater("Ben"))
    found = weights(filled)
    # Each draw counts half: 3 and 1 for the first reply, 2 for the second; together they stand for all three.
    assert found[subject.id] == pytest.approx((3 + 1) / 2)
    assert sum(one or 0 for one in found.values()) == pytest.approx(3)


def test_what_others_brought_in_since_the_draw_counts_as_an_even_draw_too(filled: Store, rater: Ids) -> None:
    filled.draw_replies(RUBRIC, 1, the_first(0.5))
    (drawn,) = rate_all(filled, rater("Ann"))
    other = next(one.id for one in filled.up_for_rating() if one.id != drawn)
    filled.rate(rater("Ann"), other, RUBRIC, BOTH)
    assert weights(filled) == {drawn: pytest.approx(1.5), other: pytest.approx(1.0)}


def test_a_draw_stands_for_new_replies_only_once_they_could_be_drawn(filled: Store, rater: Ids) -> None:
    filled.draw_replies(RUBRIC, 2, the_first(2 / 3))
    rate_all(filled, rater("Ann"))
    filled.add_subjects([NewSubject("new", "Plan.", "A new reply.")])
    assert filled.draw_replies(RUBRIC, 1, the_first(0.5)).new == 1
    last = rate_all(filled, rater("Ann"))
    assert weights(filled) == {**dict.fromkeys(weights(filled), 1.0), last[0]: 2.0}


def test_stale_ratings_have_no_weight_and_a_new_wording_is_rated_on_the_same_draw(filled: Store, rater: Ids) -> None:
    filled.draw_replies(RUBRIC, 2, the_first(0.5))
    rate_all(filled, rater("Ann"))
    other = rubric_of("Be Clear: Each word and each figure is known.")
    assert {row.weight for row in filled.ratings(other, current_only=False)} == {None}
    assert filled.draw_replies(other, 2, the_first(0.5)).new == 0
    assert filled.progress(other).subjects == 2


def test_judges_rows_have_no_weight_of_their_own(filled: Store, rater: Ids) -> None:
    filled.draw_replies(RUBRIC, 1, the_first(0.5))
    judge = filled.add_rater("a judge", "judge").id
    (subject,) = rate_all(filled, rater("Ann"))
    filled.rate(judge, subject, RUBRIC, BOTH)
    assert {(row.kind, row.weight) for row in filled.ratings(RUBRIC)} == {("human", 2.0), ("judge", None)}


def test_a_whole_export_keeps_draws_and_chances(filled: Store, rater: Ids, tmp_path: Path) -> None:
    filled.draw_replies(RUBRIC, 2, the_first(0.25), source="the labelling")
    rate_all(filled, rater("Ann"))
    write_store(filled.database, tmp_path / "whole.jsonl")
    with open_store(tmp_path / "other.db") as other:
        read_store(other.database, tmp_path / "whole.jsonl")
        assert weights(other) == weights(filled)


@pytest.mark.parametrize("chance", [0.0, -0.5, 1.5])
def test_a_store_with_a_chance_that_is_none_is_refused_in_one_line(filled: Store, rater: Ids, chance: float) -> None:
    filled.draw_replies(RUBRIC, 1, the_first(0.5))
    rate_all(filled, rater("Ann"))
    filled.database.write(
        lambda connection: connection.execute(text("UPDATE chances SET chance = :chance"), {"chance": chance})
    )
    with pytest.raises(StoreError, match=r"was drawn with the chance -?\d\.\d, which is not above 0 and at most 1"):
        filled.ratings(RUBRIC)
