"""Keys and values of many rows at once, and the attention over them.

A row is one answer under way. What all prompts begin with is kept once (the prefix) and read once a step, whatever
the number of rows. A row's own tokens start at place 0 and end at a length of its own, so that rows of any length
share a batch without padding on the left, and a row that ends makes room for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

ATTENTION = "hone_rows"
"""The name of this attention in transformers."""


class UnsuitedError(Exception):
    """The model's attention is not plain causal attention, so that this loop would give other answers."""


@dataclass(frozen=True, slots=True)
class CacheShape:
    """The sizes of a model's cache."""

    layers: int
    heads: int
    """Heads of keys and values."""
    width: int
    """Numbers of one head."""

    @classmethod
    def of(cls, config: Any) -> CacheShape:
        """The sizes that a model's config gives."""
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        return cls(config.num_hidden_layers, heads, width)

    def token_bytes(self, itemsize: int) -> int:
        """Bytes that one token of one row takes, where a number takes so many."""
        return 2 * self.layers * self.heads * self.width * itemsize


class Rows:
    """The cache that a model is called with. It is one of three things at a time: see `mode`.

    Args:
        shape: The sizes of one token.
        count: How many rows there are.
        room: The most tokens of a row.
        device: Where the model is.
        dtype: Of keys and values.
    """

    def __init__(self, shape: CacheShape, count: int, room: int, device: Any, dtype: Any) -> None:
        size = (count, shape.heads, room, shape.width)
        self.keys = [torch.zeros(size, device=device, dtype=dtype) for _ in range(shape.layers)]
        self.values = [torch.zeros(size, device=device, dtype=dtype) for _ in range(shape.layers)]
        self.prefix: list[tuple[Any, Any]] = []
        """Keys and values of the shared prefix, shape (heads, tokens, width), one pair a layer."""
        self.lengths = torch.zeros(count, device=device, dtype=torch.long)
        """How many tokens of each row are there."""
        self.mode = "prefix"
        """``prefix``: what comes is kept as the shared prefix. ``fill``: it is the beginning of the rows `into`.
        ``step``: it is one token more of the first `batch` rows, of which `seen` places are looked at."""
        self.into: Any = None
        self.batch, self.seen = count, room
        self._numbers = torch.arange(max(count, room), device=device)
        self.veil: Any = None

    @property
    def shared(self) -> int:
        """Tokens of the prefix."""
        return int(self.prefix[0][0].shape[1]) if self.prefix else 0

    def get_seq_length(self, layer_idx: int = 0) -> int:  # noqa: ARG002 - transformers' name
        """For transformers, which asks only where no positions are given."""
        return self.shared

    def look(self) -> None:
        """Before a step: what is added to the scores, 0 up to the new token and -inf beyond it."""
        beyond = self._numbers[None, : self.seen] > self.lengths[: self.batch, None]
        self.veil = torch.zeros(beyond.shape, device=beyond.device).masked_fill(beyond, float("-inf"))[:, None, None]

    def update(self, key: Any, value: Any, layer: int, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Keep new keys and values, shape (rows, heads, tokens, width); transformers calls it in every layer."""
        if self.mode == "prefix":
            self.prefix.append((key[0].clone(), value[0].clone()))
            return key, value
        keys, values = self.keys[layer], self.values[layer]
        if self.mode == "fill":
            tokens = key.shape[2]
            keys[self.into, :, :tokens] = key
            values[self.into, :, :tokens] = value
            return key, value
        numbers, places = self._numbers[: self.batch], self.lengths[: self.batch]
        keys[numbers, :, places] = key[:, :, 0]
        values[numbers, :, places] = value[:, :, 0]
        return keys[: self.batch, :, : self.seen], values[: self.batch, :, : self.seen]

    def gather(self, kept: Sequence[int]) -> None:
        """Move these rows to the front, in this order."""
        index = torch.tensor(kept, device=self.lengths.device)
        for part in (*self.keys, *self.values):
            part[: len(kept)] = part[index]
        self.lengths[: len(kept)] = self.lengths[index]


def attention(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, *, scaling: float, rows: Rows, **options: Any
) -> tuple[Any, None]:
    """Causal attention of what is new over prefix and rows, as transformers calls it.

    Returns:
        Shape (rows, tokens, query heads, width), and no weights.

    Raises:
        UnsuitedError: The model wants a window, a cap or a mask.
    """
    window = options.get("sliding_window")
    longest = rows.shared + rows.keys[0].shape[2]
    if attention_mask is not None or options.get("softcap") or (window is not None and window < longest):
        raise UnsuitedError(f"{type(module).__name__} wants more than causal attention")
    prefix = rows.prefix[module.layer_idx] if rows.prefix and rows.mode != "prefix" else None
    if rows.mode == "step":
        return _one_token(query, key, value, prefix, rows.veil, scaling)
    return _many_tokens(query, key, value, prefix, scaling)


def _many_tokens(query: Any, key: Any, value: Any, prefix: Any, scaling: float) -> tuple[Any, None]:
    """The beginnings of rows; what pads a row on the right comes after its tokens, so none of them sees it."""
    count, heads, tokens, _ = query.shape
    mask = None
    if prefix is not None:
        key = torch.cat([prefix[0].expand(count, -1, -1, -1), key], dim=2)
        value = torch.cat([prefix[1].expand(count, -1, -1, -1), value], dim=2)
        shared = key.shape[2] - tokens
        mask = torch.ones(tokens, shared + tokens, dtype=torch.bool, device=query.device).tril(shared)
    groups = heads // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    found = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None, scale=scaling
    )
    return found.transpose(1, 2), None


def _one_token(query: Any, key: Any, value: Any, prefix: Any, veil: Any, scaling: float) -> tuple[Any, None]:
    """One token a row. Heads that share a key are one small matrix; for the prefix all rows are one large one."""
    count, heads, _, width = query.shape
    kept = key.shape[1]
    query = query.reshape(count, kept, heads // kept, width) * scaling
    # The veil has 32 bits, and so have the scores from here on: one kernel converts and hides.
    scores = torch.matmul(query, key.transpose(2, 3)) + veil
    if prefix is None:
        weights = scores.softmax(-1).to(value.dtype)
        return torch.matmul(weights, value).reshape(count, 1, heads, width), None
    # (kept heads, rows × group, width): one product for all rows, because the prefix is the same for all.
    flat = query.transpose(0, 1).reshape(kept, -1, width)
    shared = torch.matmul(flat, prefix[0].transpose(1, 2))
    shared = shared.view(kept, count, heads // kept, -1).transpose(0, 1)
    weights = torch.cat([shared, scores], dim=-1).softmax(-1).to(value.dtype)
    of_prefix, of_row = weights.split([shared.shape[-1], scores.shape[-1]], dim=-1)
    found = torch.matmul(of_row, value)
    common = torch.matmul(of_prefix.transpose(0, 1).reshape(kept, count * (heads // kept), -1), prefix[1])
    found = found + common.view(kept, count, heads // kept, width).transpose(0, 1)
    return found.reshape(count, 1, heads, width), None
