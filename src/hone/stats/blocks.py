"""A block: statistics that are computed together, for many resamples at once.

A resample is a count for each row. `MomentBlock` needs only sums over rows, so all its resamples are one matrix
product; `WeightBlock` reads the counts themselves, for statistics of ranks among many different scores.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hone.stats.arrays import Floats, Integers
from hone.stats.sampling import Sampling

PANEL_COLUMNS = 512
"""How many columns of moments are multiplied at once."""
_EXACT = float(2**22)
"""Halves of whole numbers below this add up exactly in single precision, in any order."""
_Precision = type[np.float32] | type[np.float64]


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


@dataclass(frozen=True)
class WeightBlock:
    """Statistics that read how often each row is drawn."""

    names: tuple[str, ...]
    evaluate: Callable[[Floats], Floats]
    """From counts, shape (b, rows), to values, shape (b, names); NaN where undefined."""
    n: int
    reason: str
    shares: frozenset[str] = frozenset()


Block = MomentBlock | WeightBlock


@dataclass(frozen=True)
class _Panel:
    """Moment blocks whose totals are one matrix product."""

    moments: npt.NDArray[np.float32] | Floats
    total: Floats
    """What all clusters add up to, shape (columns,)."""
    blocks: tuple[MomentBlock, ...]

    def finish(self, totals: Floats) -> list[Floats]:
        """The values of every block from totals of shape (b, columns)."""
        ends = np.cumsum([block.moments.shape[1] for block in self.blocks])[:-1]
        pieces = np.split(totals, ends, axis=1)
        return [block.finish(piece) for block, piece in zip(self.blocks, pieces, strict=True)]


@dataclass(frozen=True)
class Plan:
    """Blocks, grouped so that as many as possible share one matrix product."""

    blocks: tuple[Block, ...]
    panels: tuple[_Panel, ...]
    weighted: tuple[WeightBlock, ...]
    sampling: Sampling

    def values(self, weights: Floats) -> Floats:
        """The values of all blocks, in their order, for counts of shape (b, units); shape (b, statistics)."""
        single = weights.astype(np.float32)
        totals = [(single if panel.moments.dtype == np.float32 else weights) @ panel.moments for panel in self.panels]
        return self._arrange([total.astype(np.float64) for total in totals], lambda: weights[:, self.sampling.unit])

    def left_out(self, units: Integers) -> Floats:
        """The values when one cluster of each of these units is left out in turn; shape (units, statistics)."""
        totals = [panel.total - panel.moments[units] for panel in self.panels]
        return self._arrange(totals, lambda: self.sampling.without(units)[:, self.sampling.unit])

    def _arrange(self, totals: list[Floats], rows: Callable[[], Floats]) -> Floats:
        found: dict[int, Floats] = {}
        for panel, total in zip(self.panels, totals, strict=True):
            found |= {id(block): value for block, value in zip(panel.blocks, panel.finish(total), strict=True)}
        if self.weighted:
            row_weights = rows()
            found |= {id(block): block.evaluate(row_weights) for block in self.weighted}
        return np.concatenate([found[id(block)] for block in self.blocks], axis=1)


def undefined_block(names: tuple[str, ...], rows: int, n: int, reason: str) -> MomentBlock:
    """Statistics that have no value on these data, and why."""

    def finish(totals: Floats) -> Floats:
        return np.full((len(totals), len(names)), np.nan)

    return MomentBlock(names, np.zeros((rows, 0)), finish, n, reason)


def plan(blocks: Sequence[Block], sampling: Sampling) -> Plan:
    """Group blocks into panels: those that add up exactly in single precision apart from the others."""
    exact: list[MomentBlock] = []
    other: list[MomentBlock] = []
    for block in blocks:
        if isinstance(block, MomentBlock):
            (exact if _adds_exactly(block.moments, sampling) else other).append(block)
    panels = [*_panels(exact, sampling, np.float32), *_panels(other, sampling, np.float64)]
    weighted = tuple(block for block in blocks if isinstance(block, WeightBlock))
    return Plan(tuple(blocks), tuple(panels), weighted, sampling)


def _adds_exactly(moments: Floats, sampling: Sampling) -> bool:
    doubled = moments * 2
    largest = np.abs(sampling.by_unit(np.abs(moments))).max(initial=0.0) * sampling.clusters
    return bool(largest < _EXACT and (doubled == np.rint(doubled)).all())


def _panels(blocks: list[MomentBlock], sampling: Sampling, dtype: _Precision) -> list[_Panel]:
    panels: list[_Panel] = []
    group: list[MomentBlock] = []
    for block in blocks:
        if group and sum(member.moments.shape[1] for member in [*group, block]) > PANEL_COLUMNS:
            panels.append(_panel(group, sampling, dtype))
            group = []
        group.append(block)
    return [*panels, _panel(group, sampling, dtype)] if group else panels


def _panel(group: list[MomentBlock], sampling: Sampling, dtype: _Precision) -> _Panel:
    moments = sampling.by_unit(np.concatenate([block.moments for block in group], axis=1))
    total = sampling.copies.astype(np.float64) @ moments
    stored = moments.astype(np.float32) if dtype is np.float32 else moments
    return _Panel(stored, total, tuple(group))
