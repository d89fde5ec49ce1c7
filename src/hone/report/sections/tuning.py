"""What training did: the curves, and the scales that were tried."""

from __future__ import annotations

from collections.abc import Iterator

from hone.report.charts import Line, curves_chart
from hone.report.page import Markup, cell, drawn_picture, folded, paragraph, table
from hone.report.sections.parts import not_there_yet, part, source_line
from hone.report.tuning import loss_points
from hone.report.view import ProjectView, TuningPart

_MOST = 12
"""Steps in the table; of more, evenly chosen ones."""


def tuning_part(view: ProjectView) -> Markup:
    """Loss by step, in training and held out, and the share of the change that was kept."""
    return part("tuning", "The tuned model", _tuning(view))


def _tuning(view: ProjectView) -> Iterator[Markup]:
    found = view.tuned
    if found is None:
        yield not_there_yet("No model was tuned yet", view.makes["tuning"])
        return
    result = found.result
    base = found.base.removeprefix("hf:")
    yield paragraph(
        f"{base}, tuned by {result['method']} on {found.examples}: {result['steps']} steps, "
        f"{result['tokens']:,} tokens in {result['seconds']:,.0f} s."
    )
    if result.get("stopped"):
        yield paragraph(f"It stopped early: {result['stopped']}.")
    if result["scale"] == 0:
        yield paragraph("The best scale is 0, the base as it was: nothing that helps was learnt.", "warn")
    yield from _losses(found)
    yield _scales(found)
    yield source_line(found.source)


def _losses(found: TuningPart) -> Iterator[Markup]:
    steps, looks = loss_points(found.history)
    if not steps:
        return
    drawn = curves_chart(
        (Line("training", steps), Line("held out", looks, marked=True)),
        "step",
        "cross-entropy per learnt token (nats)",
    )
    words = (
        f"Held out: {looks[0][1]:.3f} at the start, {looks[-1][1]:.3f} at the end"
        if looks
        else "Nothing was held out"
    )
    yield drawn_picture(drawn, "Loss by step", words)
    held, chosen = dict(looks), steps[:: -(-len(steps) // _MOST)]
    places = sorted({place for place, _ in chosen} | set(held))
    known = dict(steps)
    rows = [
        (
            f"{place:g}",
            f"{known[place]:.4f}" if place in known else "–",
            f"{held[place]:.4f}" if place in held else "–",
        )
        for place in places
    ]
    yield folded("The same as a table", table(("step", "training loss", "held-out loss"), rows, "Loss by step"))


def _scales(found: TuningPart) -> Markup:
    rows = []
    for one in found.result["scales"]:
        kept = one["scale"] == found.result["scale"]
        share = "–" if one.get("accuracy") is None else f"{one['accuracy']:.1%}"
        words = "kept" if kept else "the base" if one["scale"] == 0 else ""
        rows.append((f"{one['scale']:g}", f"{one['loss']:.4f}", share, cell(words, "pass" if kept else "")))
    head = ("scale of what was learnt", "held-out loss", "held-out answers right", "")
    return table(head, rows, "How much of the change is best, tried on held-out examples")
