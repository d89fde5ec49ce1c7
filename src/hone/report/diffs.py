"""What changed between two wordings, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from hone.report.page import Markup, element, escaped
from hone.report.terminal import clean

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def worded_diff(old: str, new: str) -> Markup:
    """The new wording with what went struck out and what came underlined; screen readers hear both named."""
    before, after = _WORDS.findall(clean(old)), _WORDS.findall(clean(new))
    parts = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(escaped("".join(before[a:b])))
            continue
        if b > a:
            parts.append(element("del", escaped("".join(before[a:b]))))
        if d > c:
            parts.append(element("ins", escaped("".join(after[c:d]))))
    return Markup("".join(parts))
