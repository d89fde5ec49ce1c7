"""Splits a model over the devices of several processes (FSDP2).

Each holds a share of every weight, of its gradient and of what the optimiser keeps about it; a layer is put together
only while it works. Which settings allow this is said in `choice`; a checkpoint of it is written by `sharded`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from hone.errors import TuneError
from hone.extras import library
from hone.spelling import option
from hone.training.adapting import causal, trainable


def shard(model: Any, kind: str) -> None:
    """Split a model in place, one layer after the other, so that no device ever holds all of it.

    Args:
        model: From `open_model` and `adapt`: on the processor, and with weights in the first process alone, which
            sends them to the others.
        kind: The kind of device that it moves to, `cuda` or `cpu`; each process has one of its own.

    Raises:
        TuneError: There is only one process, or the kind of device cannot be spoken to.
    """
    if kind not in {"cuda", "cpu"}:
        raise TuneError(
            f"weights cannot be split over {kind} devices; leave {option('shard', argument='sharding=True')} out"
        )
    state = library("accelerate").PartialState(cpu=kind == "cpu")
    if state.num_processes == 1:
        raise TuneError(
            f"there is only one process, so nothing can be split; add {option('gpus', 2)}, or leave "
            f"{option('shard', argument='sharding=True')} out"
        )
    mesh = init_device_mesh(kind, (state.num_processes,))
    for layer in causal(model).get_decoder().layers:
        _send(layer, state.device)
        fully_shard(layer, mesh=mesh)
    # The embeddings and the output matrix, often one and the same, stay with the root: our loss reads the matrix
    # itself, and it is whole exactly while the root works.
    _send(model, state.device)
    fully_shard(model, mesh=mesh, reshard_after_forward=True)
    model._is_accelerate_prepared = True  # or accelerate would put DDP around it


def _send(module: Any, device: Any) -> None:
    """Put what is not split yet on the device of each process, as the first process has it."""
    sent: dict[int, Any] = {}
    for part in module.modules():
        for kind in (part._parameters, part._buffers):
            for name, tensor in kind.items():
                if tensor is None or isinstance(tensor, DTensor):
                    continue
                if id(tensor) not in sent:  # the output matrix is often the embeddings
                    sent[id(tensor)] = _sent(tensor, device)
                kind[name] = sent[id(tensor)]


def _sent(tensor: Any, device: Any) -> Any:
    first = torch.distributed.get_rank() == 0
    whole = tensor.detach().to(device).contiguous() if first else torch.empty_like(tensor, device=device)
    torch.distributed.broadcast(whole, src=0)
    learnt = isinstance(tensor, torch.nn.Parameter)
    return torch.nn.Parameter(whole, requires_grad=tensor.requires_grad) if learnt else whole


def local(weight: Any) -> Any:
    """What this process holds of a weight or a gradient: a share of it where it is split, with the same storage."""
    return weight.detach().to_local() if isinstance(weight, DTensor) else weight


def whole_weights(model: Any) -> dict[str, Any]:
    """The trained weights in full, by name.

    Where they are split every process must call it, and only the first gets them, in the processor's memory.
    """
    found: dict[str, Any] = {}
    for name, weight in trainable(model).items():
        whole = weight.detach()
        if isinstance(whole, DTensor):
            whole = whole.full_tensor()
            if torch.distributed.get_rank():
                continue
            whole = whole.cpu()
        found[name] = whole.contiguous()
    return found


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is not followed by mypy
def put(model: Any, weights: dict[str, Any]) -> None:
    """Give a model trained weights, in full; where it is split, each process keeps its share of them."""
    for name, weight in trainable(model).items():
        whole = weights[name].to(weight.device, weight.dtype)
        if isinstance(weight, DTensor):
            # Every process has read the same file, so that nothing needs to be sent.
            whole = distribute_tensor(whole, weight.device_mesh, weight.placements, src_data_rank=None)
        weight.copy_(whole)
