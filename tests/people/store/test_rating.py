from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hone.errors import FeedbackError
from hone.people.store import NewSubject
from hone.people.store.store import Store

from .conftest import RUBRIC, Clock, rubric_of

Ids = Callable[[str], str]


def test_each_criterion_is_saved_at_once_and_the_last_completes_the_reply(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    assert not filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1}).complete
    answer = filled.answer(ann, subject.id, RUBRIC)
    assert answer
    assert (answer.scores, answer.state) == ({"Be Clear": 1.0}, "open")
    assert filled.next_subject(ann, RUBRIC) == subject, "it stays in hand until it is complete"
    assert filled.rate(ann, subject.id, RUBRIC, {"Be Kind": -1}, note=" blunt ").complete
    answer = filled.answer(ann, subject.id, RUBRIC)
    assert answer
    assert (answer.scores, answer.state, answer.note) == ({"Be Clear": 1.0, "Be Kind": -1.0}, "done", "blunt")
    assert filled.next_subject(ann, RUBRIC) != subject


def test_a_double_submit_is_one_rating(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    first = filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1}, key="submit-1")
    again = filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 0}, key="submit-1")
    assert (first.repeated, again.repeated) == (False, True)
    assert [row.score for row in filled.ratings(RUBRIC)] == [1.0]
    assert len([one for one in filled.history(rater=ann) if one.place == "ratings"]) == 1
    assert not filled.rate(rater("Ben"), subject.id, RUBRIC, {"Be Clear": 0}, key="submit-1").repeated


def test_history_says_who_changed_what_from_what_to_what(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1})
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": -1})
    later, earlier = [one for one in filled.history(about=subject.id) if one.place == "ratings"]
    assert (later.by, later.kind, later.criterion) == ("Ann", "rate", "Be Clear")
    assert later.old == earlier.new
    assert later.old
    assert later.new
    assert (later.old["value"], later.new["value"]) == (1.0, -1.0)
    assert earlier.old is None


def test_undo_takes_back_save_after_save_and_is_itself_in_the_history(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1})
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 0, "Be Kind": 1}, note="short")
    assert filled.undo(ann) == subject.id
    answer = filled.answer(ann, subject.id, RUBRIC)
    assert answer
    assert (answer.scores, answer.state, answer.note) == ({"Be Clear": 1.0}, "open", "")
    assert filled.undo(ann) == subject.id
    assert filled.undo(ann) is None, "there is nothing left to undo"
    assert filled.ratings(RUBRIC) == []
    assert [one.kind for one in filled.history(about=subject.id)].count("undo") == 5


def test_undo_passes_over_saves_that_changed_nothing(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1}, key="one")
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1}, key="two")
    assert filled.undo(ann) == subject.id
    assert filled.ratings(RUBRIC) == []


def test_undo_of_a_skip_brings_the_reply_back(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.skip(ann, subject.id, RUBRIC, "not my subject")
    assert filled.next_subject(ann, RUBRIC) != subject
    assert filled.undo(ann) == subject.id
    answer = filled.answer(ann, subject.id, RUBRIC)
    assert answer
    assert answer.state == "open"


def test_a_score_taken_back_opens_the_reply_again(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    assert filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1, "Be Kind": 1}).complete
    assert not filled.rate(ann, subject.id, RUBRIC, {"Be Kind": None}).complete
    assert filled.next_subject(ann, RUBRIC) == subject


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        ({"Be Clear": 7}, "Be Clear: 7 is not on the scale (-1, 0, 1)"),
        ({"Be Loud": 1}, "no criterion 'Be Loud'; there are Be Clear, Be Kind"),
        ({"Be Clear": 1, "Be Kind": 0.5}, "Be Kind: 0.5 is not on the scale"),
    ],
)
def test_a_score_that_cannot_be_given_is_refused_and_nothing_of_it_is_saved(
    filled: Store, rater: Ids, scores: dict[str, float], says: str
) -> None:
    subject = filled.next_subject(rater("Ann"), RUBRIC)
    assert subject
    with pytest.raises(FeedbackError, match=re.escape(says)):
        filled.rate(rater("Ann"), subject.id, RUBRIC, scores)
    assert filled.ratings(RUBRIC) == []


def test_an_unknown_reply_or_rater_is_refused(filled: Store, rater: Ids) -> None:
    with pytest.raises(FeedbackError, match="there is no reply 'x'"):
        filled.rate(rater("Ann"), "x", RUBRIC, {"Be Clear": 1})
    with pytest.raises(FeedbackError, match="there is no rater 'x'"):
        filled.next_subject("x", RUBRIC)


def test_a_changed_criterion_makes_its_ratings_stale_and_asks_for_it_alone(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1, "Be Kind": -1})
    new = rubric_of("Be Clear: Each word is known.", "Be Kind: Every page praises.")
    answer = filled.answer(ann, subject.id, new)
    assert answer is not None
    assert {row.criterion for row in filled.ratings(new)} == {"Be Clear"}
    assert [(row.criterion, row.stale) for row in filled.ratings(new, current_only=False)] == [
        ("Be Clear", False), ("Be Kind", True),
    ]  # fmt: skip
    while (handed := filled.next_subject(ann, new)) != subject:
        assert handed
        filled.skip(ann, handed.id, new, "later")
    found = filled.answer(ann, subject.id, new)
    assert found
    assert (found.scores, found.stale) == ({"Be Clear": 1.0}, {"Be Kind": -1.0})
    assert filled.rate(ann, subject.id, new, {"Be Kind": 1}).complete
    assert len(filled.ratings(RUBRIC)) == 2, "under the old words the old score still stands"


def test_a_changed_scale_makes_every_rating_stale(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1, "Be Kind": 1})
    other = rubric_of("Be Clear: Each word is known.", "Be Kind: No word hurts.", scale="1..5")
    assert filled.ratings(other) == []
    assert len(filled.ratings(other, current_only=False)) == 2


def test_what_is_complete_under_a_rubric_with_one_criterion_less_is_not_asked_again(
    filled: Store, rater: Ids
) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1, "Be Kind": 1})
    fewer = rubric_of("Be Clear: Each word is known.")
    handed = set()
    while (one := filled.next_subject(ann, fewer)) is not None:
        handed.add(one.id)
        filled.rate(ann, one.id, fewer, {"Be Clear": 0})
    assert subject.id not in handed
    assert filled.progress(fewer, ann).done == 3


def test_progress_counts_what_is_done_skipped_and_left_and_knows_the_pace(
    filled: Store, rater: Ids, clock: Clock
) -> None:
    ann, ben = rater("Ann"), rater("Ben")
    before = filled.progress(RUBRIC, ann)
    assert (before.done, before.left, before.seconds, before.seconds_left) == (0, 3, None, None)
    for rate in (True, False):
        subject = filled.next_subject(ann, RUBRIC)
        assert subject
        clock.move(seconds=30)
        if rate:
            filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1, "Be Kind": 1})
        else:
            filled.skip(ann, subject.id, RUBRIC, "not my subject")
    mine = filled.progress(RUBRIC, ann)
    assert (mine.subjects, mine.done, mine.skipped, mine.left) == (3, 1, 1, 1)
    assert mine.seconds == pytest.approx(30, abs=0.1)
    assert filled.progress(RUBRIC).left == 5
    assert filled.progress(RUBRIC, ben).done == 0
    assert filled.progress(RUBRIC, ben, per_item=1).left == 2, "what Ann has done needs nobody else"


def test_a_rater_finds_their_place_and_goes_back_without_seeing_another(filled: Store, rater: Ids) -> None:
    ann, ben = rater("Ann"), rater("Ben")
    seen = []
    for _ in range(2):
        subject = filled.next_subject(ann, RUBRIC)
        assert subject
        filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1, "Be Kind": 1})
        seen.append(subject)
    assert [answer.subject for answer in filled.mine(ann, RUBRIC)] == seen[::-1]
    place = filled.place(ann, RUBRIC)
    assert place
    assert place.subject == seen[-1]
    assert filled.mine(ben, RUBRIC) == []
    assert filled.place(ben, RUBRIC) is None
    unseen = filled.answer(ben, seen[0].id, RUBRIC)
    assert unseen
    assert unseen.scores == {}


def test_ratings_of_several_replies_to_one_item_keep_apart_and_share_a_group(filled: Store, rater: Ids) -> None:
    ids = filled.add_subjects([NewSubject("i0", "Plan week 0.", "Another reply.", "model-b")])
    for subject in (*ids, (filled.mine(rater("Ann"), RUBRIC) and "") or ids[0]):
        filled.rate(rater("Ann"), subject, RUBRIC, {"Be Clear": 1})
    other = next(iter(set(filled.writers()) - set(ids)))
    filled.rate(rater("Ann"), other, RUBRIC, {"Be Clear": 0})
    rows = {row.subject: row for row in filled.ratings(RUBRIC)}
    assert rows[ids[0]].item == f"i0/{ids[0]}"
    assert rows[ids[0]].group == "i0"


def test_a_reply_that_two_models_wrote_is_rated_once_for_both(filled: Store) -> None:
    ids = filled.add_subjects([NewSubject("i0", "Plan week 0.", "Reply 0.", "model-b")])
    assert filled.writers()[ids[0]] == ("model-a", "model-b")
    assert len(filled.writers()) == 3
    assert filled.add_subjects([NewSubject("i0", "Plan week 0.", "Reply 0.", "model-b")]) == ids


def test_names_are_hidden_on_request(filled: Store, rater: Ids) -> None:
    for name in ("Ann", "Ben"):
        subject = filled.next_subject(rater(name), RUBRIC)
        assert subject
        filled.rate(rater(name), subject.id, RUBRIC, {"Be Clear": 1})
    assert {row.rater for row in filled.ratings(RUBRIC, blind=True)} == {"rater 1", "rater 2"}
