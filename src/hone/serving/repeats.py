"""Log lines that would repeat are counted: what comes from outside must not be able to fill a disk."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator

_OURS = "hone.serving.listening"


class Once(logging.Filter):
    """Lets a log line through once in a while, and counts the same line in between.

    Args:
        seconds: How long a line is only counted.
        clock: Tells the time.
    """

    MOST = 1000
    """Different lines that are remembered."""

    def __init__(self, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds, self._clock = seconds, clock
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; one that is tells how often it was not."""
        # The line as it was written in the code: its values, an address say, would make each another one.
        kind = record.exc_info[0] if record.exc_info else None
        line = (record.name, record.levelno, str(record.msg).partition("\n")[0], kind)
        now = self._clock()
        since, count = self._seen.get(line, (now - self._seconds, 0))
        if now - since < self._seconds:
            self._seen[line] = (since, count + 1)
            return False
        if len(self._seen) >= self.MOST:
            self._seen.clear()
        self._seen[line] = (now, 0)
        if count:
            record.msg, record.args = f"{record.getMessage().rstrip()} ({count:,} times more since the last line)", ()
        return True

    def rest(self) -> Iterator[str]:
        """What was counted and not told yet, a line each."""
        for (_, _, line, _), (_, count) in self._seen.items():
            if count:
                yield f"{line} ({count:,} times more)"
        self._seen.clear()


@contextlib.contextmanager
def counted_lines(*names: str) -> Iterator[None]:
    """Let the loggers of these names write each line once a minute, as long as the block runs."""
    once = Once()
    loggers = [logging.getLogger(name) for name in (_OURS, *names)]
    for logger in loggers:
        logger.addFilter(once)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(once)
        for line in once.rest():
            logging.getLogger(_OURS).warning("%s", line)
