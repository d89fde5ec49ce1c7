"""Results: how well people agree, and judges with them; where they differ, and who settles it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from hone.domain.rubric import Rubric
from hone.errors import FeedbackError, HoneError
from hone.journey.certifying import certificate_line
from hone.measuring import Reading, read_ratings
from hone.measuring.join import join
from hone.measuring.stopping import stop_rule
from hone.people.store import ChoiceRow, Disagreement
from hone.report.charts import ChartTitle, shares
from hone.report.figures import file_slug
from hone.report.page import TableCell
from hone.report.sections.agreement import common_span, criterion_values
from hone.report.strictness import CriterionStrictness, strictness_of
from hone.report.wording import by_whom
from hone.stats import FEW_ITEMS, Agreement, BootstrapOptions, CriterionAgreement, Ratings, agreement_figures, wilson
from hone.text import name as named
from hone.web.filters import ListFilter, by_state, by_value, kept
from hone.web.people import Form, Owner, form_field, raters_so_far
from hone.web.site import Site, go, site_of
from hone.web.texts import PageTexts

router = APIRouter()
RESAMPLES = 2_000
"""Enough for an interval's second digit; `hone agree` takes more."""
MOST_SHOWN = 12
"""Disagreements on the page, the widest first."""


@dataclass(frozen=True)
class Matrix:
    """Who said what when others said something else."""

    title: str
    rows: list[tuple[str | TableCell, ...]]
    """The row's level, then its cells, which are the darker the more of their row they hold."""


@dataclass(frozen=True)
class Computed:
    """What takes a while: figures of every criterion, whether to go on, and who is strict."""

    sections: list[dict[str, object]] = field(default_factory=list)
    stop: str = ""
    weighting: str = ""
    """What is done with replies that stand for unequally many; empty where all stand for the same."""
    strict: list[CriterionStrictness] = field(default_factory=list)
    """By criterion."""


@router.get("/results")
def show_results(request: Request, someone: Owner) -> Response:
    """Everything on one page."""
    site, rubric = site_of(request), site_of(request).rubric
    said = site.texts(request)
    found = _computed(site, rubric, said) if rubric.criteria else Computed()
    disagreements = site.store.disagreements(rubric) if rubric.criteria else []
    filters = _filters(request, said, disagreements)
    narrowed = [one for one in disagreements if _wanted(one, *(each.chosen for each in filters))]
    return site.page(
        request,
        "results.html",
        someone,
        rubric=rubric,
        few=FEW_ITEMS,
        labels=[level.label for level in rubric.scale.levels],
        sections=found.sections,
        strict=found.strict,
        pairs=_pairs(site.store.choices(), said),
        people=_people(site, said),
        all=site.store.progress(rubric, per_item=site.per_item),
        disagreements=narrowed[:MOST_SHOWN],
        narrowed=len(narrowed),
        there=len(disagreements),
        filters=filters,
        kept=kept(filters),
        open_ones=sum(one.adjudicated is None for one in disagreements),
        stop=found.stop,
        weighting=found.weighting,
        certificate=certificate_line(site.project, site.project.latest_run("label")),
        judged=None if found.sections else _judged(site, rubric),
    )


@router.post("/results/settle")
def settle(request: Request, someone: Owner, sent: Form) -> Response:
    """Settle one criterion of one reply, under the name of who settles it."""
    site = site_of(request)
    try:
        value = float(form_field(sent, "value"))
    except ValueError as error:
        raise FeedbackError(site.texts(request).plain("results.no_level")) from error
    site.store.adjudicate(
        form_field(sent, "subject"),
        site.rubric,
        named(form_field(sent, "criterion")),
        value,
        by=someone.rater.name,
        reason=form_field(sent, "reason"),
    )
    filters = _filters(request, site.texts(request), site.store.disagreements(site.rubric))
    return go(f"/results?{kept(filters)}" if kept(filters) else "/results", "settled")


def _filters(request: Request, said: PageTexts, disagreements: Sequence[Disagreement]) -> list[ListFilter]:
    """By criterion, by somebody who is part of it, by whether it is settled."""
    criteria = dict.fromkeys(one.criterion for one in disagreements)
    people = sorted({name for one in disagreements for name in one.scores})
    return [
        by_value(request, "criterion", criteria),
        by_value(request, "person", people),
        by_state(request, said, "settled", ("no", "yes")),
    ]


def _wanted(one: Disagreement, criterion: str, person: str, settled: str) -> bool:
    return (
        criterion in ("", one.criterion)
        and (not person or person in one.scores)
        and settled in ("", "no" if one.adjudicated is None else "yes")
    )


def _people(site: Site, said: PageTexts) -> list[tuple[str, int, int, int, str]]:
    return [
        (one.name, done.done, done.skipped, done.left, said("yes") if one.active else said("no"))
        for one, done in raters_so_far(site)
    ]


@dataclass(frozen=True)
class JudgeAlone:
    """What a judge said before anybody has rated."""

    judge: str
    replies: int
    unscored: int
    rows: list[tuple[str, ...]]
    """A criterion, how often each level was given, and the mean."""


def _judged(site: Site, rubric: Rubric) -> JudgeAlone | None:
    """What the latest `hone label` said under the rubric as it stands; none where it said nothing of it."""
    try:
        judgements = [one for one in site.journey.judgements() if one.rubric == rubric.digest]
    except HoneError:
        return None  # a run that does not read is named by the report
    scored = [one for one in judgements if one.scores]
    if not scored:
        return None
    given: dict[str, list[float]] = {name: [] for name in rubric.names}
    for score in (score for one in scored for score in one.scores):
        given.setdefault(score.criterion, []).append(score.value)
    rows = [
        (
            by_whom(name, rubric),
            *(str(list(map(rubric.scale.nearest, values)).count(level)) for level in rubric.scale.values),
            f"{fmean(values):.2f}",
        )
        for name, values in given.items()
        if values
    ]
    return JudgeAlone(scored[0].judge, len(scored), len(judgements) - len(scored), rows)


def _computed(site: Site, rubric: Rubric, said: PageTexts) -> Computed:
    """Every criterion, and what the stop rule says; computed again only when somebody has said something new."""
    rows = site.store.ratings(rubric)
    if not any(row.kind == "human" for row in rows):
        return Computed()
    latest = [run.folder.name for verb in ("label", "reply") if (run := site.project.latest_run(verb))]
    state = (rubric.digest, len(rows), max(row.time for row in rows), *latest)

    def compute() -> Computed:
        table = join(site.project, site.store, rubric).table
        collected = read_ratings(table, Reading(rubric=rubric))
        ratings = collected.ratings
        found = agreement_figures(ratings, BootstrapOptions(RESAMPLES))
        span = common_span(found)
        sections = [_section(name, found, ratings, rubric, span, said) for name in found.criteria]
        stop = stop_rule(table, rubric, per_item=site.per_item)[-1].words
        return Computed(sections, stop, "; ".join(collected.weighting()), strictness_of(found))

    computed: Computed = site.remember(f"results-{said.language}", state, compute)
    return computed


def _section(
    name: str, found: Agreement, ratings: Ratings, rubric: Rubric, span: tuple[float, float], said: PageTexts
) -> dict[str, object]:
    """What the page shows of one criterion."""
    one, counts = found.criteria[name], _counts(ratings, name, rubric)
    title = ChartTitle(
        f"levels-{file_slug(name)}", said.plain("results.levels_of", name=name), said.plain("results.same_figures")
    )
    return criterion_values(name, one, found.level, span) | {
        "few": one.items < FEW_ITEMS,
        "spread": shares(title, counts, [level.label for level in rubric.scale.levels]),
        "counts": [(who, *(str(count) for count in given)) for who, given in counts.items()],
        "matrices": _matrices(name, one, ratings, rubric, said),
    }


def _counts(ratings: Ratings, name: str, rubric: Rubric) -> dict[str, list[int]]:
    """How often each rater gave each level; a judge's score between levels counts for the nearest."""
    values = np.array(rubric.scale.values)
    columns = [(rater, np.asarray(ratings.people[name])[:, place]) for place, rater in enumerate(ratings.raters)]
    judges = (ratings.judges or {}).get(name)
    if judges is not None:
        each = [(judge, np.asarray(judges)[:, place]) for place, judge in enumerate(ratings.judge_names)]
        columns += [(judge, scores) for judge, scores in each if not np.isnan(scores).all()]
    counts = {}
    for rater, scores in columns:
        given = scores[~np.isnan(scores)]
        nearest = np.abs(given[:, None] - values[None, :]).argmin(axis=1) if len(given) else np.array([], dtype=int)
        counts[rater] = np.bincount(nearest, minlength=len(values)).tolist()
    return counts


def _matrices(name: str, one: CriterionAgreement, ratings: Ratings, rubric: Rubric, said: PageTexts) -> list[Matrix]:
    labels = [level.label for level in rubric.scale.levels]
    scores = np.asarray(ratings.people[name])
    values = rubric.scale.values
    met = np.zeros((len(values), len(values)))
    for first in range(scores.shape[1]):
        for second in range(scores.shape[1]):
            if first != second:
                for row, level in enumerate(values):
                    for column, other in enumerate(values):
                        met[row, column] += ((scores[:, first] == level) & (scores[:, second] == other)).sum()
    found = [_matrix(said.plain("results.two_people"), met, labels)] if met.any() else []
    for judge, figures in one.judges.items():
        if figures.confusion is not None and figures.items and one.levels == values:
            found.append(_matrix(said.plain("results.judge_people", judge=judge), figures.confusion, labels))
    return found


def _matrix(title: str, counts: Any, labels: Sequence[str]) -> Matrix:
    rows: list[tuple[str | TableCell, ...]] = [
        (label, *(TableCell(f"{count:,.4g}", heat(count / max(sum(row), 1e-9))) for count in row))
        for label, row in zip(labels, counts.tolist(), strict=True)
    ]
    return Matrix(title, rows)


def heat(share: float) -> str:
    """The class of a table's cell that holds this share of its row, from 0 to 4."""
    return f"heat-{min(4, int(share * 5))}"


def _pairs(choices: Sequence[ChoiceRow], said: PageTexts) -> Mapping[str, Any] | None:
    """How often the reply that was written with the rubric was held for the better one."""
    people = [one for one in choices if one.kind == "human"]
    if not people:
        return None
    counts = Counter(one.winner for one in people)
    left = sum(one.winner == one.order[0] for one in people if one.winner != "tie")
    decided = counts["A"] + counts["B"]
    share = wilson(counts["B"], len(people))
    return {
        "counts": [
            (said("playground.with"), counts["B"]),
            (said("side.tie"), counts["tie"]),
            (said("playground.alone"), counts["A"]),
        ],
        "share": share,
        "people": len({one.rater for one in people}),
        "left": wilson(left, decided) if decided else None,
    }
