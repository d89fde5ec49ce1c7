"""How many answers the memory holds side by side, and how it shows that it held fewer.

All that grows with the number of rows is counted: keys and values, the logits of the whole vocabulary, what drawing a
token takes, and attention's scores. The vocabulary decides: with 152,000 words, logits and noise in 32 bits can take
as much as the keys and values of a small model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from hone.weights.decoding.rows import CacheShape

FILL_TOKENS = {"cuda": 16_384, "cpu": 2_048}
"""Tokens, padding included, of one call that fills rows."""
_FILL_KEYS = 8
"""Keys that such a call looks at, for each of its tokens: the shared beginning is copied for every row."""
_SCORE_BYTES = 16
"""Bytes that one place of one head takes while a step's attention is worked out: scores and weights, in 32 bits."""
_GPU_SHARE = 0.8
"""The share of the free memory that is planned with; the rest is for libraries, and for gaps between blocks."""
_CPU_ROWS, _CPU_BYTES = 128, 2**30


@dataclass(frozen=True, slots=True)
class DecodingShape:
    """The sizes of a model that say what a row takes."""

    cache: CacheShape
    vocabulary: int
    width: int
    """Numbers of one token's hidden state."""
    inner: int
    """Numbers of one token within a layer's feed-forward part."""
    queries: int
    """Heads of queries."""
    itemsize: int
    """Bytes of a number: 2 or 4."""

    @classmethod
    def of(cls, model: Any) -> DecodingShape:
        """The sizes of a language model from transformers."""
        config, words = model.config, model.get_input_embeddings().weight
        width = config.hidden_size
        inner = getattr(config, "intermediate_size", None) or 4 * width
        heads, size = config.num_attention_heads, int(words.dtype.itemsize)
        return cls(CacheShape.of(config), int(words.shape[0]), width, inner, heads, size)


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """What the rows are for, which says how much each takes."""

    room: int
    """The most tokens of a row."""
    shared: int
    """Tokens that all prompts begin with, kept once."""
    shortest: int
    """Tokens of the shortest prompt beyond them."""
    drawing: Callable[[int, int], int]
    """Bytes that drawing a token for so many rows takes, with so many words in the vocabulary."""
    kind: str
    """The kind of device."""
    graphs: bool
    """Whether steps are recorded."""


@dataclass(frozen=True, slots=True)
class DecodingNeed:
    """Bytes that answering takes beside the model's weights, by what they are for."""

    cache: int
    """Keys and values of all rows and of the shared beginning, and the tokens of the answers."""
    step: int
    """One step: the logits of every row and the drawing, or a layer's scores where those take more."""
    fill: int
    """Filling rows with prompts, or moving rows together at the end."""
    recorded: int
    """A recorded step works in memory of its own, beside that of the step that was done plainly before."""

    @property
    def peak(self) -> int:
        """What is in use at once: ``torch.cuda.max_memory_allocated`` beyond the weights."""
        return self.cache + max(self.step, self.fill)

    @property
    def total(self) -> int:
        """What is taken from the device in all: ``torch.cuda.max_memory_reserved`` beyond the weights."""
        return self.peak + self.recorded


def decoding_need(shape: DecodingShape, planned: PlannedRows, rows: int) -> DecodingNeed:
    """The memory that so many answers side by side take."""
    kept = planned.room * (shape.cache.token_bytes(shape.itemsize) + 8)
    prefix = planned.shared * shape.cache.token_bytes(shape.itemsize)
    inside = (8 * shape.width + 4 * shape.inner) * shape.itemsize
    logits = shape.vocabulary * shape.itemsize
    places = planned.room + planned.shared
    drawn = rows * logits + planned.drawing(rows, shape.vocabulary)
    step = max(drawn, rows * max(inside, shape.queries * places * _SCORE_BYTES))
    filled = min(rows, rows_filled(planned.shortest, planned.shared, planned.kind))
    # Queries, and the keys and values of the beginning, once for every head of queries.
    looked = filled * (planned.shared + planned.shortest) if planned.shared else 0
    head = shape.queries * shape.cache.width * shape.itemsize
    tokens = max(FILL_TOKENS[planned.kind], planned.shared)
    fill = tokens * inside + 2 * looked * head + filled * logits
    moved = rows * kept // (2 * shape.cache.layers)
    return DecodingNeed(rows * kept + prefix, step, max(fill, moved), step if planned.graphs else 0)


def rows_filled(longest: int, shared: int, kind: str) -> int:
    """How many rows one call fills, where the longest prompt has so many tokens beyond the shared ones."""
    tokens = FILL_TOKENS[kind]
    width = max(8, eight(longest))
    return max(1, min(tokens // width, _FILL_KEYS * tokens // (width + shared)))


def rows_that_fit(shape: DecodingShape, planned: PlannedRows, most: int, free: int) -> int:
    """The most rows, up to `most` and at least 1, that take no more than so many bytes."""
    low, high = 1, max(1, most)
    while low < high:
        middle = (low + high + 1) // 2
        if decoding_need(shape, planned, middle).total <= free:
            low = middle
        else:
            high = middle - 1
    return low


def rows_planned(shape: DecodingShape, planned: PlannedRows, most: int, device: Any) -> int:
    """How many rows a device is given at most."""
    if device.type != "cuda":
        row = planned.room * shape.cache.token_bytes(shape.itemsize) + shape.vocabulary * (shape.itemsize + 4)
        return max(1, min(most, _CPU_ROWS, _CPU_BYTES // row))
    torch.cuda.empty_cache()
    free, _ = torch.cuda.mem_get_info(device)
    return rows_that_fit(shape, planned, most, int(free * _GPU_SHARE))


def eight(count: int) -> int:
    """The next multiple of eight, on which matrix units work best."""
    return -(-count // 8) * 8


_OUT = ("out of memory", "DefaultCPUAllocator", "not enough memory", "ALLOC_FAILED")
"""Words of a RuntimeError that says the same: of a processor's memory, and of NVIDIA's libraries."""


def ran_out(error: BaseException | None) -> bool:
    """Whether an error says that memory ran out.

    What ends a recording that failed is another error, raised while the first is handled, so that one counts as well.
    """
    while error is not None:
        if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
            return True
        if isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT):
            return True
        error = error.__cause__ or error.__context__
    return False
