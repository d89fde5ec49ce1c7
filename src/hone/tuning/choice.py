"""Which base, which backend: chosen by what the machine has, and said. Imports nothing heavy."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
from dataclasses import dataclass
from typing import Literal

from hone.errors import MissingExtraError
from hone.extras import is_installed
from hone.spelling import option
from hone.training.settings import Backend, Method

LARGE = "unsloth/Llama-3.2-3B-Instruct"
SMALL = "smollm2"
_LARGE_NEEDS = {"lora": 16e9, "qlora": 8e9, "full": 60e9}
"""Bytes of GPU memory from which the large base is the default."""
PACKAGES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "accelerate",
    "bitsandbytes",
    "datasets",
    "unsloth",
    "liger-kernel",
)


@dataclass(frozen=True, slots=True)
class Machine:
    """What matters of a machine."""

    gpu: str | None
    """The name of its first NVIDIA GPU, or none."""
    memory: float = 0.0
    """Bytes of that GPU."""
    capability: float = 0.0
    """Its compute capability; 7.0 is the least that Unsloth supports."""


def machine() -> Machine:
    """This machine, as `nvidia-smi` describes it; torch is not imported for it."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return Machine(None)
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system with fixed arguments
            [program, "--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        name, memory, capability = (part.strip() for part in done.stdout.splitlines()[0].split(","))
        return Machine(name, float(memory) * 2**20, float(capability))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return Machine(None)


def choose_base(given: str | None, method: Method, found: Machine) -> tuple[str, str]:
    """The base and why, with the command for the other.

    Args:
        given: As the user named it, with or without `hf:`, or a GGUF file as `gguf:FILE`; none chooses.
        method: What it must fit.
        found: The machine.

    Raises:
        UnavailableError: A GGUF file of the hub cannot be fetched.
    """
    if given and given.startswith("gguf:hf:"):
        from hone.models.hub import fetch  # noqa: PLC0415 - only where the hub is asked

        return str(fetch(given.removeprefix("gguf:"))), "as chosen"
    if given:
        name = given.removeprefix("hf:")
        return name.removeprefix("gguf:") if name.lower().endswith(".gguf") else name, "as chosen"
    if found.gpu and found.memory >= _LARGE_NEEDS[method]:
        return LARGE, f"{found.gpu} holds it; for the small one: {option('base', SMALL)}"
    why = f"{found.gpu} is too small for the large one" if found.gpu else "there is no GPU"
    return SMALL, f"{why}; for the large one: {option('base', f'hf:{LARGE}')}"


def choose_backend(given: Backend, found: Machine, *, gpus: int = 1) -> tuple[Literal["trl", "unsloth"], str]:
    """The backend and why.

    Raises:
        MissingExtraError: Unsloth was asked for and is not there, or has no GPU that it supports.
    """
    installed = is_installed("unsloth")
    fits = found.gpu is not None and found.capability >= 7.0
    if given == "unsloth":
        asked = option("backend", "unsloth")
        if not installed:
            raise MissingExtraError(f"{asked} needs Unsloth; install it with: pip install unsloth==2026.10.9")
        if not fits:
            raise MissingExtraError(f"{asked} needs an NVIDIA GPU of compute capability 7.0 or more")
        return "unsloth", "as chosen"
    if given == "trl":
        return "trl", "as chosen"
    if installed and fits and gpus == 1:
        return "unsloth", f"it is installed and supports this GPU; for the other: {option('backend', 'trl')}"
    why = "Unsloth is not installed" if not installed else "Unsloth supports no GPU here"
    return "trl", f"{why if gpus == 1 else 'Unsloth takes one GPU'}; it runs everywhere"


def pins() -> dict[str, str]:
    """The versions of what trains."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
