from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hone.domain.evidence import Advice, Decision
from hone.errors import FeedbackError
from hone.people.store.store import Store

from .conftest import RUBRIC

Ids = Callable[[str], str]


def test_disagreements_come_the_widest_first_and_an_adjudication_names_who_and_why(filled: Store, rater: Ids) -> None:
    ids = sorted(filled.writers())
    for name, (clear, kind) in {"Ann": (1, 1), "Ben": (0, -1)}.items():
        filled.rate(rater(name), ids[0], RUBRIC, {"Be Clear": clear, "Be Kind": kind})
        filled.rate(rater(name), ids[1], RUBRIC, {"Be Clear": 1})
    first, second = filled.disagreements(RUBRIC)
    assert (first.criterion, first.spread, first.scores) == ("Be Kind", 2.0, {"Ann": 1.0, "Ben": -1.0})
    assert second.criterion == "Be Clear"
    filled.adjudicate(ids[0], RUBRIC, "Be Kind", 0, by="Head", reason="The third line.")
    settled = filled.disagreements(RUBRIC)[0]
    assert (settled.adjudicated, settled.by, settled.reason) == (0.0, "Head", "The third line.")
    assert {row.score for row in filled.ratings(RUBRIC) if row.criterion == "Be Kind"} == {1.0, -1.0}
    entry = filled.history(about=ids[0])[0]
    assert (entry.kind, entry.by, entry.criterion) == ("adjudicate", "Head", "Be Kind")
    for words in ({"by": "", "reason": "x"}, {"by": "Head", "reason": " "}):
        with pytest.raises(FeedbackError, match="names who made it and why"):
            filled.adjudicate(ids[0], RUBRIC, "Be Kind", 0, **words)
    with pytest.raises(FeedbackError, match="is not on the scale"):
        filled.adjudicate(ids[0], RUBRIC, "Be Kind", 0.5, by="Head", reason="x")


def test_a_later_decision_on_the_same_advice_takes_the_earlier_ones_place(store: Store) -> None:
    piece = Advice(id="a1", action="keep", criterion="Be Clear", proposal=None, reason="It wins.")
    at = datetime(2026, 3, 1, tzinfo=UTC)
    first = Decision(advice=piece, action="accept", by="Ann", at=at, before="b", after="a")
    second = first.model_copy(update={"action": "reject", "by": "Ben", "note": "No."})
    for one in (first, second, second):
        store.decide(one)
    assert store.decisions() == [second]
    assert store.decisions("b") == [second]
    assert store.decisions("other") == []
    assert [(one.kind, one.by, one.about) for one in store.history()] == [
        ("decide", "Ben", "a1"),
        ("decide", "Ann", "a1"),
    ]
