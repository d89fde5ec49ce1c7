"""Who asks, and what they may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect

from hone.people.store import Progress, Rater
from hone.web.sessions import SIGNED_IN, Session

if TYPE_CHECKING:
    from hone.web.site import Site


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks."""

    rater: Rater
    session: Session
    token: str
    """What each of the person's forms carries."""

    @property
    def owner(self) -> bool:
        """Whether the person may see everything."""
        return self.rater.role == "owner"


def known(request: Request) -> Visitor | None:
    """Who asks, or none: nobody is signed in, the session was ended, or the rater's access was taken back."""
    site: Site = request.app.state.site
    session = site.sessions.read(request.cookies.get(site.sessions.cookie))
    rater = None if session is None else _rater(site, session)
    if session is None or rater is None:
        return None
    request.scope[SIGNED_IN] = True
    return Visitor(rater, session, site.sessions.token(session))


def _rater(site: Site, session: Session) -> Rater | None:
    """Whose session it is; none where it is over."""
    found = site.store.rater(session.rater or site.owner.id)
    if found is None or found.epoch != session.epoch:
        return None
    if session.rater is None:
        # Earlier versions gave such a cookie, without an epoch, to anybody on this machine.
        return site.owner if site.open and session.epoch else None
    return found if found.active and found.role != "judge" else None


def person(request: Request) -> Visitor:
    """Who asks.

    Raises:
        HTTPException: Nobody is signed in (401).
    """
    found = known(request)
    if found is None:
        raise HTTPException(401)
    return found


def owner(request: Request) -> Visitor:
    """Who asks, where only an owner may.

    Raises:
        HTTPException: Nobody is signed in (401), or the person is a rater (403).
    """
    found = person(request)
    if not found.owner:
        raise HTTPException(403)
    return found


Someone = Annotated[Visitor, Depends(person)]
Owner = Annotated[Visitor, Depends(owner)]


async def _sent_form(request: Request) -> FormData:
    """The fields that were sent, whoever sent them.

    Raises:
        HTTPException: The browser went away, or was too slow, before the form was whole (400).
    """
    try:
        return await request.form(max_files=0, max_fields=200)
    except ClientDisconnect as error:
        raise HTTPException(400) from error


def form(request: Request, someone: Someone, sent: Annotated[FormData, Depends(_sent_form)]) -> FormData:
    """A form that carries the token of the person who sent it.

    Raises:
        HTTPException: Nobody is signed in (401), or the token is not theirs (403).
    """
    return checked_form(request, someone, sent)


def checked_form(request: Request, someone: Visitor, sent: FormData) -> FormData:
    """The form, where it carries the token of the person who sent it.

    Raises:
        HTTPException: The token is not theirs (403).
    """
    site: Site = request.app.state.site
    if not site.sessions.matches(someone.session, form_field(sent, "token")):
        raise HTTPException(403, site.texts(request).plain("problem.old_form"))
    return sent


def raters_so_far(site: Site) -> list[tuple[Rater, Progress]]:
    """Everybody who rates, and how far they are: owners only once they rated, as they would stand there as late."""
    if not site.rubric.criteria:
        return []
    people = [one for one in site.store.raters() if one.role != "judge"]
    found = [(one, site.store.progress(site.rubric, one.id, per_item=site.per_item)) for one in people]
    return [(one, done) for one, done in found if one.role == "rater" or done.done or done.skipped]


def form_field(sent: FormData, name: str) -> str:
    """A field of a form; empty where it is missing."""
    value = sent.get(name, "")
    return value.strip() if isinstance(value, str) else ""


Form = Annotated[FormData, Depends(form)]
