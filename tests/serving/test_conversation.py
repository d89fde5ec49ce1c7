"""A conversation: what is sent, what is kept, and what is kept where it breaks off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from hone.domain.rubric import Criterion, Rubric
from hone.errors import CallError, ContextError, ProjectError
from hone.judging import Judge
from hone.models import Chunk, Completion, Request, ScriptedModel
from hone.serving.conversation import Conversation


def said(pieces: AsyncIterator[str]) -> str:
    async def collect() -> str:
        return "".join([piece async for piece in pieces])

    return asyncio.run(collect())


class BreaksOff(ScriptedModel):
    """Says a little, then fails."""

    async def stream(self, request: Request) -> AsyncIterator[Chunk]:
        self.requests.append(request)
        yield Chunk("Half a ")
        raise CallError("it broke off")


def test_the_history_goes_along_and_the_rubric_can_be_left_out() -> None:
    model = ScriptedModel("One.", "Two.")
    talk = Conversation(model, told=("Task and rubric.", "Task."))
    assert said(talk.say("First?")) == "One."
    talk.rubric = False
    assert said(talk.say("Second?")) == "Two."
    first, second = model.requests
    assert [(turn.role, turn.content) for turn in first.messages] == [
        ("system", "Task and rubric."),
        ("user", "First?"),
    ]
    assert [turn.content for turn in second.messages] == ["Task.", "First?", "One.", "Second?"]
    talk.clear()
    assert talk.turns == []


def test_without_a_task_the_models_own_template_speaks() -> None:
    model = ScriptedModel("Yes.")
    said(Conversation(model).say("Hello"))
    assert [turn.role for turn in model.requests[0].messages] == ["user"]


def test_a_reply_that_breaks_off_is_kept_as_far_as_it_came() -> None:
    talk = Conversation(BreaksOff())
    with pytest.raises(CallError, match="it broke off"):
        said(talk.say("Hello"))
    assert [turn.content for turn in talk.turns] == ["Hello", "Half a "]


@pytest.mark.parametrize(
    ("answer", "ending"),
    [
        (Completion("All of it."), ""),
        (Completion("Half of", "length"), "cut at its length limit of 512 tokens"),
        (
            Completion("<think>Let me see", "length"),
            "cut while it was still reasoning, at its length limit of 512 tokens",
        ),
        (Completion(""), "the model ended without an answer"),
        (Completion("<think>So.</think>"), "the model ended without an answer"),
    ],
)
def test_how_a_reply_ended_is_said(answer: Completion, ending: str) -> None:
    talk = Conversation(ScriptedModel(answer, "All."))
    said(talk.say("Hello"))
    assert talk.ending == ending
    said(talk.say("And?"))
    assert talk.ending == ""
    said(talk.other(ScriptedModel(answer)))
    assert talk.ending == ending


def test_a_question_that_does_not_fit_is_not_in_the_history() -> None:
    talk = Conversation(ScriptedModel("One.", ContextError("too long")))
    said(talk.say("First?"))
    with pytest.raises(ContextError, match=r"does not fit .* /clear, or start with a larger `context`"):
        said(talk.say("Second?"))
    assert [turn.content for turn in talk.turns] == ["First?", "One."]


def test_the_judge_scores_the_last_reply() -> None:
    rubric = Rubric(
        criteria=(Criterion(name="Be Kind", sentence="It is kind."), Criterion.model_validate("Be Brief: It is."))
    )
    verdict = json.dumps({name: {"reason": "It says so.", "score": 1} for name in rubric.names})
    talk = Conversation(ScriptedModel("One."), judge=Judge((ScriptedModel(verdict),), rubric, "reply"))
    with pytest.raises(ProjectError, match="no reply to score yet"):
        asyncio.run(talk.score())
    said(talk.say("First?"))
    judgement = asyncio.run(talk.score())
    assert [score.value for score in judgement.scores] == [1, 1]
    with pytest.raises(ProjectError, match="no rubric to score by"):
        asyncio.run(Conversation(ScriptedModel()).score())


def test_another_model_answers_the_same_question_and_the_history_stays() -> None:
    base = ScriptedModel("Base.")
    talk = Conversation(ScriptedModel("Tuned."))
    with pytest.raises(ProjectError, match="no reply to compare yet"):
        said(talk.other(base))
    said(talk.say("First?"))
    assert said(talk.other(base)) == "Base."
    assert [turn.content for turn in base.requests[0].messages] == ["First?"]
    assert [turn.content for turn in talk.turns] == ["First?", "Tuned."]
