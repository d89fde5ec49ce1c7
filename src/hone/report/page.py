"""One page in one file: tables, inline pictures, light and dark. Nothing is fetched from anywhere, no script runs.

Text goes in through `escaped`, which escapes it; only this module's functions make markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from pathlib import Path

from hone.files import write_whole
from hone.report.terminal import clean


class Markup(str):
    """HTML whose text has been escaped; a template takes it as it is."""

    __slots__ = ()

    def __html__(self) -> Markup:
        return self


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def escaped(value: object) -> Markup:
    """Any text, escaped."""
    return Markup(escape(clean(str(value))))


def element(tag: str, *parts: Markup, kind: str = "", name: str = "") -> Markup:
    """An element around parts that are markup already.

    Args:
        tag: The element's name.
        parts: What it holds.
        kind: Its class.
        name: Its id, for links within the page.
    """
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in (("class", kind), ("id", name)) if value)
    return Markup(f"<{tag}{attributes}>{''.join(parts)}</{tag}>")


def joined(*parts: Markup) -> Markup:
    """Parts one after the other."""
    return Markup("".join(parts))


def paragraph(words: object, kind: str = "") -> Markup:
    """A paragraph of text."""
    return element("p", escaped(words), kind=kind)


def listed(lines: Iterable[object], kind: str = "") -> Markup:
    """A list of texts; nothing where there are none."""
    items = [element("li", escaped(line)) for line in lines]
    return element("ul", *items, kind=kind) if items else Markup("")


def cell(words: object, kind: str = "") -> Markup:
    """A table's cell; `num` for a figure."""
    return element("td", escaped(words), kind=kind)


def row_name(part: Markup) -> Markup:
    """The cell that names its row, around markup such as a link."""
    return Markup(f'<th scope="row">{part}</th>')


def table(head: Sequence[object], rows: Iterable[Sequence[Markup | str]], caption: str = "") -> Markup:
    """A table whose rows hold cells, or texts: the first is then the row's name, the others are figures.

    Args:
        head: What the columns are called.
        rows: One sequence a row.
        caption: What the table shows.
    """
    lines = [list(row) for row in rows]
    figures = {place for row in lines for place, part in enumerate(row) if place and not isinstance(part, Markup)}
    titles = [_title(name, "num" if place in figures else "") for place, name in enumerate(head)]
    body = [element("tr", *(_cell(part, place) for place, part in enumerate(row))) for row in lines]
    said = element("caption", escaped(caption)) if caption else Markup("")
    inner = element("table", said, element("thead", element("tr", *titles)), element("tbody", *body))
    return _scrolling(inner, caption or "table")


def folded(title: str, *parts: Markup) -> Markup:
    """Parts that open when their title is clicked."""
    return element("details", element("summary", escaped(title)), *parts)


def linked(words: object, name: str) -> Markup:
    """A link to a place of the page."""
    return Markup(f'<a href="#{escape(name)}">{escaped(words)}</a>')


def command(words: object) -> Markup:
    """What a person types."""
    return element("code", escaped(words))


def drawn_picture(svg: str, title: str, words: str) -> Markup:
    """A drawn picture with what it shows. The `svg` is our own drawing, escaped where it was made, unnamed so far."""
    opened, _, rest = svg.replace('aria-hidden="true"', 'role="img"', 1).partition(">")
    drawn = Markup(f"{opened}><title>{escaped(title)}</title><desc>{escaped(words)}</desc>{rest}")
    return element("figure", _scrolling(drawn, title), element("figcaption", escaped(f"{title}. {words}")))


def page(title: str, parts: Iterable[Markup], language: str = "en") -> str:
    """The whole document."""
    style = resources.files("hone.report").joinpath("page.css").read_text(encoding="utf-8")
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{style}</style>"
    )
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body><main>\n{body}\n</main></body></html>\n'
    )


def write_page(path: Path, document: str) -> None:
    """Write a page.

    Raises:
        ProjectError: It cannot be written.
    """
    write_whole(path, document, errors="replace")


def _cell(part: Markup | str, place: int) -> Markup:
    if isinstance(part, Markup):
        return part
    return row_name(escaped(part)) if place == 0 else cell(part, "num")


def _title(name: object, kind: str) -> Markup:
    """A column's title; one without words is a plain cell, as nothing is to be read out."""
    if not str(name):
        return cell("")
    attribute = f' class="{kind}"' if kind else ""
    return Markup(f'<th scope="col"{attribute}>{escaped(name)}</th>')


def _scrolling(part: Markup, label: str) -> Markup:
    """A part that may be wider than the screen: it scrolls by itself, with the keyboard too."""
    return Markup(f'<div class="wide" role="group" tabindex="0" aria-label="{escaped(label)}">{part}</div>')
