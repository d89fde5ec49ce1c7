"""Attention over packed rows on CUDA: each example sees itself alone, and no mask of tokens by tokens is ever made.

`torch.nn.attention.varlen` brings flash attention's kernel for sequences of unequal length without the `flash-attn`
package. Elsewhere transformers' own SDPA builds the block-diagonal mask from position ids that restart.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch

NAME = "hone_varlen"
"""How transformers knows it."""


@contextmanager
def packed_attention(model: Any) -> Iterator[bool]:
    """Let a model's attention take packed rows while the block runs.

    Unsloth brings layers and kernels of its own, which read the borders from the position ids; they are left alone.

    Yields:
        Whether the model wants `cu_seq_lens_q` and `max_length_q` beside its inputs.
    """
    mode = _mode() if model.device.type == "cuda" and _plain(model) and "unsloth" not in sys.modules else None
    if mode is None:
        yield False
        return
    from transformers import AttentionInterface, AttentionMaskInterface  # noqa: PLC0415 - Unsloth comes first

    before = model.config._attn_implementation
    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, _no_mask)
    model.set_attn_implementation(NAME)
    try:
        yield True
    finally:
        model.set_attn_implementation(before)


def _plain(model: Any) -> bool:
    """Whether all layers attend to everything before a token: no sliding windows, no caps on scores."""
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    capped = getattr(config, "attn_logit_softcapping", None)
    return kinds == {"full_attention"} and not capped and model.dtype in {torch.bfloat16, torch.float16}


def _no_mask(*_: Any, **__: Any) -> None:
    return None


def _attend(
    _: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **more: Any
) -> tuple[Any, None]:
    """Attention of shape (1, heads, tokens, width), as transformers hands it over."""
    del attention_mask
    borders, longest = more["cu_seq_lens_q"], more["max_length_q"]
    if _mode() == "repeated":
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    query, key, value = (one.transpose(1, 2)[0] for one in (query, key, value))
    out = _varlen((query, key, value), borders, longest, scaling)
    return out[None], None


def _varlen(parts: tuple[Any, Any, Any], borders: Any, longest: int, scale: float | None) -> Any:
    from torch.nn.attention import varlen  # noqa: PLC0415 - new in torch 2.10

    return varlen.varlen_attn(*parts, borders, borders, longest, longest, **_options(scale))


@lru_cache(maxsize=8)
def _names() -> frozenset[str]:
    from torch.nn.attention import varlen  # noqa: PLC0415 - new in torch 2.10

    return frozenset(inspect.signature(varlen.varlen_attn).parameters)


def _options(scale: float | None) -> dict[str, Any]:
    """What this version of torch calls causal, scaled and grouped attention."""
    names = _names()
    options: dict[str, Any] = {"window_size": (-1, 0)} if "window_size" in names else {"is_causal": True}
    if "scale" in names:
        options["scale"] = scale
    if "enable_gqa" in names:
        options["enable_gqa"] = True
    return options


@lru_cache(maxsize=1)
def _mode() -> str | None:
    """How this machine's kernel takes fewer key heads than query heads: as they are, repeated, or not at all.

    Tried on a small example against the plain computation, forwards and backwards, because versions differ.
    """
    for mode, heads in (("grouped", 2), ("repeated", 4)):
        try:
            if _agrees(heads):
                return mode
        except (ImportError, RuntimeError, ValueError, TypeError, AttributeError):
            continue
    return None


def _agrees(key_heads: int) -> bool:
    made = torch.Generator("cuda").manual_seed(0)
    kind = {"device": "cuda", "dtype": torch.bfloat16, "generator": made}
    query = torch.randn(96, 4, 64, **kind).requires_grad_()
    key, value = (torch.randn(96, key_heads, 64, **kind).requires_grad_() for _ in range(2))
    borders = torch.tensor([0, 40, 96, 96], device="cuda", dtype=torch.int32)
    got = _varlen((query, key, value), borders, 64, 64**-0.5)
    got_slopes = torch.autograd.grad(got.float().square().sum(), (query, key, value))
    pieces = []
    for start, end in ((0, 40), (40, 96)):
        parts = [one[start:end].transpose(0, 1)[None] for one in (query, key, value)]
        pieces.append(
            torch.nn.functional.scaled_dot_product_attention(*parts, is_causal=True, enable_gqa=True)[0].transpose(
                0, 1
            )
        )
    wanted = torch.cat(pieces)
    slopes = torch.autograd.grad(wanted.float().square().sum(), (query, key, value))
    pairs = zip((got, *got_slopes), (wanted, *slopes), strict=True)
    return all(torch.allclose(one.float(), other.float(), atol=0.1, rtol=0.05) for one, other in pairs)
