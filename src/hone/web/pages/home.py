"""The first page: where things stand, and what to do next."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hone.journey.gathering import first_look
from hone.journey.loop import CompareOptions, DraftOptions, FinaliseOptions, MergeOptions, ReplyOptions
from hone.journey.next import next_steps
from hone.journey.options import VerbOptions
from hone.journey.people import InviteOptions, RateOptions
from hone.journey.signature import kept_signature
from hone.web.people import Someone
from hone.web.site import Site, go, site_of
from hone.web.texts import PageTexts

router = APIRouter()


@dataclass(frozen=True)
class JourneyStep:
    """One step of the journey."""

    title: str
    state: str
    """Where it stands, in words."""
    done: bool
    link: str = ""
    words: str = ""
    """What the link says."""
    command: str = ""


@router.get("/")
def home(request: Request, someone: Someone) -> Response:
    """What to do next; a rater goes on with rating."""
    site = site_of(request)
    if not someone.owner:
        return go("/rate")
    steps = _steps(site, site.texts(request))
    first = next((place for place, step in enumerate(steps) if not step.done), None)
    local = site.open and someone.session.rater is None
    return site.page(
        request,
        "home.html",
        someone,
        steps=steps,
        first=first,
        folder=site.project.folder.name,
        ask_name=local and not (kept_signature() or os.environ.get("HONE_USER")),
    )


def _steps(site: Site, said: PageTexts) -> list[JourneyStep]:
    """The journey on one page; what is still to do, and how, is decided in `journey/next`."""
    project, rubric = site.project, site.rubric
    versions = [one for one in project.versions if one.version > 0]
    criteria = len(project.rubric.criteria)
    people = [one for one in site.store.raters() if one.role == "rater" and one.active]
    found = site.store.progress(rubric, per_item=site.per_item) if rubric.criteria else None
    subjects, done, left = (found.subjects, found.done, found.left) if found else (0, 0, 0)
    todo = next_steps(first_look(project, replies=subjects, invited=len(people), wanted=left))

    def step(name: str, state: str, there: bool, kinds: tuple[type[VerbOptions], ...]) -> JourneyStep:
        own = [one for one in todo if isinstance(one.typed[0], kinds)]
        return JourneyStep(said(f"home.{name}"), state, there and not own, command=own[0].command if own else "")

    write = step("criteria", said("home.criteria.state", n=criteria), criteria >= 2, (DraftOptions,))
    frozen = said("home.decide.frozen", version=versions[-1].version) if versions else said("home.decide.none")
    decide = step("decide", frozen, bool(versions), (CompareOptions, MergeOptions, FinaliseOptions))
    there = said("home.replies.state", n=f"{subjects:,}") if subjects else said("home.replies.none")
    have = step("replies", there, subjects > 0, (ReplyOptions,))
    names = ", ".join(one.name for one in people[:6]) + ("…" if len(people) > 6 else "")
    invite = step("invite", names or said("home.invite.none"), bool(people), (InviteOptions,))
    words = said("home.rate.state", done=f"{done:,}", left=f"{left:,}") if subjects else said("home.rate.none")
    rate = step("rate", words, subjects > 0, (RateOptions,))
    return [
        replace(write, link="/workshop", words=said("home.criteria.link")),
        replace(decide, link="/workshop", words=said("home.decide.link")),
        have,
        # Also where some are invited: there may be more.
        replace(
            invite,
            link="/people",
            words=said("home.invite.link"),
            command=InviteOptions(name=said.plain("home.invite.name")).command_line(),
        ),
        # The pages are open already.
        replace(rate, link="/rate", words=said("home.rate.link"), command=""),
        JourneyStep(said("home.results"), said("home.results.state"), False, "/results", said("home.results.link")),
    ]
