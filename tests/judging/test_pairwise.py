"""Both orders are asked; a verdict that follows the order is a tie, and the leaning is reported."""

from __future__ import annotations

import json

import pytest

from hone.domain.evidence import Preference
from hone.domain.rubric import Rubric
from hone.domain.task import Reply
from hone.errors import CallError
from hone.judging import prefer, win_rate
from hone.models import ScriptedModel


def said(winner: str) -> str:
    return json.dumps({"reason": "It names each day.", "winner": winner})


def ask(rubric: Rubric, reply: Reply, *answers: str | Exception) -> tuple[Preference, ScriptedModel]:
    model = ScriptedModel(*answers)
    other = reply.model_copy(update={"text": "Evening: nothing."})
    return prefer([(reply, other)], rubric, model, subject="study plan")[0], model


@pytest.mark.parametrize(
    ("first", "second", "winner", "flipped"),
    [
        ("first", "second", "A", False),
        ("second", "first", "B", False),
        ("first", "first", "tie", True),
        ("second", "second", "tie", True),
        ("tie", "first", "tie", False),
        ("tie", "tie", "tie", False),
    ],
)
def test_only_a_winner_in_both_orders_wins(
    rubric: Rubric, reply: Reply, first: str, second: str, winner: str, flipped: bool
) -> None:
    preference, _ = ask(rubric, reply, said(first), said(second))
    assert (preference.winner, preference.flipped) == (winner, flipped)


def test_the_second_question_turns_the_replies_round(rubric: Rubric, reply: Reply) -> None:
    _, model = ask(rubric, reply, said("tie"), said("tie"))
    texts = [request.messages[1].content for request in model.requests]
    assert [text.index("Morning") < text.index("Evening") for text in texts] == [True, False]
    assert all("Each session has a task." in text for text in texts)


@pytest.mark.parametrize("answer", ["nonsense", said("both"), '{"winner": "first"}', CallError("gone")])
def test_an_order_that_cannot_be_read_leaves_no_winner(rubric: Rubric, reply: Reply, answer: str | Exception) -> None:
    preference, _ = ask(rubric, reply, answer, said("first"))
    assert preference.winner is None
    assert preference.unread


def test_the_win_rate_counts_ties_half_and_the_leaning_counts_every_verdict() -> None:
    def made(first: str, second: str) -> Preference:
        return Preference.model_validate({"item": "i", "judge": "j", "rubric": "r", "orders": (first, second)})

    found = win_rate(
        [made("first", "second"), made("first", "first"), made("second", "first"), made("first", "second")]
    )
    assert (found.won, found.lost, found.tied, found.flipped) == (2, 1, 1, 1)
    assert found.rate.value == pytest.approx(2.5 / 4)
    assert found.first.value == pytest.approx(5 / 8)


def test_the_win_rate_of_nothing_has_no_value() -> None:
    assert win_rate([]).rate.value is None
