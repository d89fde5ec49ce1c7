"""Quantised tensors as 16-bit numbers: those of the `gguf` package, whatever the number of threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from hone.extras import library
from hone.weights.dequantise import dequantised, dequantising


@dataclass
class Quantised:
    """What the reader of the `gguf` package gives of a tensor."""

    tensor_type: Any
    data: Any
    shape: tuple[int, ...]


def quantised(name: str, rows: int = 70, width: int = 4096) -> Quantised:
    """A tensor of random blocks, whose scales are of a usual size."""
    gguf, numpy = library("gguf"), library("numpy")
    kind = gguf.GGMLQuantizationType[name]
    draws = numpy.random.default_rng(3)
    numbers = (draws.standard_normal((rows, width)) * 0.05).astype(numpy.float32)
    try:
        data = gguf.quantize(numbers, kind)
    except NotImplementedError:  # K-quants are read and not written: blocks of any bytes, scales near 0.001
        size, length = gguf.GGML_QUANT_SIZES[kind]
        data = draws.integers(0, 256, (rows, width // size * length), dtype=numpy.uint8)
        blocks = data.reshape(-1, length)
        scale = numpy.frombuffer(numpy.float16(0.001).tobytes(), dtype=numpy.uint8)
        for place in {"Q4_K": (0, 2), "Q5_K": (0, 2), "Q6_K": (208,), "Q2_K": (80, 82), "Q3_K": (108,)}.get(name, ()):
            blocks[:, place : place + 2] = scale
    return Quantised(kind, data, (width, rows))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"])
def test_numbers_are_those_of_the_gguf_package_rounded_once(kind: str, workers: int) -> None:
    torch, gguf = library("torch"), library("gguf")
    tensor = quantised(kind)
    with dequantising(workers) as pool:
        made = dequantised(tensor, pool)
    expected = torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy()).reshape(70, 4096)
    assert expected.isfinite().all()
    assert made.dtype == torch.float16
    assert torch.equal(made, expected.to(torch.float16))


def test_numbers_too_large_for_sixteen_bits_get_a_wider_range() -> None:
    torch, gguf, numpy = library("torch"), library("gguf"), library("numpy")
    large = numpy.full((1, 64), 1e5, dtype=numpy.float32)
    kind = gguf.GGMLQuantizationType.Q8_0
    with dequantising(1) as pool:
        made = dequantised(Quantised(kind, gguf.quantize(large, kind), (64, 1)), pool)
    assert made.dtype == torch.bfloat16
    assert made.isfinite().all()


@pytest.mark.parametrize("kind", ["F32", "F16"])
def test_plain_numbers_stay_as_they_are(kind: str) -> None:
    torch, gguf, numpy = library("torch"), library("gguf"), library("numpy")
    numbers = numpy.arange(6, dtype=numpy.float32 if kind == "F32" else numpy.float16).reshape(2, 3)
    with dequantising(1) as pool:
        made = dequantised(Quantised(gguf.GGMLQuantizationType[kind], numbers, (3, 2)), pool)
    assert torch.equal(made, torch.from_numpy(numbers))


def test_torch_has_its_threads_back_afterwards() -> None:
    torch = library("torch")
    before = torch.get_num_threads()
    with dequantising(2):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before
