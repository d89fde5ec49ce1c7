"""People: who was invited, how far each of them is, links for others, and the owner's own name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from hone.errors import FeedbackError
from hone.journey.people import RateOptions
from hone.journey.signature import keep_signature
from hone.people.store import Progress, Rater, Role
from hone.project.folder import LONGEST_GUIDELINES
from hone.text import name as named
from hone.web.filters import by_state
from hone.web.people import Form, Owner, Visitor, form_field, raters_so_far
from hone.web.site import go, site_of

router = APIRouter()
LONGEST_STAY = 365
"""Days that a link made on the page may let somebody in; the command makes longer ones."""
_ROLES = ("rater", "owner")
_HOW_FAR = ("waiting", "begun", "finished", "out")
"""How far somebody can be, as the list is narrowed by it."""


@dataclass(frozen=True)
class RaterProgress:
    """Somebody who may rate, and how far they are."""

    rater: Rater
    done: Progress


def _how_far(one: RaterProgress) -> str:
    if not one.rater.active:
        return "out"
    return "finished" if not one.done.left else "begun" if one.done.done or one.done.skipped else "waiting"


@dataclass(frozen=True)
class NewLink:
    """A link that was made just now; it can be shown this once."""

    name: str
    address: str
    days: float


@router.get("/people")
def show_people(request: Request, someone: Owner) -> Response:
    """Everybody who may come in, and a form that invites."""
    return _shown(request, someone)


@router.post("/people/invite")
def make_link(request: Request, someone: Owner, sent: Form) -> Response:
    """Make a personal link, and show it."""
    site, said = site_of(request), site_of(request).texts(request)
    name, role = named(form_field(sent, "name")), form_field(sent, "role") or "rater"
    if role not in _ROLES:
        raise HTTPException(400, said.plain("people.no_role"))
    try:
        days = float(form_field(sent, "days") or 14)
    except ValueError as error:
        raise FeedbackError(said.plain("people.no_days")) from error
    if not 0 < days <= LONGEST_STAY:
        raise FeedbackError(said.plain("people.too_long", most=LONGEST_STAY))
    token = site.store.invite(name, cast("Role", role), days)
    address = (site.address or str(request.base_url)).rstrip("/")
    return _shown(
        request, someone, NewLink(name, f"{address}/enter/{token}", int(days) if days.is_integer() else days)
    )


@router.post("/people/withdraw")
def withdraw(request: Request, someone: Owner, sent: Form) -> Response:
    """Let somebody in no more; what they said stays."""
    site, name = site_of(request), named(form_field(sent, "name"))
    if name == someone.rater.name:
        raise FeedbackError(site.texts(request).plain("people.yourself"))
    site.store.revoke(name, by=someone.rater.name)
    return go("/people", "withdrawn")


@router.post("/people/guidelines")
def keep_guidelines(request: Request, someone: Owner, sent: Form) -> Response:  # noqa: ARG001 - the owner's own
    """Keep what raters are told."""
    site_of(request).project.save_guidelines(form_field(sent, "guidelines").replace("\r\n", "\n"))
    return go("/people", "guided")


@router.post("/people/name")
def keep_name(request: Request, someone: Owner, sent: Form) -> Response:
    """Keep the owner's own name, and go on under it. What was said under the old one stays under the old one."""
    site = site_of(request)
    if not site.open or someone.session.rater is not None:
        raise HTTPException(403)
    site.owner = site.store.add_rater(form_field(sent, "name"), "owner")
    keep_signature(site.owner.name)
    response = go("/", "named")
    _, cookie = site.sessions.begin(None, site.owner.epoch)
    site.sign_in(request, response, cookie)
    return response


def _shown(request: Request, someone: Visitor, link: NewLink | None = None) -> Response:
    site = site_of(request)
    people = [RaterProgress(*one) for one in raters_so_far(site)]
    how_far = by_state(request, site.texts(request), "progress", _HOW_FAR)
    return site.page(
        request,
        "people.html",
        someone,
        people=[one for one in people if how_far.chosen in ("", _how_far(one))],
        there=len(people),
        filters=[how_far],
        link=link,
        wanted=site.per_item,
        guidelines=site.project.guidelines,
        longest=LONGEST_GUIDELINES,
        # No flag is written here: the settings know how the command is typed.
        wider=RateOptions(host="0.0.0.0").command_line(),  # noqa: S104 - shown, not listened on
        may_rename=site.open and someone.session.rater is None,
    )
