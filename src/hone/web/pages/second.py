"""A second look: after their own rating, raters see where the judge differs and say what of its reasons holds."""

from __future__ import annotations

from typing import Any, cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from hone.errors import FeedbackError
from hone.people.store.second_looks import OfReason
from hone.web.pages.rate import LONGEST_NOTE, new_key, submit_id
from hone.web.people import Form, Someone, form_field
from hone.web.second_looks import to_look_at
from hone.web.site import go, site_of

router = APIRouter()


@router.get("/second")
def begin_second_look(request: Request, someone: Someone) -> Response:
    """The next reply on which the judge differs, or that there is none."""
    site, rubric = site_of(request), site_of(request).rubric
    if not site.second_look:
        raise HTTPException(404)
    left = to_look_at(site, someone.rater.id, rubric)
    values: dict[str, Any] = {"left": len(left), "rubric": rubric, "digest": rubric.digest, "key": new_key()}
    if left:
        answer, said = left[0]
        values |= {"answer": answer, "said": said}
        looks = site.store.second_looks(rubric, someone.rater.id)
        seen = {one.criterion for one in looks if one.subject == answer.subject.id}
        values["seen"] = seen.issuperset(said)
    return site.page(request, "second.html", someone, **values)


@router.post("/second/{subject}/show")
def show_what_was_said(request: Request, someone: Someone, subject: str, sent: Form) -> Response:
    """Show the judge's reasons on a reply: from here on its rating stays as it was, so it takes a button."""
    site, rubric = site_of(request), site_of(request).rubric
    if not site.second_look:
        raise HTTPException(404)
    if form_field(sent, "rubric") != rubric.digest:
        raise HTTPException(400, site.texts(request).plain("rate.changed"))
    for answer, said in to_look_at(site, someone.rater.id, rubric):
        if answer.subject.id == subject:
            site.store.show_reasons(someone.rater.id, subject, rubric, said)
    return go("/second")


@router.post("/second/{subject}")
def keep_second_look(request: Request, someone: Someone, subject: str, sent: Form) -> Response:
    """Keep what was said of each reason."""
    site, rubric, said = site_of(request), site_of(request).rubric, site_of(request).texts(request)
    if not site.second_look:
        raise HTTPException(404)
    if form_field(sent, "rubric") != rubric.digest:
        raise HTTPException(400, said.plain("rate.changed"))
    asked = [(number, name) for number, name in enumerate(rubric.names) if form_field(sent, f"answer-{number}")]
    if not asked:
        raise FeedbackError(said.plain("second.choose"))
    for number, name in asked:
        now = form_field(sent, f"now-{number}")
        try:
            value = float(now) if now else None
        except ValueError as error:
            raise FeedbackError(said.plain("rate.not_on_scale", name=name, value=now[:40])) from error
        key = submit_id(sent)
        site.store.look_again(
            someone.rater.id,
            subject,
            rubric,
            name,
            cast("OfReason", form_field(sent, f"answer-{number}")),
            text=form_field(sent, f"why-{number}")[:LONGEST_NOTE],
            value=value,
            key=None if key is None else f"{key}-{number}",
        )
    return go("/second", "saved")
