"""Attention over packed rows: an example at a time on a processor, and the borders that CUDA's kernel is handed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from transformers import AttentionInterface, AttentionMaskInterface

from hone.training.attention import packed_attention
from hone.training.packing import pack
from hone.training.rows import row_inputs, row_loss
from tests.training.small import encoded, small_model


def _by_pieces(
    _: Any, query: Any, key: Any, value: Any, attention_mask: Any, scaling: float | None = None, **more: Any
) -> tuple[Any, None]:
    assert attention_mask is None
    borders = more["cu_seq_lens_q"].tolist()
    out = torch.zeros_like(query)
    for start, end in pairwise(borders):
        assert end - start <= more["max_length_q"]
        parts = [one[:, :, start:end] for one in (query, key, value)]
        if end > start:
            out[:, :, start:end] = torch.nn.functional.scaled_dot_product_attention(
                *parts, is_causal=True, enable_gqa=True, scale=scaling
            )
    return out.transpose(1, 2), None


def test_a_row_with_borders_and_filling_has_the_loss_of_the_row_with_a_mask() -> None:
    model = small_model()
    (row,) = pack(encoded(6), 400, seed=0)
    with torch.no_grad():
        plain = float(row_loss(model, row_inputs(row)))
        AttentionInterface.register("by_pieces", _by_pieces)
        AttentionMaskInterface.register("by_pieces", lambda *_, **__: None)
        model.set_attn_implementation("by_pieces")
        inputs = row_inputs(row, size=len(row.ids) + 200, pieces=40, longest=128)
        assert inputs["input_ids"].shape == (1, len(row.ids) + 200)
        assert inputs["cu_seq_lens_q"].shape == (41,)
        assert float(row_loss(model, inputs)) == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("copies", [1, 6])
def test_on_a_processor_examples_one_by_one_have_loss_and_slopes_of_a_row_with_a_mask(copies: int) -> None:
    model = small_model()
    # Six copies one behind the other are longer than what plain products are used for.
    longer = [replace(one, ids=one.ids * copies, learnt=one.learnt * copies) for one in encoded(6)]
    (row,) = pack(longer, 6 * 400, seed=0)
    before, found = model.config._attn_implementation, []
    for way in ("mask", "one by one"):
        model.zero_grad()
        with packed_attention(model) if way == "one by one" else nullcontext(False) as packed:
            inputs = row_inputs(row, pieces=len(longer) + 2, longest=400) if packed else row_inputs(row)
            loss = row_loss(model, inputs)
            loss.backward()
        found.append((float(loss.detach()), {n: w.grad.clone() for n, w in model.named_parameters()}))
    assert model.config._attn_implementation == before
    (masked, slopes), (alone, others) = found
    assert alone == pytest.approx(masked, rel=1e-5)
    assert all(torch.allclose(slope, others[name], atol=1e-4, rtol=1e-3) for name, slope in slopes.items())


def test_layers_with_windows_keep_their_own_attention() -> None:
    model = small_model()
    model.config.layer_types = ["sliding_attention"] * model.config.num_hidden_layers
    before = model.config._attn_implementation
    with packed_attention(model) as packed:
        assert not packed
        assert model.config._attn_implementation == before
