"""The tables of a page in docs/results, replaced by what a script has measured."""

from __future__ import annotations

from collections.abc import Sequence


def with_table(page: str, heading: str, rows: Sequence[str]) -> str:
    """A page with another table under a heading, in place of the first one there.

    Args:
        page: The page, in Markdown.
        heading: The whole line of the heading.
        rows: The lines of the table.

    Raises:
        SystemExit: The page has no such heading.
    """
    before, found, rest = page.partition(f"{heading}\n")
    if not found:
        raise SystemExit(f"the page has no heading {heading!r}")
    lines = rest.split("\n")
    first = next(place for place, text in enumerate(lines) if text.startswith("|"))
    last = next(place for place in range(first, len(lines)) if not lines[place].startswith("|"))
    return before + found + "\n".join([*lines[:first], *rows, *lines[last:]])
