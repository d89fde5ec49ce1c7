"""Samples, panels, modes, repair and patterns: how several answers, or their probabilities, become one judgement."""

from __future__ import annotations

import json
import math

import pytest

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric, Scale
from hone.domain.settings import Judging
from hone.domain.task import Reply
from hone.errors import CallError, RubricError
from hone.judging import judge
from hone.judging.expected import expected, level_probabilities
from hone.models import Completion, ScriptedModel, TokenLogprob

from .conftest import VerdictText


def score(model: ScriptedModel | list[ScriptedModel], rubric: Rubric, reply: Reply, judging: Judging) -> Judgement:
    return judge([reply], rubric, model, subject="study plan", judging=judging)[0]


def values(judgement: Judgement) -> dict[str, float]:
    return {one.criterion: one.value for one in judgement.scores}


@pytest.mark.parametrize(
    ("vote", "detailed", "adaptable"), [("mean", 1 / 3, 0.0), ("median", 1.0, 0.0), ("majority", 1.0, 0.0)]
)
def test_three_samples_become_one_score(
    rubric: Rubric, reply: Reply, verdict: VerdictText, vote: str, detailed: float, adaptable: float
) -> None:
    model = ScriptedModel(verdict(1, 0), verdict(-1, 0), verdict(1, 0))
    judging = Judging.model_validate({"samples": 3, "vote": vote})
    judgement = score(model, rubric, reply, judging)
    assert values(judgement) == pytest.approx({"Be Detailed": detailed, "Be Adaptable": adaptable})
    assert judgement.votes == 3
    assert judgement.scores[0].spread == pytest.approx(math.sqrt(8 / 9))
    assert judgement.scores[1].spread == 0
    assert [request.call.sample for request in model.requests] == [0, 1, 2]
    assert [request.sampling.temperature > 0 for request in model.requests] == [False, True, True]


def test_a_tied_majority_is_the_lower_level(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    model = ScriptedModel(verdict(1, 1), verdict(-1, 0))
    judgement = score(model, rubric, reply, Judging(samples=2, vote="majority"))
    assert values(judgement) == {"Be Detailed": -1, "Be Adaptable": 0}


def test_a_vote_that_cannot_be_read_is_left_out_and_said(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    model = ScriptedModel("no verdict", verdict(1, 1))
    model.constrains = True
    judgement = score(model, rubric, reply, Judging(samples=2))
    assert values(judgement) == {"Be Detailed": 1, "Be Adaptable": 1}
    assert judgement.votes == 1
    assert judgement.note == "1 of 2 votes could not be read"


def test_a_panel_votes_together_and_its_judges_are_named(rubric: Rubric, reply: Reply, verdict: VerdictText) -> None:
    panel = [ScriptedModel(verdict(1, 0), spec="one"), ScriptedModel(verdict(0, 0), spec="other")]
    judgement = score(panel, rubric, reply, Judging())
    assert values(judgement) == {"Be Detailed": 0.5, "Be Adaptable": 0}
    assert judgement.judge == "one + other"


def test_per_criterion_asks_about_one_at_a_time(rubric: Rubric, reply: Reply) -> None:
    model = ScriptedModel()
    for name in rubric.names:
        model.when(f'criterion ("{name}");', json.dumps({name: {"reason": "It says so.", "score": 1}}))
    judgement = score(model, rubric, reply, Judging(per_criterion=True))
    assert values(judgement) == dict.fromkeys(rubric.names, 1)
    first, second = (request.messages[1].content for request in model.requests)
    assert "Be Adaptable" not in first
    assert "Be Detailed" not in second


def test_per_criterion_one_unreadable_answer_leaves_the_reply_unscored(rubric: Rubric, reply: Reply) -> None:
    model = ScriptedModel(json.dumps({"Be Detailed": {"reason": "It says so.", "score": 1}}), "I would rather not.")
    model.constrains = True
    judgement = score(model, rubric, reply, Judging(per_criterion=True))
    assert judgement.unscored == "no JSON object in the answer"
    assert judgement.raw == "I would rather not."


def test_an_engine_that_enforces_no_form_is_asked_once_more(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    model = ScriptedModel("Both are fine, I give 1.", verdict(1, 1))
    assert values(score(model, rubric, reply, Judging())) == {"Be Detailed": 1, "Be Adaptable": 1}
    roles = [message.role for message in model.requests[1].messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert "no JSON object" in model.requests[1].messages[-1].content


def test_a_repair_is_tried_once_and_the_first_text_is_kept(rubric: Rubric, reply: Reply) -> None:
    model = ScriptedModel("first", "second", "third")
    judgement = score(model, rubric, reply, Judging())
    assert judgement.raw == "first"
    assert len(model.requests) == 2


def test_an_engine_that_enforces_the_form_is_not_asked_again(rubric: Rubric, reply: Reply) -> None:
    model = ScriptedModel("first", "second")
    model.constrains = True
    assert score(model, rubric, reply, Judging()).unscored
    assert len(model.requests) == 1


def test_a_verdict_whose_reason_names_another_score_is_unscored(rubric: Rubric, reply: Reply) -> None:
    text = json.dumps({name: {"reason": "Nothing there, so the score is -1.", "score": 1} for name in rubric.names})
    model = ScriptedModel(text)
    model.constrains = True
    assert score(model, rubric, reply, Judging()).unscored == "'Be Detailed' has the score 1, but its reason says -1"


def test_the_last_match_of_a_pattern_counts(rubric: Rubric, reply: Reply) -> None:
    text = "As in {0,0}, I grade step by step.\nBoth fit.\nFinal: {1, -1}"
    judgement = score(ScriptedModel(text), rubric, reply, Judging(pattern=r"\{\s*(-?\d)\s*,\s*(-?\d)\s*\}"))
    assert values(judgement) == {"Be Detailed": 1, "Be Adaptable": -1}
    assert judgement.scores[0].reason.endswith("Final:")


def test_a_pattern_needs_a_group_a_criterion(rubric: Rubric, reply: Reply) -> None:
    with pytest.raises(RubricError, match="1 groups; it needs one for each of 2"):
        score(ScriptedModel(), rubric, reply, Judging(pattern="(1)"))


def test_a_call_beyond_the_judges_reach_is_unscored_with_its_reason(rubric: Rubric, reply: Reply) -> None:
    assert score(ScriptedModel(CallError("too long")), rubric, reply, Judging()).unscored == "too long"


def test_an_empty_reply_is_not_sent(rubric: Rubric, reply: Reply) -> None:
    model = ScriptedModel()
    assert score(model, rubric, reply.model_copy(update={"text": " \n"}), Judging()).unscored == "the reply is empty"
    assert model.requests == []


def tokens(text: str, place: str, top: dict[str, float]) -> tuple[TokenLogprob, ...]:
    """The text as tokens of one character, but for the token `place`, which has these alternatives."""
    before, after = text.split(place)
    alternatives = tuple((token, math.log(share)) for token, share in top.items())
    return (
        *(TokenLogprob(character, 0.0) for character in before),
        TokenLogprob(place, alternatives[0][1], alternatives),
        *(TokenLogprob(character, 0.0) for character in after),
    )


def test_the_expected_value_weighs_the_levels_by_probability(reply: Reply) -> None:
    rubric = Rubric.model_validate({"criteria": ["Be Short: It has few words."], "scale": "1..5"})
    text = '{"Be Short": {"reason": "Few.", "score": 4}}'
    answer = Completion(text, logprobs=tokens(text, "4", {"4": 0.5, "5": 0.25, "x": 0.25}))
    judgement = score(ScriptedModel(answer), rubric, reply, Judging(mode="expected"))
    assert judgement.mode == "expected"
    assert judgement.scores[0].value == pytest.approx(4 * 2 / 3 + 5 / 3)
    assert judgement.scores[0].probability == pytest.approx(2 / 3)


def test_the_minus_of_a_level_is_told_from_the_others() -> None:
    text = '{"a": {"reason": "r", "score": -1}}'
    (found,) = level_probabilities(
        text, tokens(text, "-", {"-": 0.2, "1": 0.6, "0": 0.2}), Scale.model_validate("-1..1"), 1
    ) or [{}]
    assert found == pytest.approx({-1: 0.2, 0: 0.2, 1: 0.6})
    assert expected(found) == pytest.approx(0.4)


def test_a_token_that_could_begin_two_levels_tells_nothing() -> None:
    scale = Scale.model_validate([{"value": value, "label": str(value), "anchor": "a"} for value in (1, 10)])
    text = '{"a": {"reason": "r", "score": 10}}'
    assert level_probabilities(text, tokens(text, "1", {"1": 1.0}), scale, 1) is None


def test_without_probabilities_the_chosen_level_stands_and_it_is_said(
    rubric: Rubric, reply: Reply, verdict: VerdictText
) -> None:
    judgement = score(ScriptedModel(verdict(1, 0)), rubric, reply, Judging(mode="expected"))
    assert judgement.mode == "verdict"
    assert judgement.note == "no probabilities of the levels were told; the chosen levels stand"
    assert values(judgement) == {"Be Detailed": 1, "Be Adaptable": 0}


def test_a_score_inside_a_reason_is_not_the_score() -> None:
    text = '{"a": {"reason": "it says \\"score\\": 0", "score": 1}}'
    tops = tuple(TokenLogprob(character, 0.0, ((character, 0.0),)) for character in text)
    (found,) = level_probabilities(text, tops, Scale.model_validate("0..1"), 1) or [{}]
    assert found == {0: 0.0, 1: 1.0}


def test_tokens_that_an_engine_forced_otherwise_around_the_verdict_hide_no_probability() -> None:
    text = '{"Be Brief": {"score": 1}}'
    around = [TokenLogprob(word, -0.7) for word in ("```", "json", "\n")]
    told = tokens(text, "1", {"1": 0.75, "0": 0.25})
    scale = Scale.model_validate("0..1")
    plain = level_probabilities(text, told, scale, 1)
    assert plain is not None
    assert plain[0][1.0] == pytest.approx(0.75)
    assert level_probabilities(text, [*around, *told], scale, 1) == plain
    assert level_probabilities(text, [*around, *told, TokenLogprob("\n```", -0.1)], scale, 1) == plain
    other = [TokenLogprob("[", -0.1), *told[:-3], *around]
    assert level_probabilities(text, other, scale, 1) is None, "what does not fit the text tells nothing"
