"""How the text of each byte-level tokenizer is cut apart before its pairs are merged, by its name in GGUF files.

A GGUF file names its pre-tokenizer (``tokenizer.ggml.pre``) and does not hold it: the patterns are facts of each
model's tokenizer, which llama.cpp has in `src/llama-vocab.cpp`. Where llama.cpp's engine for patterns must do with
less than the model's makers wrote (`tekken`, `gpt-4o`), the makers' pattern stands here. A name that is not here is
refused: a model that reads its text cut otherwise than it learnt it still answers, only worse.
"""

from __future__ import annotations

from dataclasses import dataclass

_CUT_OFF = r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
"""What English cuts off behind an apostrophe."""
_GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_WORDS = _CUT_OFF + r"|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _SPACES
"""Words, with numbers as the model has them, signs, white space."""
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_CASED = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+%s|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*%s|%s"
    rf"| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_SPACES}"
)
"""The same, and words are cut where small letters end and capitals begin."""
_DEEPSEEK = (
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
    + _SPACES,
)


@dataclass(frozen=True, slots=True)
class PreTokenizer:
    """How a text is cut apart."""

    patterns: tuple[str, ...]
    """Each cuts what the ones before it left, at every match and between matches."""
    whole_words: bool = False
    """A piece that is a token is taken as it is, whatever its pairs would merge to."""
    starts: bool = False
    """Whether a text begins with the start token, where the file does not say."""
    composed: bool = False
    """Whether the makers write letters and their accents as one sign first (Unicode's form C)."""


_SINGLE = PreTokenizer((_WORDS % r"\p{N}",), composed=True)
_TRIPLE = PreTokenizer((_WORDS % r"\p{N}{1,3}",))
_DIGITS_FIRST = PreTokenizer((r"\p{N}", _GPT2))
_PLAIN = PreTokenizer((_GPT2,))
_LLAMA3 = PreTokenizer(_TRIPLE.patterns, whole_words=True, starts=True)

PRE_TOKENIZERS = {
    **dict.fromkeys(("llama3", "llama-v3", "llama-bpe", "falcon3", "pixtral", "lfm2"), _LLAMA3),
    **dict.fromkeys(("dbrx", "smaug-bpe", "glm4", "chatglm-bpe"), _TRIPLE),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "megrez"), _SINGLE),
    **dict.fromkeys(("stablelm2", "hunyuan"), PreTokenizer(_SINGLE.patterns)),
    **dict.fromkeys(("gpt-2", "phi-2", "mpt", "olmo", "jais", "exaone4", "gigachat", "trillion"), _PLAIN),
    **dict.fromkeys(
        ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"), _DIGITS_FIRST
    ),
    "deepseek-v3": PreTokenizer(_DEEPSEEK),
    "hunyuan-dense": PreTokenizer(_DEEPSEEK),
    "deepseek-coder": PreTokenizer((r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", r"\p{N}")),
    "falcon": PreTokenizer((r"[\p{P}\$\+<=>\^~\|`]+", _GPT2, "[0-9][0-9][0-9]")),
    "tekken": PreTokenizer((_CASED % ("", "", r"\p{N}"),), whole_words=True, starts=True),
    **dict.fromkeys(
        ("gpt-4o", "llama4", "minimax-m2"),
        PreTokenizer((_CASED % (_CUT_OFF + "?", _CUT_OFF + "?", r"\p{N}{1,3}"),)),
    ),
    **dict.fromkeys(("bloom", "poro-chat", "gpt3-finnish"), PreTokenizer((r" ?[^(\s|.,!?…。，、।۔،)]+",))),
}
"""By the name that stands in the file."""
