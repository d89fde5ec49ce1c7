"""The judge's scores of the replies, criterion by criterion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.report.charts import shares
from hone.report.page import Markup, cell, drawn_picture, folded, listed, paragraph, table
from hone.report.sections.parts import MOST_ROWS, amount, cut_note, not_there_yet, part, source_line
from hone.report.terminal import short
from hone.report.view import ProjectView, ScoresPart

_REASONS = 12
"""Replies whose reasons are shown."""


def scores_part(view: ProjectView) -> Markup:
    """Means, how often each level was given, and the first replies."""
    return part("scores", "Scores", _scores(view))


def _scores(view: ProjectView) -> Iterator[Markup]:
    found = view.scored
    if found is None:
        yield not_there_yet("No replies are scored yet", view.makes["scores"])
        return
    scored = [one for one in found.judgements if one.scores]
    judges = ", ".join(dict.fromkeys(one.judge for one in found.judgements))
    yield paragraph(f"{len(found.judgements):,} replies, {len(scored):,} of them scored by {judges}.")
    yield from _warned(view, found)
    if scored:
        yield from _levels(found, scored)
        yield folded("The first replies, with the judge's reasons", *_each(found, scored))
    yield source_line(found.source, "hone audit")


def _warned(view: ProjectView, found: ScoresPart) -> Iterator[Markup]:
    if found.rubric.digest != view.shown.digest:
        yield paragraph("These scores are of another rubric than the one above; label again.", "warn")
    if found.incomplete:
        yield paragraph(f"The run is not complete: {found.incomplete}. The same command goes on.", "warn")
    reasons = Counter(short(one.unscored, 120) for one in found.judgements if one.unscored is not None)
    if reasons:
        yield paragraph(f"{reasons.total():,} replies are unscored, which is no score of 0:", "warn")
        yield listed(f"{count:,} × {reason}" for reason, count in reasons.most_common(5))


def _levels(found: ScoresPart, scored: Sequence[Judgement]) -> Iterator[Markup]:
    levels = found.rubric.scale.levels
    labels = [level.label for level in levels]
    counts = {name: _counts(found.rubric, scored, place) for place, name in enumerate(found.rubric.names)}
    drawn = shares(counts, labels)
    yield drawn_picture(drawn, "Levels given", "One bar a criterion: how many replies got each level, worst first")
    rows = [
        (name, amount(found.means[name]), *(f"{count:,}" for count in counts[name])) for name in found.rubric.names
    ]
    head = ("criterion", "mean (95% interval)", *(f"{level.value:g} {level.label}" for level in levels))
    yield table(head, rows, f"Scores of {len(scored):,} replies")
    if len(scored) < 10:
        yield paragraph(f"{len(scored)} replies are few: the intervals say how little these means tell.", "warn")


def _counts(rubric: Rubric, scored: Sequence[Judgement], place: int) -> list[int]:
    """How often each level was given; a score between levels counts for the nearest."""
    values = rubric.scale.values
    counts = [0] * len(values)
    for one in scored:
        value = one.scores[place].value
        counts[min(range(len(values)), key=lambda level: abs(values[level] - value))] += 1
    return counts


def _each(found: ScoresPart, scored: Sequence[Judgement]) -> Iterator[Markup]:
    rows = [(one.item, *(f"{score.value:g}" for score in one.scores)) for one in scored[:MOST_ROWS]]
    yield table(("item", *found.rubric.names), rows, "Scores by reply")
    yield cut_note(len(rows), len(scored), "scored replies")
    reasons = [
        (one.item, cell(score.criterion), cell(f"{score.value:g}", "num"), cell(short(score.reason, 300), "words"))
        for one in scored[:_REASONS]
        for score in one.scores
    ]
    yield table(("item", "criterion", "score", "because"), reasons, "Reasons")
    yield cut_note(min(_REASONS, len(scored)), len(scored), "scored replies")
