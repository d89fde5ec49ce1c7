"""Comes in by a personal link, or as the owner by the address that was printed, and goes out."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from hone.errors import FeedbackError
from hone.web.people import Form, Someone
from hone.web.site import go, site_of

router = APIRouter()
LONGEST_TOKEN = 200


@router.get("/enter/{token}")
def enter_by_link(request: Request, token: str) -> Response:
    """Sign in whoever holds a valid link, and lead on to an address without the token in it."""
    site = site_of(request)
    address = request.client.host if request.client else "unknown"
    if site.open and hmac.compare_digest(token.encode("utf-8", "surrogatepass"), site.token.encode()):
        owner = site.store.rater(site.owner.id) or site.owner
        return _entered(request, None, owner.epoch)
    # The token comes first: a whole school may stand behind one address, and its valid links must work.
    try:
        if len(token) > LONGEST_TOKEN:
            raise FeedbackError(site.texts(request).plain("problem.unknown_link"))
        rater = site.store.redeem(token)
    except FeedbackError as error:
        if wait := site.limit.wait(address):
            many = site.texts(request).plain("problem.many", n=max(1, round(wait / 60)))
            raise HTTPException(429, many, {"Retry-After": str(round(wait))}) from error
        site.limit.failed(address)
        raise HTTPException(403, f"{str(error)[:1].upper()}{str(error)[1:]}.") from error
    return _entered(request, rater.id, rater.epoch)


def _entered(request: Request, rater: str | None, epoch: str) -> Response:
    site = site_of(request)
    _, cookie = site.sessions.begin(rater, epoch)
    response = go("/")
    response.headers["Referrer-Policy"] = "no-referrer"
    site.sign_in(request, response, cookie)
    return response


@router.post("/leave")
def leave(request: Request, someone: Someone, sent: Form) -> Response:  # noqa: ARG001 - both are checks
    """Sign out, in every browser: a copy of the cookie must not outlive this."""
    site = site_of(request)
    site.store.end_sessions(someone.rater.id)
    response = go("/", "left")
    response.delete_cookie(site.sessions.cookie)
    return response
