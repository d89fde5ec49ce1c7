"""Weights as a local transformers folder, for training, for `hf:` models and for export.

A GGUF file is turned into a folder once, in Hone's cache: dequantised, in safetensors, with the tokenizer as the
model's makers have it (`gguf_folder`). The embedded SmolLM2, which comes as such a file, has a way of its own
(`smollm2`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hone.errors import UnavailableError
from hone.extras import library
from hone.files import typed_path
from hone.weights.gguf_folder import gguf_folder
from hone.weights.quiet import quiet
from hone.weights.smollm2 import smollm2_file, smollm2_folder


def weights(name: str, *, file: Path | None = None) -> Path:
    """The local folder of a model's weights, in safetensors, with its tokenizer.

    Args:
        name: ``smollm2``, a folder, a GGUF file, with or without ``gguf:``, or a repository of the Hugging Face hub
            (``OWNER/NAME``).
        file: SmolLM2's GGUF file, where it does not come from the installed package.

    Raises:
        UnavailableError: There is no such folder or file, it is of a kind that is not read back, or the hub cannot be
            reached or has no such repository.
        MissingExtraError: The extra `tune` is not installed.
    """
    if name == "smollm2":
        return smollm2_folder(file or smollm2_file())
    if gguf := gguf_of(name):
        return gguf_folder(gguf)
    folder = typed_path(name)
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UnavailableError(f"{folder}: there is no config.json in this folder, so it holds no model")
        return _without_program(folder)
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise UnavailableError(f"{name}: there is no such folder; write a folder, or OWNER/NAME for the hub")
    return _without_program(_from_hub(name))


def gguf_of(name: str) -> Path | None:
    """The GGUF file that a name of weights stands for, with or without ``gguf:``; none for another kind."""
    kind, _, rest = name.partition(":")
    if kind == "gguf" and rest:
        return typed_path(rest)
    return typed_path(name) if name.lower().endswith(".gguf") and not typed_path(name).is_dir() else None


def _without_program(folder: Path) -> Path:
    """The folder, where transformers itself knows its architecture: Python that a model brings along is never run.

    Raises:
        UnavailableError: The model is a program of its own, or its config does not read.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        named, kind = config.get("auto_map"), config.get("model_type")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise UnavailableError(f"{folder / 'config.json'}: this is not the config of a model") from error
    if named and kind not in library("transformers").models.auto.configuration_auto.CONFIG_MAPPING:
        raise UnavailableError(
            f"{folder}: this model brings Python code of its own (auto_map), which Hone does not run; use a model "
            "whose architecture transformers knows"
        )
    return folder


def fast_type(kind: str) -> Any:
    """The type of weights that a kind of device multiplies fastest: ``torch.bfloat16`` or ``torch.float32``.

    Processors with bfloat16 instructions take a half to a tenth of the time; the others emulate it, slowly.

    Args:
        kind: ``cuda``, ``mps`` or ``cpu``.
    """
    torch = library("torch")
    if kind == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    fast = kind == "cpu" and torch.backends.mkldnn.is_available() and _bf16_instructions(torch)
    return torch.bfloat16 if fast else torch.float32


def _bf16_instructions(torch: Any) -> bool:
    try:
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    except AttributeError:  # a torch that does not say
        return False


def _from_hub(name: str) -> Path:
    hub = library("huggingface_hub")
    patterns = ["*.json", "*.safetensors", "*.model", "*.jinja", "*.txt"]
    try:
        with quiet():
            folder = Path(hub.snapshot_download(name, allow_patterns=patterns))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnavailableError(
            f"{name}: cannot be had from the hub ({reason}); check the name, the network and, for a gated model, "
            "HF_TOKEN; or name a local folder"
        ) from error
    if not any(folder.glob("*.safetensors")):
        raise UnavailableError(f"{name}: the repository has no safetensors, and Hone loads no other form")
    return folder
