"""Cells that a spreadsheet would run: a text that begins like a formula is written with an apostrophe before it.

Excel, LibreOffice and Google Sheets take a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break
for a formula, whoever wrote it: a name or a reply could fetch an address. The apostrophe makes it text there, and
`read_cell` takes it away again, so that a file that Hone wrote is read back as it was.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠](?=.)", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠](?=.)", re.DOTALL)


def safe_cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs; numbers stay numbers."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def read_cell(cell: str) -> str:
    """The text that `safe_cell` wrote."""
    if cell[:1] == "'" and _GUARDED.match(cell) and not _NUMBER.fullmatch(cell[1:]):
        return cell[1:]
    return cell
