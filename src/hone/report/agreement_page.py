"""Agreement as one page: what it comes to, then every figure, every picture with its table, and how to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hone.measuring import Joint, JudgeComparison
from hone.report.agreement import p_value
from hone.report.drawing import Picture, inline
from hone.report.figures import agreement_picture, confusion_picture, scatter_picture
from hone.report.page import Markup, cell, drawn_picture, element, escaped, folded, listed, page, paragraph, table
from hone.report.wording import (
    BASELINES,
    OUTCOMES,
    STATISTICS,
    headline,
    leaning,
    people_in_words,
    verdict_in_short,
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
    "the interval of “against a person” stays above -0.1 (or the margin asked for); or it includes 0 and the judge "
    " passes the alternative annotator test (Calderon and others 2025)."
)
_GLOSSARY = (
    ("same score", "how often both give the same score. High where one score is common, even by chance alone."),
    ("kappa", "agreement beyond chance: 1 always, 0 as by chance. Weighted: far off counts more than near."),
    ("Krippendorff's alpha", "the same for any number of people, with missing ratings."),
    ("Pearson, Spearman, Kendall", "whether scores rise together: as numbers, by rank, by pairs in the same order."),
    ("mean error", "the judge's mean score minus people's: above 0 too lenient, below 0 too strict."),
    ("ceiling", "each person held against the others' consensus, themselves left out: how well a person does."),
    ("against a person", "the judge's figure minus a person's, both against the same others on the same items."),
    ("interval", "where the figure would lie for other items like these, 95 times in 100."),
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


def pictures(view: AgreementView) -> Iterator[Picture]:
    """Every picture of the page."""
    if any(one.judges or one.raters for one in view.agreement.criteria.values()):
        yield agreement_picture(view.agreement)
    for place, (name, one) in enumerate(view.agreement.criteria.items(), 1):
        for picture in (_confusion(view, place, name, one), _scatter(view, place, name)):
            if picture is not None:
                yield picture


def agreement_page(view: AgreementView) -> str:
    """The page."""
    title = f"Agreement: {view.source}"
    parts = [element("h1", escaped(title)), listed(view.notes, kind="soft"), *_verdicts(view)]
    picture = agreement_picture(view.agreement)
    parts.append(_shown(picture, "a"))
    parts.append(folded("the same as a table", _headline_table(view.agreement)))
    if view.comparison is not None:
        parts += _compared(view.comparison)
    for place, (name, one) in enumerate(view.agreement.criteria.items(), 1):
        parts += _criterion(view, place, name, one)
    if len(view.agreement.criteria) > 1:
        parts += [
            element("h2", escaped("All criteria together")),
            paragraph("Each figure's mean over the criteria.", "soft"),
        ]
        parts += _tables(view.agreement.overall)
    parts += [element("h2", escaped("How to read this")), _glossary()]
    return page(title, parts)


def _verdicts(view: AgreementView) -> Iterator[Markup]:
    rows = []
    for name, one in view.agreement.criteria.items():
        for judge, found in ((judge, found) for judge, found in one.judges.items() if found.items):
            kind = OUTCOMES.get(found.verdict.outcome, "unsure")
            rows.append(
                (
                    cell(name),
                    cell(judge),
                    cell(verdict_in_short(found), kind),
                    cell(found.verdict.words.partition(": ")[2]),
                )
            )
    if rows:
        yield element("h2", escaped("In a word"))
        yield table(("criterion", "judge", "verdict", "why"), rows)
    for name, one in view.agreement.criteria.items():
        for warning in warnings(one):
            yield paragraph(f"{name}: {warning}.", "warn")


def _headline_table(agreement: Agreement) -> Markup:
    rows = []
    for name, one in agreement.criteria.items():
        statistic = headline(one, agreement.level)
        ceiling = one.ceiling[statistic]
        rows.append(
            (name, STATISTICS[statistic], "a person (the ceiling)", f"{ceiling.n:,}", with_interval(ceiling), "")
        )
        for judge, found in one.judges.items():
            shown = found.consensus[statistic]
            rows.append(
                (name, STATISTICS[statistic], judge, f"{shown.n:,}", with_interval(shown), verdict_in_short(found))
            )
    return table(("criterion", "statistic", "who", "items", "value (95% interval)", "verdict"), rows)


def _criterion(view: AgreementView, place: int, name: str, one: CriterionAgreement) -> Iterator[Markup]:
    yield element("h2", escaped(name))
    yield paragraph(f"{one.items:,} items; {people_in_words(one)}.")
    yield from _tables(one)
    confusion = _confusion(view, place, name, one)
    if confusion is not None:
        yield _shown(confusion, f"c{place}")
        yield folded("the same as tables", *_confusion_tables(view, one))
    scatter = _scatter(view, place, name)
    if scatter is not None:
        yield _shown(scatter, f"s{place}")
        yield folded(
            "the same as tables", *(_joint_table(judge, joint) for judge, joint in view.joints[name].items())
        )


def _tables(one: CriterionAgreement) -> Iterator[Markup]:
    if len(one.raters) > 1:
        head = ("people among each other", "value (95% interval)", "items", "")
        rows = [
            (STATISTICS[key], with_interval(figure, key), f"{figure.n:,}", cell(figure.reason or "", "soft"))
            for key, figure in one.people.together.items()
        ]
        yield table(head, rows)
        pairs = [
            (
                f"{STATISTICS[key]}, {pair.replace('|', ' and ')}",
                with_interval(figure),
                f"{figure.n:,}",
                cell(figure.reason or "", "soft"),
            )
            for key, figures in one.people.pairs.items()
            for pair, figure in figures.items()
        ]
        if pairs:
            yield folded("each two people", table(("pair", "kappa (95% interval)", "items", ""), pairs))
    lines = [("a person (the ceiling)", *_figures(one.ceiling), "")]
    lines += [(judge, *_figures(found.consensus), leaning(found)) for judge, found in one.judges.items()]
    lines += [(BASELINES.get(key, key), *_figures(figures), "") for key, figures in one.baselines.items()]
    titles = ("against the people's consensus", *(STATISTICS[key] for key in _AGAINST), "leans")
    yield table(titles, lines, "a dash: not defined for such scores, or nothing varies")
    each = [
        (f"{judge} with {rater}", *_figures(figures))
        for judge, found in one.judges.items()
        for rater, figures in found.people.items()
    ]
    if each:
        yield folded("each judge with each person", table(("who", *(STATISTICS[key] for key in _AGAINST)), each))


def _figures(figures: Mapping[str, Figure]) -> list[str]:
    return [with_interval(figures[key], key) if key in figures else "–" for key in _AGAINST]


def _confusion_tables(view: AgreementView, one: CriterionAgreement) -> Iterator[Markup]:
    names = [view.labels.get(level, f"{level:g}") for level in one.levels]
    for judge, found in one.judges.items():
        if found.confusion is not None and found.consensus["accuracy"].value is not None:
            counts = found.confusion.tolist()
            rows = [(name, *(f"{count:,.4g}" for count in row)) for name, row in zip(names, counts, strict=True)]
            yield table((f"{judge} says ↓, people →", *names), rows)


def _joint_table(judge: str, joint: Joint) -> Markup:
    head = (f"{judge} ↓, people's mean →", *(f"{value:.3g}" for value in joint.people.tolist()))
    sides = zip(joint.judge.tolist(), joint.counts.tolist(), strict=True)
    rows = [(f"{value:.3g}", *(f"{count:,}" for count in row)) for value, row in sides]
    binned = joint.judge_binned or joint.people_binned
    return table(
        head, rows, "many different scores: each stands for the middle of a tenth of their range" if binned else ""
    )


def _compared(comparison: JudgeComparison) -> Iterator[Markup]:
    yield element("h2", escaped(f"{comparison.first} against {comparison.second}"))
    rows = []
    for name, one in comparison.criteria.items():
        found = one.difference
        p = "–" if one.p_adjusted is None else p_value(one.p_adjusted)
        rows.append(
            (
                name,
                STATISTICS[found.statistic],
                f"{found.n:,}",
                with_interval(found.first),
                with_interval(found.second),
                with_interval(found.difference, "gap"),
                p,
                cell(one.words),
            )
        )
    head = (
        "criterion",
        "statistic",
        "items",
        comparison.first,
        comparison.second,
        "difference",
        "p (Holm)",
        "in words",
    )
    yield table(head, rows, "on the items that both scored; p from permutations, corrected over the criteria")


def _confusion(view: AgreementView, place: int, name: str, one: CriterionAgreement) -> Picture | None:
    return confusion_picture(name, one, view.labels, place)


def _scatter(view: AgreementView, place: int, name: str) -> Picture | None:
    return scatter_picture(name, view.joints.get(name, {}), view.labels, place)


def _shown(picture: Picture, prefix: str) -> Markup:
    return drawn_picture(inline(picture, prefix), picture.title, picture.words)


def _glossary() -> Markup:
    return table(("figure", "what it says"), [(name, cell(words)) for name, words in _GLOSSARY])
