"""Compare: two replies side by side, on sides that were drawn at random; left, right, or both alike."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from hone.people.store import PairAnswer, Side
from hone.web.pages.rate import LONGEST_NOTE, LONGEST_REASON, is_new, new_key, submit_id
from hone.web.people import Form, Someone, Visitor, form_field
from hone.web.site import Site, go, site_of

router = APIRouter()


@router.get("/compare")
def begin_comparing(request: Request, someone: Someone) -> Response:
    """Lead to the pair that is to be compared now, or say that all is done."""
    site = site_of(request)
    pair = site.store.next_pair(someone.rater.id, per_item=site.per_item)
    if pair is not None:
        return go(f"/compare/{pair.id}", request.query_params.get("said", ""))
    done = sum(one.state == "done" for one in site.store.my_pairs(someone.rater.id))
    return site.page(request, "compared.html", someone, done=done, key=new_key())


@router.get("/compare/{pair}")
def show_pair(request: Request, someone: Someone, pair: str) -> Response:
    """One pair, and which side this person chose."""
    site = site_of(request)
    answer = _handed(site, someone, pair)
    earlier = _earlier(site, someone, answer)
    compared = sum(one.state == "done" for one in site.store.my_pairs(someone.rater.id))
    return site.page(
        request,
        "compare.html",
        someone,
        answer=answer,
        earlier=earlier,
        key=new_key(),
        compared=compared,
        new=is_new(site, request, someone, begun=compared > 0),
        asks="" if someone.owner else site.owner.name,
        guidelines=site.project.guidelines,
    )


@router.post("/compare/{pair}")
def choose_side(request: Request, someone: Someone, pair: str, sent: Form) -> Response:
    """Save the verdict and go on."""
    site = site_of(request)
    _handed(site, someone, pair)
    side = cast("Side", form_field(sent, "side"))
    site.store.choose(someone.rater.id, pair, side, note=form_field(sent, "note")[:LONGEST_NOTE], key=submit_id(sent))
    return go("/compare", "saved")


@router.post("/compare/{pair}/skip")
def skip_pair(request: Request, someone: Someone, pair: str, sent: Form) -> Response:
    """Pass over a pair, with the reason."""
    site = site_of(request)
    _handed(site, someone, pair)
    reason = form_field(sent, "reason")[:LONGEST_REASON]
    site.store.skip_pair(someone.rater.id, pair, reason, key=submit_id(sent))
    return go("/compare", "skipped")


def _handed(site: Site, someone: Visitor, pair: str) -> PairAnswer:
    answer = site.store.pair(someone.rater.id, pair)
    if answer is None:
        raise HTTPException(404)
    return answer


def _earlier(site: Site, someone: Visitor, answer: PairAnswer) -> str | None:
    answered = [one for one in site.store.my_pairs(someone.rater.id) if one.state != "open" and one.at]
    before = [one for one in answered if answer.state == "open" or (answer.at and one.at and one.at < answer.at)]
    return max(before, key=lambda one: one.at.timestamp() if one.at else 0.0).pair.id if before else None
