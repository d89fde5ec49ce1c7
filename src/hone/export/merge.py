"""Puts an adapter into the weights of its base: in 16 bits, at a chosen scale, never into 4-bit weights.

A 4-bit base is refused rather than unpacked: the adapter was tuned over the rounding errors of those 4 bits; merged,
it would lie on other weights than those that it corrects.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hone.errors import ExportError
from hone.extras import library
from hone.files import copy_whole, make_folder, write_whole
from hone.spelling import option
from hone.weights.quiet import quiet

_PREFIX = "base_model.model."
_TOKENIZER = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "chat_template.*")
_F16_MOST = 65504.0


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Open weights or a config in silence; what libraries raise over them becomes one line.

    Raises:
        ExportError: They do not open.
    """
    refused = (OSError, ValueError, RuntimeError, KeyError, library("safetensors").SafetensorError)
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except refused as error:
        first = " ".join(str(error).split()).partition(". ")[0][:200]
        raise ExportError(
            f"{folder}: cannot be opened ({first}); is it complete, and a language model of an architecture that "
            "transformers knows?"
        ) from error


def adapter_config(adapter: Path) -> dict[str, Any]:
    """What an adapter's folder says about it.

    Raises:
        ExportError: It is no LoRA adapter in safetensors.
    """
    path = adapter / "adapter_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ExportError(
            f"{adapter}: there is no adapter in this folder (adapter_config.json is missing)"
        ) from error
    except (OSError, ValueError) as error:
        raise ExportError(f"{path}: the adapter's config does not read") from error
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise ExportError(f"{path}: not a LoRA adapter, and Hone exports no other kind")
    if not (adapter / "adapter_model.safetensors").is_file():
        raise ExportError(f"{adapter}: adapter_model.safetensors is missing, and Hone loads no other form")
    return config


def check_fits(base: Path, adapter: Path) -> None:
    """Make sure that every matrix of an adapter has a place of its size in the base.

    Raises:
        ExportError: One has none; the message names it.
    """
    adapter_config(adapter)
    torch, transformers = library("torch"), library("transformers")
    with opening(base), torch.device("meta"):
        config = transformers.AutoConfig.from_pretrained(base, trust_remote_code=False)
        places = dict(transformers.AutoModelForCausalLM.from_config(config, trust_remote_code=False).named_modules())
    path = adapter / "adapter_model.safetensors"
    with opening(adapter), library("safetensors").safe_open(path, "pt") as tensors:
        names = [name for name in tensors.keys() if ".lora_" in name]  # noqa: SIM118 - no mapping
        for name in names:
            _check_place(adapter, name, tuple(tensors.get_slice(name).get_shape()), places)
    if not names:
        raise ExportError(f"{adapter}: the adapter holds no LoRA matrices")


def _check_place(adapter: Path, name: str, shape: tuple[int, ...], places: dict[str, Any]) -> None:
    module, _, part = name.removeprefix(_PREFIX).partition(".lora_")
    weight = getattr(places.get(module), "weight", None)
    if weight is None:
        raise ExportError(f"{adapter}: the adapter does not fit its base: the base has no {module}")
    if not part.startswith(("A", "B")) or "embedding" in part:
        return
    have, want = (shape[-1], weight.shape[-1]) if part.startswith("A") else (shape[0], weight.shape[0])
    if have != want:
        raise ExportError(
            f"{adapter}: the adapter does not fit its base: {module} has {want} where the adapter has {have}; "
            "was it tuned on another base?"
        )


def check_base(base: Path) -> None:
    """Make sure that a base is stored in 16 bits or more.

    Raises:
        ExportError: It is not.
    """
    try:
        config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ExportError(f"{base}: config.json is missing or does not read, so it holds no model") from error
    if config.get("quantization_config"):
        raise ExportError(f"{base}: the weights are quantised; name the original in 16 bits, and export that")


def parameters(base: Path) -> int:
    """How many weights a folder of safetensors holds, read from the heads of its files.

    Raises:
        ExportError: There are none.
    """
    count = 0
    for path in base.glob("*.safetensors"):
        with opening(base), library("safetensors").safe_open(path, "pt") as tensors:
            count += sum(math.prod(tensors.get_slice(name).get_shape()) for name in tensors.keys())  # noqa: SIM118
    if not count:
        raise ExportError(f"{base}: there are no safetensors in this folder, and Hone loads no other form")
    return count


def merge_adapter(base: Path, adapter: Path | None, scale: float, target: Path) -> str:
    """Write the base in 16 bits, with the adapter in it.

    Args:
        base: Folder of the base, safetensors.
        adapter: Folder of the adapter; none writes the base alone.
        scale: 1 is the adapter as it was tuned, 0 the base.
        target: The folder that is made.

    Returns:
        The 16-bit type: ``bf16`` where the base has it, or where a weight is too large for ``f16``; else ``f16``.

    Raises:
        ExportError: The base is quantised, or the adapter does not fit.
    """
    check_base(base)
    torch, transformers = library("torch"), library("transformers")
    with opening(base):
        config = transformers.AutoConfig.from_pretrained(base, trust_remote_code=False)
        # A 16-bit base stays 16-bit while it is merged: peft adds in 32 bits and rounds once.
        model = transformers.AutoModelForCausalLM.from_pretrained(
            base, dtype="auto", trust_remote_code=False, use_safetensors=True
        )
    brain = str(config.dtype).removeprefix("torch.") == "bfloat16"
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if adapter is not None:
            check_fits(base, adapter)
            model = with_adapter(model, adapter, scale).merge_and_unload()
        largest = max(float(weight.detach().abs().max()) for weight in model.parameters())
        kind = "bf16" if brain or largest > _F16_MOST else "f16"
        model = model.to(torch.bfloat16 if kind == "bf16" else torch.float16)
        model.save_pretrained(target)
    for pattern in _TOKENIZER:
        for path in base.glob(pattern):
            copy_whole(path, target / path.name, kind=ExportError)
    for path in target.glob("*config.json"):
        _name_no_program(path)
    return kind


def _name_no_program(path: Path) -> None:
    """Take out what names Python of the model's own: llama.cpp's converter would run it, or fetch it from the hub."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path.name} of the base is not valid JSON ({str(error)[:80]})") from error
    if isinstance(data, dict) and data.pop("auto_map", None) is not None:
        write_whole(path, json.dumps(data, indent=2), kind=ExportError)


def scaled_adapter(adapter: Path, scale: float, target: Path) -> Path:
    """A copy of an adapter that has a scale in it, for programs that know none: all of it goes into `lora_alpha`.

    Raises:
        ExportError: Its ranks differ from layer to layer.
    """
    config = adapter_config(adapter)
    if config.get("alpha_pattern") or config.get("rank_pattern"):
        raise ExportError(
            f"{adapter}: its ranks differ from layer to layer; export it merged at scale 1, without "
            f"{option('adapter_only')}"
        )
    factor = math.sqrt(config["r"]) if config.get("use_rslora") else 1.0
    make_folder(target, kind=ExportError)
    weights = "adapter_model.safetensors"
    copy_whole(adapter / weights, target / weights, kind=ExportError)
    changed = config | {"lora_alpha": config["lora_alpha"] * scale * factor, "use_rslora": False}
    write_whole(target / "adapter_config.json", json.dumps(changed), kind=ExportError)
    return target


def with_adapter(model: Any, adapter: Path, scale: float) -> Any:
    """The model with an adapter over it, at a scale.

    Raises:
        ExportError: PEFT refuses the adapter.
    """
    peft = library("peft")
    try:
        adapted = peft.PeftModel.from_pretrained(model, adapter)
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        raise ExportError(f"{adapter}: the adapter does not load ({' '.join(str(error).split())[:200]})") from error
    for module in adapted.modules():
        if isinstance(module, peft.tuners.lora.LoraLayer):
            module.scale_layer(scale)
    return adapted
