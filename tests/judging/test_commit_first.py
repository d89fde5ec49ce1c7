"""Commit first: the judge answers a request before it sees a reply to it, once, and sees its answer beside each."""

from __future__ import annotations

import json
from pathlib import Path

from hone.domain.rubric import Rubric
from hone.domain.settings import Judging, ModelSettings
from hone.domain.task import NO_REQUEST, Reply
from hone.journey.step import step_config
from hone.journey.votes import VotesToAsk, ask_votes
from hone.judging import Judge
from hone.judging.form import committed_answer
from hone.models.base import Completion
from hone.models.scripted import ScriptedModel
from hone.project import Project

RUBRIC = Rubric.model_validate({"criteria": ["Be Exact: The answer is right."], "scale": "0..1"})
VERDICT = json.dumps({"Be Exact": {"reason": "It is so.", "score": 1}})


def reply(at: int, prompt: str = "What is 6 x 7?") -> Reply:
    return Reply(item=f"i{at}", prompt=prompt, text=f"It is 4{at}.", model="m")


def asked(answer: str | Completion, replies: list[Reply], *, first: bool = True) -> list[str]:
    """What a judge was asked, in order; its own answer is given."""
    model = ScriptedModel()
    model.when("Before you score", answer)
    model.when("Score the reply", VERDICT)
    judged = Judge((model,), RUBRIC, "answer", Judging(commit_first=first)).score_all(replies)
    assert all(one.unscored is None for one in judged)
    return [str(one.messages[-1].content) for one in model.requests]


def test_one_answer_serves_every_reply_to_a_request_and_holds_none_of_them() -> None:
    texts = asked("6 x 7 = 42", [reply(at) for at in range(6)] + [reply(7, "What is 1 + 1?")])
    own = [text for text in texts if text.startswith("Before you score")]
    assert len(own) == 2
    assert not any("It is 4" in text for text in own)
    verdicts = [text for text in texts if text not in own]
    assert len(verdicts) == 7
    assert all("written before you saw the reply" in text and "6 x 7 = 42" in text for text in verdicts)


def test_without_it_or_without_an_answer_the_judge_is_asked_as_ever() -> None:
    usual = asked("42", [reply(1)], first=False)
    assert len(usual) == 1
    for answer in ("No single answer.", " no single answer ", Completion("Let me see: 6 x", finish="length")):
        *_, verdict = asked(answer, [reply(1)])
        assert verdict == usual[0]
    assert asked("42", [reply(1, NO_REQUEST)]) == asked("42", [reply(1, NO_REQUEST)], first=False)


def test_what_counts_as_no_answer() -> None:
    assert committed_answer("**No single answer**") == ""
    assert committed_answer("No single answer fits; I would say 3.") != ""


def test_settings_without_it_are_written_as_before() -> None:
    assert "commit_first" not in Judging().model_dump()
    assert Judging(commit_first=True).model_dump()["commit_first"] is True


def test_votes_of_a_judge_of_ones_own_come_from_a_judge_that_answers_first(tmp_path: Path) -> None:
    script = [{"contains": "Before you score", "text": "42"}, {"contains": "Score the reply", "text": VERDICT}]
    (tmp_path / "judge.jsonl").write_text("".join(json.dumps(one) + "\n" for one in script))
    (tmp_path / "hone.yaml").write_text(
        "task: {subject: answer, role: You are a pupil., instruction: Answer.}\njudging: {commit_first: true}\n"
    )
    asked = VotesToAsk(Project(tmp_path), (ModelSettings(model="scripted:judge.jsonl"),))
    (part,) = asked.parts(RUBRIC)
    assert "commit" in part.prompts
    (vote,) = ask_votes(asked, (part,), RUBRIC, [reply(1)])
    assert vote.judgement.unscored is None
    (run,) = (tmp_path / "runs").glob("*judge tune*")
    assert "written before you saw the reply" in (run / "asked.jsonl").read_text()


def test_a_run_is_another_one_where_the_words_differ_that_ask_for_the_own_answer(tmp_path: Path) -> None:
    (tmp_path / "hone.yaml").write_text("task: {subject: answer, role: You are a pupil., instruction: Answer.}\n")
    project = Project(tmp_path)
    usual, first = (step_config(project, judging=Judging(commit_first=one))["prompts"] for one in (False, True))
    assert "commit" not in usual
    assert set(first) == {*usual, "commit"}
