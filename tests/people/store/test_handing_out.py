"""Who is handed what: balanced, none twice, locks that expire, and many at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hone.errors import FeedbackError
from hone.people.store import NewPair, NewSubject, Side, open_store
from hone.people.store.store import Store

from .conftest import RUBRIC, Clock

Ids = Callable[[str], str]
BOTH = {"Be Clear": 1.0, "Be Kind": 1.0}


def test_each_reply_goes_to_so_many_people_and_to_nobody_twice(filled: Store) -> None:
    raters = [filled.add_rater(name).id for name in ("Ann", "Ben", "Cy")]
    given: Counter[str] = Counter()
    waiting = list(raters)
    while waiting:
        rater = waiting.pop(0)
        subject = filled.next_subject(rater, RUBRIC)
        if subject is not None:
            filled.rate(rater, subject.id, RUBRIC, BOTH)
            given[subject.id] += 1
            waiting.append(rater)
            assert max(given.values()) - min(given[one] for one in filled.writers()) <= 1, "fewest ratings first"
    assert set(given.values()) == {2}
    for rater in raters:
        own = [answer.subject.id for answer in filled.mine(rater, RUBRIC)]
        assert len(own) == len(set(own)) == 2


def test_what_is_held_goes_to_others_once_the_lock_has_expired(filled: Store, rater: Ids, clock: Clock) -> None:
    ann, ben = rater("Ann"), rater("Ben")
    held = {filled.next_subject(ann, RUBRIC, per_item=1, lock=10)}
    others = set()
    while (subject := filled.next_subject(ben, RUBRIC, per_item=1)) is not None:
        others.add(subject)
        filled.rate(ben, subject.id, RUBRIC, BOTH)
    assert not held & others
    clock.move(minutes=11)
    assert filled.next_subject(ben, RUBRIC, per_item=1) in held
    assert filled.next_subject(ann, RUBRIC, per_item=1) is None, "it went to Ben"


def test_a_rater_comes_back_to_the_same_reply_after_the_lock_expired(filled: Store, rater: Ids, clock: Clock) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1})
    clock.move(days=1)
    assert filled.next_subject(ann, RUBRIC) == subject


def test_raters_get_replies_of_equal_need_in_orders_of_their_own(store: Store) -> None:
    store.add_subjects(NewSubject(f"i{n}", "Plan.", f"Reply {n}.") for n in range(8))
    orders = []
    for name in ("Ann", "Ben", "Cy"):
        rater, order = store.add_rater(name).id, []
        while (subject := store.next_subject(rater, RUBRIC, per_item=9)) is not None:
            order.append(subject.item)
            store.skip(rater, subject.id, RUBRIC, "only looking")
        orders.append(tuple(order))
    assert len(set(orders)) == 3
    assert all(sorted(order) == sorted(orders[0]) for order in orders)


def test_who_was_withdrawn_is_handed_nothing_and_can_save_nothing(filled: Store, rater: Ids) -> None:
    ann = rater("Ann")
    subject = filled.next_subject(ann, RUBRIC)
    assert subject
    filled.rate(ann, subject.id, RUBRIC, {"Be Clear": 1})
    filled.revoke("ann")
    with pytest.raises(FeedbackError, match="Ann was withdrawn"):
        filled.rate(ann, subject.id, RUBRIC, BOTH)
    assert len(filled.ratings(RUBRIC)) == 1, "what was said stays"


def test_twenty_at_once_never_share_more_than_they_should(where: Path | str) -> None:
    with open_store(where) as store:
        store.add_subjects(NewSubject(f"i{n}", "Plan.", f"Reply {n}.") for n in range(30))
        raters = [store.add_rater(f"Rater {n}").id for n in range(20)]
        failed: list[BaseException] = []

        def work(rater: str) -> None:
            try:
                while (subject := store.next_subject(rater, RUBRIC, per_item=3)) is not None:
                    for place, criterion in enumerate(RUBRIC.names):
                        for _ in range(2):  # each submit arrives twice
                            store.rate(rater, subject.id, RUBRIC, {criterion: 1}, key=f"{subject.id} {place}")
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(rater,)) for rater in raters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        rows = store.ratings(RUBRIC)
        assert Counter(row.subject for row in rows) == dict.fromkeys(store.writers() or {r.subject for r in rows}, 6)
        assert len(rows) == 30 * 3 * 2
        assert len({(row.subject, row.rater, row.criterion) for row in rows}) == len(rows)
        entries = [one for one in store.history(limit=10_000) if one.place == "ratings"]
        assert len(entries) == len(rows), "a double submit leaves one entry"


def test_two_stores_on_one_database_do_not_hand_out_too_much(where: Path | str) -> None:
    with open_store(where) as first, open_store(where) as second:
        first.add_subjects([NewSubject("i", "Plan.", "Reply.")])
        raters = [first.add_rater(f"Rater {n}").id for n in range(6)]
        handed: list[object] = []

        def work(store: Store, rater: str) -> None:
            handed.append(store.next_subject(rater, RUBRIC, per_item=2))

        threads = [
            threading.Thread(target=work, args=((first, second)[place % 2], rater))
            for place, rater in enumerate(raters)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(one is not None for one in handed) == 2


def test_sides_are_drawn_recorded_and_the_same_on_every_visit(store: Store) -> None:
    store.add_pairs(NewPair(f"i{n}", "Plan.", f"A {n}", f"B {n}", "model-a", "model-b") for n in range(20))
    ann = store.add_rater("Ann").id
    sides: list[Side] = ["left", "right", "tie"]
    said = {}
    for place in range(20):
        pair = store.next_pair(ann)
        assert pair
        assert store.next_pair(ann) == pair
        side = sides[place % 3]
        store.choose(ann, pair.id, side, key=pair.id)
        store.choose(ann, pair.id, "tie", key=pair.id)
        said[pair.id] = (pair, side)
    assert store.next_pair(ann) is None
    orders = set()
    for row in store.choices():
        pair, side = said[row.pair]
        orders.add(row.order)
        text = {"left": pair.left, "right": pair.right, "tie": "tie"}[side]
        assert row.winner == text.split(" ")[0]
        assert pair.left.startswith(row.order[0])
    assert orders == {"AB", "BA"}
    assert {answer.pair.id: answer.side for answer in store.my_pairs(ann)} == {id_: s for id_, (_, s) in said.items()}


def test_a_verdict_on_a_pair_can_be_changed_undone_and_skipped(store: Store) -> None:
    store.add_pairs([NewPair("i", "Plan.", "A", "B")])
    ann = store.add_rater("Ann").id
    pair = store.next_pair(ann)
    assert pair
    store.choose(ann, pair.id, "left")
    store.choose(ann, pair.id, "right", note="clearer")
    answer = store.pair(ann, pair.id)
    assert answer
    assert (answer.side, answer.note) == ("right", "clearer")
    assert store.undo(ann) == pair.id
    assert [one.side for one in store.my_pairs(ann)] == ["left"]
    store.skip_pair(ann, pair.id, "too long")
    assert store.choices() == []
    with pytest.raises(FeedbackError, match="was never handed to Ben"):
        store.choose(store.add_rater("Ben").id, pair.id, "left")


def test_a_pair_goes_to_so_many_people(store: Store) -> None:
    store.add_pairs([NewPair("i", "Plan.", "A", "B")])
    raters = [store.add_rater(name).id for name in ("Ann", "Ben", "Cy")]
    assert [store.next_pair(rater) is not None for rater in raters] == [True, True, False]


def test_an_invitation_lets_in_until_it_expires_or_is_withdrawn(store: Store, clock: Clock) -> None:
    token = store.invite("Dora", days=2)
    dora = store.redeem(token)
    assert (dora.name, dora.role) == ("Dora", "rater")
    assert store.redeem(token) == dora, "a mail program that opens the link first does not use it up"
    clock.move(days=3)
    with pytest.raises(FeedbackError, match="this link expired on 2026-03-03"):
        store.redeem(token)
    fresh = store.invite("dora", days=2)
    assert store.redeem(fresh) == dora
    store.revoke("Dora")
    with pytest.raises(FeedbackError, match="this link was withdrawn"):
        store.redeem(fresh)
    with pytest.raises(FeedbackError, match="this link is not known"):
        store.redeem("guessed")
    assert store.redeem(store.invite("Dora")) == dora, "a new invitation lets her in again"


def test_an_epoch_ends_with_a_sign_out_or_a_withdrawal_and_not_with_an_invitation(store: Store) -> None:
    def epoch() -> str:
        found = store.rater(dora.id)
        assert found
        return found.epoch

    token = store.invite("Dora")
    dora = store.redeem(token)
    seen = [epoch()]
    store.invite("Dora")
    assert [epoch(), store.redeem(token).epoch, store.add_rater("dora").epoch] == seen * 3
    store.end_sessions(dora.id)
    seen.append(epoch())
    assert store.redeem(token).epoch == seen[-1], "her link lets her in again"
    store.revoke("Dora")
    seen.append(epoch())
    store.revoke("Dora")
    store.invite("Dora")
    seen.append(epoch())
    assert len({*seen, "", store.add_rater("Ben").epoch}) == len(seen) + 2
    store.end_sessions("nobody")


def test_a_token_is_nowhere_in_the_database(tmp_path: Path) -> None:
    with open_store(tmp_path / "feedback.db") as store:
        token = store.invite("Dora").encode()
    files = list(tmp_path.glob("feedback.db*"))
    assert files
    assert not any(token in file.read_bytes() for file in files)


def test_names_are_one_person_in_any_case_and_roles_do_not_change(store: Store) -> None:
    assert store.add_rater("Ann  Lee") == store.add_rater("ann lee")
    with pytest.raises(FeedbackError, match="Ann Lee is entered as rater, not as owner"):
        store.add_rater("ANN LEE", "owner")
    with pytest.raises(FeedbackError, match="is not a name"):
        store.add_rater(" \x00 ")
    with pytest.raises(FeedbackError, match="a judge is a model"):
        store.invite("Bot", "judge")
