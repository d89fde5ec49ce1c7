"""Puts examples one after the other into rows of a fixed length, so that no token of a step is padding.

Position ids restart with each example; the model's attention reads the borders from them, so that no example sees
another. An example is never cut.
"""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hone.examples.tokens import Encoded

IGNORED = -100
"""The label of a token that does not count in the loss."""


@dataclass(frozen=True, slots=True)
class Row:
    """Tokens of one or more examples."""

    ids: list[int]
    labels: list[int]
    """The token itself where it is learnt, else -100. The first token of an example is never learnt: nothing of its
    own example comes before it."""
    positions: list[int]

    @property
    def learnt(self) -> int:
        """Tokens that count in the loss."""
        return sum(label != IGNORED for label in self.labels)


def row_of(examples: Sequence[Encoded]) -> Row:
    """Examples in one row."""
    ids: list[int] = []
    labels: list[int] = []
    positions: list[int] = []
    for example in examples:
        ids += example.ids
        labels += [
            token if learnt and place else IGNORED
            for place, (token, learnt) in enumerate(zip(example.ids, example.learnt, strict=True))
        ]
        positions += range(len(example.ids))
    return Row(ids, labels, positions)


def pack(examples: Sequence[Encoded], capacity: int, *, seed: int, packing: bool = True) -> list[Row]:
    """The examples in rows.

    Best fit, the longest first: each example goes into the fullest row that still has room (Johnson 1973: at most
    11/9 of the fewest rows, and one more). Ties are drawn, so that equally long examples do not stay neighbours.

    Args:
        examples: None longer than a row.
        capacity: Tokens of a row.
        seed: Seeds the draws.
        packing: One row an example where not.
    """
    order = list(examples)
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    if not packing:
        return [row_of([example]) for example in order]
    order.sort(key=len, reverse=True)
    rows: list[list[Encoded]] = []
    room: list[int] = []
    by_room: dict[int, list[int]] = defaultdict(list)
    for example in order:
        place = bisect_left(room, len(example))
        if place == len(room):
            rows.append([])
            left, row = capacity, len(rows) - 1
        else:
            left = room[place]
            row = by_room[left].pop()
            if not by_room[left]:
                room.pop(place)
        rows[row].append(example)
        left -= len(example)
        if left and not by_room[left]:
            insort(room, left)
        if left:
            by_room[left].append(row)
    packed = [row_of(members) for members in rows]
    random.Random(seed + 1).shuffle(packed)  # noqa: S311 - an order, no secret
    return packed
