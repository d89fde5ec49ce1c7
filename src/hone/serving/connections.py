"""Who may hold a connection open, and for how long.

A server that waits without end is stopped by a thousand connections that send nothing. Here each connection tells
what it waits for; one that waits too long is closed. Where there are too many, the one that has waited longest makes
room rather than that the newcomer is turned away: whoever holds connections open cannot keep others out with them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, in seconds, and how many."""

    head: float = 10.0
    """For the head of a request, from the connection or from the first byte after the request before."""
    body: float = 60.0
    """For the body: 8 MB take this long over a line of 1 Mbit/s."""
    idle: float = 30.0
    """Between two requests."""
    write: float = 60.0
    """For a client to take what it asked for, once it takes nothing any more."""
    per_address: int = 256
    """Connections from one address that wait and have not signed in.

    A whole school stands behind one address. A browser opens six at most, which count only until the person is signed
    in: 42 people may open their links in the same second before any is closed, and browsers then open a new one.
    """
    grace: float = 1.0
    """Seconds in which a connection is not closed for the cap of its address: what it sent may be there, unread, when
    hundreds come at once."""
    total: int = 4096
    """Connections in all: six for each of 680 people at once."""


class Connection:
    """One connection, as its protocol tells of it.

    Args:
        connections: All of them.
        address: Where it comes from.
        close: Closes it at once; nothing that waits to be sent is sent.
    """

    def __init__(self, connections: Connections, address: str, close: Callable[[], object]) -> None:
        self.address, self.signed_in, self.state = address, False, ""
        self.since = 0.0
        """When it began to wait."""
        self._connections, self._close = connections, close
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def head(self) -> None:
        """It waits for the head of a request."""
        self._wait("head", self._connections.limits.head)

    def body(self) -> None:
        """It waits for the body of a request."""
        self._wait("body", self._connections.limits.body)

    def idle(self) -> None:
        """It waits for somebody to ask again."""
        self._wait("idle", self._connections.limits.idle)

    def busy(self) -> None:
        """It waits for us: the request is there."""
        if self.state != "gone":
            self._stop()
            self.state = "busy"

    def sign_in(self) -> None:
        """Somebody known asks over it."""
        if not self.signed_in:
            self._connections.waits_no_more(self)
            self.signed_in = True
            if self.state in ("head", "body", "idle"):
                self._connections.waits(self)

    def stalled(self) -> None:
        """The client does not take what it is sent."""
        if self._stalled is None and self.state != "gone":
            self._stalled = self._after(self._connections.limits.write, "write")

    def flows(self) -> None:
        """The client takes it again."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def gone(self) -> None:
        """It is closed, by whomever."""
        self._stop()
        self.flows()
        self.state = "gone"
        self._connections.open.discard(self)

    def close(self, why: str) -> None:
        """Close it, and count why."""
        if self.state != "gone":
            self._connections.closed[why] += 1
            self.gone()
            self._close()

    def _wait(self, state: str, seconds: float) -> None:
        if self.state in (state, "gone"):
            return  # a client that sends one byte after another does not start again
        self._stop()
        self.state = state
        self._timer, self.since = self._after(seconds, state), asyncio.get_running_loop().time()
        self._connections.waits(self)

    def _after(self, seconds: float, why: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self.close, why)

    def _stop(self) -> None:
        self._connections.waits_no_more(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Telling(asyncio.Protocol):
    """The part of a protocol that tells of its connection's end, and of a client that does not take what it is sent.

    It stands before the protocol of a server's library; when to wait for what is for each of these to say.
    """

    one: Connection | None = None
    """The connection, once it is made."""

    def connection_lost(self, exc: BaseException | None) -> None:
        """Wait no more."""
        if self.one is not None:
            self.one.gone()
        super().connection_lost(exc)  # type: ignore[arg-type]  # aiohttp's takes more than asyncio's

    def pause_writing(self) -> None:
        """The client does not take what it is sent."""
        super().pause_writing()
        if self.one is not None:
            self.one.stalled()

    def resume_writing(self) -> None:
        """The client takes it again."""
        super().resume_writing()
        if self.one is not None:
            self.one.flows()


class Connections:
    """All connections of a server.

    Args:
        limits: How long and how many.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.open: set[Connection] = set()
        self.closed: Counter[str] = Counter()
        """How many were closed by us: for being late with ``head``, ``body``, ``idle`` or ``write``; to keep within
        the cap of an ``address`` or of the ``total``; ``refused`` as none could make room."""
        # In the order in which they began to wait, as dictionaries keep it: the first has waited longest.
        self._strangers: dict[Connection, None] = {}
        self._by_address: dict[str, dict[Connection, None]] = {}
        self._members: dict[Connection, None] = {}

    def came(self, address: str, close: Callable[[], object]) -> Connection:
        """A new connection, which waits for its first head; it is closed at once where none can make room for it."""
        new = Connection(self, address, close)
        if len(self.open) >= self.limits.total:
            oldest = next(iter(self._strangers), None) or next(iter(self._members), None)
            if oldest is None:
                new.close("refused")
                return new
            oldest.close("total")
        self.open.add(new)
        new.head()
        return new

    def waits(self, one: Connection) -> None:
        """Take a connection among those that wait, within the cap of its address."""
        if one.signed_in:
            self._members[one] = None
            return
        self._strangers[one] = None
        same = self._by_address.setdefault(one.address, {})
        same[one] = None
        late = one.since - self.limits.grace
        while len(same) > self.limits.per_address and (oldest := next(iter(same))).since <= late:
            oldest.close("address")

    def waits_no_more(self, one: Connection) -> None:
        """Take it from among them."""
        self._members.pop(one, None)
        self._strangers.pop(one, None)
        same = self._by_address.get(one.address)
        if same is not None:
            same.pop(one, None)
            if not same:
                del self._by_address[one.address]
