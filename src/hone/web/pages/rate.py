"""Rate: one reply at a time, criterion by criterion; and a rater's own answers, to look at and change."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from markupsafe import Markup
from starlette.datastructures import FormData

from hone.domain.base import digest
from hone.domain.rubric import Rubric
from hone.errors import FeedbackError
from hone.people.store import Answer, Progress
from hone.web.filters import by_state, kept
from hone.web.people import Form, Someone, Visitor, form_field
from hone.web.second_looks import to_look_at
from hone.web.site import Site, go, site_of, wants_json
from hone.web.texts import PageTexts

router = APIRouter()
LONGEST_NOTE, LONGEST_REASON = 4_000, 400
ON_A_PAGE = 40
"""Entries of a list, so that a page stays light however many there are."""
_PLACES = frozenset({"/rate", "/compare", "/mine"})


@router.get("/rate")
def begin_rating(request: Request, someone: Someone) -> Response:
    """Lead to the reply that is to be rated now, or say that all is done."""
    site, rubric = site_of(request), site_of(request).rubric
    subject = None
    if rubric.criteria:
        subject = site.store.next_subject(someone.rater.id, rubric, per_item=site.per_item)
    if subject is not None:
        return go(f"/rate/{subject.id}", request.query_params.get("said", ""))
    mine, second = _mine(site, someone, rubric), len(to_look_at(site, someone.rater.id, rubric))
    return site.page(request, "rated.html", someone, rubric=rubric, mine=mine, second=second, key=new_key())


@router.get("/rate/{subject}")
def show_reply_to_rate(request: Request, someone: Someone, subject: str) -> Response:
    """One reply, and what this person said of it so far."""
    return _shown(request, someone, subject)


@router.post("/rate/{subject}")
def save_scores(request: Request, someone: Someone, subject: str, sent: Form) -> Response:
    """Save what was chosen, and go on where every criterion has a score."""
    site, rubric = site_of(request), site_of(request).rubric
    if form_field(sent, "rubric") != rubric.digest:
        raise HTTPException(400, site.texts(request).plain("rate.changed"))
    _handed(site, someone, subject, rubric)
    saved = site.store.rate(
        someone.rater.id,
        subject,
        rubric,
        _scores(sent, rubric, site.texts(request)),
        note=form_field(sent, "note")[:LONGEST_NOTE],
        key=submit_id(sent),
    )
    if wants_json(request):
        return JSONResponse({"saved": True, "complete": saved.complete})
    if saved.complete:
        return go("/rate")
    still = ", ".join(_still_open(_handed(site, someone, subject, rubric), rubric))
    said = site.texts(request)
    problem = Markup(" ").join((said("rate.saved_so_far"), said("rate.choose"), said("rate.still_open", names=still)))
    return _shown(request, someone, subject, problem=problem)


@router.post("/rate/{subject}/skip")
def skip_reply(request: Request, someone: Someone, subject: str, sent: Form) -> Response:
    """Pass over a reply, with the reason."""
    site, rubric = site_of(request), site_of(request).rubric
    _handed(site, someone, subject, rubric)
    site.store.skip(
        someone.rater.id, subject, rubric, form_field(sent, "reason")[:LONGEST_REASON], key=submit_id(sent)
    )
    return go("/rate", "skipped")


@router.post("/undo")
def undo(request: Request, someone: Someone, sent: Form) -> Response:
    """Take back the last save, and show what it was about."""
    site = site_of(request)
    about = site.store.undo(someone.rater.id, key=submit_id(sent))
    at = form_field(sent, "at")
    if about is None:
        return go(at if at in _PLACES else "/rate", "nothing")
    if site.store.pair(someone.rater.id, about) is not None:
        return go(f"/compare/{about}", "undone")
    return go(f"/rate/{about}", "undone")


@router.post("/welcome")
def put_welcome_away(request: Request, someone: Someone, sent: Form) -> Response:
    """Show the card of the first visit no more in this browser."""
    site = site_of(request)
    at = form_field(sent, "at")
    response: Response = (
        JSONResponse({"saved": True}) if wants_json(request) else go(at if at in _PLACES else "/rate")
    )
    site.set_cookie(request, response, _welcome_cookie(site, someone), "seen", days=365)
    return response


def is_new(site: Site, request: Request, someone: Visitor, *, begun: bool) -> bool:
    """Whether a rater is shown the card of the first visit: nothing is saved yet, and it was not put away."""
    return not begun and _welcome_cookie(site, someone) not in request.cookies


def _welcome_cookie(site: Site, someone: Visitor) -> str:
    """The card's cookie, one a person: several may share a browser."""
    return f"{site.sessions.cookie}-seen-{digest(someone.rater.id)[:8]}"


@router.get("/mine")
def mine(request: Request, someone: Someone) -> Response:
    """Everything that this person said, and nothing that others did."""
    site, rubric = site_of(request), site_of(request).rubric
    answers, pairs = site.store.mine(someone.rater.id, rubric), site.store.my_pairs(someone.rater.id)
    there = len(answers) + len(pairs)
    state = by_state(request, site.texts(request), "answer", ("open", "done", "skipped", "stale"))
    if state.chosen:
        answers = [one for one in answers if state.chosen in (one.state, "stale" if one.stale else "")]
        pairs = [one for one in pairs if state.chosen == one.state]
    number, pages, here = page_of(request, max(len(answers), len(pairs)))
    return site.page(
        request,
        "mine.html",
        someone,
        rubric=rubric,
        mine=_mine(site, someone, rubric),
        answers=answers[here],
        pairs=pairs[here],
        number=number,
        pages=pages,
        there=there,
        left=len(answers) + len(pairs),
        filters=[state],
        kept=kept([state]),
        key=new_key(),
    )


def page_of(request: Request, entries: int, each: int = ON_A_PAGE) -> tuple[int, int, slice]:
    """Which page of a list an address asks for, of how many, and which entries it shows."""
    pages = max(1, -(-entries // each))
    asked = request.query_params.get("page", "1")
    number = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    return number, pages, slice((number - 1) * each, number * each)


def new_key() -> str:
    """An id for one submit: the same form sent twice is saved once."""
    return secrets.token_urlsafe(12)


def _shown(request: Request, someone: Visitor, subject: str, *, problem: str = "") -> Response:
    site, rubric = site_of(request), site_of(request).rubric
    answer, mine = _handed(site, someone, subject, rubric), _mine(site, someone, rubric)
    return site.page(
        request,
        "rate.html",
        someone,
        answer=answer,
        rubric=rubric,
        digest=rubric.digest,
        mine=mine,
        new=is_new(site, request, someone, begun=bool(mine.done or mine.skipped)),
        asks="" if someone.owner else site.owner.name,
        guidelines=site.project.guidelines,
        earlier=_earlier(site, someone, answer, rubric),
        key=new_key(),
        problem=problem,
    )


def _handed(site: Site, someone: Visitor, subject: str, rubric: Rubric) -> Answer:
    """The person's answer to a reply; a reply that was never handed to them is as if it were not there."""
    answer = site.store.answer(someone.rater.id, subject, rubric)
    if answer is None or (answer.at is None and not answer.scores):
        raise HTTPException(404)
    return answer


def _still_open(answer: Answer, rubric: Rubric) -> list[str]:
    return [name for name in rubric.names if name not in answer.scores]


def _earlier(site: Site, someone: Visitor, answer: Answer, rubric: Rubric) -> str | None:
    """The reply that this person answered before this one."""
    answered = [one for one in site.store.mine(someone.rater.id, rubric) if one.state != "open"]
    before = [one for one in answered if answer.state == "open" or (answer.at and one.at and one.at < answer.at)]
    return before[0].subject.id if before else None


def _mine(site: Site, someone: Visitor, rubric: Rubric) -> Progress:
    return site.store.progress(rubric, someone.rater.id, per_item=site.per_item)


def _scores(sent: FormData, rubric: Rubric, said: PageTexts) -> Mapping[str, float]:
    scores = {}
    for number, criterion in enumerate(rubric.criteria):
        value = form_field(sent, f"score-{number}")
        if value:
            try:
                scores[criterion.name] = float(value)
            except ValueError as error:
                problem = said.plain("rate.not_on_scale", name=criterion.name, value=value[:40])
                raise FeedbackError(problem) from error
    return scores


def submit_id(sent: FormData) -> str | None:
    """The id of a submit: of the form and of what was filled in.

    A browser that goes back to a form it kept sends the form's id again with other levels, which is another submit.
    """
    if not form_field(sent, "key"):
        return None
    return digest(sorted((name, value) for name, value in sent.items() if isinstance(value, str) and name != "token"))
