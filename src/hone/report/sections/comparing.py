"""Does stating the rubric help? What the expert said of replies with and without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hone.domain.evidence import Advice, Comparison
from hone.report import terminal
from hone.report.charts import shares
from hone.report.page import Markup, cell, drawn_picture, element, escaped, folded, joined, paragraph, table
from hone.report.sections.parts import MOST_ROWS, cut_note, not_there_yet, part, source_line
from hone.report.terminal import short
from hone.report.view import Advised, ComparingPart, ProjectView
from hone.rubrics.compare import summary

_TEXTS = 3
"""Pairs whose replies are shown whole."""
_LABELS = ("without it", "tie", "with the rubric")


def comparison_part(view: ProjectView) -> Markup:
    """How often the reply under the rubric won."""
    return part("comparison", "Does stating the rubric help?", _comparison(view))


def _comparison(view: ProjectView) -> Iterator[Markup]:
    compared = view.compared
    if compared is None:
        yield not_there_yet("Nothing was compared yet", view.makes["comparison"])
        return
    yield from _counts(compared)
    rows = [_row(one) for one in compared.comparisons[:MOST_ROWS]]
    head = ("item", "asked with “without” first", "asked with “with” first", "result", "decided by")
    yield table(head, rows, "Every pair, asked blind in both orders")
    yield cut_note(len(rows), len(compared.comparisons), "pairs")
    yield folded(
        f"The first {min(_TEXTS, len(compared.comparisons))} pairs, word for word",
        *(_pair(one) for one in compared.comparisons[:_TEXTS]),
    )
    if view.advised is not None:
        yield from _advice(view.advised, view.makes["decision"])
    yield source_line(compared.source)


def _counts(compared: ComparingPart) -> Iterator[Markup]:
    found = summary(compared.comparisons)
    words = terminal.comparison_summary(found)
    yield paragraph(words)
    if not compared.current:
        yield paragraph("rubric.yaml has changed since; compare again to know about the new wording.", "warn")
    if found.flipped * 2 >= found.pairs:
        yield paragraph(
            f"In {found.flipped} of {found.pairs} pairs the verdict changed with the order: it says more about the "
            "expert than about the rubric. A stronger expert in hone.yaml is needed.",
            "warn",
        )
    counts = (found.lost, found.tied, found.won)
    drawn = shares({"comparisons": counts}, _LABELS)
    yield drawn_picture(
        drawn, "Pairs won", f"{found.won} with the rubric, {found.tied} ties, {found.lost} without it"
    )
    rows = [(label, f"{count:,}") for label, count in zip(_LABELS, counts, strict=True)]
    rows.append(("could not be read", f"{found.unread:,}"))
    yield folded("The same as a table", table(("winner", "pairs"), rows, "Pairs won"))


def _row(one: Comparison) -> tuple[str | Markup, ...]:
    first, second = one.verdicts
    won = one.winner or "unread"
    result = f"{won} (flipped)" if one.flipped else won
    names = dict.fromkeys(measure.name for verdict in one.verdicts for measure in verdict.measures)
    kind = {"with": "pass", "without": "fail"}.get(won, "")
    said = [verdict.winner or f"unread: {short(verdict.unread or '', 60)}" for verdict in (first, second)]
    return (one.id, cell(said[0]), cell(said[1]), cell(result, kind), cell(short(", ".join(names), 120), "words"))


def _pair(one: Comparison) -> Markup:
    parts = [element("h3", escaped(f"Item {one.id}"))]
    for title, side in (("Without the rubric", one.without), ("With the rubric", one.with_)):
        cut = ", cut at its length limit" if side.cut else ""
        parts += [paragraph(f"{title}, by {side.model}{cut}:", "soft"), element("blockquote", escaped(side.text))]
    for verdict in one.verdicts:
        said = f"“{verdict.first}” shown first: {verdict.winner or 'unread'}. {short(verdict.reason, 400)}"
        parts.append(paragraph(said))
    return joined(*parts)


def _advice(advised: Advised, typed: str) -> Iterator[Markup]:
    yield element("h3", escaped("Advice that waits for a decision"))
    yield table(
        ("advice", "on", "new wording", "reason"), [_piece(one) for one in advised.advice], "The expert's advice"
    )
    yield not_there_yet("Nobody has decided on it yet", typed)


def _piece(one: Advice) -> Sequence[str | Markup]:
    new = f"{one.proposal.name}: {one.proposal.sentence}" if one.proposal else "–"
    return (f"{one.id} {one.action}", cell(one.criterion or "–"), cell(new, "words"), cell(one.reason, "words"))
