"""The first page: where things stand, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from hone.web.people import Someone
from hone.web.site import Site, go, site_of

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
    steps = _steps(site)
    first = next((place for place, step in enumerate(steps) if not step.done), None)
    return site.page(request, "home.html", someone, steps=steps, first=first, folder=site.project.folder.name)


def _steps(site: Site) -> list[JourneyStep]:
    project, rubric = site.project, site.rubric
    versions = [one for one in project.versions if one.version > 0]
    working = project.rubric
    criteria = len(working.criteria)
    people = [one for one in site.store.raters() if one.role == "rater" and one.active]
    found = site.store.progress(rubric, per_item=site.per_item) if rubric.criteria else None
    subjects, done, left = (found.subjects, found.done, found.left) if found else (0, 0, 0)
    return [
        JourneyStep(
            "Write criteria",
            f"{criteria} in rubric.yaml",
            criteria >= 2,
            "/workshop",
            "Look at them",
            "" if criteria else "hone rubric draft",
        ),
        JourneyStep(
            "Compare and decide with the expert",
            f"version {versions[-1].version} is frozen" if versions else "no version is frozen yet",
            bool(versions),
            "/workshop",
            "Go to the workshop",
            "" if project.latest_run("compare") else "hone rubric compare",
        ),
        JourneyStep(
            "Have replies to rate",
            f"{subjects:,} replies" if subjects else "none yet",
            subjects > 0,
            command="" if subjects else "hone reply",
        ),
        JourneyStep(
            "Invite people",
            ", ".join(one.name for one in people[:6]) + ("…" if len(people) > 6 else "") if people else "nobody yet",
            bool(people),
            command="hone rate invite NAME",
        ),
        JourneyStep(
            "Rate",
            f"{done:,} done, {left:,} still wanted" if subjects else "when there are replies",
            subjects > 0 and left <= 0,
            "/rate",
            "Rate some yourself",
        ),
        JourneyStep(
            "Look at the results",
            "agreement, disagreements, the judge against people",
            False,
            "/results",
            "Go to the results",
        ),
    ]
