"""What a judge is asked: the score prompt filled for a rubric, and the schema of the verdict.

All that is the same for every reply is made once; only request, reply and reference change from call to call.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from hone.domain.rubric import Criterion, Rubric, ScoredExample, plain_number
from hone.domain.settings import Sampling
from hone.domain.task import Brief, Reply
from hone.jobs import Setup
from hone.judging.decision import reply_state, rubric_questions
from hone.judging.verdict import closed_object
from hone.models import Call, Message, Request
from hone.models.questions import Question
from hone.models.systemone import decision_request
from hone.prompts import fence

Wording = Literal["score", "levels", "strict"]
"""The prompts that a judge may be asked with; only ``score`` asks for reasons."""
_REASON = 240
"""Characters of a reason: long enough for one sentence, short enough that a small model ends."""
COMMITTING = Sampling(max_tokens=400, break_loops=True)
"""How a judge's own answer is sampled: the likeliest tokens, with room for a short working."""
NO_ANSWER = "no single answer"
"""What a judge writes that has none of its own."""
_REPETITION = 1000
"""Keeps the samples of repetitions apart: there are never so many votes."""
_TOP = 20
"""Alternatives asked for at each token: as many as OpenAI gives."""


@dataclass(frozen=True)
class JudgeQuestion:
    """The requests of one rubric, or of one of its criteria.

    Args:
        rubric: What is judged by.
        subject: What the replies are, such as "study plan".
        setup: Prompts and sampling.
        examples: The most scored examples to show.
        logprobs: Whether to ask for the probabilities of the levels.
        step: Names the call in journals and recordings.
        brief: What the writer was told.
        wording: The prompt that is filled; only ``score`` asks for reasons.
    """

    rubric: Rubric
    subject: str
    setup: Setup
    examples: int = 6
    logprobs: bool = False
    step: str = "score"
    brief: Brief = field(default_factory=Brief)
    wording: Wording = "score"

    def request(self, reply: Reply, *, sample: int = 0, again: int = 0, own: str = "") -> Request:
        """What is asked about one reply.

        Args:
            reply: What is scored.
            sample: Which of several votes.
            again: Which repetition of the same question; each is a call of its own, sampled in the same way.
            own: The judge's own answer to the request, where it was asked for one.
        """
        text = self.setup.prompts[self.wording].render(
            subject=self.subject,
            **brief_fields(self.brief),
            criteria=self._criteria,
            examples=self._examples(reply),
            request=fence("request", reply.prompt),
            reference="\n\n".join(part for part in (_reference(reply.reference), _own_answer(own)) if part),
            reply=fence("reply", reply.text),
            form=self._form,
        )
        return Request(
            messages=(self._system, Message("user", text)),
            sampling=self._sampling(sample),
            schema=self._schema,
            top_logprobs=_TOP if self.logprobs else 0,
            call=Call(reply.item, self.step, sample + _REPETITION * again),
        )

    def decision(self, reply: Reply, *, sample: int = 0, again: int = 0) -> Request:
        """The same, asked of a model that decides and writes nothing: prompt and examples have no place there."""
        call = Call(reply.item, self.step, sample + _REPETITION * again)
        return decision_request(reply_state(reply, self.brief), self._questions, call)

    def repair(self, request: Request, text: str, problem: str) -> Request:
        """The same once more, after an answer that could not be read."""
        return asked_again(request, text, problem, self._form, self.setup, f"{self.step}:repair")

    @property
    def reasons(self) -> bool:
        """Whether a reason is asked for before each score."""
        return self.wording == "score"

    @cached_property
    def _criteria(self) -> str:
        return criteria_text(self.rubric)

    @cached_property
    def _questions(self) -> dict[str, Question]:
        return rubric_questions(self.rubric)

    @cached_property
    def _form(self) -> str:
        return _form_text(self.rubric, reasons=self.reasons)

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return _verdict_schema(self.rubric, reasons=self.reasons)

    @cached_property
    def _system(self) -> Message:
        return self.setup.messages("")[0]

    @cached_property
    def _all_examples(self) -> str:
        return self._shown(self.rubric.examples)

    def _examples(self, reply: Reply) -> str:
        """The scored examples, never the reply that is being scored."""
        others = [example for example in self.rubric.examples if example.reply != reply.text]
        if len(others) == len(self.rubric.examples):
            return self._all_examples
        return self._shown(others)

    def _shown(self, examples: Sequence[ScoredExample]) -> str:
        chosen = balanced(examples, self.rubric, self.examples)
        return _examples_text(chosen, self.rubric, reasons=self.reasons)

    @cached_property
    def _draws(self) -> Sampling:
        return self.setup.sampling or rubric_sampling(self.rubric)

    def _sampling(self, sample: int) -> Sampling:
        sampling = self._draws
        if sample and sampling.temperature == 0:
            # The likeliest verdict is asked for first; further votes that were not sampled would all repeat it.
            return sampling.model_copy(update={"temperature": 0.8})
        return sampling


def asked_again(request: Request, said: str, problem: str, form: str, setup: Setup, step: str) -> Request:
    """A request once more, after an answer that cannot be used.

    Args:
        request: What was asked.
        said: What was answered.
        problem: What is wrong with it, and what to do, in words for the model.
        form: The form of an answer, in words for the model.
        setup: Whose prompts.
        step: Names the call in journals and recordings.
    """
    text = setup.prompts["repair"].render(problem=problem, form=form)
    return replace(
        request,
        messages=(*request.messages, Message("assistant", said), Message("user", text)),
        call=Call(request.call.item, step, request.call.sample),
    )


def brief_fields(brief: Brief) -> dict[str, str]:
    """What the writer was told, for the fields ``role`` and ``instruction`` of a prompt; empty where it is not known.

    The texts are fenced: a project that somebody sent must not instruct the judge.
    """
    said = {
        "role": ("The writer was told who to be:", brief.role.strip()),
        "instruction": (
            "The writer was told what to do with each request; a reply that does this is an answer to it:",
            brief.instruction.strip(),
        ),
    }
    return {name: f"{lead}\n\n{fence(name, text)}" if text else "" for name, (lead, text) in said.items()}


def rubric_sampling(rubric: Rubric) -> Sampling:
    """The likeliest tokens, with room for one reason and one score a criterion."""
    return Sampling(max_tokens=64 + 128 * len(rubric.criteria), break_loops=True)


def _verdict_schema(rubric: Rubric, *, reasons: bool) -> dict[str, Any]:
    """The JSON schema of a verdict. Properties stand in the order in which they are to be written: reason first."""
    levels = [plain_number(value) for value in rubric.scale.values]
    reason = {"reason": {"type": "string", "minLength": 3, "maxLength": _REASON}} if reasons else {}
    return closed_object(dict.fromkeys(rubric.names, closed_object({**reason, "score": {"enum": levels}})))


def balanced(examples: Sequence[ScoredExample], rubric: Rubric, most: int) -> list[ScoredExample]:
    """At most so many examples, chosen so that every level is shown about as often.

    The next example is always the one whose levels have been shown least, criterion by criterion; ties go to the one
    that stands first.
    """
    shown = {(name, value): 0 for name in rubric.names for value in rubric.scale.values}
    left = list(examples)
    chosen: list[ScoredExample] = []
    while left and len(chosen) < most:
        best = min(
            left, key=lambda one: sum(shown[name, value] for name, value in one.scores.items()) / len(one.scores)
        )
        left.remove(best)
        chosen.append(best)
        for name, value in best.scores.items():
            shown[name, value] += 1
    return sorted(chosen, key=list(examples).index)


def criteria_text(rubric: Rubric) -> str:
    """The criteria with what earns each level."""
    return "\n\n".join(_criterion(criterion, rubric) for criterion in rubric.criteria)


def _examples_text(examples: Iterable[ScoredExample], rubric: Rubric, *, reasons: bool = True) -> str:
    """Scored examples in the form of the answer, which teaches the form as well as the scale."""
    blocks = []
    for example in examples:
        verdict = {
            name: _reason_of(example, name, rubric, value, reasons=reasons) | {"score": plain_number(value)}
            for name, value in example.scores.items()
        }
        request, reply = fence("request", example.prompt), fence("reply", example.reply)
        blocks.append(f"{request}\n{reply}\n{json.dumps(verdict, ensure_ascii=False)}")
    return "\n\n".join(["Scored examples:", *blocks]) if blocks else ""


def _reason_of(example: ScoredExample, name: str, rubric: Rubric, value: float, *, reasons: bool) -> dict[str, Any]:
    return {"reason": example.reasons.get(name, rubric.scale.level(value).anchor)} if reasons else {}


def _form_text(rubric: Rubric, *, reasons: bool) -> str:
    """The form of a verdict in words. A pattern to fill in would be copied, dots and all, by small models."""
    names = ", ".join(f'"{name}"' for name in rubric.names)
    *levels, last = (str(plain_number(value)) for value in rubric.scale.values)
    scores = f"{', '.join(levels)} or {last}"
    parts = '"reason", then "score"' if reasons else '"score"'
    return f"an object with one key for each criterion ({names}); each value has {parts} ({scores})"


def _criterion(criterion: Criterion, rubric: Rubric) -> str:
    levels = [
        f"  {plain_number(level.value)} ({level.label}): {criterion.anchor(level)}" for level in rubric.scale.levels
    ]
    return "\n".join([f"{criterion.name}: {criterion.sentence}", *levels])


def commit_request(reply: Reply, brief: Brief, setup: Setup) -> Request:
    """What a judge is asked before it sees a reply: its own answer to the request.

    The reply is not in it, so that one answer serves every reply to the same request.
    """
    text = setup.prompts["commit"].render(**brief_fields(brief), request=fence("request", reply.prompt))
    return Request(setup.messages(text), COMMITTING, call=Call(reply.item, "commit"))


def committed_answer(text: str) -> str:
    """A judge's own answer; empty where it says that there is none."""
    text = text.strip()
    return "" if text.lower().strip(' .*"') == NO_ANSWER else text


def _own_answer(own: str) -> str:
    if not own:
        return ""
    lead = (
        "Your own answer to the request, written before you saw the reply. It may be wrong, and a reply may be right "
        "in other words:"
    )
    return f"{lead}\n\n{fence('answer', own)}"


def _reference(reference: str | None) -> str:
    return f"A good answer to compare with:\n\n{fence('reference', reference)}" if reference else ""
