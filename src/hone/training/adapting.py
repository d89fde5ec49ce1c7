"""Opens a model for training: where it runs, in which precision, with which adapters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from hone.errors import TuneError
from hone.extras import library
from hone.training.settings import TuneSettings
from hone.weights.opening import fast_type
from hone.weights.quiet import quiet
from hone.weights.tokenizer import open_tokenizer


def device() -> str:
    """The kind of device that this process trains on: `cuda`, `mps` or `cpu`.

    Raises:
        TuneError: This torch was built for CUDA, a GPU was asked for, and none can be used.
    """
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def cuda_without_gpu() -> str | None:
    """What to tell where torch was built for CUDA and sees no GPU; none elsewhere."""
    if torch.version.cuda and not torch.cuda.is_available():
        return (
            f"this torch was built for CUDA {torch.version.cuda} but sees no GPU (driver, container or "
            "CUDA_VISIBLE_DEVICES); training goes on the CPU"
        )
    return None


def precision(settings: TuneSettings, kind: str) -> Any:
    """The type of the weights while training."""
    if settings.precision == "fp32":
        return torch.float32
    if settings.precision == "bf16" or settings.method == "qlora":
        return torch.bfloat16
    return fast_type(kind)


def open_model(folder: Path, settings: TuneSettings, kind: str) -> Any:
    """The base model, ready to be adapted.

    Args:
        folder: A transformers folder with safetensors.
        settings: Method, precision and whether it will be split, in which case it waits on the processor: with
            weights in the first process, without in the others.
        kind: The device that it is trained on.

    Raises:
        TuneError: transformers cannot read it, or it does not fit into memory.
        MissingExtraError: `qlora` without bitsandbytes.
    """
    transformers = library("transformers")
    kind_of_weights = precision(settings, kind)
    options: dict[str, Any] = {"dtype": kind_of_weights, "use_safetensors": True}
    if settings.method == "qlora":
        library("bitsandbytes")
        options["quantization_config"] = transformers.BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=kind_of_weights,
            bnb_4bit_use_double_quant=True,
        )
        options["device_map"] = {"": kind if kind != "cuda" else torch.cuda.current_device()}
    if settings.sharding and int(os.environ.get("RANK", "0")):
        options["device_map"] = "meta"
    try:
        with quiet():
            model = transformers.AutoModelForCausalLM.from_pretrained(folder, **options, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        words = " ".join(str(error).split())[:300]
        raise TuneError(f"{folder}: the model cannot be opened ({words})") from error
    if settings.method != "qlora" and not settings.sharding:
        model.to(kind)
    model.config.use_cache = False
    return model


def adapt(model: Any, settings: TuneSettings) -> Any:
    """The model with fresh adapters on every linear layer, or, for `full`, with every weight trainable.

    Adapters have the precision of the other weights; the optimiser keeps 32-bit copies.
    """
    if settings.method == "full":
        return model.requires_grad_(True)
    peft = library("peft")
    torch.manual_seed(settings.seed)
    for weight in model.parameters():
        weight.requires_grad_(False)
    config = peft.LoraConfig(
        r=settings.rank,
        lora_alpha=settings.scaling,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return peft.get_peft_model(model, config, autocast_adapter_dtype=False)


def tokenizer_of(folder: Path) -> Any:
    """The model's tokenizer.

    Raises:
        TuneError: The folder has none.
    """
    tokenizer = open_tokenizer(folder, TuneError)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def causal(model: Any) -> Any:
    """The causal language model inside adapters and wrappers."""
    inner = model.module if hasattr(model, "module") and not hasattr(model, "config") else model
    return inner.get_base_model() if hasattr(inner, "get_base_model") else inner


def trainable(model: Any) -> dict[str, Any]:
    """The weights that are trained, by name."""
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
