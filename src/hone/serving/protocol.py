"""HTTP as aiohttp speaks it, with the time limits and caps that it has none of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from hone.serving.connections import Connections, Telling

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AiohttpConnection(Telling, web.RequestHandler):
    """A connection that tells what it waits for; `told` tells it when a request begins and ends.

    Args:
        connections: All connections of the server.
        server: Who answers.
        loop: The event loop.
    """

    def __init__(self, connections: Connections, server: Any, loop: asyncio.AbstractEventLoop) -> None:
        # A little more than our own limit, which says why it closes.
        keep = connections.limits.idle + 1
        super().__init__(server, loop=loop, access_log=None, keepalive_timeout=keep)  # type: ignore[arg-type]
        self._all = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a head."""
        super().connection_made(transport)
        name = transport.get_extra_info("peername")
        close = transport.abort if isinstance(transport, asyncio.WriteTransport) else transport.close
        self.one = self._all.came(str(name[0]) if name else "", close)

    def data_received(self, data: bytes) -> None:
        """Read on: what comes while nothing is under way is the beginning of a head."""
        if self.one is not None and self.one.state == "idle":
            self.one.head()
        super().data_received(data)


@web.middleware
async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The middleware that tells a connection what its request is at."""
    one = request.protocol.one if isinstance(request.protocol, AiohttpConnection) else None
    if one is None:
        return await handler(request)
    answered = False

    def whole() -> None:
        if answered:
            one.idle()
        else:
            one.busy()

    if not request.content.at_eof():
        one.body()
    request.content.on_eof(whole)
    try:
        return await handler(request)
    finally:
        answered = True
        if one.state == "busy":  # else the rest of a body that nobody reads is still to come, within its time
            one.idle()


def signed_in(request: web.Request) -> None:
    """Tell the connection that somebody known asks."""
    if isinstance(request.protocol, AiohttpConnection) and request.protocol.one is not None:
        request.protocol.one.sign_in()
