"""HTTP as uvicorn speaks it, with the time limits and caps that it has none of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from hone.serving.connections import Connections, Telling
from hone.web.sessions import SIGNED_IN


class UvicornConnection(Telling, H11Protocol):
    """A connection that tells what it waits for.

    Args:
        connections: All connections of the server.
        given: What uvicorn gives its protocols.
    """

    def __init__(self, *, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._all = connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a head."""
        super().connection_made(transport)
        self.one = self._all.came(self.client[0] if self.client else "", transport.abort)

    def data_received(self, data: bytes) -> None:
        """Read on, and see what is waited for now."""
        super().data_received(data)
        self._look(came=True)

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of this one, which nobody may have read."""
        super().on_response_complete()
        if self.one is not None and self.scope.get(SIGNED_IN):
            self.one.sign_in()
        self._look()

    def _look(self, *, came: bool = False) -> None:
        if self.one is None or self.transport.is_closing():
            return
        theirs, answered = self.conn.their_state, self.cycle is None or self.cycle.response_complete
        if theirs is h11.SEND_BODY:
            self.one.body()
        elif not answered:
            self.one.busy()
        elif came or self.one.state == "head":
            self.one.head()
        else:
            self.one.idle()


def watched_by(connections: Connections) -> Callable[..., asyncio.Protocol]:
    """What makes uvicorn's protocols."""

    def make(**given: Any) -> asyncio.Protocol:
        return UvicornConnection(connections=connections, **given)

    return make
