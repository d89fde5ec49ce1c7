"""Writes replies to the items, under the task alone or under task and rubric."""

from __future__ import annotations

from collections.abc import Sequence

from hone.domain.rubric import Rubric
from hone.domain.settings import Sampling
from hone.domain.task import Item, Reply, Task
from hone.errors import IncompleteError
from hone.jobs import Setup
from hone.models import Call, Message, Model, Request
from hone.prompts import Prompts
from hone.rubrics.wording import bullets

SAMPLING = Sampling(temperature=0.7, max_tokens=512, seed=1, break_loops=True)
"""Replies are sampled, with a fixed seed: small models that always take the likeliest token repeat themselves."""


def system_text(task: Task, rubric: Rubric | None, prompts: Prompts) -> str:
    """The system message of the writer: the fixed block, the task, and the rubric as guidance where there is one."""
    blocks = [prompts["system"].render(), prompts["task"].render(role=task.role, instruction=task.instruction)]
    if rubric and rubric.criteria:
        blocks.append(prompts["evaluation"].render(subject=task.subject, criteria=bullets(rubric.criteria)))
    return "\n\n".join(blocks)


def write(
    task: Task, items: Sequence[Item], writer: Model, *, rubric: Rubric | None = None, setup: Setup | None = None
) -> list[Reply]:
    """One reply an item.

    Args:
        task: What the writer is asked to do.
        items: The requests.
        writer: Who writes.
        rubric: Stands in the prompt as guidance; none leaves the task alone.
        setup: Prompts, sampling, journal and progress.

    Returns:
        The replies, in the order of the items.

    Raises:
        IncompleteError: A call failed. The replies that were written are in the journal.
        UnavailableError: The writer cannot answer at all.
    """
    used = setup or Setup()
    system = Message("system", system_text(task, rubric, used.prompts))
    step = "with" if rubric else "without"
    requests = [
        Request((system, Message("user", item.prompt)), used.sampling or SAMPLING, call=Call(item.id, step))
        for item in items
    ]
    replies = []
    failed = []
    for item, outcome in zip(items, used.ask(writer, requests), strict=True):
        if outcome.completion is None:
            failed.append(f"{item.id}: {outcome.error}")
            continue
        replies.append(
            Reply(
                item=item.id,
                prompt=item.prompt,
                text=outcome.completion.answer,
                model=writer.spec,
                rubric=rubric.digest if rubric else None,
                cut=outcome.completion.cut,
                reference=item.reference,
            )
        )
    if failed:
        raise IncompleteError(f"{len(failed)} of {len(items)} replies were not written; the first: {failed[0]}")
    return replies
