"""How many calls an endpoint gets at once, and how long refused ones wait: both follow what it bears."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from types import TracebackType
from typing import Self


class CallGate:
    """Lets calls through, as many at once as the endpoint bears.

    Additive increase, multiplicative decrease (Chiu and Jain 1989): each answer adds 1/limit, so a full round of
    answers adds one call; a refusal takes three tenths away, at most once a second, because calls that were already
    under way are refused together. The wait after a refusal doubles with each second of refusals, and each answer
    halves it: it follows the endpoint, not the luck of one call, so that nobody sleeps long once it has recovered.

    Args:
        most: The most calls at once.
        first_wait: The wait after a refusal while the endpoint answers, in seconds.
        longest_wait: The longest such wait.
    """

    def __init__(self, most: int, first_wait: float = 0.5, longest_wait: float = 60.0) -> None:
        self._most = most
        self._first, self._longest = first_wait, longest_wait
        self.wait = first_wait
        """Seconds that a refused call should wait before it comes again."""
        self._stalled: float | None = None
        self._limit = float(most)
        self._inside = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._lowered = 0.0

    @property
    def limit(self) -> int:
        """How many calls may be under way now."""
        return max(1, int(self._limit))

    @property
    def stalled(self) -> float:
        """For how many seconds the endpoint has refused every call."""
        return 0.0 if self._stalled is None else time.monotonic() - self._stalled

    def answered(self) -> None:
        """The endpoint took a call."""
        self._stalled = None
        self.wait = max(self._first, self.wait / 2)
        if self._limit < self._most:
            self._limit = min(self._most, self._limit + 1 / self._limit)

    def refused(self) -> None:
        """The endpoint said that there are too many calls."""
        now = time.monotonic()
        self._stalled = now if self._stalled is None else self._stalled
        if now - self._lowered >= 1.0:
            self._lowered = now
            self.wait = min(self._longest, self.wait * 2)
            self._limit = max(1.0, min(self._limit, self._inside) * 0.7)

    async def __aenter__(self) -> Self:
        """Wait for a place; whoever waits longest gets the next."""
        if self._inside < self.limit and not self._queue:
            self._inside += 1
            return self
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the place to the next."""
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        # The place is taken for the one who is woken: a newcomer who took it first would let others wait without end.
        while self._queue and self._inside < self.limit:
            turn = self._queue.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)
