"""The one way to open a tokenizer, and to know which of its tokens end a reply and how many there may be.

Training, decoding and export must agree on both: a model that learnt another end than it is stopped by never stops.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hone.domain.conversation import Message
from hone.errors import HoneError, UnavailableError
from hone.extras import library
from hone.weights.chat_text import chat_text
from hone.weights.quiet import quiet
from hone.weights.template import check_template

_MARKS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "</s>")
"""Tokens that end a turn wherever a vocabulary has them, as llama.cpp takes them, too."""
_WRITTEN: dict[tuple[str, frozenset[tuple[str, int]]], int | None] = {}
"""The token that a chat template was found to write behind a reply, by template and control tokens."""


def open_tokenizer(folder: Path, kind: type[HoneError] = UnavailableError) -> Any:
    """The tokenizer of a transformers folder, its chat template tried under limits.

    Raises:
        HoneError: Of the given kind: it cannot be opened, or its chat template does harm.
    """
    try:
        with quiet(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tokenizer = library("transformers").AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        words = " ".join(str(error).split())[:300]
        raise kind(f"{folder}: its tokenizer cannot be opened ({words})") from error
    check_template(tokenizer.chat_template, folder)
    return tokenizer


def context_of(config: Any) -> int:
    """Tokens of prompt and answer together that a model takes at the most; 2**31 where its config names no limit."""
    return getattr(config, "max_position_embeddings", None) or 2**31


def end_tokens(tokenizer: Any, model: Any = None) -> tuple[int, ...]:
    """Every token that ends a reply.

    Args:
        tokenizer: Its end token counts, the token that its chat template writes behind a reply, and the marks that
            end a turn in every vocabulary that has them.
        model: Where it is at hand, the end tokens of its generation config count as well.
    """
    config = getattr(model, "generation_config", None)
    named = getattr(config, "eos_token_id", None)
    found = [named] if isinstance(named, int) else list(named or ())
    vocabulary = tokenizer.get_added_vocab()
    found += [tokenizer.eos_token_id, _behind_reply(tokenizer), *(vocabulary.get(mark) for mark in _MARKS)]
    return _each_once(found)


def _each_once(tokens: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(token) for token in tokens if token is not None))


def _behind_reply(tokenizer: Any) -> int | None:
    """The control token that the chat template writes directly behind a reply, or none."""
    template = str(tokenizer.chat_template or "")
    if not template:
        return None
    # One template, such as ChatML, goes with many vocabularies, each with its own numbers.
    key = template, frozenset(tokenizer.get_added_vocab().items())
    if key not in _WRITTEN:
        _WRITTEN[key] = _tried(tokenizer)
    return _WRITTEN[key]


def _tried(tokenizer: Any) -> int | None:
    reply = "Yes"
    try:
        text = chat_text(tokenizer, (Message("user", "Hello"), Message("assistant", reply)), reply=False)
    except UnavailableError:
        return None
    behind = tokenizer(text.rpartition(reply)[2], add_special_tokens=False)["input_ids"]
    special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
    return int(behind[0]) if behind and behind[0] in special else None
