"""What training did: the curves, and the scales that were tried."""

from __future__ import annotations

from hone.report.page import TableCell
from hone.report.tuning import loss_curves, loss_points, scale_in_words, tuning_decision, tuning_did_not_pay
from hone.report.view import ProjectView, TuningPart

_MOST = 12
"""Steps in the table; of more, evenly chosen ones."""


def tuning_values(view: ProjectView) -> dict[str, object]:
    """Loss by step, in training and held out, and the share of the change that was kept."""
    found = view.tuned
    if found is None:
        return {}
    steps, looks = loss_points(found.history)
    return {
        "base": found.base.removeprefix("hf:"),
        "picture": loss_curves(found.history),
        "losses": _losses(steps, looks),
        "scales": _scales(found),
        "arms": [
            (
                one["name"],
                f"{one['round']}",
                f"{one['learning_rate']:g}",
                f"{one['examples']:,}",
                f"{one['right']:,} of {one['asked']:,}",
            )
            for one in found.result.get("arms", ())
        ],
        "decision": tuning_decision(found.result) if "difference" in found.result else "",
        "did_not_pay": tuning_did_not_pay(found.result),
    }


def _losses(steps: list[tuple[float, float]], looks: list[tuple[float, float]]) -> list[tuple[str, ...]]:
    if not steps:
        return []
    held, known = dict(looks), dict(steps)
    places = sorted({place for place, _ in steps[:: -(-len(steps) // _MOST)]} | set(held))
    return [
        (f"{place:g}", *(f"{loss[place]:.4f}" if place in loss else "–" for loss in (known, held)))
        for place in places
    ]


def _scales(found: TuningPart) -> list[tuple[str | TableCell, ...]]:
    rows: list[tuple[str | TableCell, ...]] = []
    for one in found.result["scales"]:
        words = scale_in_words(one, found.result)
        share = "–" if one.get("accuracy") is None else f"{one['accuracy']:.1%}"
        rows.append(
            (f"{one['scale']:g}", f"{one['loss']:.4f}", share, TableCell(words, "pass" if words == "kept" else ""))
        )
    return rows
