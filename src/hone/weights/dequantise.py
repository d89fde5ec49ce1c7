"""Tensors of a GGUF file as 16-bit numbers, worked out on all cores.

The sums are those of the `gguf` package, block by block. What is gained is the pieces: each is small enough to stay
in a core's cache, is rounded to 16 bits at once, and is done beside others, so that no tensor is held in 32 bits.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch

from hone.extras import library

_PIECE = 2**17
"""Numbers of a piece: in 32 bits half a MiB, and a few times as much while it is worked out."""
PLAIN = ("F32", "F16", "BF16")
"""Types that hold numbers as they are."""


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


@contextmanager
def dequantising(workers: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """Threads that dequantise; while they do, torch does each of its own sums in one of them.

    Args:
        workers: How many; one a core where absent.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(workers or cores(), thread_name_prefix="dequantise") as pool:
            yield pool
    finally:
        torch.set_num_threads(before)


def dequantised(tensor: Any, pool: ThreadPoolExecutor) -> Any:
    """A tensor of a GGUF file, rounded once: to 16 bits where it was quantised, else as it is.

    Args:
        tensor: From the reader of the `gguf` package.
        pool: Of `dequantising`.

    Returns:
        Shape as in the file, rows last. Of ``torch.float16``, or of ``torch.bfloat16`` where a number is too large.

    Raises:
        NotImplementedError: The `gguf` package cannot read this type.
    """
    shape = [int(size) for size in reversed(tensor.shape)]
    name = tensor.tensor_type.name
    if name in PLAIN:
        kind = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[name]
        # Copied: what is read otherwise goes when the file's map is closed, and may not be written to.
        raw = torch.frombuffer(bytearray(tensor.data.tobytes()), dtype=kind)
        return raw.reshape(shape)
    made = torch.empty(shape, dtype=torch.float16)
    if not _fill(tensor, made, pool):
        made = torch.empty(shape, dtype=torch.bfloat16)
        _fill(tensor, made, pool)
    return made


def _fill(tensor: Any, made: Any, pool: ThreadPoolExecutor) -> bool:
    """Fill a tensor with a file's numbers; whether all of them fit into its type."""
    gguf = library("gguf")
    size, bytes_each = gguf.GGML_QUANT_SIZES[tensor.tensor_type]
    kind = getattr(gguf.quants, tensor.tensor_type.name, None)
    if kind is None:
        raise NotImplementedError(tensor.tensor_type.name)
    blocks, flat = tensor.data.reshape(-1, bytes_each), made.view(-1)
    step = max(1, _PIECE // size)
    gguf.quants.dequantize(
        blocks[:1], tensor.tensor_type
    )  # sets up the tables of some types, before threads need them

    def piece(start: int) -> bool:
        numbers = kind.dequantize_blocks(blocks[start : start + step]).reshape(-1)
        part = flat[start * size : start * size + len(numbers)].copy_(torch.from_numpy(numbers))
        return not bool(torch.isinf(part).any())

    return all(list(pool.map(piece, range(0, len(blocks), step))))
