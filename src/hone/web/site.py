"""What the pages of one project work with, and how a page is made from a template."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment
from markupsafe import Markup

from hone.domain.rubric import Rubric
from hone.errors import RunBusyError
from hone.journey.journey import Journey
from hone.people.store import Rater
from hone.people.store.store import Store
from hone.project import Project
from hone.report.page import template_environment
from hone.web.filters import LONG
from hone.web.limits import Limit
from hone.web.people import Visitor
from hone.web.sessions import DAYS, Sessions
from hone.web.subjects import cut_name, cut_replies, result_files
from hone.web.texts import PageTexts, language_of, texts_in
from hone.web.typeset import typeset

HERE = Path(__file__).parent
_ENGLISH = Markup(' lang="en"')
"""Marks what other rooms say, on a page in another language: it is in English."""


@dataclass(eq=False)
class Site:
    """The pages of one project; only who the owner is may change while they are served."""

    journey: Journey
    """The steps over the project, the same ones that the commands run."""
    store: Store
    sessions: Sessions
    owner: Rater
    """Who is at this machine."""
    open: bool
    """Whether the owner can come in by the token: on loopback only."""
    per_item: int = 2
    second_look: bool = False
    """Whether raters may see, after their own rating, what the judge said of the same reply."""
    models: tuple[str, ...] = ()
    """Specs that the playground offers beside those of the project."""
    address: str = ""
    """The address that raters type, where it is another one than the one a request came to."""
    limit: Limit = field(default_factory=Limit)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """Lets in the owner, in this run alone: other accounts of this machine reach its loopback, too."""
    made: dict[str, tuple[object, Any]] = field(default_factory=dict)
    """What was made from files or the store, and from which state of them."""

    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    """Files that wait for their columns, by a name that nobody can guess: each file's own name, and its content."""
    busy: threading.Lock = field(default_factory=threading.Lock)

    @property
    def project(self) -> Project:
        """The project whose pages these are."""
        return self.journey.project

    @contextmanager
    def at_work(self, said: PageTexts) -> Iterator[None]:
        """Have the models to oneself: they play one part at a time.

        Args:
            said: What says that they are at work, in the language of who asks.

        Raises:
            RunBusyError: They are at work already.
        """
        if not self.busy.acquire(blocking=False):
            raise RunBusyError(said.plain("problem.busy"))
        try:
            yield
        finally:
            self.busy.release()

    @cached_property
    def templates(self) -> Environment:
        """The templates, which escape everything that is not markup of ours."""
        made = template_environment(HERE / "templates")
        made.filters |= {
            "typeset": typeset,
            "g": "{:g}".format,
            "code": Markup("<code>{}</code>").format,
            "bold": Markup("<b>{}</b>").format,
        }
        task = self.project.settings.task
        made.globals |= {"static": static, "subject": task.subject, "menu": MENU, "long": LONG}
        made.globals |= {"was_cut": self.was_cut, "brief": task.brief}
        return made

    def remember(self, name: str, state: object, make: Callable[[], Any]) -> Any:
        """What `make` made when the state was last the same."""
        kept = self.made.get(name)
        if kept is None or kept[0] != state:
            kept = self.made[name] = (state, make())
        return kept[1]

    @property
    def rubric(self) -> Rubric:
        """The rubric that people rate by; its files are read again only when they have changed."""
        folder = self.project.folder
        paths = [folder / "rubric.yaml", *sorted((folder / "rubrics").glob("v*.yaml"))]
        state = tuple((path.name, path.stat().st_mtime_ns) for path in paths if path.exists())
        rubric = self.remember("rubric", state, self.journey.rubric)
        assert isinstance(rubric, Rubric)  # noqa: S101
        return rubric

    def was_cut(self, item: str, text: str) -> bool:
        """Whether a reply ended at its length limit, as far as the project's runs say."""
        state = tuple((path.parent.name, path.stat().st_mtime_ns) for path in result_files(self.project))
        found = self.remember("cut", state, lambda: cut_replies(self.project))
        return cut_name(item, text) in found

    def texts(self, request: Request) -> PageTexts:
        """What the pages say: in the project's language, else in the one that the browser likes best."""
        return texts_in(self.project.settings.language or language_of(request.headers.get("accept-language", "")))

    def page(
        self, request: Request, template: str, person: Visitor | None, *, code: int = 200, **values: Any
    ) -> Response:
        """A page made from a template."""
        said = self.texts(request)
        known: dict[str, Any] = {"person": person, "path": request.url.path, "open": self.open, "t": said}
        known["english"] = "" if said.language == "en" else _ENGLISH
        known["said_before"] = _message(request, said)
        html = self.templates.get_template(template).render(known | values)
        return HTMLResponse(html, status_code=code)

    def sign_in(self, request: Request, response: Response, cookie: str) -> None:
        """Put a session's cookie into an answer."""
        self.set_cookie(request, response, self.sessions.cookie, cookie, days=DAYS)

    def set_cookie(self, request: Request, response: Response, name: str, value: str, *, days: int) -> None:
        """Put a cookie into an answer, which no script reads and no other site sends."""
        response.set_cookie(
            name,
            value,
            max_age=days * 86_400,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )


MENU: dict[str, tuple[str, ...]] = {
    "raters": ("/rate", "/compare", "/mine"),
    "owner": ("/workshop", "/people", "/data", "/results", "/playground"),
}
"""The pages in the order of the menu; an owner sees both rows. What a link says stands in `texts`."""


def _message(request: Request, texts: PageTexts) -> str:
    """What a page says of the step before; a link can choose one of these texts, never words of its own."""
    return texts.texts.get(f"said.{request.query_params.get('said', '')}", "")


def go(path: str, said: str = "") -> RedirectResponse:
    """Lead to another of our pages; a path may hold filters of a list."""
    return RedirectResponse(f"{path}{'&' if '?' in path else '?'}said={said}" if said else path, status_code=303)


def site_of(request: Request) -> Site:
    """The site that the app serves."""
    site = request.app.state.site
    assert isinstance(site, Site)  # noqa: S101
    return site


def wants_json(request: Request) -> bool:
    """Whether the script asks, which reads JSON, or a browser, which shows a page."""
    return "application/json" in request.headers.get("accept", "")


def static(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it."""
    content = (HERE / "static" / re.sub(r"[^\w.-]", "", name)).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:10]}"
