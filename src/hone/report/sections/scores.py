"""The judge's scores of the replies, criterion by criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.judging.weakness import signs_of
from hone.report.charts import ChartTitle, shares
from hone.report.terminal import decided_alone, short
from hone.report.view import MOST_ROWS, ProjectView
from hone.report.wording import amount, by_whom

_REASONS = 12
"""Replies whose reasons are shown."""


def scores_values(view: ProjectView) -> dict[str, object]:
    """Means, how often each level was given, and the first replies."""
    found = view.scored
    if found is None:
        return {}
    scored = [one for one in found.judgements if one.scores]
    rubric, levels = found.rubric, found.rubric.scale.levels
    counts = {name: _counts(rubric, scored, place) for place, name in enumerate(rubric.names)}
    title = ChartTitle("levels", "Levels given", "One bar a criterion: how many replies got each level, worst first")
    return {
        "scored": len(scored),
        "judges": ", ".join(dict.fromkeys(one.judge for one in found.judgements)),
        "other_rubric": rubric.digest != view.shown.digest,
        "warnings": signs_of(found.judgements, rubric).warnings(),
        "unscored": Counter(short(one.unscored, 120) for one in found.judgements if one.unscored is not None),
        "picture": shares(title, counts, [level.label for level in levels]),
        "head": ["criterion", "mean (95% interval)", *(f"{level.value:g} {level.label}" for level in levels)],
        "levels": [
            (by_whom(name, rubric), amount(found.means[name]), *(f"{count:,}" for count in given))
            for name, given in counts.items()
        ]
        if scored
        else [],
        "names": list(rubric.names),
        "rows": [(one.item, *(f"{score.value:g}" for score in one.scores)) for one in scored[:MOST_ROWS]],
        "reasons": [
            (one.item, score.criterion, f"{score.value:g}", short(score.reason, 300))
            for one in scored[:_REASONS]
            for score in one.scores
            if score.reason  # a judge that decides gives none
        ],
        "decided": [line for name in rubric.names if (line := _decided(name, scored))],
        "explained": min(_REASONS, len(scored)),
    }


def _decided(criterion: str, scored: Sequence[Judgement]) -> str:
    """Of a cascade, how much the first judge decided alone; empty where there is one judge, or a rule."""
    scores = [score for one in scored for score in one.scores if score.criterion == criterion]
    alone = sum(score.judge is None and score.certainty is not None for score in scores)
    if not alone and not any(score.judge for score in scores):
        return ""
    return decided_alone(criterion, alone, len(scores))


def _counts(rubric: Rubric, scored: Sequence[Judgement], place: int) -> list[int]:
    """How often each level was given; a score between levels counts for the nearest."""
    values = rubric.scale.values
    counts = [0] * len(values)
    for one in scored:
        value = one.scores[place].value
        counts[min(range(len(values)), key=lambda level: abs(values[level] - value))] += 1
    return counts
