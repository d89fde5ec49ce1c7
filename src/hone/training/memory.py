"""What training needs of memory and time, worked out before it starts.

Counts that are exact (weights, gradients, optimiser) stand beside an estimate of activations: for each layer and
token, what the backward pass keeps of a Llama-like layer, after Korthikanti et al. 2022 without dropout and with
fused attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hone.training.settings import TuneSettings

_NF4 = 0.53
"""Bytes of a 4-bit weight with its share of doubly quantised scales."""
_WORK = 2**27 * 4 * 3
"""Bytes of logits, their gradient and a copy while one chunk of the loss is at hand."""


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes, by what they are for."""

    weights: float
    adapter: float
    optimiser: float
    """Gradients, 32-bit copies and the two moments of AdamW."""
    activations: float
    work: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.weights + self.adapter + self.optimiser + self.activations + self.work


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Counts that a model's config and weights give."""

    layers: int
    width: int
    inner: int
    vocabulary: int
    parameters: int
    linear: int
    """Parameters of the linear layers, which `qlora` quantises."""
    adapter: int
    """Parameters that `lora` adds."""

    @classmethod
    def of(cls, config: Any, rank: int) -> ModelShape:
        """The shape of a Llama-like model."""
        text = config.get_text_config() if hasattr(config, "get_text_config") else config
        width, inner, layers = text.hidden_size, text.intermediate_size, text.num_hidden_layers
        head = getattr(text, "head_dim", None) or width // text.num_attention_heads
        query, key = text.num_attention_heads * head, text.num_key_value_heads * head
        linear = layers * (width * query * 2 + width * key * 2 + 3 * width * inner)
        adapter = layers * rank * (2 * (width + query) + 2 * (width + key) + 3 * (width + inner))
        heads = text.vocab_size * width * (1 if text.tie_word_embeddings else 2)
        return cls(layers, width, inner, text.vocab_size, linear + heads, linear, adapter)


def need(shape: ModelShape, settings: TuneSettings, *, bytes_each: int, checkpointing: bool) -> Need:
    """The memory that training takes on each device.

    Split over devices, weights, gradients and optimiser state are divided by them; what a device puts together for a
    moment comes on top: the layer at work, the next one, and the matrices of the vocabulary, for `full` with their
    gradients. Activations are each device's own.

    Args:
        shape: The model's.
        settings: Resolved.
        bytes_each: Of a weight: 2 or 4.
        checkpointing: Whether activations are recomputed.
    """
    full = settings.method == "full"
    trained = shape.parameters if full else shape.adapter
    weights = float(shape.parameters * bytes_each)
    if settings.method == "qlora":
        weights = shape.linear * _NF4 + (shape.parameters - shape.linear) * bytes_each
    moments = 8 + (4 if bytes_each == 2 or settings.sharding else 0)
    tokens = settings.row or settings.max_length
    layer = tokens * bytes_each * (8 * shape.width + 4 * shape.inner)
    kept = tokens * bytes_each * shape.width * shape.layers + layer if checkpointing else layer * shape.layers
    share = settings.gpus if settings.sharding else 1
    whole = 0.0
    if settings.sharding:
        whole = (2 * shape.linear / shape.layers + shape.parameters - shape.linear) * bytes_each * (2 if full else 1)
    return Need(
        weights / share + whole,
        0.0 if full else shape.adapter * float(bytes_each) / share,
        trained * float(moments + bytes_each) / share,
        float(kept),
        float(min(_WORK, tokens * shape.vocabulary * 12)),
    )


def bytes_for_scales(shape: ModelShape, settings: TuneSettings, *, bytes_each: int) -> float:
    """Bytes that trying scales takes on one device: the whole model, a copy of what was trained, and work."""
    trained = shape.parameters if settings.method == "full" else 2 * shape.adapter
    return 1.1 * (shape.parameters + trained) * bytes_each + _WORK


def flops(shape: ModelShape, settings: TuneSettings, tokens: int, learnt: int) -> float:
    """Multiplications and additions of one pass over tokens, forwards and backwards.

    Two a weight forwards, two for the gradient of what came in, and two more for the weight's own where it is
    trained. The output matrix works on learnt tokens alone. Attention's own products and recomputing do not count.
    """
    times = 6 if settings.method == "full" else 4
    head = shape.vocabulary * shape.width
    return float(
        times * (shape.linear + (0 if settings.method == "full" else shape.adapter)) * tokens + times * head * learnt
    )


def must_recompute(shape: ModelShape, settings: TuneSettings, free: float, *, bytes_each: int) -> bool:
    """Whether activations would not fit, so that they are recomputed."""
    if settings.checkpointing != "auto":
        return settings.checkpointing == "on"
    return need(shape, settings, bytes_each=bytes_each, checkpointing=False).total > 0.9 * free
