"""Proposes two or three criteria for a task that has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hone.domain.rubric import Criterion
from hone.domain.settings import Sampling
from hone.domain.task import Item, Task
from hone.errors import VerdictError
from hone.jobs import Setup
from hone.judging import read_object
from hone.models import Call, Model, Request
from hone.rubrics.wording import NAME_SCHEMA, SENTENCE_SCHEMA, likeness, worded

SAMPLING = Sampling(max_tokens=500, break_loops=True)
_SHOWN, _TRIES = 3, 6
_SAME = 0.75

CRITERION_SCHEMA: dict[str, Any] = {"name": NAME_SCHEMA, "sentence": SENTENCE_SCHEMA}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "criteria": {
            "type": "array",
            "minItems": 2,
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": CRITERION_SCHEMA,
                "required": ["name", "sentence"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["criteria"],
    "additionalProperties": False,
}


def draft(task: Task, items: Sequence[Item], expert: Model, setup: Setup | None = None) -> tuple[Criterion, ...]:
    """Two or three criteria for the task.

    A small expert repeats itself, so it is asked up to six times: once for its likeliest answer, then with a seed of
    its own each time. Distinct criteria are collected until there are two.

    Args:
        task: What the model is asked to do.
        items: Some requests; the first three are shown.
        expert: Who proposes.
        setup: Prompts, sampling, journal and progress.

    Returns:
        The criteria, duplicates left out.

    Raises:
        VerdictError: The expert's answers hold fewer than two criteria.
        CallError: A call failed.
        UnavailableError: The expert cannot answer at all.
    """
    used = setup or Setup()
    text = used.prompts["draft"].render(
        subject=task.subject,
        role=task.role,
        instruction=task.instruction,
        requests="\n".join(f"- {item.prompt}" for item in items[:_SHOWN]),
    )
    kept: list[Criterion] = []
    for sample in range(_TRIES):
        sampling = used.sampling or SAMPLING
        if sample:
            sampling = sampling.model_copy(update={"temperature": max(sampling.temperature, 1.0)})
        call = Call("draft", sample=sample)
        outcome = used.ask(expert, [Request(used.messages(text), sampling, schema=_SCHEMA, call=call)])[0]
        if outcome.error:
            raise outcome.error
        if outcome.completion:
            _collect(kept, outcome.completion.text)
        if len(kept) >= 2:
            return tuple(kept[:3])
    raise VerdictError(
        f"{expert.spec} proposed {len(kept)} usable criteria, not 2 or 3; "
        "write them into rubric.yaml yourself, or name a stronger expert in hone.yaml"
    )


def _collect(kept: list[Criterion], text: str) -> None:
    """Add the criteria of one answer that say something new; an answer that cannot be read adds none."""
    try:
        entries = read_object(text).get("criteria")
    except VerdictError:
        return
    for entry in entries if isinstance(entries, list) else []:
        criterion = worded(entry.get("name"), entry.get("sentence")) if isinstance(entry, dict) else None
        if criterion and all(likeness(criterion, other) < _SAME for other in kept):
            kept.append(criterion)
