"""The door to matplotlib, and pictures as files or as part of a page.

Text in a picture is never read as mathematics, whatever names hold. No window is opened and no global state touched.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import ProjectError
from hone.extras import library
from hone.files import whole_path

INK, SOFT, LINE = "#1b1f24", "#57606b", "#d0d7de"
PASS, FAIL, UNSURE, CEILING, HEAT = "#0072b2", "#d55e00", "#8a6d00", "#009e73", "#0072b3"
"""Okabe and Ito's colours, which colour-blind readers can tell apart; shapes say the same once more."""
_VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    PASS: "--pass",
    FAIL: "--fail",
    UNSURE: "--unsure",
    CEILING: "--ceiling",
    HEAT: "--heat",
}
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hone",
    "font.size": 9.5,
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


@dataclass(frozen=True)
class Picture:
    """One picture, drawn when it is wanted.

    Args:
        name: Its file name, without a suffix.
        title: What it shows, in a few words.
        words: What a reader who cannot see it should know.
        size: Inches, width and height.
        draw: Draws it on an empty matplotlib figure.
    """

    name: str
    title: str
    words: str
    size: tuple[float, float]
    draw: Callable[[Any], None]


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


def inline(picture: Picture, prefix: str) -> str:
    """A picture as an `<svg>` for a page: no outside reference, ids of its own, colours that follow the page's.

    Args:
        picture: The picture.
        prefix: What its ids start with.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    buffer = io.StringIO()
    with _drawn(picture) as figure:
        figure.savefig(buffer, format="svg", transparent=True, metadata=_undated(".svg"))
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = text.replace("url(#", f"url(#{prefix}-").replace('href="#', f'href="#{prefix}-')
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return text.replace("<svg ", '<svg aria-hidden="true" ', 1)


@contextmanager
def _drawn(picture: Picture) -> Iterator[Any]:
    matplotlib = _matplotlib()
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        # Letters that the font lacks are boxes in a PNG; an SVG leaves them to the reader's fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = library("matplotlib.figure", "figures").Figure(figsize=picture.size, layout="constrained")
        picture.draw(figure)
        yield figure


def _matplotlib() -> Any:
    return library("matplotlib", "figures", use="figures")


def _undated(suffix: str) -> dict[str, None]:
    return {"Date": None, "Creator": None} if suffix == ".svg" else {"Software": None}
