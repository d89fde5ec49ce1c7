"""One token more for every row: the same function with and without a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from hone.weights.decoding.rows import Rows

_DRAWING = 2**28
"""Bytes that drawing may take at once: rows are drawn for in parts of this size."""
_NOISE_BYTES, _NUCLEUS_BYTES = 4, 64
"""Bytes for each word of the vocabulary and row: the noise; with a nucleus also the order and its sums."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How the next token is chosen."""

    temperature: float = 0.0
    top_p: float | None = None

    def __call__(self, logits: Any) -> Any:
        """One token a row out of logits of shape (rows, vocabulary)."""
        if self.temperature == 0:
            return logits.argmax(-1)
        count = self._rows_at_once(logits.shape[-1])
        return torch.cat([self._drawn(part) for part in logits.split(count)])

    def work_bytes(self, rows: int, vocabulary: int) -> int:
        """Bytes that a draw takes beside the logits."""
        if self.temperature == 0:
            return 0
        return min(rows, self._rows_at_once(vocabulary)) * vocabulary * self._word_bytes()

    def _rows_at_once(self, vocabulary: int) -> int:
        return max(1, _DRAWING // (vocabulary * self._word_bytes()))

    def _word_bytes(self) -> int:
        return _NUCLEUS_BYTES if self._cuts() else _NOISE_BYTES

    def _cuts(self) -> bool:
        return self.top_p is not None and self.top_p < 1

    def _drawn(self, logits: Any) -> Any:
        # The Gumbel-max trick: one pass without a sum over the vocabulary, and it can stand in a graph. The logits
        # are added to the noise where it lies, so that it is the only copy in 32 bits.
        scale = 1 / self.temperature
        if self.top_p is not None and self._cuts():
            logits, scale = _nucleus(logits.float() * scale, self.top_p), 1.0
        noise = torch.empty(logits.shape, dtype=torch.float32, device=logits.device).exponential_()
        noise.clamp_min_(1e-20).log_().neg_()
        return noise.add_(logits, alpha=scale).argmax(-1)


def _nucleus(logits: Any, share: float) -> Any:
    """Only the smallest set of tokens with this probability; the likeliest is always in it."""
    ordered, places = logits.sort(-1, descending=True)
    probabilities = ordered.softmax(-1)
    outside = probabilities.cumsum(-1) - probabilities > share
    return torch.full_like(logits, float("-inf")).scatter(-1, places, ordered.masked_fill(outside, float("-inf")))


class Stepper:
    """The rows' tokens so far, and the step that adds one to each.

    Args:
        model: The language model.
        rows: Its cache.
        ends: The tokens that end an answer.
        draw: How tokens are chosen.
        most: The most tokens of an answer.
        graphs: On a GPU, record each size of step once and replay it.
    """

    def __init__(
        self, model: Any, rows: Rows, ends: tuple[int, ...], draw: Draw, most: int, *, graphs: bool = True
    ) -> None:
        self.model, self.rows, self.draw = model, rows, draw
        device, count = rows.lengths.device, len(rows.lengths)
        self.last = torch.zeros(count, dtype=torch.long, device=device)
        """The token that each row goes on from; its keys are not in the cache yet."""
        self.made = torch.zeros(count, dtype=torch.long, device=device)
        """How many tokens of its answer each row has."""
        self.out = torch.zeros(count, most, dtype=torch.long, device=device)
        self.done = torch.ones(count, dtype=torch.bool, device=device)
        """Rows without an answer under way. They are computed with the rest, and change nothing."""
        self.limits = torch.full((count,), most, dtype=torch.long, device=device)
        """The most tokens of each row's answer."""
        self._most = most
        self._ends = torch.tensor(ends, device=device)
        self._numbers = torch.arange(count, device=device)
        self._graphs: dict[tuple[int, int], Callable[[], None]] = {}
        recorded = graphs and device.type == "cuda"
        self._stream: Any = torch.cuda.Stream(device) if recorded else None
        self._pool = torch.cuda.graph_pool_handle() if recorded else None

    def __call__(self) -> None:
        """Add a token to each of the first `rows.batch` rows."""
        shape = (self.rows.batch, self.rows.seen)
        if self._pool is None:
            self._step()
        elif shape in self._graphs:
            self._graphs[shape]()
        else:
            # The first step of a shape is done plainly: it loads the kernels, which may not happen in a recording.
            self._beside()
            self._graphs[shape] = self._record()

    def gather(self, kept: list[int]) -> None:
        """Move these rows to the front; the rest are free."""
        self.rows.gather(kept)
        index = torch.tensor(kept, device=self.last.device)
        parts = (self.last, self.made, self.out, self.done, self.limits)
        # All or none of them: where memory runs out on the way, it is still known which answer is whose.
        for part, moved in zip(parts, [part[index] for part in parts], strict=True):
            part[: len(kept)] = moved
        self.done[len(kept) :] = True

    def _beside(self) -> None:
        """A step on the stream that recordings are made on, so that what it sets up is there for them."""
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            self._step()
        torch.cuda.current_stream().wait_stream(self._stream)

    def _record(self) -> Callable[[], None]:
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
            self._step()
        replay: Callable[[], None] = graph.replay
        return replay

    def _step(self) -> None:
        rows, count = self.rows, self.rows.batch
        rows.look()
        lengths, made, done = rows.lengths[:count], self.made[:count], self.done[:count]
        logits = self.model(
            input_ids=self.last[:count, None],
            position_ids=(lengths + rows.shared)[:, None],
            past_key_values=rows,
            use_cache=True,
            logits_to_keep=1,
            rows=rows,
        ).logits[:, -1]
        token = self.draw(logits)
        going = ~done
        place = made.clamp(max=self._most - 1)
        line = self._numbers[:count]
        self.out[line, place] = torch.where(going, token, self.out[line, place])
        made += going
        lengths += going
        self.last[:count] = torch.where(going, token, self.last[:count])
        done |= (token[:, None] == self._ends).any(-1) | (made >= self.limits[:count])
