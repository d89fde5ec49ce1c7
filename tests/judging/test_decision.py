"""Judges that decide and write nothing, and questions with fixed answers that writing judges answer."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import pytest

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import Judging
from hone.domain.task import Brief, Reply
from hone.errors import CallError, VerdictError
from hone.jobs import Caller, Setup
from hone.judging import Judge, judge, prefer
from hone.judging.decider import DecidedAnswer, Decider
from hone.judging.decision import reply_state
from hone.models import Completion, ScriptedModel, TokenLogprob
from hone.models.questions import AnswerOption, Content, Question, answer_data

from .conftest import VerdictText

KIND = Question("noul", "Is it kind?", (AnswerOption("false"), AnswerOption("true", "It thanks.")))
TONE = Question("choice", "Which tone?", tuple(AnswerOption(key) for key in ("angry", "calm", "glad")))


def deciding(*answers: str | Exception) -> ScriptedModel:
    model = ScriptedModel(*answers)
    model.decides = True
    return model


def decided(rubric: Rubric, *shares: tuple[float, ...]) -> str:
    """The answers of a System One server to a rubric's questions."""
    questions = Judge((ScriptedModel(),), rubric, "plan").forms[0]._questions
    return json.dumps(
        {
            name: answer_data(question, dict(zip(question.keys, each, strict=True)))
            for (name, question), each in zip(questions.items(), shares, strict=True)
        }
    )


@pytest.mark.parametrize(("mode", "detailed", "adaptable"), [("verdict", 1, -1), ("expected", 0.5, -0.2)])
def test_a_deciding_judge_scores_with_probabilities_and_gives_no_reason(
    rubric: Rubric, reply: Reply, mode: str, detailed: float, adaptable: float
) -> None:
    model = deciding(decided(rubric, (0.1, 0.3, 0.6), (0.4, 0.4, 0.2)))
    judging = Judging.model_validate({"mode": mode})
    (found,) = judge([reply], rubric, model, subject="plan", judging=judging, brief=Brief(role="A tutor."))
    assert [score.value for score in found.scores] == pytest.approx([detailed, adaptable])
    assert [score.reason for score in found.scores] == ["", ""]
    assert [score.shares for score in found.scores] == [
        pytest.approx((0.1, 0.3, 0.6)),
        pytest.approx((0.4, 0.4, 0.2)),
    ]
    assert found.scores[0].probability == pytest.approx(0.6)
    assert found.mode == mode
    asked = json.loads(model.requests[0].messages[0].content)
    assert asked["state"] == {"role": "A tutor.", "request": "Plan my day.", "reply": "Morning: ten tasks."}
    assert asked["questions"]["Be Detailed"]["type"] == "score"
    assert len(asked["questions"]["Be Detailed"]["criteria"]) == 3
    assert Judgement.model_validate_json(found.model_dump_json()) == found


def test_a_server_s_single_vote_does_not_pass_for_certainty(rubric: Rubric, reply: Reply) -> None:
    data = json.loads(decided(rubric, (0.0, 0.0, 1.0), (0.0, 0.25, 0.75)))
    data["Be Detailed"] |= {"basis": "votes", "votes": 1}
    data["Be Adaptable"] |= {"basis": "votes", "votes": 4}
    expected = Judging(mode="expected")
    (found,) = judge([reply], rubric, deciding(json.dumps(data)), subject="plan", judging=expected)
    assert [(score.value, score.probability, score.shares) for score in found.scores] == [
        (1, None, None),
        (1, 0.75, (0.0, 0.25, 0.75)),
    ]
    assert found.mode == "verdict"
    assert "no probabilities of the levels were told" in (found.note or "")
    tone = answer_data(TONE, {"angry": 1.0, "calm": 0.0, "glad": 0.0}) | {"basis": "votes", "votes": 1}
    assert answers(Decider((deciding(json.dumps({"tone": tone})),)), "x", tone=TONE)["tone"].basis == "votes"


def test_an_answer_that_does_not_read_is_unscored_and_not_asked_for_a_repair(rubric: Rubric, reply: Reply) -> None:
    half = json.loads(decided(rubric, (0.1, 0.3, 0.6), (0.4, 0.4, 0.2)))
    half["Be Detailed"]["probabilities"]["0"] = 0.9
    for answer in (json.dumps(half), "no JSON", "[]"):
        model = deciding(answer)
        (found,) = judge([reply], rubric, model, subject="plan")
        assert found.unscored
        assert not found.scores
        assert len(model.requests) == 1


def test_shares_are_those_of_the_votes_where_nothing_is_told(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    model = ScriptedModel(verdict(1, 0), verdict(-1, 0), verdict(1, 0))
    (found,) = judge([reply], rubric, model, subject="plan", judging=Judging(samples=3))
    assert [score.shares for score in found.scores] == [pytest.approx((1 / 3, 0, 2 / 3)), pytest.approx((0, 1, 0))]
    (alone,) = judge([reply], rubric, ScriptedModel(verdict(1, 0)), subject="plan")
    assert [score.shares for score in alone.scores] == [None, None]
    assert "shares" not in alone.model_dump_json()


def test_a_panel_of_a_deciding_and_a_writing_judge_is_one_judgement(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    models = [deciding(decided(rubric, (0.0, 0.5, 0.5), (1.0, 0.0, 0.0))), ScriptedModel(verdict(1, 0))]
    (found,) = judge([reply], rubric, models, subject="plan")
    assert [score.shares for score in found.scores] == [pytest.approx((0, 0.25, 0.75)), pytest.approx((0.5, 0.5, 0))]
    assert found.votes == 2


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        ((0.7, 0.2, 0.1), (0.1, 0.8, 0.1), "A"),
        ((0.7, 0.2, 0.1), (0.7, 0.2, 0.1), "tie"),
        ((0.45, 0.45, 0.1), (0.1, 0.8, 0.1), "tie"),
    ],
)
def test_a_deciding_judge_prefers_in_both_orders(
    rubric: Rubric, reply: Reply, first: tuple[float, ...], second: tuple[float, ...], winner: str
) -> None:
    question = Question("choice", None, tuple(AnswerOption(key) for key in ("first", "second", "tie")))
    answers = [
        json.dumps({"winner": answer_data(question, dict(zip(question.keys, shares, strict=True)))})
        for shares in (first, second)
    ]
    model = deciding(*answers)
    other = reply.model_copy(update={"text": "Evening: nothing."})
    (found,) = prefer([(reply, other)], rubric, model, subject="plan")
    assert found.winner == winner
    assert found.reasons == ("", "")
    asked = [json.loads(request.messages[0].content)["state"] for request in model.requests]
    assert [(state["first"], state["second"]) for state in asked] == [
        (reply.text, other.text),
        (other.text, reply.text),
    ]
    unread = prefer([(reply, other)], rubric, deciding("{}", "{}"), subject="plan")[0]
    assert unread.winner is None
    assert "the answer to 'winner' is missing" in (unread.unread or "")


def answers(decider: Decider, state: Content, **questions: Question) -> dict[str, DecidedAnswer]:
    return asyncio.run(decider.decide(state, questions, Caller()))


def letter(name: str, **shares: float) -> Completion:
    """An answer by letter, with the probabilities of letters where they are told."""
    text = json.dumps({"answer": name})
    before, behind = text[: text.index(name + '"')], '"}'
    top = tuple((other, math.log(share)) for other, share in shares.items())
    tokens = (TokenLogprob(before, 0.0), TokenLogprob(name, -0.1, top), TokenLogprob(behind, 0.0))
    return Completion(text, logprobs=tokens if shares else None)


def test_a_question_is_answered_by_the_probabilities_of_its_letters() -> None:
    model = ScriptedModel(letter("B", A=0.1, B=0.3, yes=0.6))
    found = answers(Decider((model,), samples=5), {"message": "Thank <|im_end|> you"}, kind=KIND)["kind"]
    assert found.shares == pytest.approx({"false": 0.25, "true": 0.75})
    assert (found.basis, found.votes) == ("probabilities", 1)
    (request,) = model.requests
    assert "A: no\nB: yes: It thanks." in request.messages[1].content
    assert "<|im_end|>" not in request.messages[1].content
    assert request.schema is not None
    assert request.schema["properties"]["answer"]["enum"] == ["A", "B"]


def test_a_word_that_begins_like_a_letter_is_not_that_answer() -> None:
    model = ScriptedModel(letter("B", A=0.1, An=0.4, B=0.1, angry=0.4))
    assert answers(Decider((model,)), "x", tone=TONE)["tone"].shares == pytest.approx(
        {"angry": 0.5, "calm": 0.5, "glad": 0}
    )


def test_without_probabilities_the_shares_are_those_of_the_votes_and_said_to_be() -> None:
    model = ScriptedModel(letter("B"), letter("A"), letter("B"), letter("B"))
    found = answers(Decider((model,), samples=4), "x", tone=TONE)["tone"]
    assert found == DecidedAnswer({"angry": 0.25, "calm": 0.75, "glad": 0.0}, "votes", 4)
    assert [request.sampling.temperature > 0 for request in model.requests] == [False, True, True, True]
    one = answers(Decider((ScriptedModel(letter("C")),)), "x", tone=TONE)["tone"]
    assert (one.shares["glad"], one.basis, one.votes) == (1.0, "votes", 1)


def test_more_answers_than_letters_have_numbers() -> None:
    many = Question("choice", "Which?", tuple(AnswerOption(f"c{n}") for n in range(40)))
    model = ScriptedModel(letter("17"))
    found = answers(Decider((model,)), "x", q=many)["q"]
    assert (found.shares["c16"], sum(found.shares.values()), found.basis) == (1.0, 1.0, "votes")
    assert "40: c39" in model.requests[0].messages[1].content


def test_one_possible_answer_needs_no_model() -> None:
    only = Question("score", None, (AnswerOption("0", "Any."),))
    assert answers(Decider((ScriptedModel(),)), "x", q=only)["q"] == DecidedAnswer({"0": 1.0}, "only answer", 0)


@pytest.mark.parametrize("said", ['{"answer": "Z"}', '{"answer": 1}', "{}", "B", '{"answer": ["B"]}'])
def test_an_answer_that_names_none_is_an_error_and_no_guess(said: str) -> None:
    with pytest.raises(VerdictError):
        answers(Decider((ScriptedModel(said),)), "x", tone=TONE)
    with pytest.raises(CallError, match="no answer left"):
        answers(Decider((ScriptedModel(),)), "x", tone=TONE)


def test_a_deciding_model_is_asked_the_question_itself() -> None:
    model = deciding(json.dumps({"tone": answer_data(TONE, {"angry": 0.2, "calm": 0.5, "glad": 0.3})}))
    found = answers(Decider((model,)), ["a", "b"], tone=TONE)["tone"]
    assert found.shares == pytest.approx({"angry": 0.2, "calm": 0.5, "glad": 0.3})
    assert found.basis == "probabilities"
    assert json.loads(model.requests[0].messages[0].content) == {
        "state": ["a", "b"],
        "questions": {"tone": TONE.to_data()},
    }
    with pytest.raises(VerdictError, match="is missing"):
        answers(Decider((deciding("{}"),)), "x", tone=TONE)


def test_the_rubric_s_own_question_goes_to_the_rubric_s_judge(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    model = ScriptedModel(verdict(1, 0), letter("A"))
    decider = Decider((model,), judge=Judge((model,), rubric, "plan", setup=Setup()))
    state: dict[str, Any] = dict(reply_state(reply, Brief()))
    asked = {"d": decider.questions["Be Detailed"], "k": KIND}
    found = asyncio.run(decider.decide(state, asked, Caller()))
    assert found["d"] == DecidedAnswer({"0": 0.0, "1": 0.0, "2": 1.0}, "votes", 1, "Be Detailed")
    assert found["k"].criterion is None
    assert "You score replies" in model.requests[0].messages[1].content
    assert model.requests[0].top_logprobs > 0


def test_another_wording_or_another_state_is_another_question(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    model = ScriptedModel(letter("A"), letter("A"), letter("A"))
    decider = Decider((model,), judge=Judge((model,), rubric, "plan"))
    own = decider.questions["Be Detailed"]
    other = Question(own.type, f"{own.instructions} Please.", own.answers)
    state: dict[str, Any] = dict(reply_state(reply, Brief()))
    assert answers(decider, state, q=other)["q"].criterion is None
    assert answers(decider, state | {"writer": "m"}, q=own)["q"].criterion is None
    assert answers(decider, "Plan my day.", q=own)["q"].criterion is None


def test_closed_it_answers_the_rubric_s_questions_alone(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    model = ScriptedModel(verdict(1, 0))
    decider = Decider((model,), judge=Judge((model,), rubric, "plan"), closed=True)
    state: dict[str, Any] = dict(reply_state(reply, Brief()))
    with pytest.raises(ValueError, match="'k' is not one of the rubric's"):
        asyncio.run(decider.decide(state, {"d": decider.questions["Be Detailed"], "k": KIND}, Caller()))
    assert not model.requests
    assert answers(decider, state, d=decider.questions["Be Adaptable"])["d"].criterion == "Be Adaptable"


def test_a_judge_that_cannot_score_gives_the_reason(rubric: Rubric, reply: Reply) -> None:
    decider = Decider((ScriptedModel(),), judge=Judge((ScriptedModel("no", "no"),), rubric, "plan"))
    with pytest.raises(VerdictError, match="no JSON"):
        answers(decider, dict(reply_state(reply, Brief())), d=decider.questions["Be Detailed"])
