"""Base against tuned, on the same problems."""

from __future__ import annotations

from collections.abc import Sequence

from hone.bench import ModelComparison, ModelScore
from hone.bench.judged import JudgedComparison
from hone.report.charts import ChartTitle, Dot, diamond, intervals
from hone.report.terminal import short
from hone.report.view import BenchPart, JudgedPart, ProjectView, Wrong
from hone.report.wording import interval_name, percent_cell, percent_points


def bench_values(view: ProjectView) -> dict[str, object]:
    """Accuracy with intervals, and each model against the first, pair by pair."""
    found = view.benched
    if found is None:
        return {}
    scores, comparisons = found.report.scores, found.report.comparisons
    dots = [
        (Dot if place else diamond)(found.names[one.model], one.flexible, f"{one.flexible.value or 0:.1%}")
        for place, one in enumerate(scores)
    ]
    title = ChartTitle("right", "Right answers", "The diamond is the base")
    return {
        "verdicts": [_verdict(one, found) for one in comparisons],
        "interval": interval_name(found.report.confidence),
        "picture": intervals(
            title, dots, f"share of right answers, {interval_name(found.report.confidence)}", (0.0, 1.0), "{:.0%}"
        ),
        "scores": [_score(found.names[one.model], one) for one in scores],
        "prompts": [
            (found.names[one.model], tried.prompt, f"{tried.right:,} of {tried.asked:,}", "chosen" * tried.chosen)
            for one in scores
            for tried in one.tried
        ],
        "same_prompt": [
            f"Under one prompt ({one.prompts[1]}) {found.names[one.model]} differs from {found.names[one.base]} by "
            f"{percent_points(one.difference)} points. The base does better under {scores[0].prompt}, so that this "
            "difference says little of the model."
            for one in found.report.same_prompt
        ],
        "pairs": [_pair(one, found) for one in comparisons],
        "wrong": [(t, _told(wrong)) for t, wrong in (("gained", found.gained), ("lost", found.lost)) if wrong],
        "last_base": found.names[comparisons[-1].base] if comparisons else "",
        "last_model": found.names[comparisons[-1].model] if comparisons else "",
    }


def _verdict(one: ModelComparison, found: BenchPart) -> tuple[str, str]:
    """How the verdict is coloured, and its words."""
    base, model = found.names[one.base], found.names[one.model]
    margin = f"{found.margin * 100:g} points"
    difference = f"{percent_points(one.difference)} points ({interval_name(found.report.confidence)})"
    if one.not_worse(found.margin):
        words = f"{model} is not worse than {base}: the difference is {difference}, above -{margin}."
        return "pass", f"The gate is open. {words}"
    if one.base_unheard:
        return "fail", f"The gate is shut, because nothing can be said beside {base}: {one.base_unheard}."
    words = f"The difference from {base} is {difference}, and its interval must lie above -{margin}."
    return "fail", f"The gate is shut: {model} may be worse by more than {margin}. {words}"


def _score(name: str, one: ModelScore) -> tuple[str, ...]:
    speed = one.speed.tokens_per_second if one.speed else None
    shares = (percent_cell(figure) for figure in (one.flexible, one.strict, one.cut))
    named = f"{name}, {one.prompt}" if one.prompt else name
    return (named, *shares, f"{one.unread:,}", f"{one.tokens:.0f}", "–" if speed is None else f"{speed:,.0f}")


def _pair(one: ModelComparison, found: BenchPart) -> tuple[str, ...]:
    return (
        f"{found.names[one.model]} minus {found.names[one.base]}",
        percent_points(one.difference),
        f"{one.test.p_value:.2g}",
        f"{one.difference.n:,}",
        f"{len(one.gained):,}",
        f"{len(one.lost):,}",
    )


def _told(wrong: Sequence[Wrong]) -> list[tuple[str, ...]]:
    return [(one.item, one.gold, short(one.base, 400), short(one.model, 400)) for one in wrong]


def judged_values(view: ProjectView) -> dict[str, object]:
    """Mean scores by the rubric's judge, and each model against the first, item by item."""
    found = view.matched
    if found is None:
        return {}
    return {
        "verdicts": [_judged_verdict(one, found) for one in found.report.comparisons],
        "head": ["model", "mean", *found.report.scores[0].criteria, "scored", "unscored", "cut"],
        "rows": [
            (
                found.names[one.model],
                *("–" if mean is None else f"{mean:.1%}" for mean in (one.mean, *one.criteria.values())),
                *(f"{count:,}" for count in (one.scored, one.unscored, one.cut)),
            )
            for one in found.report.scores
        ],
    }


def _judged_verdict(one: JudgedComparison, found: JudgedPart) -> tuple[str, str]:
    """How the verdict is coloured, and its words; it is said where too few items have a pair of scores."""
    base, model = found.names[one.base], found.names[one.model]
    difference = percent_points(one.overall.difference)
    pairs = f"{one.overall.n:,} of {one.items:,} items have a pair of scores"
    interval = interval_name(found.report.confidence)
    words = f"{model} minus {base}: {difference} points of the scale's 100 ({interval}); {pairs}."
    if one.not_worse(found.margin):
        return "pass", f"The gate is open. {words}"
    return "fail", f"The gate is shut. {words}"
