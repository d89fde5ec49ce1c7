"""Playground: one request, two replies side by side as they are written, and the judge's scores of each.

Only models that the project or the command named can be chosen: a page must not make this machine open files or
addresses that somebody types into it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse
from markupsafe import Markup
from starlette.datastructures import FormData

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.settings import ModelSettings
from hone.domain.task import Item, Reply
from hone.errors import HoneError
from hone.jobs.calls import Caller
from hone.judging.of_project import judge_of
from hone.models import Call, Message
from hone.models import Request as ModelRequest
from hone.models.thinking import answer_of
from hone.report.terminal import clean
from hone.rubrics.replies import SAMPLING, system_text
from hone.web.people import Form, Owner, form_field
from hone.web.site import Site, site_of
from hone.web.texts import PageTexts
from hone.web.typeset import typeset

router = APIRouter()
LONGEST_REQUEST = 8_000
OFFERED = 8
"""Requests of the project that are offered."""
SIDES = ("left", "right")


@dataclass(frozen=True)
class PlaygroundChoice:
    """One way to answer: a model, with the rubric stated in its prompt or without."""

    name: str
    settings: ModelSettings
    rubric: bool


@dataclass
class Played:
    """One side of the page."""

    choice: str = ""
    reply: str = ""
    state: str = ""
    scores: Markup = field(default_factory=Markup)


@router.get("/playground")
def show_playground(request: Request, someone: Owner) -> Response:
    """A playground with one of the project's requests, which may be changed."""
    site = site_of(request)
    offered = _offered(site)
    asked = next((one.prompt for one in offered if one.id == request.query_params.get("item")), None)
    asked = asked if asked is not None else offered[0].prompt if offered else ""
    names = list(_choices_of(site, site.texts(request)))
    sides = {"left": Played(names[0]), "right": Played(names[1])}
    return site.page(
        request,
        "playground.html",
        someone,
        names=names,
        sides=sides,
        asked=asked[:LONGEST_REQUEST],
        offered=offered,
        played=False,
        judged=True,
    )


@router.post("/playground")
async def play(request: Request, someone: Owner, sent: Form) -> Response:
    """Answer on both sides: as a stream for the script, as a page that waits without it."""
    site, said = site_of(request), site_of(request).texts(request)
    asked = form_field(sent, "request")[:LONGEST_REQUEST]
    if not asked:
        raise HTTPException(400, said.plain("playground.no_request"))
    chosen = {side: _choice(site, said, sent, side) for side in SIDES}
    events = _answered(site, said, asked, chosen, scored=bool(form_field(sent, "judged")))
    if "text/event-stream" in request.headers.get("accept", ""):
        return StreamingResponse(_written(events), media_type="text/event-stream")
    sides = {side: Played(choice.name) for side, choice in chosen.items()}
    async for event in events:
        side = sides[event["side"]]
        side.reply += event.get("text", "")
        side.state = event.get("state", side.state)
        if event.get("into") == "scores":
            side.scores = Markup(event["html"])  # noqa: S704 - made by our own template
    return site.page(
        request,
        "playground.html",
        someone,
        names=list(_choices_of(site, said)),
        sides=sides,
        asked=asked,
        offered=_offered(site),
        played=True,
        judged=bool(form_field(sent, "judged")),
    )


def _offered(site: Site) -> list[Item]:
    """Requests of the project to begin with; none where it has none that read."""
    try:
        return site.project.items[:OFFERED]
    except HoneError:
        return []


def _choices_of(site: Site, said: PageTexts) -> Mapping[str, PlaygroundChoice]:
    """What can be chosen: every model of the project and of the command, with the rubric and without."""
    roles = site.project.settings.models
    models = {one.model: one for one in (roles.writer, roles.expert, roles.judge)}
    models |= {spec: ModelSettings(model=spec) for spec in site.models if spec not in models}
    found = {}
    for spec, settings in models.items():
        for rubric, words in ((True, said.plain("playground.with")), (False, said.plain("playground.alone"))):
            found[f"{spec}, {words}"] = PlaygroundChoice(f"{spec}, {words}", settings, rubric)
    return found


def _choice(site: Site, said: PageTexts, sent: FormData, side: str) -> PlaygroundChoice:
    found = _choices_of(site, said).get(form_field(sent, side))
    if found is None:
        raise HTTPException(400, said.plain(f"playground.no_model.{side}"))
    return found


async def _written(events: AsyncIterator[Mapping[str, str]]) -> AsyncIterator[str]:
    async for event in events:
        yield f"data: {json.dumps(event)}\n\n"


async def _answered(
    site: Site, said: PageTexts, asked: str, chosen: Mapping[str, PlaygroundChoice], *, scored: bool
) -> AsyncIterator[Mapping[str, str]]:
    """Events of both sides, as they come."""
    queue: asyncio.Queue[Mapping[str, str] | None] = asyncio.Queue()

    async def one(side: str, choice: PlaygroundChoice) -> None:
        try:
            await _side(site, said, asked, side, choice, queue, scored=scored)
        except HoneError as error:
            await queue.put({"side": side, "state": clean(str(error))})

    async def both() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for side, choice in chosen.items():
                    group.create_task(one(side, choice))
        finally:
            await queue.put(None)

    with site.at_work(said):
        working = asyncio.create_task(both())
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def _side(
    site: Site,
    said: PageTexts,
    asked: str,
    side: str,
    choice: PlaygroundChoice,
    queue: asyncio.Queue[Mapping[str, str] | None],
    *,
    scored: bool,
) -> None:
    """Write one reply, piece by piece, then score it."""
    task, rubric, prompts = site.project.settings.task, site.rubric, site.project.prompts
    model = await run_in_threadpool(site.journey.model, choice.settings)
    system = system_text(task, rubric if choice.rubric else None, prompts)
    request = ModelRequest(
        (Message("system", system), Message("user", asked)), choice.settings.sampling(SAMPLING), call=Call(side)
    )
    started, parts, finish = time.monotonic(), [], ""
    async with model:
        async for piece in model.stream(request):
            parts.append(piece.text)
            finish = piece.finish or finish
            await queue.put({"side": side, "text": piece.text})
    reply = answer_of("".join(parts))
    cut = finish == "length"
    took = said.plain(
        "playground.took_cut" if cut else "playground.took",
        n=len(reply.split()),
        seconds=f"{time.monotonic() - started:.1f}",
    )
    await queue.put({"side": side, "into": "text", "html": str(typeset(reply).html), "state": took})
    if not scored or not rubric.criteria:
        return
    await queue.put({"side": side, "state": said.plain("playground.reads", took=took)})
    judgement = await _judged(site, Reply(item=side, prompt=asked, text=reply, model=model.spec, cut=cut), rubric)
    html = site.templates.get_template("scores.html").render(judgement=judgement, t=said)
    await queue.put({"side": side, "into": "scores", "html": html, "state": took})


async def _judged(site: Site, reply: Reply, rubric: Rubric) -> Judgement:
    settings = site.project.settings.models.judge
    model = await run_in_threadpool(site.journey.model, settings)
    judge = judge_of(site.project, (model,), settings, rubric)
    async with model:
        return await judge.score(reply, Caller())
