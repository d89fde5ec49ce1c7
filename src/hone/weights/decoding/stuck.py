"""Which of the answers under way have fallen into a loop: `hone.domain.looping.is_stuck` for many rows at once."""

from __future__ import annotations

from typing import Any

import torch

from hone.domain.looping import STUCK_LEAST, STUCK_LONGEST, STUCK_TIMES

LOOK_EVERY = 32
"""Steps between two looks: a look is a hundred small operations."""


def stuck_rows(out: Any, made: Any) -> Any:
    """Rows whose tokens end in a loop.

    Args:
        out: Tokens, shape (rows, room); what is behind a row's own tokens is not looked at.
        made: How many tokens each row has, shape (rows,).

    Returns:
        Truth values of shape (rows,).
    """
    most = int(made.max()) if len(made) else 0
    found = torch.zeros(len(made), dtype=torch.bool, device=out.device)
    window = min(most, STUCK_TIMES * STUCK_LONGEST)
    # Each row's last tokens, the newest first; what is before its beginning is equal to nothing.
    places = made[:, None] - 1 - torch.arange(window, device=out.device)
    last = torch.where(places >= 0, out.gather(1, places.clamp(min=0)), -1 - torch.arange(window, device=out.device))
    for period in range(1, min(STUCK_LONGEST, window // STUCK_TIMES) + 1):
        run = max(STUCK_LEAST, STUCK_TIMES * period)
        if run <= window:
            found |= (last[:, period:run] == last[:, : run - period]).all(1)
    return found


class StuckRows:
    """For transformers' own `generate`: ends the rows of a batch that have fallen into a loop, and knows where.

    Args:
        width: Tokens of the prompts, padding included.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self.ends: dict[int, int] = {}
        """By row: how many tokens of the answer there were when it was ended."""

    def __call__(self, tokens: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002 - transformers' names
        """Which rows end here, shape (rows,)."""
        count = tokens.shape[1] - self._width
        if count and count % LOOK_EVERY == 0:
            out = tokens[:, self._width :]
            made = torch.full((len(out),), count, dtype=torch.long, device=out.device)
            for row in stuck_rows(out, made).nonzero().flatten().tolist():
                self.ends.setdefault(row, count)
        ended = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
        if self.ends:
            ended[list(self.ends)] = True
        return ended
