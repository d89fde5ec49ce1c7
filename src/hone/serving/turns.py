"""Turns at the engine: clients take them one after another, so that who asks much does not keep who asks little.

The engine answers in the order in which it was asked. So requests wait here, a line for each client, and the engine
is given only as many as it writes side by side; each time one is done, the client whose turn it is sends the next.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST = 1024
"""Requests that wait, of all clients together."""
MOST_EACH = 256
"""Requests that wait, of one client: a table that is labelled 256 rows at a time is no attack."""
RETRY_SECONDS = 5
"""When a client that is refused may come again."""


class FullError(Exception):
    """No more requests may wait.

    Args:
        status: 429 where the client has too many itself, 503 where all have.
        message: What is said to the client.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ClientTurns:
    """Who may ask the engine now.

    Args:
        slots: How many may at once.
        most: How many may wait.
        each: How many of one client may wait.
    """

    def __init__(self, slots: int, most: int = MOST, each: int = MOST_EACH) -> None:
        self._free, self._most, self._each = slots, most, each
        # The client whose turn is next stands first.
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}
        self.waiting = 0

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Have the engine, once it is the client's turn, until the block ends.

        Raises:
            FullError: Too many wait already.
        """
        await self._take(client)
        try:
            yield
        finally:
            self._pass_on()

    async def _take(self, client: str) -> None:
        if self._free:
            self._free -= 1
            return
        if len(self._lines.get(client, ())) >= self._each:
            raise FullError(429, f"{self._each} of your requests wait already; send the next when some are answered")
        if self.waiting >= self._most:
            raise FullError(503, f"{self._most:,} requests wait already; try again later")
        turn = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(turn)
        self.waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the turn came in the moment in which the client went away
                self._pass_on()
            else:
                self._leave(client, turn)
            raise

    def _leave(self, client: str, turn: asyncio.Future[None]) -> None:
        line = self._lines.get(client)
        if line is None or turn not in line:
            return  # it was passed over since
        line.remove(turn)
        self.waiting -= 1
        if not line:
            del self._lines[client]

    def _pass_on(self) -> None:
        while self._lines:
            client = next(iter(self._lines))
            line = self._lines.pop(client)
            turn = line.popleft()
            self.waiting -= 1
            if line:
                self._lines[client] = line  # at the end: the others come first
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
