"""Runs the pages: one process, one port; ends with Ctrl-C, or by itself when nobody came for a while."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import cast
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from hone.errors import FeedbackError, ProjectError
from hone.journey.journey import Journey
from hone.journey.next_ratings import draw_next
from hone.people.store import Rater, open_store
from hone.people.store.store import Store
from hone.serving.connections import Connections, Limits
from hone.serving.listening import AT_ONCE, fitting, listening
from hone.serving.repeats import counted_lines
from hone.spelling import option
from hone.web.app import create_app
from hone.web.headers import LOOPBACK
from hone.web.opening import browser_opened
from hone.web.protocol import watched_by
from hone.web.sessions import Sessions, session_secret
from hone.web.site import Site
from hone.web.subjects import put_up


@dataclass(frozen=True, slots=True)
class PageOptions:
    """How the pages are served."""

    host: str = "127.0.0.1"
    port: int = 8420
    per_item: int = 2
    second_look: bool = False
    next: int | None = None
    """How many drawn replies are to wait for their first rating; none where replies are not drawn."""
    runs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    """Specs that the playground offers beside those of the project."""
    base_url: str = ""
    """The address that raters use, where it is another one than ours: behind a proxy."""
    owner: str = "owner"
    """Who is at this machine."""
    open_browser: bool = True
    stop_after: float | None = None
    """Seconds without a request after which the server ends."""
    limits: Limits = field(default_factory=Limits)


def serve_pages(journey: Journey, options: PageOptions, tell: Callable[[str], object]) -> None:
    """Serve a project's pages until Ctrl-C.

    Args:
        journey: The project whose replies are rated, and the steps that workshop and playground run.
        options: How.
        tell: Told the address, and what was put up for rating.

    Raises:
        ProjectError: The address cannot be used, or nobody is invited to a server that others can reach.
        StoreError: The store cannot be opened.
    """
    project = journey.project
    base = urlsplit(options.base_url)
    if options.base_url and (base.scheme not in ("http", "https") or not base.hostname):
        raise ProjectError(f"{options.base_url!r} is not an address; write https://HOST, as raters will type it")
    with _listen(options) as door, open_store(project.agreed_database) as store:
        if store.upgrade:
            tell(str(store.upgrade))
        local = only_from_here(options.host) and not options.base_url
        if not local:
            _check_invited(store)
        for line in put_up(project, store, options.runs):
            tell(line)
        if options.next is not None:
            for line in draw_next(project, store, journey.rubric(), options.next):
                tell(line)
        # The key stays from run to run: a page that is open when the pages are started again goes on working. Whoever
        # has such a cookie had the printed address, or a link, once; signing out ends it.
        # Beside the database's file, so that what keeps that out of version control keeps this out as well.
        sessions = Sessions(session_secret(project.folder / "feedback.db.key"))
        owner = _owner(store, options.owner)
        site = Site(
            journey,
            store,
            sessions,
            owner,
            local,
            options.per_item,
            options.second_look,
            options.models,
            options.base_url,
        )
        _run(site, door, options, tell)


def only_from_here(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host in LOOPBACK:
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False


def _run(site: Site, door: socket.socket, options: PageOptions, tell: Callable[[str], object]) -> None:
    base = urlsplit(options.base_url)
    idle = Idle(create_app(site, origin=f"{base.scheme}://{base.netloc}" if base.netloc else None))
    server = uvicorn.Server(configured(idle, options))
    port = door.getsockname()[1]
    host = f"[{options.host}]" if ":" in options.host else options.host
    address = options.base_url or f"http://{'localhost' if options.host in ('127.0.0.1', '::1') else host}:{port}"
    link = f"{address}/enter/{site.token}"

    async def main() -> None:
        # Told once the loop runs: before that, Ctrl-C would meet one that is half made.
        if site.open:
            tell(f"You are {site.owner.name}, the owner: {link}   (Ctrl-C ends)")
        else:
            tell(
                f"Raters come in by personal links, from: hone rate invite NAME {option('base_url', address)}   "
                "(Ctrl-C ends)"
            )
        watcher = asyncio.create_task(_end_when_idle(server, idle, options.stop_after))
        opened = options.open_browser and site.open
        try:
            with browser_opened(link, site.project.folder) if opened else nullcontext():
                await server.serve(sockets=[door])
        finally:
            watcher.cancel()

    with counted_lines("uvicorn.error", "asyncio"):
        asyncio.run(main())


def configured(app: ASGIApp, options: PageOptions) -> uvicorn.Config:
    """How uvicorn serves an application, with limits on how long connections wait and how many there are."""
    return uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        server_header=False,
        backlog=AT_ONCE,
        http=cast("type[asyncio.Protocol]", watched_by(Connections(_limits(options)))),
        ws="none",  # its connections would be nobody's
        timeout_keep_alive=round(options.limits.idle),
        timeout_graceful_shutdown=3,
        # Only a proxy on this machine may say who its visitors are, and only where we were told that there is one.
        proxy_headers=bool(options.base_url),
        lifespan="off",
    )


def _limits(options: PageOptions) -> Limits:
    limits = fitting(options.limits)
    # All who come through a proxy have its address; the proxy keeps their limits, and its own connections open.
    return replace(limits, per_address=limits.total) if options.base_url else limits


class Idle:
    """ASGI middleware that knows when the last request came, and how many are under way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.last = time.monotonic()
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        self.last = time.monotonic()
        self.under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.under_way -= 1
            self.last = time.monotonic()


async def _end_when_idle(server: uvicorn.Server, idle: Idle, seconds: float | None) -> None:
    while seconds is not None and not server.should_exit:
        await asyncio.sleep(min(0.5, seconds / 4))
        if not idle.under_way and time.monotonic() - idle.last > seconds:
            server.should_exit = True


def _listen(options: PageOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return listening(family, (options.host, options.port))
    except OSError as error:
        raise ProjectError(
            f"{options.host}:{options.port} cannot be used ({error.strerror}); name another with "
            f"{option('host')} and {option('port')}"
        ) from error


def _check_invited(store: Store) -> None:
    if not any(rater.active and rater.role != "judge" for rater in store.raters()):
        raise ProjectError(
            "nobody is invited, so nobody could sign in from another machine; invite somebody first: "
            "hone rate invite NAME"
        )


def _owner(store: Store, name: str) -> Rater:
    try:
        found = store.add_rater(name, "owner")
    except FeedbackError:  # a rater was invited under the owner's own name
        found = store.add_rater(f"{name} (owner)", "owner")
    if not found.epoch:  # of a version that let in anybody on this machine, with cookies that have no epoch either
        store.end_sessions(found.id)
    return found if found.active else replace(found, active=True)
