"""Answers questions with fixed answers, each with a probability: what `hone serve` does for other tools.

A question that is word for word one of the rubric's goes to the rubric's judge, as a reply to be scored does. Any
other is put to the judge's models alone. Probabilities are those that the engine tells of the answers. Where it tells
none, they are the shares of the votes, and it is said how many votes there were: one vote gives 1 and 0, which says
what was chosen and not how sure.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import fmean
from typing import Literal

from hone.domain.evidence import Judgement
from hone.domain.rule import RULES
from hone.domain.settings import Sampling
from hone.domain.task import Brief, Reply
from hone.errors import VerdictError
from hone.jobs import Caller, Setup
from hone.judging.decision import rubric_questions
from hone.judging.expected import named_probabilities
from hone.judging.judge import Judge
from hone.judging.verdict import closed_object, cut_problem, read_object
from hone.models import Call, Completion, Model, Request
from hone.models.questions import Content, Question, Shares, read_answers, text_of_content, votes_behind
from hone.models.systemone import decision_request
from hone.prompts import fence

Basis = Literal["probabilities", "votes", "rule", "only answer"]
"""Where the shares come from."""
DECIDING = Sampling(max_tokens=24)
"""Room for one letter as JSON."""
_KNOWN = frozenset({"role", "instruction", "request", "reference", "reply"})
"""What the state of a reply may hold."""


@dataclass(frozen=True, slots=True)
class DecidedAnswer:
    """The answer to one question."""

    shares: Shares
    """How likely each answer is."""
    basis: Basis
    votes: int = 1
    """How many readable answers it rests on."""
    criterion: str | None = None
    """The rubric's criterion that it is a judgement by; none where the question is another."""


@dataclass(frozen=True)
class Decider:
    """Who answers.

    Args:
        models: One model, or a panel.
        setup: Prompts and sampling of questions that are not the rubric's.
        judge: Who answers the rubric's own questions, if there is a rubric.
        samples: Votes of a model that tells no probabilities.
        closed: Whether only the rubric's own questions are answered.
    """

    models: tuple[Model, ...]
    setup: Setup = field(default_factory=Setup)
    judge: Judge | None = None
    samples: int = 1
    closed: bool = False

    @cached_property
    def questions(self) -> dict[str, Question]:
        """The rubric's own questions, by criterion; empty without a rubric."""
        return rubric_questions(self.judge.rubric) if self.judge else {}

    async def decide(
        self, state: Content, questions: Mapping[str, Question], caller: Caller
    ) -> dict[str, DecidedAnswer]:
        """The answers to questions about one state, by the questions' ids.

        Raises:
            ValueError: Only the rubric's questions are answered here, and one is another.
            VerdictError: An answer could not be read; no other is made up for it.
            CallError: A model did not answer.
            UnavailableError: A model cannot answer at all.
        """
        criteria = self._criteria_asked(state, questions)
        if self.closed and (others := [name for name in questions if name not in criteria]):
            raise ValueError(
                f"question {others[0][:60]!r} is not one of the rubric's, which alone are answered here: GET them "
                'from this address, send them word for word, and as state {"request": "…", "reply": "…"}'
            )
        by_rubric = await self._by_rubric(state, caller) if criteria else {}
        answers = {}
        for name, question in questions.items():  # one after another: a client takes one turn of the model
            if name in criteria:
                answers[name] = by_rubric[criteria[name]]
            else:
                answers[name] = await self._answer(state, name, question, caller)
        return answers

    def _criteria_asked(self, state: Content, questions: Mapping[str, Question]) -> dict[str, str]:
        """The criterion that each question asks about word for word, where the state is a request and its reply."""
        if not self.questions or _reply_of(state) is None:
            return {}
        known = {str(question.to_data()): name for name, question in self.questions.items()}
        asked = {name: known.get(str(question.to_data())) for name, question in questions.items()}
        return {name: criterion for name, criterion in asked.items() if criterion is not None}

    async def _by_rubric(self, state: Content, caller: Caller) -> dict[str, DecidedAnswer]:
        """The judge's scores of the reply that a state holds, as answers to all of the rubric's questions."""
        found = _reply_of(state)
        if found is None or self.judge is None:
            raise RuntimeError("the state holds no reply, or there is no rubric")
        reply, brief = found
        judge = replace(self.judge, judging=self.judge.judging.model_copy(update={"mode": "expected"})).told(brief)
        judgement = await judge.score(reply, caller)
        if judgement.unscored is not None:
            raise VerdictError(judgement.unscored)
        return self._of_judgement(judge, judgement)

    def _of_judgement(self, judge: Judge, judgement: Judgement) -> dict[str, DecidedAnswer]:
        answers, values = {}, judge.rubric.scale.values
        for score in judgement.scores:
            shares = score.shares or tuple(float(score.value == value) for value in values)
            basis: Basis = "probabilities" if judgement.mode == "expected" and score.shares else "votes"
            if judge.rubric.scorer(score.criterion, "") == RULES:
                basis = "rule"
            named = {str(place): share for place, share in enumerate(shares)}
            answers[score.criterion] = DecidedAnswer(named, basis, judgement.votes, score.criterion)
        return answers

    async def _answer(self, state: Content, name: str, question: Question, caller: Caller) -> DecidedAnswer:
        if len(question.answers) == 1:
            return DecidedAnswer({question.keys[0]: 1.0}, "only answer", 0)
        told: list[tuple[Shares, bool]] = []
        for model in self.models:
            for sample in range(self.samples):
                told.append(await self._vote(model, state, name, question, sample, caller))
                if told[-1][1]:
                    break  # it has told how likely each answer is; a second vote adds nothing
        shares = {key: fmean(one[key] for one, _ in told) for key in question.keys}
        return DecidedAnswer(shares, "probabilities" if all(sure for _, sure in told) else "votes", len(told))

    async def _vote(
        self, model: Model, state: Content, name: str, question: Question, sample: int, caller: Caller
    ) -> tuple[Shares, bool]:
        """One answer of one model, and whether it told probabilities."""
        call = Call("request", name[:60], sample)
        if model.decides:
            request = decision_request(state, {name: question}, call)
        else:
            request = self._request(state, question, call)
        outcome = await caller.ask(model, request)
        if outcome.completion is None:
            raise outcome.error or VerdictError("there is no answer")
        if model.decides:
            return _decided(outcome.completion.text, name, question)
        return _read(outcome.completion, question)

    def _request(self, state: Content, question: Question, call: Call) -> Request:
        names = _names(question)
        *first, last = names
        text = self.setup.prompts["decide"].render(
            state=fence("content", text_of_content(state)),
            question=text_of_content(question.instructions or _USUAL[question.type]),
            answers="\n".join(f"{name}: {_said(question, key)}" for name, key in names.items()),
            form=f'an object with one key, "answer": the mark of the answer that fits best ({", ".join(first)} or '
            f"{last})",
        )
        sampling = self.setup.sampling or DECIDING
        if call.sample and sampling.temperature == 0:
            sampling = sampling.model_copy(update={"temperature": 0.8})  # else all votes would repeat the first
        schema = closed_object({"answer": {"enum": list(names)}})
        return Request(self.setup.messages(text), sampling, schema=schema, top_logprobs=20, call=call)


_USUAL = {
    "noul": "Is this so?",
    "choice": "Which of the answers fits the content best?",
    "score": "Which of the levels fits the content best? They stand in order, the lowest first.",
}
"""What is asked where the answers say it all."""


def _names(question: Question) -> dict[str, str]:
    """The keys of the answers by what a model calls them: letters, or numbers where there are more than letters.

    A number can begin like another, so that their probabilities are not told apart; letters are.
    """
    count = len(question.answers)
    names = string.ascii_uppercase if count <= len(string.ascii_uppercase) else map(str, range(1, count + 1))
    return dict(zip(names, question.keys, strict=False))


def _said(question: Question, key: str) -> str:
    option = question.answers[question.keys.index(key)]
    if question.type == "score":
        return option.text
    name = {"true": "yes", "false": "no"}[key] if question.type == "noul" else key
    return name if option.description is None else f"{name}: {option.text}"


def _read(completion: Completion, question: Question) -> tuple[Shares, bool]:
    """The shares that a text comes to, and whether they are probabilities that were told.

    Raises:
        VerdictError: It names none of the answers.
    """
    names = _names(question)
    try:
        name = read_object(completion.text).get("answer")
    except VerdictError as error:
        raise VerdictError(cut_problem(completion, "judge") if completion.cut else str(error)) from error
    if not isinstance(name, str) or name not in names:
        raise VerdictError(f"{str(name)[:40]!r} is not one of the answers")
    told = named_probabilities(completion.text, completion.logprobs, names, 1, "answer")
    if told is not None:
        return told[0], True
    return {key: float(key == names[name]) for key in question.keys}, False


def _decided(text: str, name: str, question: Question) -> tuple[Shares, bool]:
    """The shares that a model that decides told, and whether they are probabilities and no votes."""
    try:
        data = json.loads(text)
        return read_answers({name: question}, data)[name], not votes_behind(data[name])
    except ValueError as error:
        raise VerdictError(str(error)) from error


def _reply_of(state: Content) -> tuple[Reply, Brief | None] | None:
    """Request and reply that a state holds, with what the writer was told; none where it is something else."""
    if not isinstance(state, dict) or not {"request", "reply"} <= state.keys() <= _KNOWN:
        return None
    if not all(isinstance(text, str) for text in state.values()) or not state["request"].strip():
        return None
    reply = Reply(
        item="request", prompt=state["request"], text=state["reply"], model="", reference=state.get("reference")
    )
    told = {name: state[name] for name in ("role", "instruction") if name in state}
    return reply, Brief(**told) if told else None
