r"""Formulas inside JSON, as models write them: with one backslash where JSON wants two.

``\(`` and ``\sqrt`` are errors in JSON, and the whole answer would be lost. ``\frac`` and ``\times`` are worse: JSON
reads a form feed and a tab. A text that doubles its backslashes elsewhere is taken at its word.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:(?P<name>[A-Za-z]+)|(?P<other>.)|\Z)", re.DOTALL)
_DOUBLED = re.compile(r"\\\\[A-Za-z(\[]")
_HEX = re.compile(r"u[0-9A-Fa-f]{4}")
_N = """nRightarrow nabla natural ncong ne nearrow neg neq newcommand newline nexists ngeq ngtr ni nicefrac
nleftarrow nleq nleqslant nless nmid nobreak nolimits nonumber normalsize not notag notin nparallel nprec
nrightarrow nsim nsubset nsubseteq nsucc nsupset nsupseteq ntriangleleft ntrianglelefteq ntriangleright nu
null num nvdash nwarrow""".split()
_R = """rVert raisebox rangle rbrace rbrack rceil ref relax renewcommand restriction rfloor rgroup rhd rho right
rightarrow rightarrowtail rightharpoondown rightharpoonup rightleftharpoons rightsquigarrow risingdotseq rlap
rm rmoustache root rtimes rule rvert""".split()
_T = """tag tan tanh tau tbinom text textasciicircum textbackslash textbf textcelsius textcolor textdegree
texteuro textgreater textit textless textmd textnormal textrm textsc textsf textstyle textsubscript
textsuperscript texttimes texttt textup tfrac therefore theta thetasym thickapprox thicksim thickspace
thinspace tilde times tiny to top toprule triangle triangledown triangleleft trianglelefteq triangleq
triangleright trianglerighteq twoheadleftarrow twoheadrightarrow""".split()
_COMMANDS = frozenset([*_N, *_R, *_T])
"""Commands that begin with the letter of an escape of JSON: a line break, a carriage return, a tab. No model means a
backspace or a form feed, so that what begins with ``b`` or ``f`` is a command whatever its name."""
_DOUBTFUL = frozenset({"ne", "ni", "nu", "to", "rm", "not"})
"""Commands whose rest may begin a line of its own, as in "x = 1\nu = 2": taken as commands beside others only."""


def with_formulas(text: str) -> str:
    """The text with every backslash of a formula doubled, so that a JSON reader keeps it.

    Args:
        text: JSON, perhaps with words around it.
    """
    if _DOUBLED.search(text):
        sure = frozenset[str]()
    else:
        certain = any(_is_command(match, _COMMANDS - _DOUBTFUL) for match in _ESCAPE.finditer(text))
        sure = _COMMANDS if certain else _COMMANDS - _DOUBTFUL
    return _ESCAPE.sub(lambda match: f"\\{match[0]}" if _is_command(match, sure) else match[0], text)


def _is_command(match: re.Match[str], commands: frozenset[str]) -> bool:
    """Whether a backslash begins a command of a formula, and not an escape of JSON."""
    name = match["name"]
    if name is None:
        return match["other"] not in {'"', "\\", "/"}
    if name[0] in "bf":
        return len(name) > 1
    if name[0] in "nrt":
        return name in commands
    return name[0] != "u" or not _HEX.match(match.string, match.start() + 1)
