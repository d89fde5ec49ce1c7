"""TeX formulas as MathML, within bounds.

latex2mathml's tree is not trusted: it is written out again element by element, from a list of elements and
attributes that only lay out. What is not on the list, too long, too deep or not TeX stays as it was written. Macro
definitions and commands that make links, classes or styles are refused before they are read.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from html import escape, unescape
from typing import TYPE_CHECKING

from latex2mathml.converter import convert_to_element

from hone.web.faithful import signs

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_CHARACTERS = 2_000
"""Of one formula."""
MOST_FORMULAS = 300
MOST_TOGETHER = 20_000
"""Characters of all formulas of a text."""
DEEPEST = 40
"""Braces within braces, and elements within elements."""
MOST_ELEMENTS = 20_000
"""Of all formulas of a text."""
SECONDS = 0.5
"""For all formulas of a text."""

ATTRIBUTES: dict[str, frozenset[str]] = {
    "math": frozenset({"display"}),
    "mi": frozenset({"mathvariant"}),
    "mn": frozenset({"mathvariant"}),
    "mo": frozenset(
        {
            "stretchy",
            "fence",
            "form",
            "separator",
            "movablelimits",
            "symmetric",
            "largeop",
            "lspace",
            "rspace",
            "minsize",
            "maxsize",
            "accent",
        }
    ),
    "mtable": frozenset({"displaystyle", "columnalign", "rowspacing", "columnspacing", "columnlines", "rowlines"}),
    "mtd": frozenset({"columnalign"}),
    "mspace": frozenset({"width"}),
    "mfrac": frozenset({"linethickness"}),
    "mstyle": frozenset({"displaystyle", "scriptlevel"}),
    "mover": frozenset({"accent"}),
    "munder": frozenset({"accentunder"}),
}
"""Attributes that only lay out, by element."""
ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd "
    "mphantom mpadded mstyle mmultiscripts mprescripts none".split()
)
_REFUSED = re.compile(
    r"\\(?:def|edef|gdef|xdef|let|(?:re)?newcommand|providecommand|newenvironment|href|url|class|cssId|style|id|data"
    r"|unicode|require|input|include|includegraphics|write|read|catcode|csname)\b"
)
_UNSHOWN = re.compile(
    r"\\(?:[hv]?phantom|(?:text|math)?color|colorbox|fcolorbox|tag|label|(?:eq)?ref|notag|nonumber|[hvm]space|[hvm]skip|kern"
    r"|[mh]kern|rule|raisebox|smash|[lr]lap|math[clr]lap|tiny|scriptsize|footnotesize|small|scriptscriptstyle"
    r"|hide|vanish|transparent|opacity|intertext|shoveleft|footnote|pagecolor|scalebox|resizebox)(?![A-Za-z])"
)
"""What hides, shrinks or moves what a judge reads."""
_KNOWN = {
    "matrix",
    "pmatrix",
    "bmatrix",
    "Bmatrix",
    "vmatrix",
    "Vmatrix",
    "array",
    "cases",
    "align",
    "align*",
    "split",
}
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{([^}]*)\}")
_MARKUP = re.compile(
    r"\\(?:begin|end)\s*\{[^}]*\}|\\\\\s*(?:\[-?[\d.]+\s*[a-z]{2}\])?|\\(?:left|right)\s*\.|\\[A-Za-z]+|\\."
)
_MARKS = "+=<>!?*/,:;|()"
"""Signs that a formula shows as they are written."""
_CELLS = re.compile(r"\\begin\{array\}\s*\{([^{}]*)\}")
_VALUE = re.compile(r"[\w.+% -]{0,40}")
_EM = re.compile(r"(-?\d+(?:\.\d+)?)(em|pt|px|mu)")


@dataclass(slots=True)
class Allowance:
    """What the formulas of one text may still use, and how many stayed as written."""

    formulas: int = MOST_FORMULAS
    characters: int = MOST_TOGETHER
    elements: int = MOST_ELEMENTS
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS)
    left: int = 0
    """Formulas that stayed as they were written."""


def mathml(tex: str, *, display: bool, allowance: Allowance) -> str:
    """A formula as MathML; as code, the way it was written, where it cannot be.

    Args:
        tex: The formula without its marks.
        display: Whether it stands on a line of its own.
        allowance: Counted down.
    """
    allowance.formulas -= 1
    allowance.characters -= len(tex)
    try:
        _check(tex, allowance)
        tree = convert_to_element(tex, display="block" if display else "inline")
        made = _written(tree, allowance, 0)
        _check_shown(tex, made)
    except Exception:
        allowance.left += 1
        return f"<code>{escape(tex)}</code>"
    return made


class _RefusedError(ValueError):
    """A formula is not typeset."""


def _check(tex: str, allowance: Allowance) -> None:
    if len(tex) > MOST_CHARACTERS or min(allowance.formulas, allowance.characters, allowance.elements) < 0:
        raise _RefusedError("too much")
    if time.monotonic() > allowance.until:
        raise _RefusedError("too slow")
    depth = 0
    for mark in re.findall(r"\\.|[{}]|\\begin|\\left", tex):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if depth > DEEPEST:
            raise _RefusedError("too deep")
    _check_faithful(tex)
    if _REFUSED.search(tex) or len(re.findall(r"\\(?:begin|left|sqrt|frac)\b", tex)) > 200:
        raise _RefusedError("a command that is not for formulas")


def _check_faithful(tex: str) -> None:
    """Refuse what this converter lays out wrongly, or what is there so as not to be seen."""
    names = _ENVIRONMENT.findall(tex)
    plain = re.sub(r"\\.", "", tex)
    if _UNSHOWN.search(tex) or set(names) - _KNOWN or "%" in plain or ("&" in plain and not names):
        raise _RefusedError("not all of it would be seen")
    for columns in _CELLS.findall(tex):
        if set(columns) - set("lcr| "):
            raise _RefusedError("columns that are not known")


def _check_shown(tex: str, html: str) -> None:
    """Make sure that each letter, digit and sign of the source stands in what was made of it."""
    source = _CELLS.sub("", tex)
    shown = unescape(re.sub(r"<[^>]*>", "", html))
    if "&" in shown or "\\" in shown or signs(_MARKUP.sub("", source), _MARKS) - signs(shown, _MARKS):
        raise _RefusedError("not all of it is seen")


def _written(element: Element, allowance: Allowance, depth: int) -> str:
    allowance.elements -= 1
    if allowance.elements < 0 or depth > 2 * DEEPEST or element.tag not in ELEMENTS:
        raise _RefusedError(str(element.tag))
    known = ATTRIBUTES.get(element.tag, frozenset())
    attributes = "".join(
        f' {name}="{escape(_bounded(value))}"'
        for name, value in element.attrib.items()
        if name in known and _VALUE.fullmatch(value)
    )
    inner = "".join(_written(child, allowance, depth + 1) for child in element)
    # The converter writes characters as references; text that was typed as one is read the same way, which is
    # harmless because it is escaped afterwards.
    return f"<{element.tag}{attributes}>{escape(unescape(element.text or ''))}{inner}</{element.tag}>"


def _bounded(value: str) -> str:
    """Lengths of a few lines at most: a space a kilometre wide would push the page away."""
    return _EM.sub(lambda found: f"{max(-4.0, min(8.0, float(found[1]))):g}{found[2]}", value)
