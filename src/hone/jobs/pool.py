"""A bounded pool of coroutines whose results come out in order, and the door to it from plain functions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

WINDOW = 4096
"""How far the fastest job may run ahead of the slowest, so that results that wait for their turn stay few."""


async def pool(
    jobs: Iterable[Job],
    work: Callable[[Job], Awaitable[Result]],
    sink: Callable[[Result], object],
    *,
    width: int,
    window: int = WINDOW,
) -> None:
    """Do every job, so many at a time, and hand the results over in the order of the jobs.

    Args:
        jobs: Taken one by one as workers become free, so they may be a stream without end.
        work: Does one job.
        sink: Takes each result, in order.
        width: How many jobs are under way at once.
        window: How many jobs may be begun beyond the oldest unfinished one.

    Raises:
        BaseException: The first error of a job, or of the stream; the other jobs are cancelled.
    """
    numbered = enumerate(jobs)
    waiting: dict[int, Result] = {}
    turn = 0
    moved = asyncio.Event()

    async def worker() -> None:
        nonlocal turn
        for index, job in numbered:
            while index - turn >= max(window, width):
                await moved.wait()
            waiting[index] = await work(job)
            while turn in waiting:
                sink(waiting.pop(turn))
                turn += 1
            moved.set()
            moved.clear()

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(width):
                group.create_task(worker())
    except BaseExceptionGroup as errors:
        # The first error cancelled the other workers; it alone says what went wrong.
        raise errors.exceptions[0] from None


def wait(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end from code that is not asynchronous, also where a loop runs, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(coroutine)
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(_run(coroutine))
        except BaseException as error:  # it is raised again in the caller's thread
            errors.append(error)

    thread = threading.Thread(target=run, name="hone-wait")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run it on uvloop, which takes less of the processor for each call; Windows has only Python's own loop."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415 - only what calls a model needs it
    except ImportError:  # pragma: no cover - Windows
        return asyncio.run(coroutine)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(coroutine)
