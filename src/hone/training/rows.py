"""Rows as a model takes them, and the loss of a model on rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from hone.training.adapting import causal
from hone.training.loss import summed_loss
from hone.training.packing import IGNORED, Row


def row_inputs(row: Row, *, size: int = 0, pieces: int | None = None, longest: int = 0) -> dict[str, Any]:
    """A row as tensors of shape (1, tokens).

    Args:
        row: The row.
        size: Fill up to so many tokens that count nowhere, so that every row has one shape.
        pieces: Give the borders of the examples, as so many (the last one repeated), for `packed_attention`.
        longest: Tokens of the longest example.
    """
    fill = max(0, size - len(row.ids))
    ids = torch.tensor([row.ids + [0] * fill])
    labels = torch.tensor([row.labels + [IGNORED] * fill])
    # What fills up is cut into pieces too: the kernel is told how long the longest one is.
    positions = torch.tensor([row.positions + [place % max(1, longest or fill) for place in range(fill)]])
    inputs: dict[str, Any] = {"input_ids": ids, "labels": labels, "position_ids": positions}
    if pieces is not None:
        borders = [*(positions[0] == 0).nonzero()[:, 0].tolist(), ids.shape[1]]
        borders += [ids.shape[1]] * (pieces + 1 - len(borders))
        inputs["cu_seq_lens_q"] = torch.tensor(borders, dtype=torch.int32)
        inputs["max_length_q"] = longest
    return inputs


def held_out_loss(model: Any, rows: Sequence[Row]) -> float:
    """Cross-entropy per learnt token over rows, nats; for a model outside `train`."""
    inner, training = causal(model), model.training
    total, count = 0.0, 0
    model.eval()
    with torch.no_grad():
        for row in rows:
            inputs = {name: value.to(model.device) for name, value in row_inputs(row).items()}
            total += float(row_loss(inner, inputs))
            count += row.learnt
    model.train(training)
    return total / max(1, count)


def row_loss(inner: Any, inputs: dict[str, Any], *, fused: bool = False) -> Any:
    """The summed cross-entropy of one row, by a causal model's decoder and output matrix."""
    inputs = dict(inputs)
    labels = inputs.pop("labels")
    if not _plain_head(inner):
        logits = type(inner).forward(inner, **inputs, use_cache=False).logits[:, :-1].float()
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="sum"
        )
    states = inner.get_decoder()(**inputs, use_cache=False).last_hidden_state
    return summed_loss(states, inner.get_output_embeddings().weight, labels, fused=fused)


def _plain_head(inner: Any) -> bool:
    """Whether logits are the last states times one matrix, with nothing added, capped or scaled."""
    config, head = inner.config.get_text_config(), inner.get_output_embeddings()
    odd = ("final_logit_softcapping", "logits_scaling", "logit_scale", "lm_head_multiplier")
    return (
        hasattr(head, "weight")
        and head.weight.is_floating_point()
        and getattr(head, "bias", None) is None
        and not any(getattr(config, name, None) for name in odd)
    )
