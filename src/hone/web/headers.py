"""What every answer says to the browser, and what every question must say to be heard.

Written as plain ASGI, so that it also goes over error pages and static files, and costs microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hone.spelling import option

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing inline, nothing from elsewhere, no frame around us."""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Nothing about us goes to other sites. `no-referrer` would make browsers send `Origin: null` with our own forms,
    # which could then not be told from those of a hostile page.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MOST_BODY = 256 * 1024
"""Bytes of a form: a note of 10,000 characters, in any script, fits many times over."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class RequestGate:
    """Who may speak to the server at all."""

    open: bool
    """On loopback, where the owner comes in by an address that was printed, over plain http."""
    hosts: frozenset[str] = LOOPBACK
    """Names that the Host header may hold where the server is open; elsewhere the sign-in guards, whatever the name.

    A page of another site whose name was made to point at this machine (DNS rebinding) carries that name here.
    """

    origin: str | None = None
    """Our own address where a proxy stands before us, which may or may not hand on the name that it was called by."""

    def refusal(self, method: str, scheme: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is not heard, or none."""
        host = headers.get("host", "")
        if self.open:
            if _name(host) not in self.hosts:
                return f"this server answers to localhost only, not to {_name(host)[:80]!r}"
            if any(name in headers for name in _FORWARDED):
                use = f"use {option('host')} and invite"
                return f"a proxy stands before this server, which is open to this machine only; {use}"
        if method in _SAFE:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin not in (f"{scheme}://{host}", self.origin):
            return "this form was sent from another site"
        if site not in (None, "same-origin", "none"):
            return "this form was sent from another site"
        return None


class Guard:
    """ASGI middleware: refuses what the gate refuses and bodies that are too large, and sets the headers.

    Args:
        app: What is guarded.
        gate: Who may speak.
    """

    def __init__(self, app: ASGIApp, gate: RequestGate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._gate.origin:
            scope["scheme"] = self._gate.origin.partition("://")[0]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    given.setdefault(name, value)
                if "cache-control" not in given:
                    # The address of a file of ours changes with the file.
                    kept = scope["path"].startswith("/static/") and message["status"] == 200
                    given["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-store"
            await send(message)

        refusal = self._gate.refusal(scope["method"], scope["scheme"], headers)
        length = headers.get("content-length", "0")
        if refusal is None and scope["method"] not in _SAFE and "content-length" not in headers:
            await PlainTextResponse("the length of the form is missing", 411)(scope, receive, sending)
        elif not length.isdecimal() or int(length) > MOST_BODY:
            await PlainTextResponse("the form is too large", 413)(scope, receive, sending)
        elif refusal is not None:
            await PlainTextResponse(refusal, 403 if scope["method"] not in _SAFE else 421)(scope, receive, sending)
        else:
            await self._app(scope, receive, sending)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
