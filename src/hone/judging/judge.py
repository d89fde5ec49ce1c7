"""Asks a judge to score replies by a rubric: all criteria in one call, the reason before the score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hone.domain.evidence import Judgement
from hone.domain.rubric import Criterion, Rubric, ScoredExample
from hone.domain.settings import Sampling
from hone.domain.task import Reply
from hone.errors import RubricError, VerdictError
from hone.jobs import Outcome, Setup
from hone.judging.verdict import read_verdict
from hone.models import Call, Model, Request
from hone.prompts import fence

_REASON = 240
"""Characters of a reason: long enough for one sentence, short enough that a small model ends."""


def judge(
    replies: Sequence[Reply], rubric: Rubric, model: Model, *, subject: str, setup: Setup | None = None
) -> list[Judgement]:
    """Score replies.

    Args:
        replies: What is scored.
        rubric: By what.
        model: Who scores.
        subject: What the replies are, such as "study plan".
        setup: Prompts, sampling (by default the likeliest tokens, with room for every reason), journal and progress.

    Returns:
        One judgement a reply, in order: scores for all criteria, or *unscored* with the reason.

    Raises:
        RubricError: The rubric has no criteria.
        UnavailableError: The judge cannot answer at all.
    """
    if not rubric.criteria:
        raise RubricError("the rubric has no criteria; propose some with: hone rubric draft")
    used = setup or Setup()
    outcomes = used.ask(model, [judge_request(reply, rubric, subject, used) for reply in replies])
    return [_judgement(outcome, rubric, model.spec) for outcome in outcomes]


def default_sampling(rubric: Rubric) -> Sampling:
    """The likeliest tokens, with room for one reason and one score a criterion."""
    return Sampling(max_tokens=64 + 128 * len(rubric.criteria), break_loops=True)


def judge_request(reply: Reply, rubric: Rubric, subject: str, setup: Setup) -> Request:
    """What the judge is asked about one reply. What is the same for every reply stands first: engines reuse it."""
    examples = [example for example in rubric.examples if example.reply != reply.text]
    text = setup.prompts["score"].render(
        subject=subject,
        criteria="\n\n".join(_criterion(criterion, rubric) for criterion in rubric.criteria),
        examples=_examples(examples, rubric),
        request=fence("request", reply.prompt),
        reference=_reference(reply.reference),
        reply=fence("reply", reply.text),
        form=_form(rubric),
    )
    return Request(
        messages=setup.messages(text),
        sampling=setup.sampling or default_sampling(rubric),
        schema=verdict_schema(rubric),
        call=Call(reply.item, "score"),
    )


def verdict_schema(rubric: Rubric) -> dict[str, Any]:
    """The JSON schema of a verdict. Properties stand in the order in which they are to be written: reason first."""
    levels = [_number(value) for value in rubric.scale.values]
    score = {
        "type": "object",
        "properties": {"reason": {"type": "string", "minLength": 3, "maxLength": _REASON}, "score": {"enum": levels}},
        "required": ["reason", "score"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": dict.fromkeys(rubric.names, score),
        "required": list(rubric.names),
        "additionalProperties": False,
    }


def _criterion(criterion: Criterion, rubric: Rubric) -> str:
    levels = [f"  {_number(level.value)} ({level.label}): {criterion.anchor(level)}" for level in rubric.scale.levels]
    return "\n".join([f"{criterion.name}: {criterion.sentence}", *levels])


def _examples(examples: Sequence[ScoredExample], rubric: Rubric) -> str:
    """Scored examples in the form of the answer, which teaches the form as well as the scale."""
    if not examples:
        return ""
    blocks = ["Scored examples:"]
    for example in examples:
        verdict = {
            name: {"reason": example.reasons.get(name, rubric.scale.level(value).anchor), "score": _number(value)}
            for name, value in example.scores.items()
        }
        request, reply = fence("request", example.prompt), fence("reply", example.reply)
        blocks.append(f"{request}\n{reply}\n{json.dumps(verdict, ensure_ascii=False)}")
    return "\n\n".join(blocks)


def _reference(reference: str | None) -> str:
    return f"A good answer to compare with:\n\n{fence('reference', reference)}" if reference else ""


def _form(rubric: Rubric) -> str:
    levels = " or ".join(str(_number(value)) for value in rubric.scale.values)
    parts = [f'"{name}": {{"reason": "…", "score": {levels}}}' for name in rubric.names]
    return "{" + ", ".join(parts) + "}"


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _judgement(outcome: Outcome, rubric: Rubric, judge_spec: str) -> Judgement:
    item, completion = outcome.request.call.item, outcome.completion
    if completion is None:
        return Judgement(item=item, judge=judge_spec, rubric=rubric.digest, unscored=str(outcome.error))
    try:
        scores = read_verdict(completion.text, rubric)
    except VerdictError as error:
        reason = "cut at its length limit; raise `max_tokens` of the judge" if completion.cut else str(error)
        return Judgement(item=item, judge=judge_spec, rubric=rubric.digest, unscored=reason, raw=completion.text)
    return Judgement(item=item, judge=judge_spec, rubric=rubric.digest, scores=scores)
