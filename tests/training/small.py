"""A base small enough for any test: a Llama of two layers, random weights, one token a character, a chat template."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import Any

from hone.examples.tokens import Encoded, Turn, encode_all
from hone.extras import library
from hone.weights.quiet import quiet

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_LETTERS = string.ascii_letters + string.digits + " .,:#+-=*?'<>|_\n"


def small_tokenizer(template: str | None = TEMPLATE) -> Any:
    """The tokenizer."""
    tokenizers, transformers = library("tokenizers"), library("transformers")
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    known = {text: place for place, text in enumerate([*special, "�", *_LETTERS])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, unk_token="�"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Split(tokenizers.Regex(r"[\s\S]"), "isolated")
    made.decoder = tokenizers.decoders.Fuse()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>",
        additional_special_tokens=special,
    )  # fmt: skip
    tokenizer.chat_template = template
    return tokenizer


def small_model(seed: int = 3) -> Any:
    """The model, in 32 bits."""
    torch, transformers = library("torch"), library("transformers")
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=len(_LETTERS) + 4, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    return transformers.LlamaForCausalLM(config)


def small_base(folder: Path, *, template: str | None = TEMPLATE) -> Path:
    """The model and its tokenizer as a transformers folder."""
    with quiet():
        small_model().save_pretrained(folder)
        small_tokenizer(template).save_pretrained(folder)
    return folder


def chats(count: int) -> list[list[Turn]]:
    """Short conversations of different lengths."""
    return [
        [{"role": "user", "content": f"Say {'word ' * (place % 5)}{place}"},
         {"role": "assistant", "content": f"{place} it is{'.' * (place % 4)}"}]
        for place in range(count)
    ]  # fmt: skip


def chats_file(folder: Path) -> Path:
    """Sixty of them as JSON Lines."""
    file = folder / "chats.jsonl"
    file.write_text("".join(json.dumps({"messages": turns}) + "\n" for turns in chats(60)))
    return file


def encoded(count: int) -> list[Encoded]:
    """The same as tokens."""
    return encode_all(small_tokenizer(), chats(count), longest=128).examples
