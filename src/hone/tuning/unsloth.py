"""The door to Unsloth's core, which is Apache-2.0. Its Studio and command line are AGPL, and never imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hone.errors import TuneError
from hone.models.weights import library
from hone.tuning.settings import TuneSettings

_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def open_with_unsloth(base: Path, settings: TuneSettings) -> Any:
    """The base, adapted by Unsloth.

    Args:
        base: A transformers folder.
        settings: Resolved.

    Raises:
        TuneError: Unsloth cannot open it.
    """
    unsloth, torch = library("unsloth"), library("torch")
    try:
        model, _ = unsloth.FastLanguageModel.from_pretrained(
            model_name=str(base), max_seq_length=max(settings.max_length, settings.row or 0), dtype=torch.bfloat16,
            load_in_4bit=settings.method == "qlora", full_finetuning=settings.method == "full",
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise TuneError(
            f"Unsloth cannot open {base} ({' '.join(str(error).split())[:300]}); take --backend trl"
        ) from error
    if settings.method == "full":
        return model
    return unsloth.FastLanguageModel.get_peft_model(
        model, r=settings.rank, lora_alpha=settings.scaling, lora_dropout=settings.dropout, bias="none",
        target_modules=_LINEAR, random_state=settings.seed,
        max_seq_length=max(settings.max_length, settings.row or 0),
        use_gradient_checkpointing="unsloth" if settings.checkpointing == "on" else False,
    )  # fmt: skip
