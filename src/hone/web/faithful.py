"""That a reader sees what a judge reads: stars between figures stay, and a page that lost a letter is not shown."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from html.parser import HTMLParser

from markdown_it.rules_inline import StateInline

_STARS = re.compile(r"(\*+|_+|~+)")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_LIST = re.compile(r"^[\s>]*(?:[-+*][ \t]+)*\d{1,9}[.)](?=\s|$)", re.M)
_MARKUP = re.compile(r"!(?=\[)|^[\s>]*=+[ \t]*$|^[\s>]*\+(?=\s|$)", re.M)
"""An image's mark, the line under a heading, the mark of a list."""
_SAFE = "!?=+/,;"


def plain_asterisks(state: StateInline, silent: bool) -> bool:
    """Keep ``*``, ``_`` and ``~`` between two letters or digits as they are: 2*3*4, snake_case."""
    found = _STARS.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    before = state.src[state.pos - 1 : state.pos] if state.pos else " "
    after = state.src[found.end() : found.end() + 1] or " "
    if max(before, after) >= "\u2e80":
        return False  # scripts without spaces between words emphasise within them
    if not (before.isalnum() or before in ")]") or not (after.isalnum() or after in "(["):
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


class _Words(HTMLParser):
    """Counts the letters, digits and signs that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def all_seen(source: str, html: str) -> bool:
    """Whether each letter, digit and safe sign of a text stands on the page made from it.

    Names of TeX commands and of environments are not counted: `hone.web.formulas` answers for what they become.
    Numbers of lists are drawn by the browser.
    """
    read = _LIST.sub("", _COMMAND.sub("", re.sub(r"\\(?:begin|end)\s*\{[^}]*\}(?:\{[lcr| ]*\})?", "", source)))
    return not signs(_MARKUP.sub("", read), _SAFE) - signs(" ".join(_Words(html).words), _SAFE)


def signs(text: str, marks: str) -> Counter[str]:
    """How often each letter and digit, and each of these marks, stands in a text, compatible forms as one."""
    return Counter(one for one in unicodedata.normalize("NFKD", text) if one.isalnum() or one in marks)
