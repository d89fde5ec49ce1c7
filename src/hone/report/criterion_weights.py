"""Criterion weights for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hone.measuring.overall import OverallWeights
from hone.report.terminal import clean
from hone.stats.criterion_weights import CriterionWeight, CriterionWeights


def weights_report(found: OverallWeights) -> RenderableType:
    """A table of the weights, what each criterion is shown to add, and whether fitted weights are worth having."""
    table = Table(title=f"What counts in {clean(found.overall)}", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("criterion", "weight", "interval", "share", "beyond the other criteria it"):
        table.add_column(name, overflow="fold", justify="right" if name in ("weight", "share") else "left")
    for name, one in found.weights.criteria.items():
        share = "–" if one.share is None else f"{one.share:.0%}"
        table.add_row(Text(clean(name)), f"{one.figure.value:.2f}", _interval(one), share, adding_words(one, found))
    return Group(table, *(Text(line) for line in weights_lines(found.weights)))


def adding_words(one: CriterionWeight, found: OverallWeights) -> str:
    """What a criterion is shown to add."""
    margin = found.weights.margin
    if one.figure.low is None:
        return "cannot be told apart: the others determine it"
    return {
        "adds": "adds to the overall rating",
        "adds little": f"adds, but less than {margin:g}",
        "adds nothing": f"adds nothing within the margin: less than {margin:g}",
        "not shown": "is not shown to add",
        "against": "runs against the overall rating, so that its weight is 0",
    }[one.adding]


def weights_lines(found: CriterionWeights) -> list[str]:
    """How the weights are to be read."""
    first = (
        "weight: how far the overall rating rises, as a share of its scale, from the criterion's worst level to its "
        f"best; the intervals hold together, by {found.clusters:,} independent items"
    )
    lines = [first]
    if found.few:
        lines.append("fewer than 10 items for each criterion: weights of so few change with the next ratings")
    if found.explained is not None:
        lines.append(
            f"on items that they were not fitted to, the weights explain {found.explained:.0%} of the variance of "
            "each rater's overall ratings"
        )
    difference = found.beside_equal.difference
    if difference.low is None or difference.high is None:
        lines.append("whether they predict better than equal weights cannot be said")
    elif found.better_than_equal:
        lines.append("they predict the overall rating better than equal weights do")
    elif difference.low > 0:
        lines.append("they predict the overall rating worse than equal weights do: keep equal weights")
    else:
        lines.append("they are not shown to predict the overall rating better than equal weights do")
    return lines


def _interval(one: CriterionWeight) -> str:
    figure = one.figure
    return "–" if figure.low is None or figure.high is None else f"{figure.low:.2f} to {figure.high:.2f}"
