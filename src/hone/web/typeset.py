"""Untrusted Markdown as HTML that cannot run, load, link out or hide anything.

Raw HTML is text. A link is its words followed by its address, an image its description and address. Controls that
turn the direction of writing or cannot be seen are shown as marks. Everything is bounded: length, nesting, tables,
formulas. nh3 goes over the result as a second wall, and the page's Content-Security-Policy is the third.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from hone.web.faithful import all_seen, plain_asterisks
from hone.web.formulas import ATTRIBUTES, ELEMENTS, MOST_CHARACTERS, Allowance, mathml

MOST_SHOWN = 100_000
"""Characters that are shown at all; what is beyond is said to be cut."""
MOST_TYPESET = 20_000
"""Characters up to which Markdown is read; a longer text is shown as it is. The worst of it takes under a second."""
MOST_COLUMNS, MOST_LINES = 24, 1_000
"""Beyond these, tables are shown as they were written: a short row is filled up to the width of the widest."""
MOST_HTML = 600_000
_NESTING = 20

_TAGS = set(
    "p br hr h3 h4 h5 h6 ul ol li blockquote pre code em strong s table thead tbody tr th td span mark div".split()
)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u202a-\u202e\u2060-\u206f"
    "\u00ad\u034f\u200b\u200e\u200f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff]"
)
"""What cannot be seen, or turns the direction of writing. Joiners, which emoji and many scripts need, stay."""
_ACCENT = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_ACCENT}{{6}}){_ACCENT}+")
_OPENERS = {"$$": ("$$", True), "$": ("$", False), "\\[": ("\\]", True), "\\(": ("\\)", False)}


@dataclass(frozen=True, slots=True)
class Typeset:
    """A text, ready for a page."""

    html: Markup
    notes: tuple[str, ...] = ()
    """What the reader should know: what was cut or is shown as it was written."""


@lru_cache(maxsize=512)
def typeset(text: str) -> Typeset:
    r"""Typeset a text that nobody vouches for.

    Args:
        text: Markdown with TeX between ``$``, ``$$``, ``\(…\)`` or ``\[…\]``.

    Returns:
        Safe HTML, and notes on what could not be typeset.
    """
    notes = []
    if len(text) > MOST_SHOWN:
        notes.append(f"the first {MOST_SHOWN:,} of {len(text):,} characters are shown")
        text = text[:MOST_SHOWN]
    shown, marks = _visible(text)
    if marks:
        many = (
            "1 invisible character is shown as a mark"
            if marks == 1
            else f"{marks:,} invisible characters are shown as marks"
        )
        notes.append(many)
    if len(text) > MOST_TYPESET:
        return Typeset(_word_for_word(shown), (*notes, "too long to be typeset: shown as it was written"))
    allowance = Allowance()
    lines = shown.splitlines()
    tables = len(lines) <= MOST_LINES and max((line.count("|") for line in lines), default=0) <= MOST_COLUMNS + 1
    html = _reader(tables=tables).render(shown, {"allowance": allowance})
    if not all_seen(shown, html):
        return Typeset(
            _word_for_word(shown), (*notes, "part of it would not be seen if typeset: shown as it was written")
        )
    if len(html) > MOST_HTML:
        return Typeset(_word_for_word(shown), (*notes, "too much to be typeset: shown as it was written"))
    if allowance.left:
        many = "1 formula is" if allowance.left == 1 else f"{allowance.left:,} formulas are"
        notes.append(f"{many} shown as written")
    return Typeset(Markup(_wall(_marked(html))), tuple(notes))  # noqa: S704 - cleaned one call before


def _word_for_word(text: str) -> Markup:
    """A text word for word, with its line breaks."""
    return Markup("<pre>{}</pre>").format(Markup(_marked(str(escape(text)))))  # noqa: S704 - escaped


def _visible(text: str) -> tuple[str, int]:
    """The text with what cannot be seen as ``⟦U+202E⟧``, and how many there were; piles of accents are cut to six."""
    text = _STACKED.sub(r"\1", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\u2028", "\n").replace("\u2029", "\n\n")
    return _UNSEEN.subn(lambda found: f"⟦U+{ord(found[0]):04X}⟧", text)


def _marked(html: str) -> str:
    return re.sub(r"⟦(U\+[0-9A-F]{4,6})⟧", lambda found: f'<mark title="{_called(found[1])}">{found[1]}</mark>', html)


def _called(code: str) -> str:
    return unicodedata.name(chr(int(code[2:], 16)), "control character").lower()


def _wall(html: str) -> str:
    attributes = {tag: set(names) for tag, names in ATTRIBUTES.items()}
    return nh3.clean(
        html,
        tags=_TAGS | set(ELEMENTS),
        attributes=attributes
        | {"span": {"class"}, "mark": {"title"}, "ol": {"start"}, "li": {"value"}, "td": {"class"}},
        url_schemes=set(),
        strip_comments=True,
        link_rel=None,
    )


@lru_cache(maxsize=2)
def _reader(*, tables: bool) -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTING, "linkify": False})
    reader.disable(["entity", "reference"])
    reader.inline.ruler.before("strikethrough", "literal", plain_asterisks)
    reader.enable(["strikethrough", *(["table"] if tables else [])])
    reader.inline.ruler.before("escape", "formula", _inline_formula)
    reader.block.ruler.before(
        "fence", "formula", _block_formula, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    reader.core.ruler.push("disarm", _disarm)
    reader.add_render_rule("formula", _render_formula)
    return reader


def _inline_formula(state: StateInline, silent: bool) -> bool:
    start = state.pos
    opener = next((mark for mark in _OPENERS if state.src.startswith(mark, start)), None)
    if opener is None:
        return False
    closer, display = _OPENERS[opener]
    begin = start + len(opener)
    end = state.src.find(closer, begin, min(state.posMax, begin + MOST_CHARACTERS + 2))
    while end > begin and closer[0] == "$" and state.src[end - 1] == "\\":
        end = state.src.find(closer, end + 1, min(state.posMax, begin + MOST_CHARACTERS + 2))
    if end <= begin or not state.src[begin:end].strip():
        return False
    inner = state.src[begin:end]
    after = state.src[end + 1 : end + 2]
    if opener == "$" and (inner[0].isspace() or inner[-1].isspace() or after.isdigit()):
        return False  # prices: "$5 and $10"
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.meta = inner.strip(), {"display": display}
    state.pos = end + len(closer)
    return True


def _block_formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    lines = []
    opener = state.src[state.bMarks[start] + state.tShift[start] :][:2]
    if opener not in ("$$", "\\["):
        return False
    closer = _OPENERS[opener][0]
    for line in range(start, min(end, start + 100)):
        text = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()
        text = text[2:] if line == start else text
        if text.endswith(closer):
            lines.append(text[:-2])
            break
        if closer in text or (line > start and state.sCount[line] < state.blkIndent):
            return False
        lines.append(text)
    else:
        return False
    content = "\n".join(lines).strip()
    if not content or len(content) > MOST_CHARACTERS:
        return False
    if not silent:
        state.line = line + 1
        token = state.push("formula", "math", 0)
        token.block, token.content, token.meta = True, content, {"display": True}
    return True


def _render_formula(_: Any, tokens: Sequence[Token], index: int, __: Any, env: Any) -> str:
    token = tokens[index]
    html = mathml(token.content, display=token.meta["display"], allowance=env["allowance"])
    return f"<div>{html}</div>" if token.block else html


def _disarm(state: Any) -> None:
    """Links and images become words; headings go below those of the page; nothing keeps a class or an address."""
    lists: list[int] = []
    for token in state.tokens:
        _numbered(token, lists)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        if token.type == "fence":
            token.content = f"{token.markup}{token.info}\n{token.content}" if token.info.strip() else token.content
            token.info = ""
        if token.type in ("th_open", "td_open"):
            token.attrs = {}
        if token.children:
            token.children = _without_links(token.children)


def _numbered(token: Token, lists: list[int]) -> None:
    """Give a list's item its own number where it is not the next one: a browser would count on."""
    if token.type in ("ordered_list_open", "bullet_list_open"):
        lists.append(int(token.attrGet("start") or 1) - 1)
    elif token.type in ("ordered_list_close", "bullet_list_close"):
        lists.pop()
    elif token.type == "list_item_open" and token.info:
        if int(token.info) != lists[-1] + 1:
            token.attrSet("value", token.info)
        lists[-1] = int(token.info)


def _without_links(children: Sequence[Token]) -> list[Token]:
    kept: list[Token] = []
    addresses: list[tuple[str, int]] = []
    for child in children:
        if child.type == "link_open":
            addresses.append((_where(child, "href"), len(kept)))
        elif child.type == "link_close" and addresses:
            address, start = addresses.pop()
            words = "".join(token.content for token in kept[start:])
            if words.strip() != address:
                kept += _address(address)
        elif child.type == "image":
            kept.append(_text(f"[image: {child.content or 'without a description'}]"))
            kept += _address(_where(child, "src"))
        else:
            kept.append(child)
    return kept


def _where(token: Token, name: str) -> str:
    """The address of a link or an image, and its title in quotes."""
    address, title = str(token.attrGet(name) or ""), str(token.attrGet("title") or "")
    return f'{address} "{title}"' if title else address


def _address(address: str) -> list[Token]:
    if not address:
        return []
    opening, closing = Token("span_open", "span", 1, {"class": "address"}), Token("span_close", "span", -1)
    return [opening, _text(f" ({address[:500]})"), closing]


def _text(content: str) -> Token:
    token = Token("text", "", 0)
    token.content = content
    return token
