"""The rubric workshop: the criteria, what the expert compared and advises, a person's decisions, and the versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from markupsafe import Markup
from pydantic import ValidationError
from starlette.datastructures import FormData

from hone.domain.base import first_problem
from hone.domain.evidence import Advice, Comparison, RubricVersion
from hone.domain.rubric import MAX_CRITERIA, Criterion, Rubric
from hone.errors import FeedbackError, ProjectError
from hone.journey.loop import latest_comparisons
from hone.journey.refining import awaits_decision, decide_refinement, latest_refinement
from hone.report.diffs import worded_diff
from hone.report.refinement import changes_of, difference_lines, gate_lines
from hone.rubrics.compare import summary
from hone.rubrics.finalise import RubricChange, diff
from hone.rubrics.lint import lint
from hone.rubrics.merge import Choice, merge
from hone.rubrics.refinement import RefinedCase
from hone.web.editing import MOST_ROWS, NEW, edited_rubric
from hone.web.filters import by_state
from hone.web.people import Form, Owner, Visitor, form_field
from hone.web.site import Site, go, site_of
from hone.web.texts import PageTexts

router = APIRouter()
_ACTIONS = ("accept", "edit", "reject")
_VERDICTS = ("with", "without", "tie", "flipped", "unread")
"""How a comparison can have ended, as the list is narrowed by it."""


@dataclass(frozen=True)
class Piece:
    """One piece of advice, as it is shown."""

    advice: Advice
    title: str
    old: str
    diff: Markup
    wording: str
    """What an edit starts from."""
    decided: str
    """What was decided on it before, or nothing."""


@router.get("/workshop")
def show_workshop(request: Request, someone: Owner) -> Response:
    """The whole workshop on one page."""
    return _shown(request, someone)


@router.post("/workshop/ask")
def ask_expert(request: Request, someone: Owner, sent: Form) -> Response:  # noqa: ARG001 - the owner's own
    """Let the expert propose criteria, compare, or advise; the answer comes when it is done."""
    site = site_of(request)
    step = form_field(sent, "step")
    if step not in ("draft", "compare", "advise"):
        raise HTTPException(404)
    with site.at_work(site.texts(request)):
        if step == "draft":
            site.journey.draft(more=True)
        elif step == "compare":
            site.journey.compare()
        else:
            site.journey.advise()
    return go("/workshop", "drafted" if step == "draft" else "")


@router.post("/workshop/decide")
def keep_decisions(request: Request, someone: Owner, sent: Form) -> Response:
    """Take the decisions of one sitting, all together."""
    site, said = site_of(request), site_of(request).texts(request)
    working = _as_shown(site, sent, said)
    advice = site.journey.advice(working)
    merged = merge(working, advice, _choices(sent, advice, said), by=someone.rater.name)
    site.journey.keep(working, merged, someone.rater.name)
    for decision in merged.decisions:
        site.store.decide(decision)
    return go("/workshop", "merged")


@router.post("/workshop/edit")
def keep_edits(request: Request, someone: Owner, sent: Form) -> Response:
    """Keep the criteria as they were edited, in the order that was asked for."""
    site, said = site_of(request), site_of(request).texts(request)
    working = _as_shown(site, sent, said)
    site.journey.edit(working, edited_rubric(sent, working, said), someone.rater.name)
    return go("/workshop", "edited")


@router.post("/workshop/finalise")
def freeze_version(request: Request, someone: Owner, sent: Form) -> Response:
    """Freeze the working rubric as the next version."""
    _, path = site_of(request).journey.freeze(someone.rater.name, form_field(sent, "note")[:1000])
    return go("/workshop", "frozen" if path else "same")


@router.post("/workshop/refined")
def decide_refined(request: Request, someone: Owner, sent: Form) -> Response:
    """Take over what refining offers, or decline it."""
    site, said = site_of(request), site_of(request).texts(request)
    working = _as_shown(site, sent, said)
    take = form_field(sent, "take")
    found = latest_refinement(site.project, working)
    if take not in ("yes", "no") or found is None or not awaits_decision(site.project, found):
        raise HTTPException(400, said.plain("workshop.changed"))
    note = form_field(sent, "note")[:400]
    decisions = decide_refinement(site.project, found, accept=take == "yes", by=someone.rater.name, note=note)
    for decision in decisions:
        site.store.decide(decision)
    return go("/workshop", "merged" if take == "yes" else "")


@dataclass(frozen=True)
class RefinedView:
    """What refining came to, as it is shown."""

    lines: list[str]
    changes: list[tuple[RubricChange, Markup]]
    mended: list[RefinedCase]
    broken: list[RefinedCase]
    open: bool
    decided: bool


def _refined(site: Site, working: Rubric) -> RefinedView | None:
    found = latest_refinement(site.project, working)
    if found is None:
        return None
    lines = [*difference_lines(found), *gate_lines(found)]
    if not found.passed:
        return RefinedView(lines, [], [], [], open=False, decided=False)
    waits = awaits_decision(site.project, found)
    return RefinedView(
        lines,
        [(one, worded_diff(one.old, one.new)) for one in changes_of(found)],
        [one for one in found.cases if one.mended],
        [one for one in found.cases if not one.mended],
        open=waits,
        decided=not waits,
    )


def _shown(request: Request, someone: Visitor) -> Response:
    site, said = site_of(request), site_of(request).texts(request)
    working, versions = site.project.rubric, site.project.versions
    comparisons = latest_comparisons(site.project)
    verdict = by_state(request, said, "verdict", _VERDICTS)
    advice, why_none = _advice(site, working)
    return site.page(
        request,
        "workshop.html",
        someone,
        working=working,
        digest=working.digest,
        rows=[*working.criteria, *[None] * NEW][:MOST_ROWS],
        findings=lint(working),
        most=MAX_CRITERIA,
        comparisons=[one for one in comparisons if verdict.chosen in ("", *_verdicts(one))],
        compared=len(comparisons),
        filters=[verdict],
        prompts={item.id: item.prompt for item in site.project.items},
        summary=summary(comparisons) if comparisons else None,
        pieces=[_piece(one, working, _decided(site, one, working, said), said) for one in advice],
        why_none=why_none,
        refined=_refined(site, working),
        versions=[_history(versions, place) for place in reversed(range(len(versions)))],
        changed=_changed(versions, working),
        expert=site.project.settings.models.expert.model,
    )


def _verdicts(one: Comparison) -> tuple[str, ...]:
    """What a comparison counts as where the list is narrowed; a tie by a changed verdict counts as both."""
    return (one.winner or "unread", *(("flipped",) if one.flipped else ()))


def _advice(site: Site, working: Rubric) -> tuple[Sequence[Advice], str]:
    """The advice to decide on, or why there is none."""
    try:
        return site.journey.advice(working), ""
    except ProjectError as error:
        return (), str(error)


def _decided(site: Site, advice: Advice, working: Rubric, said: PageTexts) -> str:
    for one in reversed(site.project.decisions):
        if one.before == working.digest and one.advice == advice:
            return said.plain(f"decided.{one.action}", name=one.by)
    return ""


def _piece(advice: Advice, working: Rubric, decided: str, said: PageTexts) -> Piece:
    old = next((one for one in working.criteria if one.name == advice.criterion), None)
    new = advice.proposal
    said_old = "" if old is None else _said(old)
    said_new = "" if advice.action == "remove" else said_old if new is None else _said(new)
    title = said.plain(f"advice.do.{advice.action}", name=advice.criterion or (new.name if new else ""))
    return Piece(advice, title, said_old, worded_diff(said_old, said_new), said_new or said_old, decided)


def _said(criterion: Criterion) -> str:
    return f"{criterion.name}: {criterion.sentence}"


def _as_shown(site: Site, sent: FormData, said: PageTexts) -> Rubric:
    """The working rubric, where it still is the one that the form was made from."""
    working = site.project.rubric
    if form_field(sent, "rubric") != working.digest:
        raise HTTPException(400, said.plain("workshop.changed"))
    return working


def _choices(sent: FormData, advice: Sequence[Advice], said: PageTexts) -> dict[str, Choice]:
    choices = {}
    for piece in advice:
        action = form_field(sent, f"do-{piece.id}")
        if action not in _ACTIONS:
            raise FeedbackError(said.plain("advice.undecided", id=piece.id))
        wording = None
        if action == "edit":
            try:
                wording = Criterion.model_validate(" ".join(form_field(sent, f"wording-{piece.id}").split()))
            except ValidationError as error:
                problem = said.plain("advice.bad_wording", id=piece.id, problem=first_problem(error))
                raise FeedbackError(problem) from error
        note = form_field(sent, f"note-{piece.id}")[:400]
        choices[piece.id] = Choice(cast("Literal['accept', 'edit', 'reject']", action), wording, note)
    return choices


@dataclass(frozen=True)
class VersionHistory:
    """One version, and what changed from its parent."""

    version: RubricVersion
    changes: list[tuple[RubricChange, Markup]]


def _history(versions: Sequence[RubricVersion], place: int) -> VersionHistory:
    if place == 0:
        return VersionHistory(versions[0], [])
    changes = diff(versions[place - 1].rubric, versions[place].rubric)
    return VersionHistory(
        versions[place], [(one, worded_diff(one.old, one.new)) for one in changes if one.kind != "same"]
    )


def _changed(versions: Sequence[RubricVersion], working: Rubric) -> bool:
    return not versions or versions[-1].version == 0 or versions[-1].hash != working.digest
