"""What changed between two wordings, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from hone.report.terminal import clean

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


def worded_diff(old: str, new: str) -> Markup:
    """The new wording with what went struck out and what came underlined; screen readers hear both named."""
    before, after = _WORDS.findall(clean(old)), _WORDS.findall(clean(new))
    parts = Markup()
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        went, came = "".join(before[a:b]), "".join(after[c:d])
        if kind == "equal":
            parts += escape(went)
            continue
        parts += Markup("<del>{}</del>").format(went) if went else ""
        parts += Markup("<ins>{}</ins>").format(came) if came else ""
    return parts
