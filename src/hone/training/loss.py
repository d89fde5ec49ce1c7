"""Cross-entropy of a language model without its logits ever being there as a whole.

With a vocabulary of 128,000, the logits of 16,000 tokens take 4 GB, and their gradient as much again. Here only the
tokens that count are looked at, a chunk at a time, and the gradient is worked out while the chunk is at hand.
"""

from __future__ import annotations

from typing import Any

import torch

CHUNK = 2**27
"""Logits that are there at once: 512 MB in 32 bits."""


class _ChunkedCrossEntropy(torch.autograd.Function):  # type: ignore[misc] # torch is not followed by mypy
    @staticmethod
    def forward(ctx: Any, hidden: Any, weight: Any, labels: Any, chunk: int) -> Any:
        """Sum over tokens; the gradients are made here and only scaled in the backward pass."""
        needs = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        total = hidden.new_zeros((), dtype=torch.float32)
        grad_hidden = torch.empty_like(hidden) if needs else None
        grad_weight = torch.zeros_like(weight, dtype=torch.float32) if ctx.needs_input_grad[1] else None
        size = max(1, chunk // weight.shape[0])
        for start in range(0, hidden.shape[0], size):
            piece, wanted = hidden[start : start + size], labels[start : start + size]
            logits = (piece @ weight.T).float()
            norm = torch.logsumexp(logits, dim=-1)
            total += (norm - logits.gather(1, wanted[:, None])[:, 0]).sum()
            if grad_hidden is None:
                continue
            slope = logits.sub_(norm[:, None]).exp_()
            slope.scatter_add_(1, wanted[:, None], slope.new_full((len(wanted), 1), -1.0))
            slope = slope.to(hidden.dtype)
            grad_hidden[start : start + size] = slope @ weight
            if grad_weight is not None:
                grad_weight += slope.T @ piece
        kept = [
            grad.to(like.dtype) if grad is not None else None
            for grad, like in ((grad_hidden, hidden), (grad_weight, weight))
        ]
        ctx.save_for_backward(*kept)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Scale what the forward pass kept."""
        by_hidden, by_weight = ctx.saved_tensors
        scale = grads[0]
        return (
            by_hidden * scale.to(by_hidden.dtype) if by_hidden is not None else None,
            by_weight * scale.to(by_weight.dtype) if by_weight is not None else None,
            None,
            None,
        )


def summed_loss(hidden: Any, weight: Any, labels: Any, *, fused: bool = False, chunk: int = CHUNK) -> Any:
    """The sum of the cross-entropy over the tokens that count.

    Args:
        hidden: The decoder's last states, shape (rows, tokens, width).
        weight: The output matrix, shape (vocabulary, width).
        labels: Token ids or -100, shape (rows, tokens), not shifted.
        fused: Use liger-kernel's Triton kernel, on CUDA only.
        chunk: Logits that are there at once.

    Returns:
        A 32-bit scalar.
    """
    wanted = labels[:, 1:].reshape(-1)
    # Tokens of prompts and of filling never reach the output matrix.
    keep = (wanted != -100).nonzero(as_tuple=True)[0]
    states = hidden[:, :-1].reshape(-1, hidden.shape[-1])[keep]
    if fused:
        from liger_kernel.transformers import LigerFusedLinearCrossEntropyLoss  # noqa: PLC0415 - CUDA only

        return LigerFusedLinearCrossEntropyLoss(reduction="sum")(weight, states, wanted[keep])
    return _ChunkedCrossEntropy.apply(states, weight, wanted[keep], chunk)
