"""Asks a model many things at once, never the same thing twice.

The pool is as wide as the model says it can use. An answer is in the journal before anyone sees it. A call that fails
is reported and not written down, so that the next run tries it again; a model that cannot answer at all ends the run.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hone.errors import CallError
from hone.jobs.journal import Journal
from hone.models import Completion, Model, Request, Usage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request: a completion, or the error that ended it."""

    request: Request
    completion: Completion | None
    error: CallError | None = None


@dataclass(slots=True)
class Tally:
    """How far a run has come."""

    total: int | None
    done: int = 0
    failed: int = 0
    reused: int = 0
    """Answers that were in the journal already."""
    usage: Usage = field(default_factory=Usage)


Progress = Callable[[Tally], None]
"""Called after every outcome."""


def ask_all(
    model: Model, requests: Iterable[Request], *, journal: Journal | None = None, progress: Progress | None = None
) -> list[Outcome]:
    """Ask every request and wait for all of them.

    Args:
        model: Who is asked.
        requests: What is asked.
        journal: Answers that are in it are not asked for again; new ones are added.
        progress: Told after every outcome.

    Returns:
        One outcome a request, in the order of the requests.

    Raises:
        UnavailableError: The model cannot answer at all. What was answered before is in the journal.
        RunError: The journal cannot be written.
    """
    asked = list(requests)
    outcomes: dict[int, Outcome] = {}
    tally = Tally(total=len(asked))

    def note(index: int, outcome: Outcome) -> None:
        outcomes[index] = outcome
        if progress:
            progress(tally)

    wait(_pool(model, enumerate(asked), journal, tally, note))
    return [outcomes[index] for index in range(len(asked))]


def wait(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end from code that is not asynchronous, also where a loop runs, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(coroutine))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="hone-wait")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


async def _pool(
    model: Model,
    requests: Iterator[tuple[int, Request]],
    journal: Journal | None,
    tally: Tally,
    note: Callable[[int, Outcome], None],
) -> None:
    async def worker() -> None:
        for index, request in requests:
            note(index, await _ask(model, request, journal, tally))

    try:
        async with model, asyncio.TaskGroup() as group:
            for _ in range(min(model.concurrency, tally.total or model.concurrency)):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        # The first error cancelled the other workers; it alone says what went wrong.
        raise errors.exceptions[0] from None


async def _ask(model: Model, request: Request, journal: Journal | None, tally: Tally) -> Outcome:
    key = request.key(model.spec) if journal else ""
    completion = journal.get(key) if journal else None
    error = None
    if completion is not None:
        tally.reused += 1
    else:
        try:
            completion = await model.ask(request)
        except CallError as failure:
            error = failure
            tally.failed += 1
        else:
            tally.usage += completion.usage
            if journal:
                journal.add(key, request, completion)
    tally.done += 1
    return Outcome(request, completion, error)
