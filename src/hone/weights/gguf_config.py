"""The config of transformers that a GGUF file's metadata stand for.

transformers' own loader maps most keys; what it leaves out is put right here: rotary scaling, the width of heads, the
part of a head that turns, Gemma's caps. What has no place in transformers is refused, because a model with another
config still answers, only worse.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hone.errors import UnavailableError
from hone.extras import library

ARCHITECTURES = {
    "llama": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "phi3": "phi3",
    "gemma2": "gemma2",
    "gemma3": "gemma3",
    "gpt2": "gpt2",
    "starcoder2": "starcoder2",
    "stablelm": "stablelm",
    "qwen2moe": "qwen2_moe",
    "qwen3moe": "qwen3_moe",
}
"""The architectures that are read back, by the name in the file, with that in transformers' table of keys."""
_TURNS_IN_PART = {"phi3", "stablelm", "nemotron"}
_ORIGINALS = [2**power for power in range(8, 18)]
"""Contexts that Llama 3's rotary scaling may start from."""


def gguf_config(file: Path, values: Mapping[str, Any], tensors: Mapping[str, Any], ends: Sequence[int]) -> Any:
    """A config from transformers.

    Args:
        file: The file, for messages.
        values: Every key of the file.
        tensors: The file's tensors by name.
        ends: The tokens that end a reply.

    Raises:
        UnavailableError: The architecture is not known, or the file says what transformers cannot express.
    """
    named = str(values.get("general.architecture", ""))
    if named not in ARCHITECTURES:
        raise UnavailableError(
            f"{file}: Hone does not read the architecture {named!r} back from a GGUF file (it reads: "
            f"{', '.join(ARCHITECTURES)}); use the model's transformers folder as hf:FOLDER"
        )
    model = f"{ARCHITECTURES[named]}_text" if named == "gemma3" else ARCHITECTURES[named]
    of_model = {key.removeprefix(f"{named}."): value for key, value in values.items() if key.startswith(f"{named}.")}
    with damaged_values(file):
        _check_sizes(file, named, of_model, tensors)
        settings = _settings(file, named, of_model, tensors)
        settings["eos_token_id"] = list(ends) if len(ends) > 1 else next(iter(ends), None)
        return library("transformers").AutoConfig.for_model(model, **settings)


@contextmanager
def damaged_values(file: Path) -> Iterator[None]:
    """Turn what goes wrong over a header's values, damaged or of a model that is not known, into one line.

    Raises:
        UnavailableError: Something went wrong.
    """
    of_fields = library("huggingface_hub").errors.StrictDataclassError
    wrong = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, of_fields)
    try:
        yield
    except wrong as error:
        words = " ".join(str(error).split())[:200]
        raise UnavailableError(
            f"{file}: transformers takes no such model as its header describes ({words or type(error).__name__}); "
            "take a whole copy of it, or use the model's transformers folder as hf:FOLDER"
        ) from error


def _check_sizes(file: Path, named: str, of_model: Mapping[str, Any], tensors: Mapping[str, Any]) -> None:
    """Compare the sizes in the header with each other and with the tensors, before a model is built of them.

    Raises:
        UnavailableError: They do not fit.
    """

    def size(key: str, default: int | None = None) -> int:
        value = of_model.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise damaged(key, "which is no number from 1 on" if key in of_model else "")
        return value

    def damaged(key: str, why: str) -> UnavailableError:
        says = f"says {named}.{key} {of_model.get(key)!r}, {why}" if why else f"does not say {named}.{key}"
        return UnavailableError(f"{file}: its header {says}; take a whole copy of it")

    layers, width, heads = size("block_count"), size("embedding_length"), size("attention.head_count")
    shared = size("attention.head_count_kv", heads)
    if layers > len(tensors):
        raise damaged("block_count", f"but the file holds {len(tensors):,} tensors in all")
    rows = int(tensors["token_embd.weight"].shape[0])
    if width != rows:
        raise damaged("embedding_length", f"but token_embd.weight is {rows:,} wide")
    if "attention.key_length" in of_model:
        size("attention.key_length")
    elif width % heads:
        raise damaged("attention.head_count", f"which does not divide {named}.embedding_length {width:,}")
    if heads % shared:
        raise damaged("attention.head_count_kv", f"which does not divide {named}.attention.head_count {heads:,}")
    experts = tensors.get("blk.0.ffn_gate_exps.weight")
    if experts is not None and size("expert_count") != int(experts.shape[-1]):
        raise damaged("expert_count", f"but the file holds the weights of {int(experts.shape[-1]):,}")


def _settings(file: Path, named: str, of_model: Mapping[str, Any], tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of transformers' config, but for the tokens that end a reply."""
    mapping = library("transformers.integrations.ggml").GGUF_CONFIG_MAPPING[ARCHITECTURES[named]]
    settings = {name: of_model[key] for key, name in mapping.items() if name and key in of_model}
    settings |= _sizes(named, of_model, tensors)
    settings |= _of_family(named, of_model)
    settings["rope_parameters"] = _rotary(file, named, of_model, tensors, settings)
    settings.pop("rope_theta", None)
    if not settings["rope_parameters"]:
        del settings["rope_parameters"]
    return settings


def _sizes(named: str, of_model: Mapping[str, Any], tensors: Mapping[str, Any]) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "vocab_size": int(tensors["token_embd.weight"].shape[1]),
        "tie_word_embeddings": "output.weight" not in tensors,
    }
    if "attention.key_length" in of_model:
        settings["head_dim"] = of_model["attention.key_length"]
    if named in {"llama", "qwen3", "qwen3moe"}:
        settings["attention_bias"] = "blk.0.attn_q.bias" in tensors
    if named == "llama":
        settings["mlp_bias"] = "blk.0.ffn_up.bias" in tensors
    if named == "gpt2":
        settings["n_positions"] = of_model.get("context_length")
        settings["n_inner"] = of_model.get("feed_forward_length")
    if named == "stablelm":
        settings["use_qkv_bias"] = "blk.0.attn_q.bias" in tensors
        settings["use_parallel_residual"] = "blk.0.ffn_norm.weight" not in tensors
        settings["qk_layernorm"] = "blk.0.attn_q_norm.weight" in tensors
    if named in {"qwen2moe", "qwen3moe"}:
        settings["moe_intermediate_size"] = of_model.get("expert_feed_forward_length")
        settings["shared_expert_intermediate_size"] = of_model.get("expert_shared_feed_forward_length")
        settings["norm_topk_prob"] = named == "qwen3moe"  # as llama.cpp has it
    return {name: value for name, value in settings.items() if value is not None}


def _of_family(named: str, of_model: Mapping[str, Any]) -> dict[str, Any]:
    """Gemma's own settings. No file says how attention is scaled: the largest of each kind has another scale."""
    if named not in {"gemma2", "gemma3"}:
        return {}
    largest = of_model["block_count"] == (46 if named == "gemma2" else 62)
    head = of_model.get("attention.key_length", 256)
    scale = of_model["embedding_length"] // of_model["attention.head_count"] if largest else head
    found = {"query_pre_attn_scalar": scale}
    for name in ("attn_logit_softcapping", "final_logit_softcapping"):
        if name in of_model:
            found[name] = of_model[name]
    return found


def _rotary(
    file: Path, named: str, of_model: Mapping[str, Any], tensors: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """How positions turn keys and queries; empty where the model has no such thing."""
    if named == "gpt2":
        return {}
    base: dict[str, Any] = {"rope_type": "default", "rope_theta": float(of_model.get("rope.freq_base", 10_000.0))}
    head = settings.get("head_dim") or of_model["embedding_length"] // of_model["attention.head_count"]
    if named in _TURNS_IN_PART:
        base["partial_rotary_factor"] = of_model.get("rope.dimension_count", head) / head
    if "rope_freqs.weight" in tensors:
        return base | _llama3(file, tensors["rope_freqs.weight"].data.reshape(-1).tolist(), base["rope_theta"])
    if "rope_factors_long.weight" in tensors or "rope_factors_short.weight" in tensors:
        return base | _longrope(of_model, tensors)
    kind, factor = of_model.get("rope.scaling.type", "none"), of_model.get("rope.scaling.factor", 1.0)
    scaled: dict[str, Any] = {}
    if kind == "linear" and factor != 1:
        scaled = {"rope_type": "linear", "factor": float(factor)}
    elif kind == "yarn":
        original = of_model.get("rope.scaling.original_context_length", of_model.get("context_length"))
        scaled = {"rope_type": "yarn", "factor": float(factor), "original_max_position_embeddings": original}
    elif kind not in {"none", "linear"}:
        raise UnavailableError(
            f"{file}: its rotary scaling {kind!r} is not one that Hone reads back from a GGUF file; use the model's "
            "transformers folder as hf:FOLDER"
        )
    if named == "gemma3":
        local = {"rope_type": "default", "rope_theta": float(of_model.get("rope.freq_base_swa", 10_000.0))}
        return {"full_attention": base | scaled, "sliding_attention": local}
    return base | scaled


def _longrope(of_model: Mapping[str, Any], tensors: Mapping[str, Any]) -> dict[str, Any]:
    context, original = of_model["context_length"], of_model.get("rope.scaling.original_context_length")
    return {
        "rope_type": "longrope",
        "short_factor": tensors["rope_factors_short.weight"].data.reshape(-1).tolist(),
        "long_factor": tensors["rope_factors_long.weight"].data.reshape(-1).tolist(),
        "original_max_position_embeddings": original or context,
    }


def _llama3(file: Path, factors: Sequence[float], theta: float) -> dict[str, Any]:
    """Llama 3's scaling, out of what it comes to for each frequency: its settings are not in the file."""
    factor = max(factors)
    for original in _ORIGINALS:
        if all(
            math.isclose(one, other, rel_tol=1e-3)
            for one, other in zip(factors, _llama3_factors(len(factors), theta, factor, original), strict=True)
        ):
            return {
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": original,
            }
    raise UnavailableError(
        f"{file}: its rotary factors are not Llama 3's, and transformers has no other such kind; use the model's "
        "transformers folder as hf:FOLDER"
    )


def _llama3_factors(count: int, theta: float, factor: float, original: int) -> list[float]:
    found = []
    for place in range(count):
        turns = original / (2 * math.pi * theta ** (place / count))
        share = min(1.0, max(0.0, (turns - 1.0) / 3.0))
        found.append(1 / ((1 - share) / factor + share))
    return found
