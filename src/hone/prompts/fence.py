"""Puts untrusted text into a prompt so that instructions inside it stay text."""

from __future__ import annotations

import hashlib
import re

_CONTROL = re.compile(
    r"<(?=[|｜])|(?<=\|)>|<(?=/?s>|/?(?:start|end)_of_turn>|/?bos>|/?eos>|</?SYS>>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\])"
)
"""Where a chat template's own markers begin: an engine may read them as the end of the turn."""


def fence(name: str, text: str) -> str:
    """The text between two marks that it cannot contain.

    The mark carries a hash of the text, so the text cannot close it; chat-template markers inside the text are broken
    by a zero-width space, so the engine cannot take them for the end of the turn.

    Args:
        name: What the text is, such as ``reply``.
        text: The untrusted text.

    Returns:
        ``<reply-1a2b3c>``, the text and ``</reply-1a2b3c>``, on lines of their own.
    """
    if "<" in text or "|>" in text or "[" in text:  # few texts have one, and the search reads every character
        text = _CONTROL.sub(lambda match: match[0] + "\u200b", text)
    salt = 0
    while True:
        mark = hashlib.sha256(f"{salt}{text}".encode("utf-8", "surrogatepass")).hexdigest()[:6]
        if mark not in text:
            return f"<{name}-{mark}>\n{text}\n</{name}-{mark}>"
        salt += 1
