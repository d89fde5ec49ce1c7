"""Small random models of real architectures, as folders, with tokenizers that their converters know.

No hub can be asked in a test. SmolLM2's tokenizer (byte-level BPE, which the converter knows by its hash) stands in
for those of Llama, Qwen and Mistral; Gemma's needs SentencePiece, and gets one trained on the corpus.
"""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

from hone.export import corpus
from hone.extras import library
from hone.weights.opening import weights

SIZES = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 1024, "bos_token_id": 1, "eos_token_id": 2,
    "pad_token_id": 0,
}  # fmt: skip
OWN: dict[str, dict[str, Any]] = {
    "Llama": {
        "rope_parameters": {
            "rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0,
            "high_freq_factor": 4.0, "original_max_position_embeddings": 256,
        },
        "tie_word_embeddings": True,
    },
    "Qwen3": {"rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}, "tie_word_embeddings": True},
    "Mistral": {
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}, "sliding_window": None,
        "tie_word_embeddings": False,
    },
    "Qwen3Moe": {
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}, "tie_word_embeddings": False,
        "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "norm_topk_prob": True,
    },
    "Phi3": {
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 1.0},
        "tie_word_embeddings": False,
    },
    "GPT2": {
        "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 1024, "n_ctx": 1024, "tie_word_embeddings": True,
    },
    "Starcoder2": {"rope_parameters": {"rope_type": "default", "rope_theta": 1e6}, "tie_word_embeddings": True},
    "StableLm": {
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.25},
        "tie_word_embeddings": False,
    },
    "Gemma2": {"sliding_window": 64, "query_pre_attn_scalar": 16, "tie_word_embeddings": True},
    "Gemma3": {"sliding_window": 64, "query_pre_attn_scalar": 16, "tie_word_embeddings": True},
}  # fmt: skip
_CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
GEMMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\n' + "
    "message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)


def tiny_model(architecture: str, folder: Path, *, seed: int = 0, **changes: Any) -> Path:
    """A random model of an architecture in a folder, weights in bfloat16 where its makers have them so."""
    torch, transformers = library("torch"), library("transformers")
    folder.mkdir(parents=True, exist_ok=True)
    if architecture in {"Gemma2", "Gemma3", "Phi3"}:
        vocabulary = _sentencepiece(folder)
        kind = getattr(transformers, {"Gemma3": "Gemma3Text"}.get(architecture, architecture) + "Config")
    else:
        vocabulary = _smollm2_tokenizer(folder)
        kind = getattr(transformers, f"{architecture}Config")
    config = kind(**(SIZES | OWN[architecture] | {"vocab_size": vocabulary} | changes))
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    for name, weight in model.named_parameters():
        if weight.dim() > 1:  # wide enough that replies differ from prompt to prompt, and few tokens tie
            torch.nn.init.normal_(weight, std=0.12 if "embed" in name else 0.2)
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


def tiny_adapter(base: Path, folder: Path, *, seed: int = 1, **changes: Any) -> Path:
    """A LoRA adapter with random weights, large enough to change every reply."""
    torch, transformers, peft = library("torch"), library("transformers"), library("peft")
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    settings = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM"} | changes
    torch.manual_seed(seed)
    adapted = peft.get_peft_model(model, peft.LoraConfig(**settings))
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.2)
    adapted.save_pretrained(folder)
    return folder


def _smollm2_tokenizer(folder: Path) -> int:
    source = weights("smollm2")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(source / name, folder / name)
    (folder / "chat_template.jinja").write_text(_CHATML)
    return 49152


def _sentencepiece(folder: Path) -> int:
    trained, size = BytesIO(), 512
    sentencepiece = library("sentencepiece")
    special = ["<start_of_turn>", "<end_of_turn>"]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*corpus.prompts(), *corpus.prose().split("\n")]), model_writer=trained,
        vocab_size=size, hard_vocab_limit=False, model_type="bpe", byte_fallback=True, split_digits=True,
        pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>",
        unk_piece="<unk>", normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True, control_symbols=special, character_coverage=0.98, minloglevel=2,
    )  # fmt: skip
    (folder / "tokenizer.model").write_bytes(trained.getvalue())
    tokenizer = library("transformers").GemmaTokenizer.from_pretrained(folder)
    tokenizer.chat_template = GEMMA
    tokenizer.backend_tokenizer.post_processor = library("tokenizers").processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", tokenizer.bos_token_id)]
    )
    tokenizer.save_pretrained(folder)
    (folder / "tokenizer.model").write_bytes(trained.getvalue())
    return len(tokenizer)


def change(path: Path, **values: Any) -> None:
    """Change keys of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
