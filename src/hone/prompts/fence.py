"""Puts untrusted text into a prompt so that instructions inside it stay text."""

from __future__ import annotations

import hashlib
import re

_NAMES = (
    "s|bos|eos|pad|unk|mask|cls|sep|eot|eod|eop|sop|think|thinking|thought|tools?|tool_calls?|tool_responses?|"
    "function_calls?|assistant|system|user|human|bot|model|SYS|unused\\d+|reserved\\w*|0x[0-9A-Fa-f]{2}"
)
_CONTROL = re.compile(
    # <|im_end|>, <|turn>, <turn|>, the wide bars of DeepSeek; <start_of_turn>, <fim_prefix>: a bar or an underscore.
    r"<(?=[/<]{0,2}[|｜]|[/\w▁:. -]{1,60}[|｜]>|/?[A-Za-z][A-Za-z0-9]{0,30}(?:_[A-Za-z0-9]{1,30}){1,6}>"
    rf"|/?(?:{_NAMES})>|<(?:SYS|/SYS)>)"
    # [INST], [/INST], [THINK], [gMASK], [AVAILABLE_TOOLS]
    r"|\[(?=/?(?:[A-Z][A-Z_]{2,40}|[gs]MASK|[gs]op)\])"
    r"|\[(?=e~\[)|\](?=~[a-z]{1,20}\])"
    r"|◁(?=/?\w{1,20}▷)",
)
"""Where a mark begins that an engine may read as one of its own tokens, such as the end of the turn."""
_BREAK = "\u200b"


def break_marks(text: str) -> str:
    """The text with every token-like mark broken behind its first character, by a space of no width.

    An engine that turns a conversation into tokens would take such a mark for its own, whoever wrote it: a request
    that holds ``<|im_end|>`` would end the user's turn. Text without such marks comes back as it is.
    """
    if (
        "<" in text or "[" in text or "]~" in text or "◁" in text
    ):  # few texts have one, and the search reads every character
        return _CONTROL.sub(lambda match: match[0] + _BREAK, text)
    return text


def fence(name: str, text: str) -> str:
    """The text between two marks that it cannot contain.

    The mark carries a hash of the text, so the text cannot close it; chat-template markers inside the text are broken
    (see `break_marks`), so the engine cannot take them for the end of the turn.

    Args:
        name: What the text is, such as ``reply``.
        text: The untrusted text.

    Returns:
        ``<reply-1a2b3c>``, the text and ``</reply-1a2b3c>``, on lines of their own.
    """
    text = break_marks(text)
    salt = 0
    while True:
        mark = hashlib.sha256(f"{salt}{text}".encode("utf-8", "surrogatepass")).hexdigest()[:6]
        if mark not in text:
            return f"<{name}-{mark}>\n{text}\n</{name}-{mark}>"
        salt += 1
