"""Who may ask: a key where one is set, and no web page in disguise where none is."""

from __future__ import annotations

import hmac
from typing import Any

from aiohttp import web

from hone.serving.protocol import Handler, signed_in

OPEN = frozenset({"/health"})
"""Needs no key: it says only that somebody listens."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def refuse(status: int, message: str, kind: str = "invalid_request_error") -> web.Response:
    """A refusal in the form that clients of OpenAI read."""
    return web.json_response({"error": {"message": message, "type": kind, "code": status}}, status=status)


def guard(key: str | None) -> Any:
    """The middleware that lets in who may ask.

    Without a key only names of this machine are answered: a web page that has its own name lead here (DNS rebinding)
    is refused, and so is a form that a page could send, because its body is no JSON.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if key is not None and request.path not in OPEN:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), key.encode()):
                return refuse(401, "a wrong key, or none; send it as a bearer token", "authentication_error")
            signed_in(request)
        if key is None and _host(request) not in LOOPBACK:
            return refuse(403, "without a key only 127.0.0.1, localhost and ::1 are answered", "permission_error")
        if request.method == "POST" and request.content_type != "application/json":
            return refuse(415, "send JSON, with Content-Type: application/json")
        return await handler(request)

    return check


def _host(request: web.Request) -> str:
    host = request.host
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
