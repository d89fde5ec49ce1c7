"""A block: statistics that are computed together, for many resamples at once.

A resample is a count for each row. `MomentBlock` needs only sums over rows, so all its resamples are one matrix
product; `WeightBlock` reads the counts themselves, for statistics of ranks among many different scores.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hone.stats.arrays import Floats


@dataclass(frozen=True)
class MomentBlock:
    """Statistics that are functions of sums over rows."""

    names: tuple[str, ...]
    moments: Floats
    """Shape (rows, k): what each row adds."""
    finish: Callable[[Floats], Floats]
    """From totals, shape (b, k), to values, shape (b, names); NaN where undefined."""
    n: int
    """How many items the statistics rest on."""
    reason: str
    """Why a value is undefined, should it be."""
    shares: frozenset[str] = frozenset()
    """Names of statistics that are a plain share of independent items when items are not clustered."""
    ends: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Of statistics whose interval is the jackknife's, taken where they have no ends: between which they lie."""


@dataclass(frozen=True)
class WeightBlock:
    """Statistics that read how often each row is drawn."""

    names: tuple[str, ...]
    evaluate: Callable[[Floats], Floats]
    """From counts, shape (b, rows), to values, shape (b, names); NaN where undefined."""
    n: int
    reason: str
    shares: frozenset[str] = frozenset()
    ends: Mapping[str, tuple[float, float]] = field(default_factory=dict)


Block = MomentBlock | WeightBlock


def only_statistic(block: Block, name: str) -> Block:
    """One statistic of a block, whatever else was computed with it."""
    place = block.names.index(name)
    kept = slice(place, place + 1)
    shares, ends = block.shares & {name}, {key: limits for key, limits in block.ends.items() if key == name}
    if isinstance(block, MomentBlock):
        finish = block.finish
        return replace(block, names=(name,), finish=lambda totals: finish(totals)[:, kept], shares=shares, ends=ends)
    evaluate = block.evaluate
    return replace(block, names=(name,), evaluate=lambda rows: evaluate(rows)[:, kept], shares=shares, ends=ends)


def undefined_block(names: tuple[str, ...], rows: int, n: int, reason: str) -> MomentBlock:
    """Statistics that have no value on these data, and why."""

    def finish(totals: Floats) -> Floats:
        return np.full((len(totals), len(names)), np.nan)

    return MomentBlock(names, np.zeros((rows, 0)), finish, n, reason)
