"""Many blocks on the same resamples: as many as possible share one matrix product.

Blocks are taken one by one and their moments packed at once, so that memory holds each number once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.stats.arrays import Floats, Integers
from hone.stats.blocks import Block, MomentBlock, WeightBlock
from hone.stats.sampling import ClusterSampling

PANEL_COLUMNS = 512
"""How many columns of moments are multiplied at once."""
_Numbers = npt.NDArray[np.floating[Any]]
_EXACT = float(2**22)
"""Halves of whole numbers below this add up exactly in single precision, in any order."""


@dataclass(frozen=True)
class _Panel:
    """Moment blocks whose totals are one matrix product."""

    moments: _Numbers
    """Shape (units, columns); in single precision where that is exact, since it is twice as fast."""
    total: Floats
    """What all clusters add up to, shape (columns,)."""
    blocks: tuple[MomentBlock, ...]
    """Without their moments."""

    def finish(self, totals: Floats) -> list[Floats]:
        """The values of every block from totals of shape (b, columns)."""
        ends = np.cumsum([block.moments.shape[1] for block in self.blocks])[:-1]
        pieces = np.split(totals, ends, axis=1)
        return [block.finish(piece) for block, piece in zip(self.blocks, pieces, strict=True)]


@dataclass(frozen=True)
class ResamplePlan:
    """Blocks, packed into panels."""

    blocks: tuple[Block, ...]
    """In the order given; without their moments."""
    panels: tuple[_Panel, ...]
    weighted: tuple[WeightBlock, ...]
    sampling: ClusterSampling

    def values(self, weights: Floats) -> Floats:
        """The values of all blocks, in their order, for counts of shape (b, units); shape (b, statistics)."""
        single = weights.astype(np.float32)
        totals = [(single if panel.moments.dtype == np.float32 else weights) @ panel.moments for panel in self.panels]
        return self._arrange([total.astype(np.float64) for total in totals], lambda: self.sampling.by_row(weights))

    def left_out(self, units: Integers) -> Floats:
        """The values when one cluster of each of these units is left out in turn; shape (units, statistics)."""
        totals = [panel.total - panel.moments[units] for panel in self.panels]
        return self._arrange(totals, lambda: self.sampling.by_row(self.sampling.without(units)))

    def _arrange(self, totals: list[Floats], rows: Callable[[], Floats]) -> Floats:
        found: dict[int, Floats] = {}
        for panel, total in zip(self.panels, totals, strict=True):
            found |= {id(block): value for block, value in zip(panel.blocks, panel.finish(total), strict=True)}
        if self.weighted:
            row_weights = rows()
            found |= {id(block): block.evaluate(row_weights) for block in self.weighted}
        return np.concatenate([found[id(block)] for block in self.blocks], axis=1)


def pack_blocks(blocks: Iterable[Block], sampling: ClusterSampling) -> ResamplePlan:
    """Pack blocks into panels: those that add up exactly in single precision apart from the others."""
    kept: list[Block] = []
    exact, other = _Packer(exact=True), _Packer(exact=False)
    for block in blocks:
        if isinstance(block, WeightBlock):
            kept.append(block)
            continue
        moments = sampling.by_unit(block.moments)
        packer = exact if _adds_exactly(moments, sampling) else other
        light = replace(block, moments=np.empty((0, moments.shape[1])))
        packer.add(light, moments, sampling)
        kept.append(light)
    panels = (*exact.close(), *other.close())
    return ResamplePlan(
        tuple(kept), panels, tuple(block for block in kept if isinstance(block, WeightBlock)), sampling
    )


def _adds_exactly(moments: Floats, sampling: ClusterSampling) -> bool:
    largest = np.abs(moments).max(initial=0.0) * sampling.clusters
    doubled = moments * 2
    return bool(largest < _EXACT and (doubled == np.rint(doubled)).all())


@dataclass
class _Packer:
    """Collects blocks until a panel is full."""

    exact: bool
    blocks: list[MomentBlock] = field(default_factory=list)
    parts: list[_Numbers] = field(default_factory=list)
    totals: list[Floats] = field(default_factory=list)
    panels: list[_Panel] = field(default_factory=list)

    def add(self, block: MomentBlock, moments: Floats, sampling: ClusterSampling) -> None:
        if sum(part.shape[1] for part in self.parts) + moments.shape[1] > PANEL_COLUMNS:
            self.close()
        self.blocks.append(block)
        self.totals.append(sampling.copies.astype(np.float64) @ moments)
        self.parts.append(moments.astype(np.float32) if self.exact else moments)

    def close(self) -> list[_Panel]:
        if self.blocks:
            moments = np.concatenate(self.parts, axis=1)
            self.panels.append(_Panel(moments, np.concatenate(self.totals), tuple(self.blocks)))
            self.blocks, self.parts, self.totals = [], [], []
        return self.panels
