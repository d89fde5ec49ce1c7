"""Chunks of resamples, spread over the processors.

Each chunk has a random generator of its own, so results do not depend on how many processors there are. The matrix
products inside a chunk run on one thread each: libraries that share one product among threads come to a near stop
when another program keeps a processor busy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple, TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from hone.stats.sampling import ClusterSampling

Task = TypeVar("Task")
Result = TypeVar("Result")


def spread_tasks(function: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    """The function of every task, in their order, on as many threads as there are processors."""
    with _libraries().limit(limits=1, user_api="blas"):
        if len(tasks) < 2:
            return [function(task) for task in tasks]
        with ThreadPoolExecutor(min(len(tasks), os.cpu_count() or 1)) as pool:
            return list(pool.map(function, tasks))


@contextmanager
def one_thread() -> Iterator[None]:
    """Multiply on one thread while the block runs: of many small products the threads only wait for each other."""
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> ThreadpoolController:
    """The libraries that multiply, looked for once: that takes longer than a small bootstrap."""
    return ThreadpoolController()


class ResampleChunk(NamedTuple):
    """Some of the resamples, which one worker draws."""

    size: int
    generator: np.random.Generator


def seeded(sampling: ClusterSampling, total: int, seed: int | np.random.SeedSequence) -> list[ResampleChunk]:
    """Cut `total` resamples into chunks, each with its size and its generator."""
    sizes = sampling.sizes(total)
    seeds = np.random.SeedSequence(seed) if isinstance(seed, int) else seed
    return [
        ResampleChunk(size, np.random.default_rng(child))
        for size, child in zip(sizes, seeds.spawn(len(sizes)), strict=True)
    ]
