"""Makes smaller files from a 16-bit one. What a quantisation costs is measured afterwards, never assumed.

Q8_0 and Q4_0 are written by the `gguf` package. K-quants choose a type for each tensor by rules that only llama.cpp
holds, so llama.cpp makes them: by `llama-quantize` on the PATH, or by the package `llama-cpp-python`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from hone.children import tied
from hone.errors import ExportError, MissingExtraError
from hone.export.converter import last_words
from hone.extras import is_installed
from hone.files import whole_path
from hone.weights.gguf_file import Tensor, rewrite

SIXTEEN = {"f16": 1, "bf16": 32}
"""Nothing is lost but what a change between the two rounds away, and llama.cpp's number of each."""
PLAIN = {"q8_0": 7, "q4_0": 2}
"""Written by the `gguf` package, and llama.cpp's number of each."""
K_QUANTS = {
    "q2_k": 10,
    "q3_k_s": 11,
    "q3_k_m": 12,
    "q3_k_l": 13,
    "q4_k_s": 14,
    "q4_k_m": 15,
    "q5_k_s": 16,
    "q5_k_m": 17,
    "q6_k": 18,
}
"""Made by llama.cpp, and its number of each (`llama_ftype`)."""
QUANTS = (*SIXTEEN, *PLAIN, *K_QUANTS)
"""Every quantisation that `hone export` makes."""
BITS = {
    "f16": 16.0,
    "bf16": 16.0,
    "q8_0": 8.5,
    "q4_0": 5.0,
    "q2_k": 3.4,
    "q3_k_s": 3.7,
    "q3_k_m": 4.1,
    "q3_k_l": 4.5,
    "q4_k_s": 4.9,
    "q4_k_m": 5.1,
    "q5_k_s": 5.7,
    "q5_k_m": 5.9,
    "q6_k": 6.8,
}
"""About how many bits a weight takes, to tell whether there is room; small models take more."""

_SIXTEEN_TYPES = frozenset({"F16", "BF16"})
_BLOCK = 32
"""Weights that share one scale in Q8_0 and Q4_0."""

# Runs in a process of its own: llama.cpp writes to the terminal, and ends the process where it cannot go on.
_BY_PACKAGE = """\
import ctypes, sys, llama_cpp
params = llama_cpp.llama_model_quantize_default_params()
params.ftype, params.nthread = int(sys.argv[3]), 0
sys.exit(llama_cpp.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(params)))
"""


def check_quants(names: tuple[str, ...]) -> None:
    """Make sure that every quantisation is known and can be made here, before any work is done.

    Raises:
        ExportError: One is unknown.
        MissingExtraError: One needs a package that is not installed.
    """
    for name in names:
        if name not in QUANTS:
            raise ExportError(f"there is no quantisation {name!r}; there are {', '.join(QUANTS)}")
        if name in K_QUANTS and not (_package() or _program()):
            raise MissingExtraError(
                f"{name} is made by llama.cpp itself; install it with: pip install 'hone-llm[quantise]' (it "
                "compiles for minutes), or put llama-quantize on the PATH; q8_0 and q4_0 need neither"
            )


def quantise(source: Path, target: Path, name: str) -> None:
    """Write a smaller file from a 16-bit one.

    Args:
        source: A GGUF file in f16 or bf16.
        target: What is written, whole or not at all.
        name: One of `QUANTS`; the other of the two 16-bit types too.

    Raises:
        ExportError: It cannot be written, or llama.cpp refuses.
    """
    kind = name.upper()
    if name in SIXTEEN:
        changes = {"general.file_type": SIXTEEN[name]}
        rewrite(source, target, changes, lambda tensor: kind if tensor.type in _SIXTEEN_TYPES else tensor.type)
        return
    if name in PLAIN:
        changes = {"general.file_type": PLAIN[name], "general.quantization_version": 2}
        rewrite(source, target, changes, lambda tensor: _type(tensor, kind))
        return
    with whole_path(target, kind=ExportError) as part:
        _by_llama_cpp(source, part, name)


def _type(tensor: Tensor, kind: str) -> str:
    """The type of a tensor: matrices are quantised, vectors keep theirs, the last layer keeps 8 bits.

    The embedding stands for the last layer too where a model ties the two. llama.cpp likewise gives it more bits.
    """
    if len(tensor.shape) < 2 or not tensor.name.endswith("weight") or tensor.shape[-1] % _BLOCK:
        return tensor.type
    if tensor.type not in _SIXTEEN_TYPES:  # what the converter left at 32 bits is small and sensitive
        return tensor.type
    return "Q8_0" if tensor.name in {"token_embd.weight", "output.weight"} else kind


def _by_llama_cpp(source: Path, part: Path, name: str) -> None:
    program = _program()
    if program:
        command = [program, str(source), str(part), name.upper()]
    elif _package():
        command = [sys.executable, "-c", _BY_PACKAGE, str(source), str(part), str(K_QUANTS[name])]
    else:
        check_quants((name,))
        return
    done = subprocess.run(tied(command), capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode or not part.is_file():
        raise ExportError(f"llama.cpp cannot make {name} of {source.stem}: {last_words(done.stderr)}")


def _package() -> bool:
    return is_installed("llama_cpp")


def _program() -> str | None:
    return shutil.which("llama-quantize")
