"""Draws docs/images/journey.svg (what a person does) and docs/images/rooms.svg (two walks through the rooms).

``python scripts/journey_picture.py``
"""

from __future__ import annotations

from html import escape
from pathlib import Path

Walks = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Each walk: its title, and its boxes in order, each with its name and what stands below it."""

JOURNEY: Walks = (
    (
        "1  Make the metric",
        (
            ("task and requests", "hone init"),
            ("criteria", "hone rubric draft"),
            ("replies, compared blind", "hone rubric compare"),
            ("advice with evidence", "hone rubric advise"),
            ("you decide: v1", "merge, finalise"),
        ),
    ),
    (
        "2  Know what it is worth; where people and judge differ, mend the words and go round again",
        (
            ("replies", "hone reply"),
            ("a judge's scores", "hone label"),
            ("what moves the judge", "hone audit"),
            ("your people's ratings", "hone rate"),
            ("as good as a person?", "hone agree"),
        ),
    ),
    (
        "3  Make a small model that the metric drives",
        (
            ("what scored well", "hone label"),
            ("a tuned model", "hone tune"),
            ("better than before?", "hone bench --gate"),
            ("one file for a laptop", "hone export"),
            ("talk to it", "hone chat, hone serve"),
        ),
    ),
)
"""What a person does, and with which command."""

ROOMS: Walks = (
    (
        "An item, from its file to a figure",
        (
            ("tables/opening", "reads a row"),
            ("judging/dataset", "finds request and reply"),
            ("judging/form", "writes the question"),
            ("jobs/calls", "asks once, keeps answers"),
            ("models/endpoint", "sends it to an engine"),
            ("judging/verdict", "reads scores, or why not"),
            ("tables/writer", "writes the labelled row"),
            ("measuring/join", "finds people's ratings"),
            ("stats/agreement", "agreement with intervals"),
            ("report/agreement", "says it in words"),
        ),
    ),
    (
        "An example, from its file to a phone",
        (
            ("examples/reading", "reads a conversation"),
            ("examples/splitting", "holds some out"),
            ("tuning/launching", "starts the process"),
            ("examples/tokens", "makes tokens"),
            ("training/packing", "fills rows"),
            ("training/training", "changes the weights"),
            ("training/scales", "finds the best scale"),
            ("export/merge", "puts it into the base"),
            ("export/quantise", "makes it small"),
            ("export/parity", "proves it is the same"),
        ),
    ),
)
"""The modules in the order in which an item and an example pass them."""

WIDE, HIGH, GAP, EDGE, ROW = 176, 58, 26, 16, 5


def picture(walks: Walks) -> str:
    """The picture, as SVG that reads in light and dark, and fits a page of 1,016 pixels."""
    parts, top = [], EDGE
    for title, boxes in walks:
        parts.append(f'<text class="title" x="{EDGE}" y="{top + 16}">{escape(title)}</text>')
        top += 32
        for place, (module, does) in enumerate(boxes):
            left, above = EDGE + place % ROW * (WIDE + GAP), top + place // ROW * (HIGH + GAP)
            parts.append(_box(left, above, module, does))
            parts.append(_arrow(left, above, place, len(boxes)))
        top += -(-len(boxes) // ROW) * (HIGH + GAP) + 12
    width = 2 * EDGE + ROW * WIDE + (ROW - 1) * GAP
    label = ". ".join(
        f"{title}: " + ", ".join(f"{module} {does}" for module, does in boxes) for title, boxes in walks
    )
    head = f'viewBox="0 0 {width} {top}" role="img" aria-label="{escape(label)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {head}>\n'
        "<style>text{font:15px sans-serif;fill:#1f2933}.title{font-weight:bold;font-size:16px}"
        ".does{fill:#52606d;"
        "font-size:13px}rect{fill:#f5f7fa;stroke:#7b8794}path{stroke:#52606d;fill:none}</style>\n"
        f'<rect width="{width}" height="{top}" style="fill:#ffffff;stroke:none"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _box(left: int, top: int, module: str, does: str) -> str:
    return (
        f'<rect x="{left}" y="{top}" width="{WIDE}" height="{HIGH}" rx="6"/>'
        f'<text x="{left + 10}" y="{top + 24}">{escape(module)}</text>'
        f'<text class="does" x="{left + 10}" y="{top + 44}">{escape(does)}</text>'
    )


def _arrow(left: int, top: int, place: int, count: int) -> str:
    """The line to the next box: to the right, or down to the beginning of the next row."""
    if place + 1 == count:
        return ""
    if place % ROW < ROW - 1:
        x, y = left + WIDE, top + HIGH // 2
        return f'<path d="M{x + 2} {y}h{GAP - 6}m-5 -4l5 4l-5 4"/>'
    down, half = top + HIGH, GAP // 2
    return f'<path d="M{left + WIDE // 2} {down + 2}v{half - 2}H{EDGE + WIDE // 2}v{half - 4}m-4 -5l4 5l4 -5"/>'


if __name__ == "__main__":
    images = Path(__file__).parent.parent / "docs" / "images"
    for name, walks in (("journey", JOURNEY), ("rooms", ROOMS)):
        (images / f"{name}.svg").write_text(picture(walks), encoding="utf-8")
