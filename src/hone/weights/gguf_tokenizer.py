"""The tokenizer in a GGUF file, as transformers opens it.

transformers reads it by the model's architecture, and loses what the file says: how text is cut apart, which tokens
are special, and which one ends a reply. Here it is put together from what the file says, in one of two kinds: pairs
of bytes (``gpt2``), and pieces with scores (``llama``, which is SentencePiece's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import UnavailableError
from hone.extras import library
from hone.weights.pretokenizers import PRE_TOKENIZERS, PreTokenizer

_NORMAL, _CONTROL, _OWN = 1, 3, 4
"""GGUF's numbers of a token's type: of text, of control, added by the model's makers."""
_SPACE = "▁"
_ENDS = (
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<end_of_turn>", "<|endoftext|>", "</s>",
    "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>",
    "<｜end▁of▁sentence｜>",
)  # fmt: skip
"""Tokens that llama.cpp ends a reply at, and never cuts apart, wherever a vocabulary has them: also where the file
says that they are plain text, as Qwen's says of ``</s>``."""
_PADS = ("<|endoftext|>", "<|finetune_right_pad_id|>", "<pad>", "<|pad|>", "[PAD]", "<unk>")


@dataclass(frozen=True, slots=True)
class GgufVocabulary:
    """What a GGUF file says of its tokens."""

    file: Path
    values: Mapping[str, Any]
    """Every key of the file."""
    tokens: tuple[str, ...]
    types: tuple[int, ...]

    @classmethod
    def read(cls, file: Path, values: Mapping[str, Any]) -> GgufVocabulary:
        """The vocabulary of a file.

        Raises:
            UnavailableError: It has none, or one that names a token twice.
        """
        tokens = tuple(str(token) for token in values.get("tokenizer.ggml.tokens") or ())
        types = tuple(int(one) for one in values.get("tokenizer.ggml.token_type") or (_NORMAL,) * len(tokens))
        if not tokens or len(set(tokens)) != len(tokens) or len(types) != len(tokens):
            raise UnavailableError(f"{file}: the file's vocabulary is missing or damaged; take a whole copy of it")
        return cls(file, values, tokens, types)

    @property
    def kind(self) -> str:
        """The kind of tokenizer: ``gpt2``, ``llama`` or another."""
        return str(self.values.get("tokenizer.ggml.model", ""))

    @property
    def pre(self) -> str:
        """The name of the pre-tokenizer; empty where the file does not say."""
        return str(self.values.get("tokenizer.ggml.pre", ""))

    def named(self, what: str) -> int | None:
        """The number of the token for a purpose, such as ``eos``; none where the file has none."""
        number = self.values.get(f"tokenizer.ggml.{what}_token_id")
        return int(number) if number is not None and 0 <= int(number) < len(self.tokens) else None

    @property
    def ends(self) -> tuple[int, ...]:
        """Every token that ends a reply; the one that the file names comes first."""
        named = [self.named(what) for what in ("eos", "eot", "eom")]
        places = {token: number for number, token in enumerate(self.tokens)}
        found = [*named, *(places.get(mark) for mark in _ENDS)]
        return tuple(dict.fromkeys(number for number in found if number is not None))

    @property
    def pad(self) -> int | None:
        """The token that pads: any but one that ends, which training would otherwise leave out of the loss."""
        places = {token: number for number, token in enumerate(self.tokens)}
        found = [
            self.named("padding"),
            self.named("unknown"),
            *(places.get(mark) for mark in _PADS),
            self.named("bos"),
        ]
        end = self.named("eos")
        return next((number for number in found if number is not None and number != end), end)


def gguf_tokenizer(vocabulary: GgufVocabulary, template: str | None, longest: int) -> Any:
    """A tokenizer from transformers.

    Args:
        vocabulary: What the file says.
        template: The chat template.
        longest: The most tokens of a text.

    Raises:
        UnavailableError: The kind of tokenizer or its pre-tokenizer is not known.
    """
    backend = _byte_pairs(vocabulary) if vocabulary.kind == "gpt2" else _pieces(vocabulary)
    _add_special(backend, vocabulary)
    _add_edges(backend, vocabulary)
    names = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown"}
    special = {
        name: vocabulary.tokens[number]
        for name, what in names.items()
        if (number := vocabulary.named(what)) is not None
    }
    if vocabulary.pad is not None:
        special["pad_token"] = vocabulary.tokens[vocabulary.pad]
    tokenizer = library("transformers").PreTrainedTokenizerFast(
        tokenizer_object=backend, clean_up_tokenization_spaces=False, model_max_length=longest, **special
    )
    tokenizer.chat_template = template
    return tokenizer


def known_tokenizer(vocabulary: GgufVocabulary) -> PreTokenizer | None:
    """How the text is cut apart; none for a tokenizer that does not cut it.

    Raises:
        UnavailableError: The kind of tokenizer, or its pre-tokenizer, is not known.
    """
    if vocabulary.kind == "llama":
        return None
    if vocabulary.kind != "gpt2":
        raise UnavailableError(
            f"{vocabulary.file}: its tokenizer is of the kind {vocabulary.kind!r}, which Hone does not read back "
            "from a GGUF file; use the model's transformers folder as hf:FOLDER"
        )
    if vocabulary.pre not in PRE_TOKENIZERS:
        says = f"its pre-tokenizer {vocabulary.pre!r} is not one" if vocabulary.pre else "it names no pre-tokenizer"
        raise UnavailableError(
            f"{vocabulary.file}: {says} that Hone knows, so its text could be cut apart wrongly; use the model's "
            "transformers folder as hf:FOLDER"
        )
    return PRE_TOKENIZERS[vocabulary.pre]


def _byte_pairs(vocabulary: GgufVocabulary) -> Any:
    tokenizers, cut = library("tokenizers"), known_tokenizer(vocabulary)
    if cut is None:
        raise AssertionError("asked for tokenizers that cut their text only")
    words = {token: number for number, token in enumerate(vocabulary.tokens)}
    merges = [_pair(line) for line in vocabulary.values.get("tokenizer.ggml.merges") or ()]
    known = [pair for pair in merges if pair[0] in words and pair[1] in words and pair[0] + pair[1] in words]
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE(words, known, ignore_merges=cut.whole_words, fuse_unk=False, byte_fallback=False)
    )
    parts = tokenizers.pre_tokenizers
    splits = [parts.Split(tokenizers.Regex(pattern), behavior="isolated") for pattern in cut.patterns]
    backend.pre_tokenizer = parts.Sequence([*splits, parts.ByteLevel(add_prefix_space=False, use_regex=False)])
    backend.decoder = tokenizers.decoders.ByteLevel()
    if cut.composed:
        backend.normalizer = tokenizers.normalizers.NFC()
    return backend


def _pair(line: str) -> tuple[str, str]:
    """The two halves of a merge; the first may begin with the space that parts them."""
    place = line.find(" ", 1)
    return line[:place], line[place + 1 :]


def _pieces(vocabulary: GgufVocabulary) -> Any:
    """SentencePiece's pairs: of all pairs that make a piece, the piece with the highest score comes first."""
    known_tokenizer(vocabulary)
    tokenizers = library("tokenizers")
    words = {token: number for number, token in enumerate(vocabulary.tokens)}
    scores = [float(score) for score in vocabulary.values.get("tokenizer.ggml.scores") or ()]
    if len(scores) != len(words):
        raise UnavailableError(f"{vocabulary.file}: its tokens have no scores; take a whole copy of it")
    unknown = vocabulary.named("unknown")
    backend = tokenizers.Tokenizer(
        tokenizers.models.BPE(
            words,
            _merges(vocabulary, words, scores),
            unk_token=None if unknown is None else vocabulary.tokens[unknown],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    prefix = bool(vocabulary.values.get("tokenizer.ggml.add_space_prefix", True))
    normal, decoders = tokenizers.normalizers, tokenizers.decoders
    backend.normalizer = normal.Sequence([*([normal.Prepend(_SPACE)] if prefix else []), normal.Replace(" ", _SPACE)])
    stripped = [decoders.Strip(content=" ", left=1)] if prefix else []
    backend.decoder = decoders.Sequence(
        [decoders.Replace(_SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), *stripped]
    )
    return backend


def _merges(vocabulary: GgufVocabulary, words: Mapping[str, int], scores: Sequence[float]) -> list[tuple[str, str]]:
    usable = {token for token, number in words.items() if vocabulary.types[number] in {_NORMAL, _OWN}}
    found: list[tuple[float, int, int, str, str]] = []
    for token in usable:
        for place in range(1, len(token)):
            left, right = token[:place], token[place:]
            if left in usable and right in usable:
                found.append((-scores[words[token]], words[left], words[right], left, right))
    found.sort(key=lambda one: one[:3])
    return [(left, right) for *_, left, right in found]


def _add_special(backend: Any, vocabulary: GgufVocabulary) -> None:
    added = library("tokenizers").AddedToken
    name = str(vocabulary.values.get("general.name", "")).lower()
    # llama.cpp does the same: Phi-3's control tokens take the white space behind them.
    phi = "phi-3" in name or "phi3" in name
    control, own = [], []
    for token, kind in zip(vocabulary.tokens, vocabulary.types, strict=True):
        if kind == _CONTROL:
            rstrip = phi and token not in {"<unk>", "<s>", "<|endoftext|>"}
            control.append(added(token, normalized=False, special=True, rstrip=rstrip))
        elif kind == _OWN or token in _ENDS:
            own.append(added(token, normalized=False, special=False))
    backend.add_special_tokens(control)
    backend.add_tokens(own)


def _add_edges(backend: Any, vocabulary: GgufVocabulary) -> None:
    """The start token before a text, and the end token behind it, where the file wants them."""
    cut = known_tokenizer(vocabulary)
    starts = bool(vocabulary.values.get("tokenizer.ggml.add_bos_token", cut.starts if cut else True))
    ends = bool(vocabulary.values.get("tokenizer.ggml.add_eos_token", False))
    first, last = vocabulary.named("bos") if starts else None, vocabulary.named("eos") if ends else None
    edges = [(vocabulary.tokens[number], number) for number in (first, last) if number is not None]
    if not edges:
        return
    before = [] if first is None else [vocabulary.tokens[first]]
    behind = [] if last is None else [vocabulary.tokens[last]]
    second = [f"{token}:1" for token in before], [f"{token}:1" for token in behind]
    backend.post_processor = library("tokenizers").processors.TemplateProcessing(
        single=[*before, "$A", *behind],
        pair=[*before, "$A", *behind, *second[0], "$B:1", *second[1]],
        special_tokens=list(dict.fromkeys(edges)),
    )
