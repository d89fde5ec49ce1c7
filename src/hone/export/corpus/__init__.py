r"""The texts that parity is tested on, written for that: one a line, with ``\n`` for a line break.

``texts.txt`` is for tokenisation, ``prompts.txt`` for replies, ``prose.txt`` for perplexity.
"""

from __future__ import annotations

import re
from importlib import resources

_ESCAPE = re.compile(r"\\(.)")
_MEANING = {"n": "\n", "r": "\r"}


def texts() -> list[str]:
    """Numbers, code, emoji, many scripts, special tokens as text, odd spaces."""
    return [_ESCAPE.sub(lambda match: _MEANING.get(match[1], match[1]), line) for line in _read("texts").split("\n")]


def prompts() -> list[str]:
    """Fifty plain requests."""
    return _read("prompts").split("\n")


def prose() -> str:
    """A page of plain English."""
    return _read("prose")


def _read(name: str) -> str:
    text = resources.files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return text.removesuffix("\n")
