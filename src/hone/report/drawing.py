"""The door to matplotlib, which draws all pictures: as files for papers, and as parts of pages.

Text in a picture is never read as mathematics, whatever names hold. No window is opened, and one picture is drawn
at a time, because matplotlib's settings are those of the whole process.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup

from hone.errors import ProjectError
from hone.extras import library
from hone.files import whole_path
from hone.report.terminal import clean, short

INK, SOFT, LINE = "#1b1f24", "#57606b", "#d0d7de"
PASS, FAIL, UNSURE, CEILING, HEAT = "#0072b2", "#d55e00", "#8a6d00", "#009e73", "#0072b3"
"""Okabe and Ito's colours, which colour-blind readers can tell apart; shapes say the same once more."""
BAR, OTHER_BAR, CARD = "#0b6b6b", "#b45309", "#fffffe"
SHADES = ("#f2d9c0", "#e9e4da", "#bfdcda", "#5aa5a2", "#0b6b6a")
"""Of levels, the worst first."""
ON_SHADES = ("#1c2024", "#1c2024", "#1c2024", "#06201f", "#fffffd")
"""Of words on them."""
_VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    PASS: "--pass",
    FAIL: "--fail",
    UNSURE: "--unsure",
    CEILING: "--ceiling",
    HEAT: "--heat",
    BAR: "--bar",
    OTHER_BAR: "--bar-2",
    CARD: "--card",
    **{shade: f"--s{place}" for place, shade in enumerate(SHADES)},
    ON_SHADES[0]: "--s-ink",
    ON_SHADES[4]: "--s4-ink",
}
"""What a page's style sheet calls each colour, in light and in dark; no two are the same, so that each is known."""
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hone",
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": SOFT,
    "ytick.color": INK,
    "grid.color": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_DPI = 160


_DRAWING = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """One picture, drawn when it is shown.

    Args:
        name: Its file name, without a suffix; no other picture of a page has it.
        title: What it shows, in a few words.
        words: What a reader who cannot see it should know.
        size: Inches, width and height.
        draw: Draws it on an empty matplotlib figure.
        stretches: Whether it takes the width that a page has for it; others keep their size.
    """

    name: str
    title: str
    words: str
    size: tuple[float, float]
    draw: Callable[[Any], None]
    stretches: bool = False

    @cached_property
    def svg(self) -> Markup:
        """The picture as a part of a page."""
        return inline(self, self.name)


def drawable(text: str, limit: int) -> str:
    """The beginning of a text, as fonts take it: half characters, which some files hold, are replaced."""
    return short(text, limit).encode("utf-8", "replace").decode()


def check_drawing() -> None:
    """See that pictures can be drawn, before anything is computed for them.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    _matplotlib()


def save_picture(picture: Picture, folder: Path) -> list[Path]:
    """Write a picture as SVG and PNG.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ProjectError: The folder cannot be written.
    """
    paths = [folder / f"{picture.name}{suffix}" for suffix in (".svg", ".png")]
    try:
        with _drawn(picture) as figure:
            for path in paths:
                with whole_path(path) as part:
                    form = path.suffix[1:]
                    figure.savefig(part, format=form, dpi=_DPI, facecolor="white", metadata=_undated(path.suffix))
    except OSError as error:
        raise ProjectError(f"{folder}: the figures cannot be written ({error.strerror or error})") from error
    return paths


def inline(picture: Picture, prefix: str) -> Markup:
    """A picture as an `<svg>` for a page: named, without outside references or styles, in the page's own colours.

    A page's policy may forbid styles, so colours and sizes are attributes.

    Args:
        picture: The picture.
        prefix: What its ids start with.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    buffer = io.StringIO()
    with _drawn(picture) as figure:
        figure.savefig(buffer, format="svg", transparent=True, metadata=_undated(".svg"))
    inner = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", buffer.getvalue(), flags=re.DOTALL)
    opened, _, inner = inner[inner.index("<svg") :].partition(">")
    inner = re.sub(r"<[^>]*>", lambda tag: _tag(tag[0], prefix), inner)
    inner = re.sub(r"\s*\n\s*", " ", inner).replace("> <", "><")
    sizes = re.findall(r' viewBox="[^"]*"' if picture.stretches else r' (?:width|height|viewBox)="[^"]*"', opened)
    named = Markup("<title>{}</title><desc>{}</desc>").format(clean(picture.title), clean(picture.words))
    head = f'<svg class="chart" role="img" stroke-linejoin="round"{"".join(sizes)}>'
    return Markup(f"{head}{named}{inner}")  # noqa: S704 - matplotlib's own, which escapes what it writes


def _tag(tag: str, prefix: str) -> str:
    """A tag as a page takes it: no styles, its own ids, and the page's font. Words between tags stay as they are."""
    tag = re.sub(r'(?<=^<g) id="[^"]*"| transform="rotate\(-?0 [^"]*"', "", tag)
    tag = re.sub(r' style="([^"]*)"', _attributes, tag)
    return (
        tag.replace(' id="', f' id="{prefix}-')
        .replace("url(#", f"url(#{prefix}-")
        .replace('xlink:href="#', f'href="#{prefix}-')
    )


def _attributes(style: re.Match[str]) -> str:
    """What stood in a `style`, as attributes, with the page's names of colours."""
    pairs = (pair.split(": ", 1) for pair in style[1].split("; "))
    named = ((name, f"var({_VARIABLES[value]})" if value in _VARIABLES else value) for name, value in pairs)
    return "".join(f' {name}="{value}"' for name, value in named if name != "font-family")


@contextmanager
def _drawn(picture: Picture) -> Iterator[Any]:
    matplotlib = _matplotlib()
    with _DRAWING, matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # Letters that the font lacks are boxes in a PNG; an SVG leaves them to the reader's fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = library("matplotlib.figure", "figures").Figure(figsize=picture.size, layout="constrained")
        picture.draw(figure)
        yield figure


def _matplotlib() -> Any:
    return library("matplotlib", "figures", use="figures")


def _undated(suffix: str) -> dict[str, None]:
    return {"Date": None, "Creator": None} if suffix == ".svg" else {"Software": None}
