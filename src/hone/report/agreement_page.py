"""Agreement as one page: what it comes to, then every figure, every picture with its table, and how to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hone.measuring import Joint, JudgeComparison, PairAccuracies
from hone.measuring.further import FurtherOfCriterion
from hone.report.agreement import p_value
from hone.report.drawing import Picture
from hone.report.figures import agreement_picture, confusion_picture, scatter_picture
from hone.report.further import further_lines, reliability_pictures
from hone.report.page import TableCell, fill
from hone.report.strictness import CriterionStrictness, criterion_strictness
from hone.report.wording import (
    PAIR_COLUMNS,
    STATISTICS,
    agreement_rows,
    headline,
    interval_name,
    intervals_in_words,
    pair_rows,
    pairs_in_words,
    partly_scored,
    people_in_words,
    tiers_in_words,
    warnings,
    with_interval,
)
from hone.stats import Agreement, CriterionAgreement, Figure

_AGAINST = (
    "accuracy",
    "cohen_kappa",
    "linear_kappa",
    "weighted_kappa",
    "pearson",
    "spearman",
    "kendall_tau",
    "mean_error",
)
_AS_GOOD = (
    "the interval of “against a person” stays above -0.1 (or the margin asked for); where that is a correlation, the "
    "judge's scores must lie as near to people's, too. Nothing else decides; "
    "the alternative annotator test (Calderon and others 2025) is told beside it as a second opinion."
)
_GLOSSARY = (
    ("same score", "how often both give the same score. High where one score is common, even by chance alone."),
    ("kappa", "agreement beyond chance: 1 always, 0 as by chance. Weighted: far off counts more than near."),
    ("Krippendorff's alpha", "the same for any number of people, with missing ratings."),
    ("Pearson, Spearman, Kendall", "whether scores rise together: as numbers, by rank, by pairs in the same order."),
    ("mean error", "the judge's mean score minus people's: above 0 too lenient, below 0 too strict."),
    ("ceiling", "each person held against the others' consensus, themselves left out: how well a person does."),
    ("against a person", "the judge's figure minus a person's, both against the same others on the same items."),
    ("interval", "where the figure would lie for other items like these, as often as its percentage says."),
    ("as good as a person", _AS_GOOD),
)


@dataclass(frozen=True)
class AgreementView:
    """All that the page and the pictures show."""

    source: str
    """The file's name."""
    agreement: Agreement
    labels: Mapping[float, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    joints: Mapping[str, Mapping[str, Joint]] = field(default_factory=dict)
    """By criterion and judge."""
    comparison: JudgeComparison | None = None
    pairs: PairAccuracies | None = None
    further: Mapping[str, FurtherOfCriterion] = field(default_factory=dict)


def pictures(view: AgreementView) -> Iterator[Picture]:
    """Every picture of the page."""
    if any(one.judges or one.raters for one in view.agreement.criteria.values()):
        yield agreement_picture(view.agreement)
    for place, (name, one) in enumerate(view.agreement.criteria.items(), 1):
        scatter = scatter_picture(name, view.joints.get(name, {}), view.labels, place)
        for picture in (confusion_picture(name, one, view.labels, place), scatter):
            if picture is not None:
                yield picture
    for place, name in enumerate(view.agreement.criteria, 1):
        strict = _strict(view, place, name)
        if strict is not None and strict.picture is not None:
            yield strict.picture
    yield from reliability_pictures(view.further)


def agreement_page(view: AgreementView) -> str:
    """The page."""
    criteria = view.agreement.criteria
    return fill(
        "agreement.html",
        {
            "title": f"Agreement: {view.source}",
            "notes": view.notes,
            "verdicts": list(_verdicts(view)),
            "warnings": [f"{name}: {warning}" for name, one in criteria.items() for warning in warnings(one)],
            "picture": agreement_picture(view.agreement),
            "headlines": list(_headlines(view.agreement)),
            "compared": _compared(view.comparison) if view.comparison else None,
            "interval": interval_name(view.agreement.confidence),
            "intervals": intervals_in_words(view.agreement),
            "pairs": pair_rows(view.pairs) if view.pairs else None,
            "pair_columns": list(PAIR_COLUMNS),
            "pair_words": pairs_in_words(view.pairs) if view.pairs else "",
            "criteria": [_criterion(view, place, *pair) for place, pair in enumerate(criteria.items(), 1)],
            "overall": _tables(view.agreement.overall) if len(criteria) > 1 else None,
            "partly": partly_scored(view.agreement),
            "against": [STATISTICS[key] for key in _AGAINST],
            "glossary": _GLOSSARY,
        },
    )


def _verdicts(view: AgreementView) -> Iterator[tuple[str | TableCell, ...]]:
    for name, one in view.agreement.criteria.items():
        for row in agreement_rows(one):
            if row.judge and row.says:
                why = row.judge.verdict.words.partition(": ")[2]
                yield name, row.who, TableCell(row.verdict, row.colour), why


def _headlines(agreement: Agreement) -> Iterator[tuple[str, ...]]:
    for name, one in agreement.criteria.items():
        statistic = headline(one, agreement.level)
        for row in agreement_rows(one):
            if row.kind != "baseline":
                shown = row.figures[statistic]
                yield name, STATISTICS[statistic], row.who, f"{shown.n:,}", with_interval(shown), row.verdict


def _criterion(view: AgreementView, place: int, name: str, one: CriterionAgreement) -> dict[str, object]:
    joints = view.joints.get(name, {})
    return _tables(one) | {
        "name": name,
        "count": f"{one.items:,}",
        "people": people_in_words(one),
        "tiers": tiers_in_words(one),
        "confusion": confusion_picture(name, one, view.labels, place),
        "confusions": list(_confusions(view, one)),
        "scatter": scatter_picture(name, joints, view.labels, place),
        "joints": [_joint(judge, joint) for judge, joint in joints.items()],
        "further": further_lines(view.further[name]) if name in view.further else [],
        "strict": _strict(view, place, name),
        "reliability": list(reliability_pictures({name: view.further[name]})) if name in view.further else [],
    }


def _strict(view: AgreementView, place: int, name: str) -> CriterionStrictness | None:
    one = view.further.get(name)
    if one is None or len(one.people) < 2:
        return None
    people = {who: found.mean_difference for who, found in one.people.items()}
    return criterion_strictness(name, people, one.confidence, place=place)


def _tables(one: CriterionAgreement) -> dict[str, object]:
    together = one.people.together if len(one.raters) > 1 else {}
    pairs = one.people.pairs if len(one.raters) > 1 else {}
    return {
        "together": [
            (STATISTICS[key], with_interval(figure, key), f"{figure.n:,}", figure.reason or "")
            for key, figure in together.items()
        ],
        "pairs": [
            (
                f"{STATISTICS[key]}, {pair.replace('|', ' and ')}",
                with_interval(figure),
                f"{figure.n:,}",
                figure.reason or "",
            )
            for key, figures in pairs.items()
            for pair, figure in figures.items()
        ],
        "everybody": [(row.who, *_figures(row.figures), row.leans) for row in agreement_rows(one)],
        "each": [
            (f"{judge} with {rater}", *_figures(figures))
            for judge, found in one.judges.items()
            for rater, figures in found.people.items()
        ],
    }


def _figures(figures: Mapping[str, Figure]) -> list[str]:
    return [with_interval(figures[key], key) if key in figures else "–" for key in _AGAINST]


def _confusions(view: AgreementView, one: CriterionAgreement) -> Iterator[dict[str, object]]:
    names = [view.labels.get(level, f"{level:g}") for level in one.levels]
    for judge, found in one.judges.items():
        if found.confusion is not None and found.consensus["accuracy"].value is not None:
            sides = zip(names, found.confusion.tolist(), strict=True)
            rows = [(name, *(f"{count:,.4g}" for count in row)) for name, row in sides]
            yield {"head": [f"{judge} says ↓, people →", *names], "rows": rows}


def _joint(judge: str, joint: Joint) -> dict[str, object]:
    sides = zip(joint.judge.tolist(), joint.counts.tolist(), strict=True)
    return {
        "head": [f"{judge} ↓, people's mean →", *(f"{value:.3g}" for value in joint.people.tolist())],
        "rows": [(f"{value:.3g}", *(f"{count:,}" for count in row)) for value, row in sides],
        "binned": joint.judge_binned or joint.people_binned,
    }


def _compared(comparison: JudgeComparison) -> dict[str, object]:
    rows = []
    for name, one in comparison.criteria.items():
        found = one.difference
        p = "–" if one.p_adjusted is None else p_value(one.p_adjusted)
        figures = (with_interval(found.first), with_interval(found.second), with_interval(found.difference, "gap"))
        rows.append((name, STATISTICS[found.statistic], f"{found.n:,}", *figures, p, one.words))
    return {"first": comparison.first, "second": comparison.second, "rows": rows}
