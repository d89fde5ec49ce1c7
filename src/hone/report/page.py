"""One page in one file: tables, inline pictures, light and dark. Nothing is fetched from anywhere, no script runs.

Text goes in through `text`, which escapes it; only this module's functions make markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from hone.errors import ProjectError
from hone.report.terminal import clean


class Markup(str):
    """HTML whose text has been escaped."""

    __slots__ = ()


_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606b; --line: #d0d7de; --paper: #ffffff;
  --raised: #f6f8fa; --pass: #0072b2; --fail: #b94700; --unsure: #7a5f00; --ceiling: #007a59; --heat: #0072b3; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9aa5b1; --line: #30363d; --paper: #0d1117; --raised: #161b22;
    --pass: #56b4e9; --fail: #ff9a5c; --unsure: #e6c34a; --ceiling: #3fcf9f; --heat: #0072b3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; } h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem;
  padding-top: 1rem; border-top: 1px solid var(--line); } h3 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
h1, h2, h3, li, p { overflow-wrap: anywhere; } td, th { overflow-wrap: break-word; } tbody th { min-width: 11rem;
  font-weight: 500; }
p, ul { max-width: 48rem; } .soft { color: var(--soft); } .warn { color: var(--unsure); font-weight: 600; }
.wide { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .2rem 0; }
th, td { padding: .32rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { background: var(--raised); font-weight: 600; } .num { text-align: right; white-space: nowrap; }
.pass { color: var(--pass); font-weight: 600; } .fail { color: var(--fail); font-weight: 600; }
.unsure { color: var(--unsure); font-weight: 600; }
figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: .9rem; }
details > summary { cursor: pointer; color: var(--soft); margin: .5rem 0; }
@media print { body { max-width: none; } details > * { display: block; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def text(value: object) -> Markup:
    """Any text, escaped."""
    return Markup(escape(clean(str(value))))


def element(tag: str, *parts: Markup, kind: str = "") -> Markup:
    """An element around parts that are markup already."""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return Markup(f"<{tag}{attribute}>{''.join(parts)}</{tag}>")


def paragraph(words: object, kind: str = "") -> Markup:
    """A paragraph of text."""
    return element("p", text(words), kind=kind)


def listed(lines: Iterable[object], kind: str = "") -> Markup:
    """A list of texts; nothing where there are none."""
    items = [element("li", text(line)) for line in lines]
    return element("ul", *items, kind=kind) if items else Markup("")


def cell(words: object, kind: str = "") -> Markup:
    """A table's cell; `num` for a figure."""
    return element("td", text(words), kind=kind)


def table(head: Sequence[object], rows: Iterable[Sequence[Markup | str]], caption: str = "") -> Markup:
    """A table whose rows hold cells, or texts: the first is then the row's name, the others are figures.

    Args:
        head: What the columns are called.
        rows: One sequence a row.
        caption: What the table shows.
    """
    lines = [list(row) for row in rows]
    figures = {place for row in lines for place, part in enumerate(row) if place and not isinstance(part, Markup)}
    titles = [element("th", text(name), kind="num" if place in figures else "") for place, name in enumerate(head)]
    body = [element("tr", *(_cell(part, place) for place, part in enumerate(row))) for row in lines]
    said = element("caption", text(caption)) if caption else Markup("")
    inner = element("table", said, element("thead", element("tr", *titles)), element("tbody", *body))
    return element("div", inner, kind="wide")


def folded(title: str, *parts: Markup) -> Markup:
    """Parts that open when their title is clicked."""
    return element("details", element("summary", text(title)), *parts)


def figure(svg: str, title: str, words: str) -> Markup:
    """A drawn picture with what it shows. The `svg` is our own drawing, escaped where it was made."""
    label = escape(clean(f"{title}. {words}"), quote=True)
    caption = element("figcaption", text(f"{title}. {words}"))
    return Markup(f'<figure><div class="wide" role="img" aria-label="{label}">{svg}</div>{caption}</figure>')


def page(title: str, parts: Iterable[Markup], language: str = "en") -> str:
    """The whole document."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(parts)
    return f'<!doctype html>\n<html lang="{language}"><head>{head}</head>\n<body>\n{body}\n</body></html>\n'


def write_page(path: Path, document: str) -> None:
    """Write a page.

    Raises:
        ProjectError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document, encoding="utf-8", errors="replace")
    except OSError as error:
        raise ProjectError(f"{path}: cannot be written ({error.strerror or error})") from error


def _cell(part: Markup | str, place: int) -> Markup:
    if isinstance(part, Markup):
        return part
    return element("th", text(part)) if place == 0 else cell(part, "num")
