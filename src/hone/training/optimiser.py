"""AdamW for 16-bit weights: the steps are added up in 32 bits, because most are too small for 16.

A weight near 1 in bfloat16 cannot move by less than 0.004; without 32-bit copies, fine-tuning at a low learning rate
stands still. Of weights that are split over several processes, each works on what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from hone.training.sharding import local


class MasteredAdamW(torch.optim.AdamW):  # type: ignore[misc] # torch is not followed by mypy
    """AdamW over 32-bit copies of the weights that it is given.

    Args:
        groups: Parameter groups as `torch.optim` takes them, of floating-point weights in any precision.
        lr: The learning rate.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], lr: float) -> None:
        groups = [{**group, "params": list(group["params"])} for group in groups]
        self._weights = [weight for group in groups for weight in group["params"]]
        copies = iter([local(weight).detach().float().clone().requires_grad_() for weight in self._weights])
        super().__init__(
            [{**group, "params": [next(copies) for _ in group["params"]]} for group in groups],
            lr=lr,
            betas=(0.9, 0.999),
            fused=local(self._weights[0]).is_cuda,
        )
        self._copies = [copy for group in self.param_groups for copy in group["params"]]

    @torch.no_grad()  # type: ignore[untyped-decorator] # torch is not followed by mypy
    def step(self, closure: Any = None) -> None:  # noqa: ARG002 - the signature of torch.optim
        """One step of the copies, then the weights take their values."""
        for weight, copy in zip(self._weights, self._copies, strict=True):
            copy.grad = None if weight.grad is None else local(weight.grad).to(copy.dtype)
        super().step()
        self._take_over()
        for copy in self._copies:
            copy.grad = None

    def zero_grad(self, set_to_none: bool = True) -> None:  # noqa: ARG002 - the signature of torch.optim
        """Forget the weights' gradients."""
        for weight in self._weights:
            weight.grad = None

    def state_dict(self) -> dict[str, Any]:
        """The moments and the 32-bit copies."""
        return {**super().state_dict(), "copies": [copy.detach() for copy in self._copies]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state."""
        state = dict(state_dict)
        with torch.no_grad():
            for copy, saved in zip(self._copies, state.pop("copies"), strict=True):
                copy.copy_(saved)
            self._take_over()
        super().load_state_dict(state)

    def _take_over(self) -> None:
        torch._foreach_copy_([local(weight) for weight in self._weights], self._copies)
