"""The door to Unsloth's core, which is Apache-2.0. Its Studio and command line are AGPL, and never imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hone.errors import TuneError
from hone.extras import library
from hone.spelling import option
from hone.training.settings import TuneSettings

_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def within_positions(settings: TuneSettings, base: Path) -> TuneSettings:
    """The settings with rows of no more tokens than the base has positions.

    Asked for more, Unsloth stretches the positions: another model would be trained than PEFT opens.

    Args:
        settings: Resolved.
        base: A transformers folder.
    """
    return settings.model_copy(update={"row": min(settings.row or settings.max_length, _positions(base))})


def _positions(base: Path) -> int:
    config = library("transformers").AutoConfig.from_pretrained(base, trust_remote_code=False).get_text_config()
    return int(config.max_position_embeddings)


def open_with_unsloth(base: Path, settings: TuneSettings) -> Any:
    """The base, adapted by Unsloth.

    Args:
        base: A transformers folder.
        settings: Resolved.

    Raises:
        TuneError: Unsloth cannot open it.
    """
    unsloth, torch = library("unsloth"), library("torch")
    longest = min(max(settings.max_length, settings.row or 0), _positions(base))
    try:
        model, _ = unsloth.FastLanguageModel.from_pretrained(
            model_name=str(base),
            max_seq_length=longest,
            dtype=torch.bfloat16,
            load_in_4bit=settings.method == "qlora",
            full_finetuning=settings.method == "full",
        )
    except (OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise TuneError(
            f"Unsloth cannot open {base} ({' '.join(str(error).split())[:300]}); use {option('backend', 'trl')}"
        ) from error
    if settings.method == "full":
        return model
    return unsloth.FastLanguageModel.get_peft_model(
        model,
        r=settings.rank,
        lora_alpha=settings.scaling,
        lora_dropout=settings.dropout,
        bias="none",
        target_modules=_LINEAR,
        random_state=settings.seed,
        max_seq_length=longest,
        use_gradient_checkpointing="unsloth" if settings.checkpointing == "on" else False,
    )
