"""A language model with random weights and a tokenizer of single characters: small enough to run in any test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hone.extras import library

TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}{% if add_generation_prompt %}a: {% endif %}"  # noqa: E501
LETTERS = "\x00\x01 abcdefghijklmnopqrstuvwxyz0123456789.,#\n:"


class Letters:
    """One token a character; the first is the end, the second the padding."""

    eos_token_id, pad_token_id = 0, 1
    chat_template = "plain"
    name_or_path = "letters"
    all_special_ids = (0, 1)

    def get_added_vocab(self) -> dict[str, int]:
        return {"<end>": 0, "<pad>": 1}

    def __call__(self, text: str, add_special_tokens: bool = False) -> dict[str, list[int]]:
        assert not add_special_tokens
        return {"input_ids": [max(LETTERS.find(letter), 2) for letter in text.lower()]}

    def decode(self, tokens: Sequence[int], skip_special_tokens: bool = True) -> str:
        return "".join(LETTERS[token] for token in tokens if token > 1 or not skip_special_tokens)

    def apply_chat_template(self, turns: list[dict[str, str]], tokenize: bool, add_generation_prompt: bool) -> str:
        assert not tokenize
        text = "".join(f"{turn['role']}: {turn['content']}\n" for turn in turns)
        return text + ("assistant: " if add_generation_prompt else "")


def tiny(**changes: Any) -> Any:
    """A Llama of two layers whose weights are wide enough that its answers differ."""
    torch, transformers = library("torch"), library("transformers")
    settings = {
        "vocab_size": len(LETTERS), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512, "initializer_range": 0.5,
        "tie_word_embeddings": False, "eos_token_id": 0, "bos_token_id": None, "pad_token_id": 1,
    }  # fmt: skip
    torch.set_num_threads(1)  # products as small as these are slower on several threads
    torch.manual_seed(7)
    kind = changes.pop("model_type", "llama")
    config = transformers.AutoConfig.for_model(kind, **(settings | changes))
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.generation_config.eos_token_id = 0
    return model.eval()


def saved_tiny(path: Path, **changes: Any) -> Path:
    """The same with a tokenizer of bytes, saved as transformers saves them."""
    tokenizers, transformers = library("tokenizers"), library("transformers")
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {word: place for place, word in enumerate(["<end>", "<pad>", *alphabet])}
    inner = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, []))
    inner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = tokenizers.decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<end>", pad_token="<pad>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(path)
    tiny(vocab_size=len(vocabulary), **changes).save_pretrained(path)
    return path
