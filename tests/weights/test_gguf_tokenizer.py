"""Tokenizers read back from GGUF files: how each cuts its text, which tokens are special, end and pad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hone.errors import UnavailableError
from hone.extras import library
from hone.weights.gguf_tokenizer import GgufVocabulary, gguf_tokenizer
from hone.weights.pretokenizers import PRE_TOKENIZERS

FILE = Path("model.gguf")
TEXT = "I'll pay 1234567.89 now!\n\n  don't\tÀ la carte  "


def bytes_vocabulary(pre: str, *more: str, **values: Any) -> GgufVocabulary:
    """One token a byte, and what else is named; `more` with a ``<`` first are control tokens."""
    alphabet = sorted(library("tokenizers").pre_tokenizers.ByteLevel.alphabet())
    tokens = (*alphabet, *more)
    types = tuple(3 if token.startswith("<|") else 1 for token in tokens)
    said = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": pre, "tokenizer.ggml.merges": []}
    named = {f"tokenizer.ggml.{name}": value for name, value in values.items()}
    return GgufVocabulary(FILE, said | named, tokens, types)


def pieces(pre: str, text: str) -> list[str]:
    backend = gguf_tokenizer(bytes_vocabulary(pre), None, 100).backend_tokenizer
    return [text[start:end] for _, (start, end) in backend.pre_tokenizer.pre_tokenize_str(text)]


@pytest.mark.parametrize(
    ("pre", "expected"),
    [
        ("qwen2", ["I", "'ll", " pay", " ", *"1234567", ".", *"89", " now", "!\n\n", " ", " don", "'t", "\tÀ"]),
        (
            "llama-bpe",
            ["I", "'ll", " pay", " ", "123", "456", "7", ".", "89", " now", "!\n\n", " ", " don", "'t", "\tÀ"],
        ),
        ("gpt-2", ["I", "'ll", " pay", " 1234567", ".", "89", " now", "!", "\n\n ", " don", "'t", "\t", "À"]),
        ("smollm", ["I", "'ll", " pay", " ", *"1234567", ".", *"89", " now", "!", "\n\n ", " don", "'t", "\t", "À"]),
        ("tekken", ["I", "'ll", " pay", " ", *"1234567", ".", *"89", " now", "!\n\n", " ", " don", "'t", "\tÀ"]),
        ("gpt-4o", ["I'll", " pay", " ", "123", "456", "7", ".", "89", " now", "!\n\n", " ", " don't", "\tÀ"]),
        (
            "deepseek-v3",
            ["I", "'ll", " pay", " ", "123", "456", "7", ".", "89", " now", "!\n\n", " ", " don", "'t", "\tÀ"],
        ),
    ],
)
def test_text_is_cut_as_the_models_makers_cut_it(pre: str, expected: list[str]) -> None:
    assert pieces(pre, TEXT)[: len(expected)] == expected


@pytest.mark.parametrize("pre", sorted(PRE_TOKENIZERS))
def test_every_pre_tokenizer_reads_and_loses_nothing(pre: str) -> None:
    assert "".join(pieces(pre, TEXT + "你好 ½ 🙂\r\n")) == TEXT + "你好 ½ 🙂\r\n"
    tokenizer = gguf_tokenizer(bytes_vocabulary(pre), None, 100)
    assert tokenizer.decode(tokenizer(TEXT)["input_ids"]) == TEXT


def test_merges_are_made_in_their_order_and_those_of_unknown_tokens_left_out() -> None:
    vocabulary = bytes_vocabulary("qwen2", "ab", "bc", merges=["b c", "a b", "x y"])
    assert gguf_tokenizer(vocabulary, None, 100).tokenize("abc") == ["a", "bc"]


def test_a_word_that_is_a_token_is_taken_whole_where_the_model_does_so() -> None:
    assert gguf_tokenizer(bytes_vocabulary("llama-bpe", "abc"), None, 100).tokenize("abc") == ["abc"]
    assert gguf_tokenizer(bytes_vocabulary("qwen2", "abc"), None, 100).tokenize("abc") == ["a", "b", "c"]


def test_control_tokens_and_those_that_the_engine_ends_at_are_never_cut_apart() -> None:
    tokenizer = gguf_tokenizer(bytes_vocabulary("qwen2", "<|im_end|>", "</s>", eos_token_id=256), None, 100)
    assert tokenizer("a</s><|im_end|>", add_special_tokens=False)["input_ids"][1:] == [257, 256]
    assert tokenizer.all_special_tokens == ["<|im_end|>"]


def test_the_end_is_the_files_and_the_padding_another_token() -> None:
    named = {"eos_token_id": 257, "bos_token_id": 256, "padding_token_id": 257}
    vocabulary = bytes_vocabulary("qwen2", "<|endoftext|>", "<|im_end|>", "<|eot_id|>", **named)
    tokenizer = gguf_tokenizer(vocabulary, "{{ messages }}", 77)
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", "<|endoftext|>")
    assert (tokenizer.chat_template, tokenizer.model_max_length) == ("{{ messages }}", 77)
    assert vocabulary.ends == (257, 258, 256)


@pytest.mark.parametrize(("says", "starts"), [({}, True), ({"add_bos_token": False}, False)])
def test_a_text_begins_with_the_start_token_where_the_file_or_its_kind_says_so(
    says: dict[str, Any], starts: bool
) -> None:
    vocabulary = bytes_vocabulary("llama-bpe", "<|begin|>", bos_token_id=256, **says)
    assert (gguf_tokenizer(vocabulary, None, 100)("a")["input_ids"][0] == 256) is starts
    other = bytes_vocabulary("qwen2", "<|begin|>", bos_token_id=256)
    assert gguf_tokenizer(other, None, 100)("a")["input_ids"][0] != 256


def scored(**values: Any) -> GgufVocabulary:
    """Pieces with scores, as SentencePiece has them."""
    pieces = {"<unk>": 0.0, "<s>": 0.0, "</s>": 0.0, **{f"<0x{byte:02X}>": 0.0 for byte in range(256)}}
    pieces |= {"▁": -9.0, "a": -10.0, "b": -11.0, "c": -12.0, "ab": -2.0, "bc": -1.0, "▁a": -3.0, "▁ab": -4.0}
    named = {"<unk>": 2, "<s>": 3, "</s>": 3}
    kinds = tuple(named.get(piece, 6 if piece[0] == "<" else 1) for piece in pieces)
    said = {
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.scores": list(pieces.values()),
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    return GgufVocabulary(
        FILE, said | {f"tokenizer.ggml.{name}": one for name, one in values.items()}, tuple(pieces), kinds
    )


def test_pieces_with_the_highest_score_are_made_first_and_unknown_signs_become_bytes() -> None:
    tokenizer = gguf_tokenizer(scored(), None, 100)
    assert tokenizer.tokenize("abc") == ["▁a", "bc"]
    assert tokenizer.tokenize("ab") == ["▁ab"]
    assert tokenizer.tokenize("aé") == ["▁a", "<0xC3>", "<0xA9>"]
    assert tokenizer("a")["input_ids"][0] == 1
    assert tokenizer.decode(tokenizer("ab aé abc", add_special_tokens=False)["input_ids"]) == "ab aé abc"
    without = gguf_tokenizer(scored(add_space_prefix=False), None, 100)
    assert without.tokenize("abc") == ["a", "bc"]


def test_phi_3_takes_the_white_space_behind_its_control_tokens() -> None:
    plain, phi = (gguf_tokenizer(scored(), None, 100), scored())
    said = GgufVocabulary(FILE, {**phi.values, "general.name": "Phi-3 mini"}, phi.tokens, phi.types)
    assert len(gguf_tokenizer(said, None, 100).tokenize("</s>  a")) < len(plain.tokenize("</s>  a"))


@pytest.mark.parametrize(
    ("vocabulary", "words"),
    [
        (bytes_vocabulary("fancy"), "model.gguf: its pre-tokenizer 'fancy' is not one that Hone knows"),
        (bytes_vocabulary(""), "model.gguf: it names no pre-tokenizer"),
        (GgufVocabulary(FILE, {"tokenizer.ggml.model": "t5"}, ("a",), (1,)), "its tokenizer is of the kind 't5'"),
        (GgufVocabulary(FILE, {"tokenizer.ggml.model": "llama"}, ("a",), (1,)), "its tokens have no scores"),
    ],
)
def test_a_tokenizer_that_is_not_known_is_refused_in_a_line(vocabulary: GgufVocabulary, words: str) -> None:
    with pytest.raises(UnavailableError, match=words):
        gguf_tokenizer(vocabulary, None, 100)


@pytest.mark.parametrize("tokens", [[], ["a", "a"]])
def test_a_vocabulary_that_is_damaged_is_refused(tokens: list[str]) -> None:
    with pytest.raises(UnavailableError, match="vocabulary is missing or damaged"):
        GgufVocabulary.read(FILE, {"tokenizer.ggml.tokens": tokens})
