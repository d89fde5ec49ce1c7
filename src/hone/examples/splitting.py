"""Cuts examples into those that are trained on and those that are held out; a group is never cut."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from hone.errors import TuneError
from hone.examples.reading import Example
from hone.problems import Leak, Problem, without_leaks

LEAST_HELD_OUT = 40
"""Groups that are held out where these are at most a fifth of all: fewer tell nothing."""
MOST_HELD_OUT = 400
"""Examples that are held out at most: beyond, a look at them costs more than it tells."""


@dataclass(frozen=True, slots=True)
class Split:
    """Both sides, and what was taken out because the test set knows it."""

    train: list[Example]
    held_out: list[Example]
    leaks: list[Leak]


def split_examples(examples: Sequence[Example], share: float, *, seed: int, test: Sequence[Problem] = ()) -> Split:
    """The two sides.

    Whether a group is held out depends on the seed and its name alone, so that more data moves no group across.

    Args:
        examples: All of them.
        share: Of the groups, to hold out.
        seed: Another seed draws others.
        test: The benchmark's problems: examples that are exact or near duplicates of one are taken out.

    Raises:
        TuneError: There are too few examples or groups for two sides.
    """
    kept = list(examples)
    leaks: list[Leak] = []
    if test:
        problems = [example.problem for example in kept]
        clean, leaks = without_leaks(problems, test)
        ids = {problem.id for problem in clean}
        kept = [example for example in kept if example.id in ids]
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in kept:
        groups[example.group].append(example)
    if len(groups) < 2:
        what = "one example" if len(kept) == 1 else f"{len(kept)} examples of one group" if kept else "no example"
        raise TuneError(f"{what} cannot be split into a training and a held-out part; add examples of other groups")
    order = sorted(groups, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode("utf-8", "replace")).digest())
    count = max(1, round(len(order) * share), min(LEAST_HELD_OUT, len(order) // 5))
    count = min(count, len(order) - 1)
    out: list[Example] = []
    for name in order[:count]:
        if out and len(out) + len(groups[name]) > MOST_HELD_OUT:
            break
        out += groups[name]
    gone = {example.group for example in out}
    return Split([example for example in kept if example.group not in gone], out, leaks)
