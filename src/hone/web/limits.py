"""How often something may be tried: sign-ins by address, in a window that slides."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

ATTEMPTS, SECONDS = 10, 600.0
MOST_ADDRESSES = 10_000


class Limit:
    """Counts failed attempts by address.

    Args:
        attempts: How many are let through within the window.
        seconds: How long the window is.
        clock: Tells the time.
    """

    def __init__(
        self, attempts: int = ATTEMPTS, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._attempts, self._seconds, self._clock = attempts, seconds, clock
        self._failed: dict[str, deque[float]] = {}

    def wait(self, address: str) -> float:
        """Seconds until this address may try again; 0 where it may now."""
        failed = self._recent(address)
        return 0.0 if len(failed) < self._attempts else max(1.0, failed[0] + self._seconds - self._clock())

    def failed(self, address: str) -> None:
        """Count one failed attempt."""
        if len(self._failed) >= MOST_ADDRESSES:
            for known in [known for known in self._failed if not self._recent(known)]:
                del self._failed[known]
            while len(self._failed) >= MOST_ADDRESSES:
                self._failed.pop(next(iter(self._failed)))
        self._failed.setdefault(address, deque()).append(self._clock())

    def _recent(self, address: str) -> deque[float]:
        failed = self._failed.get(address, deque())
        while failed and failed[0] <= self._clock() - self._seconds:
            failed.popleft()
        return failed
