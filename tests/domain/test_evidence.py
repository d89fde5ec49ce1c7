from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from hone.domain.evidence import (
    Advice,
    Comparison,
    Decision,
    Judgement,
    PairReply,
    RubricVersion,
    Score,
    Side,
    Verdict,
)
from hone.domain.rubric import Criterion, Rubric

KIND = Criterion(name="Be Kind", sentence="It thanks the reader.")
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def comparison(first: str | None, second: str | None) -> Comparison:
    reply = {"text": "t", "model": "m"}
    verdicts = [{"first": "without", "winner": first}, {"first": "with", "winner": second}]
    return Comparison.model_validate({"id": "i1", "without": reply, "with": reply, "verdicts": verdicts})


@pytest.mark.parametrize(
    ("first", "second", "winner", "flipped"),
    [
        ("with", "with", "with", False),
        ("without", "without", "without", False),
        ("with", "without", "tie", True),
        ("without", "with", "tie", True),
        ("with", "tie", "tie", False),
        ("tie", "tie", "tie", False),
        (None, "with", None, False),
        ("tie", None, None, False),
    ],
)
def test_a_flip_is_a_tie_and_an_unread_order_is_no_verdict(
    first: Side | None, second: Side | None, winner: str | None, flipped: bool
) -> None:
    pair = comparison(first, second)
    assert pair.winner == winner
    assert pair.flipped is flipped


def test_a_comparison_is_written_with_the_word_with() -> None:
    pair = comparison("with", "tie")
    assert '"with":' in pair.model_dump_json()
    assert Comparison.model_validate_json(pair.model_dump_json()) == pair
    reply, verdict = PairReply(text="t", model="m"), Verdict(first="with", winner=None, unread="no JSON")
    assert Comparison(id="i", without=reply, with_=reply, verdicts=(verdict, verdict)).with_ == reply


def test_advice_carries_what_its_action_needs() -> None:
    Advice(id="a1", action="keep", criterion="Be Kind", proposal=None, reason="r")
    Advice(id="a2", action="add", criterion=None, proposal=KIND, reason="r")
    for action, criterion, proposal in [
        ("keep", None, None),
        ("remove", "Be Kind", KIND),
        ("modify", "Be Kind", None),
        ("add", "Be Kind", KIND),
        ("add", None, None),
    ]:
        with pytest.raises(ValidationError):
            Advice.model_validate(
                {"id": "a", "action": action, "criterion": criterion, "proposal": proposal, "reason": "r"}
            )


def test_an_edit_carries_the_persons_wording() -> None:
    advice = Advice(id="a1", action="remove", criterion="Be Kind", proposal=None, reason="r")
    Decision(advice=advice, action="edit", wording=KIND, by="ana", at=NOW, before="a", after="b")
    with pytest.raises(ValidationError, match="an edit carries the wording"):
        Decision(advice=advice, action="edit", by="ana", at=NOW, before="a", after="b")
    with pytest.raises(ValidationError, match="an edit carries the wording"):
        Decision(advice=advice, action="accept", wording=KIND, by="ana", at=NOW, before="a", after="b")


def test_a_version_is_its_content() -> None:
    rubric = Rubric(criteria=(KIND,))
    RubricVersion(version=1, hash=rubric.digest, parent=None, created=NOW, by="ana", rubric=rubric)
    with pytest.raises(ValidationError, match="a frozen version was edited"):
        RubricVersion(version=1, hash="0" * 16, parent=None, created=NOW, by="ana", rubric=rubric)


def test_a_judgement_has_scores_or_the_reason_why_not() -> None:
    score = Score(criterion="Be Kind", value=1, reason="It says thanks.")
    Judgement(item="i", judge="m", rubric="h", scores=(score,))
    Judgement(item="i", judge="m", rubric="h", unscored="no JSON")
    with pytest.raises(ValidationError):
        Judgement(item="i", judge="m", rubric="h")
    with pytest.raises(ValidationError):
        Judgement(item="i", judge="m", rubric="h", scores=(score,), unscored="no JSON")
