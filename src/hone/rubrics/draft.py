"""Proposes criteria for a task: two or three where it has none, others beside those that it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hone.domain.language import Language
from hone.domain.rubric import MAX_CRITERIA, Anchor, Criterion, Scale, plain_number
from hone.domain.settings import Sampling
from hone.domain.task import Item, Task
from hone.errors import RubricError, VerdictError
from hone.jobs import Setup
from hone.judging import read_object
from hone.judging.verdict import closed_object
from hone.models import Call, Model, Request
from hone.rubrics.lint import anchor_problems, pair_finding
from hone.rubrics.wording import bullets, criterion_schema, says_the_same, worded

SAMPLING = Sampling(max_tokens=900, break_loops=True)
_SHOWN, _TRIES = 3, 6


def draft(
    task: Task,
    items: Sequence[Item],
    expert: Model,
    setup: Setup | None = None,
    *,
    scale: Scale | None = None,
    beside: Sequence[Criterion] = (),
) -> tuple[Criterion, ...]:
    """Two or three criteria for the task; beside others one to three, as many as a rubric has room for.

    A small expert repeats itself, so it is asked up to six times: once for its likeliest answer, then with a seed of
    its own each time. Distinct criteria are collected until there are two, or one beside
    others.

    Args:
        task: What the model is asked to do.
        items: Some requests; the first three are shown.
        expert: Who proposes.
        setup: Prompts, sampling, journal and progress.
        scale: The levels that each criterion gets anchors of its own for; without, none are asked for.
        beside: Criteria that are there already, and stay.

    Returns:
        The criteria; what repeats or denies another one is left out. Anchors in which lint finds something are left
        out as well: the scale's own hold then.

    Raises:
        RubricError: There is no room beside the others.
        VerdictError: The expert's answers hold fewer than two criteria, or none beside others.
        CallError: A call failed.
        UnavailableError: The expert cannot answer at all.
    """
    used, least, room = setup or Setup(), 1 if beside else 2, min(3, MAX_CRITERIA - len(beside))
    if room < least:
        raise RubricError(f"the rubric has {len(beside)} criteria, and no room for more; remove one first")
    text = used.prompts["draft"].render(
        subject=task.subject,
        role=task.role,
        instruction=task.instruction,
        requests="\n".join(f"- {item.prompt}" for item in items[:_SHOWN]),
        present=_present_text(beside),
        levels=_levels_text(scale) if scale else "",
    )
    levels = scale if "levels" in used.prompts["draft"].fields else None
    schema = _schema(levels, used.language)
    kept: list[Criterion] = []
    for sample in range(_TRIES):
        sampling = used.sampling or SAMPLING
        if sample:
            sampling = sampling.model_copy(update={"temperature": max(sampling.temperature, 1.0)})
        call = Call("draft", sample=sample)
        outcome = used.ask(expert, [Request(used.messages(text), sampling, schema=schema, call=call)])[0]
        if outcome.error:
            raise outcome.error
        if outcome.completion:
            _collect(kept, outcome.completion.text, levels, beside)
        if len(kept) >= least:
            return tuple(kept[:room])
    usable = "nothing that those which are there do not ask" if beside else f"{len(kept)} usable criteria, not 2 or 3"
    raise VerdictError(
        f"{expert.spec} proposed {usable}; "
        "write them into rubric.yaml yourself, or name a stronger expert in hone.yaml"
    )


def _schema(scale: Scale | None, language: Language) -> dict[str, Any]:
    properties = criterion_schema(language)
    if scale:
        text = {"type": "string", "minLength": 8, "maxLength": 160}
        keys = [_key(level.value) for level in scale.levels]
        properties["levels"] = closed_object(dict.fromkeys(keys, text))
    criteria = {"type": "array", "minItems": 2, "maxItems": 3, "items": closed_object(properties)}
    return closed_object({"criteria": criteria})


def _present_text(beside: Sequence[Criterion]) -> str:
    """What is asked about the criteria that are there."""
    if not beside:
        return ""
    lead = "These criteria are there already and stay. Propose only what none of them asks for:"
    return f"{lead}\n\n{bullets(beside)}"


def _levels_text(scale: Scale) -> str:
    """What is asked about the levels. The scale's own anchors are not shown: they would be copied."""
    keys = ", ".join(f'"{_key(level.value)}" ({level.label})' for level in scale.levels)
    return (
        'Each object has a third key "levels", behind the sentence: an object that says for each level, '
        f"worst first, what a reader would see in such a reply, in words about this criterion alone: {keys}. "
        "No two levels may fit the same reply."
    )


def _key(value: float) -> str:
    return str(plain_number(value))


def _collect(kept: list[Criterion], text: str, scale: Scale | None, beside: Sequence[Criterion]) -> None:
    """Add the criteria of one answer that say something new; an answer that cannot be read adds none."""
    try:
        entries = read_object(text).get("criteria")
    except VerdictError:
        return
    for entry in entries if isinstance(entries, list) else []:
        criterion = worded(entry.get("name"), entry.get("sentence")) if isinstance(entry, dict) else None
        others = (*beside, *kept)
        if criterion and not any(says_the_same(criterion, one) or pair_finding(criterion, one) for one in others):
            kept.append(_anchored(criterion, entry.get("levels"), scale))


def _anchored(criterion: Criterion, levels: object, scale: Scale | None) -> Criterion:
    """The criterion with anchors of its own, where there is one a level and lint has nothing against them."""
    if scale is None or not isinstance(levels, dict):
        return criterion
    texts = [(level.value, levels.get(_key(level.value))) for level in scale.levels]
    if not all(isinstance(text, str) and text.strip() for _, text in texts):
        return criterion
    anchors = tuple(Anchor(value=value, text=" ".join(str(text).split())) for value, text in texts)
    return criterion if any(anchor_problems(anchors)) else criterion.model_copy(update={"anchors": anchors})
