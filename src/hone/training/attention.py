"""Attention over packed rows: each example sees itself alone, and no mask of tokens by tokens is ever made.

On CUDA `torch.nn.attention.varlen` brings flash attention's kernel for sequences of unequal length without the
`flash-attn` package. On a processor the examples of a row are attended to one by one: with a mask, nine tenths of a
row of ten examples would be worked out for nothing. Elsewhere transformers' own SDPA builds the block-diagonal mask
from position ids that restart.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

NAME = "hone_varlen"
"""How transformers knows it."""
_SHORT = 256
"""Tokens up to which torch's plain products are faster on a processor than its flash attention."""


@contextmanager
def packed_attention(model: Any) -> Iterator[bool]:
    """Let a model's attention take packed rows while the block runs.

    Unsloth brings layers and kernels of its own, which read the borders from the position ids; they are left alone.

    Yields:
        Whether the model wants `cu_seq_lens_q` and `max_length_q` beside its inputs.
    """
    attend = _chosen(model)
    if attend is None:
        yield False
        return
    from transformers import AttentionInterface, AttentionMaskInterface  # noqa: PLC0415 - Unsloth comes first

    before = model.config._attn_implementation
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, _no_mask)
    model.set_attn_implementation(NAME)
    try:
        yield True
    finally:
        model.set_attn_implementation(before)


def _chosen(model: Any) -> Callable[..., tuple[Any, None]] | None:
    """What the model's device and layers allow."""
    if "unsloth" in sys.modules or not _plain(model):
        return None
    if model.device.type == "cpu":
        return _one_by_one
    mode = _mode() if model.device.type == "cuda" and model.dtype in {torch.bfloat16, torch.float16} else None
    return _attention(repeated=mode == "repeated") if mode else None


def _plain(model: Any) -> bool:
    """Whether all layers attend to everything before a token: no sliding windows, no caps on scores."""
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    return kinds == {"full_attention"} and not getattr(config, "attn_logit_softcapping", None)


def _one_by_one(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float | None = None,
    dropout: float = 0.0,
    **more: Any,
) -> tuple[Any, None]:
    """Attention of shape (1, heads, tokens, width), an example at a time, as transformers calls it."""
    del module, attention_mask
    lengths = [length for length in more["cu_seq_lens_q"].diff().tolist() if length]
    # One `split` and one `cat`: the backward pass of a slice makes a whole row of zeros.
    pieces = zip(*(one.split(lengths, dim=2) for one in (query, key, value)), strict=True)
    with sdpa_kernel(SDPBackend.MATH) if max(lengths) <= _SHORT else nullcontext():
        found = [
            torch.nn.functional.scaled_dot_product_attention(
                *parts, is_causal=True, enable_gqa=True, scale=scaling, dropout_p=dropout
            )
            for parts in pieces
        ]
    return torch.cat(found, dim=2).transpose(1, 2), None


def _no_mask(*_: Any, **__: Any) -> None:
    return None


def _attention(*, repeated: bool) -> Callable[..., tuple[Any, None]]:
    """Attention as transformers calls it; what it looks up is looked up here, because compiled layers trace it.

    Args:
        repeated: Whether the kernel wants as many key heads as query heads.
    """
    varlen = _varlen()

    def attend(
        _: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **more: Any
    ) -> tuple[Any, None]:
        """Attention of shape (1, heads, tokens, width)."""
        del attention_mask
        if repeated:
            groups = query.shape[1] // key.shape[1]
            key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
        query, key, value = (one.transpose(1, 2)[0] for one in (query, key, value))
        return varlen((query, key, value), more["cu_seq_lens_q"], more["max_length_q"], scaling)[None], None

    return attend


def _varlen() -> Callable[[tuple[Any, Any, Any], Any, int, float | None], Any]:
    """The kernel of torch, whose versions name causal, scaled and grouped attention differently."""
    from torch.nn.attention.varlen import varlen_attn  # noqa: PLC0415 - new in torch 2.10

    names = frozenset(inspect.signature(varlen_attn).parameters)
    options: dict[str, Any] = {"window_size": (-1, 0)} if "window_size" in names else {"is_causal": True}
    options |= {"enable_gqa": True} if "enable_gqa" in names else {}
    scaled = "scale" in names

    def call(parts: tuple[Any, Any, Any], borders: Any, longest: int, scale: float | None) -> Any:
        more = {"scale": scale} if scaled else {}
        return varlen_attn(*parts, borders, borders, longest, longest, **options, **more)

    return call


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
    got = _varlen()((query, key, value), borders, 64, 64**-0.5)
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
