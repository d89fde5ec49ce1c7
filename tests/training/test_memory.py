"""What training needs, before it starts."""

from __future__ import annotations

import pytest
from transformers import LlamaConfig

from hone.training.memory import ModelShape, bytes_for_scales, must_recompute, need
from hone.training.settings import TuneSettings

LARGE = LlamaConfig(
    vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
    num_key_value_heads=8, tie_word_embeddings=False,
)  # fmt: skip
"""Llama-3.1-8B's shape: 8.03 billion weights."""


@pytest.mark.parametrize("method", ["lora", "full"])
def test_split_weights_take_their_share_of_a_device_and_activations_all_of_theirs(method: str) -> None:
    whole = TuneSettings(method=method, gpus=8).resolve("cuda")
    split = whole.model_copy(update={"sharding": True})
    shape = ModelShape.of(LARGE, whole.rank)
    one, part = (need(shape, settings, bytes_each=2, checkpointing=True) for settings in (whole, split))
    assert one.weights == pytest.approx(16.06e9, rel=0.01)
    assert part.optimiser == pytest.approx(one.optimiser / 8)
    assert part.adapter == pytest.approx(one.adapter / 8)
    assert (part.activations, part.work) == (one.activations, one.work)
    # What is put together for a moment: both matrices of the vocabulary and two layers, with gradients where trained.
    together = (2 * 128256 * 4096 + 2 * 218.1e6) * 2 * (2 if method == "full" else 1)
    assert part.weights == pytest.approx(one.weights / 8 + together, rel=0.01)


def test_what_does_not_fit_whole_fits_split_and_trying_scales_needs_the_whole() -> None:
    whole = TuneSettings(method="full", gpus=8, row=4096).resolve("cuda")
    split = whole.model_copy(update={"sharding": True})
    shape = ModelShape.of(LARGE, whole.rank)
    assert need(shape, whole, bytes_each=2, checkpointing=True).total > 80e9
    assert need(shape, split, bytes_each=2, checkpointing=True).total < 40e9
    assert must_recompute(shape, split, 40e9, bytes_each=2)
    assert not must_recompute(shape, split, 140e9, bytes_each=2)
    assert bytes_for_scales(shape, split, bytes_each=2) > 32e9
    assert bytes_for_scales(shape, split.model_copy(update={"method": "lora"}), bytes_each=2) < 22e9
