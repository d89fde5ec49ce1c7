"""The stories of `sums`: how each is told, what its numbers are, and how it is worked out.

``{a}`` to ``{d}`` are the numbers given, ``{x}`` to ``{w}`` the results of the steps; the last result is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of problem."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    """The least and the greatest of each number given."""
    work: Callable[..., tuple[int, ...] | None]
    """The results of the steps; none where these numbers make no sensible problem."""
    wordings: tuple[str, ...]
    steps: tuple[str, ...]


def _share(a: int, b: int, c: int) -> tuple[int, ...] | None:
    total = a + b
    return (total, total // c) if total % c == 0 else None


def _left(a: int, b: int, c: int) -> tuple[int, ...] | None:
    return (a - b, a - b + c) if b < a else None


def _packs(a: int, b: int, c: int) -> tuple[int, ...] | None:
    return (a * b, a * b - c) if c < a * b else None


def _change(a: int, b: int, c: int) -> tuple[int, ...] | None:
    paid = (a * b) // 10 * 10 + 10 * c
    return (a * b, paid, paid - a * b) if paid > a * b else None


def _half(a: int, b: int) -> tuple[int, ...] | None:
    return (a // 2, a - a // 2, a - a // 2 + b) if a % 2 == 0 else None


def _pages(a: int, b: int, c: int) -> tuple[int, ...] | None:
    read = b * c
    return (read, a - read) if read < a else None


STORIES = (
    Story(
        "more than a friend",
        ((3, 30), (2, 20)),
        lambda a, b: (a + b, a + a + b),
        (
            "{who} has {a} {thing}. {friend} has {b} more {thing} than {who}. How many {thing} do they have together?",
            "{friend} owns {b} more {thing} than {who}, who owns {a}. How many {thing} do the two own in all?",
            "There are {a} {thing} in {who}'s room and {b} more than that in {friend}'s room. How many {thing} are in the two rooms?",
        ),
        ("{friend} has {a} + {b} = {x} {thing}.", "Together they have {a} + {x} = {y} {thing}."),
    ),
    Story(
        "times a friend",
        ((2, 15), (2, 6)),
        lambda a, b: (a * b, a + a * b),
        (
            "{who} collected {a} {thing}. {friend} collected {b} times as many. How many {thing} did they collect in all?",
            "{friend} found {b} times as many {thing} as {who}. If {who} found {a}, how many did both find together?",
            "On Monday {who} sold {a} {thing}, and on Tuesday {b} times as many. How many {thing} did {they} sell on both days?",
        ),
        ("{a} times {b} is {a} * {b} = {x} {thing}.", "In all that is {a} + {x} = {y} {thing}."),
    ),
    Story(
        "boxes and a gift",
        ((2, 9), (3, 12), (2, 20)),
        _packs,
        (
            "{who} has {a} {box} with {b} {thing} in each. {They} gives {c} {thing} to {friend}. How many {thing} are left?",
            "There are {b} {thing} in each of {a} {box}. {who} takes {c} {thing} out. How many {thing} remain?",
            "{who} fills {a} {box} with {b} {thing} each and then loses {c} of the {thing}. How many {thing} does {they} still have?",
        ),
        ("At first there are {a} * {b} = {x} {thing}.", "Then {x} - {c} = {y} {thing} are left."),
    ),
    Story(
        "shared fairly",
        ((4, 30), (4, 30), (2, 6)),
        _share,
        (
            "{who} has {a} {thing} and {friend} has {b}. They put them together and share them equally among {c} children. How many {thing} does each child get?",
            "{a} {thing} from {who} and {b} {thing} from {friend} are packed into {c} {box}, the same number in each. How many {thing} are in one of the {box}?",
        ),
        ("Together there are {a} + {b} = {x} {thing}.", "Each part is {x} / {c} = {y} {thing}."),
    ),
    Story(
        "gone and come",
        ((10, 40), (2, 20), (2, 20)),
        _left,
        (
            "{who} had {a} {thing}, lost {b} and then bought {c} more. How many {thing} does {they} have now?",
            "Out of {a} {thing}, {who} gave {b} to {friend}. Later {they} got {c} new ones. How many {thing} does {who} have in the end?",
        ),
        ("First {a} - {b} = {x} {thing} are left.", "Then there are {x} + {c} = {y} {thing}."),
    ),
    Story(
        "change from a note",
        ((2, 9), (2, 9), (1, 3)),
        _change,
        (
            "{who} buys {a} {thing} at ${b} each and pays with ${y}. How many dollars does {they} get back?",
            "One of the {thing} costs ${b}. {who} takes {a} of them and hands over ${y}. How much change is that in dollars?",
        ),
        ("The {thing} cost {a} * {b} = {x} dollars.", "The change is {y} - {x} = {z} dollars."),
    ),
    Story(
        "half given away",
        ((6, 60), (2, 20)),
        _half,
        (
            "{who} gives half of {their} {a} {thing} to {friend} and then finds {b} more. How many {thing} does {who} have now?",
            "Of {a} {thing}, {who} sells half. After that {they} makes {b} new ones. How many {thing} does {they} have?",
        ),
        (
            "Half of {a} is {a} / 2 = {x}.",
            "So {a} - {x} = {y} {thing} stay.",
            "With the new ones there are {y} + {b} = {z} {thing}.",
        ),
    ),
    Story(
        "pages left",
        ((60, 150), (4, 12), (3, 9)),
        _pages,
        (
            "A book has {a} pages. {who} reads {b} pages a day for {c} days. How many pages are left to read?",
            "{who} reads {b} pages of a book each evening. The book has {a} pages. How many pages remain after {c} evenings?",
        ),
        ("In {c} times {who} reads {b} * {c} = {x} pages.", "That leaves {a} - {x} = {y} pages."),
    ),
    Story(
        "two prices",
        ((2, 8), (2, 9), (2, 8), (2, 9)),
        lambda a, b, c, d: (a * b, c * d, a * b + c * d),
        (
            "{who} buys {a} tickets at ${b} each and {c} drinks at ${d} each. How many dollars does {they} spend?",
            "A drink costs ${d} and a ticket ${b}. What do {a} tickets and {c} drinks cost together, in dollars?",
        ),
        (
            "The tickets cost {a} * {b} = {x} dollars.",
            "The drinks cost {c} * {d} = {y} dollars.",
            "Together that is {x} + {y} = {z} dollars.",
        ),
    ),
    Story(
        "saving for weeks",
        ((3, 12), (2, 8), (5, 30), (2, 10)),
        lambda a, b, c, d: (a * b, a * b + c, a * b + c + d),
        (
            "{who} saves ${a} a week for {b} weeks. {They} already had ${c}, and {friend} adds ${d}. How many dollars does {who} have then?",
            "At the start {who} has ${c}. {They} earns ${a} in each of {b} weeks and gets ${d} as a gift from {friend}. How many dollars is that in all?",
        ),
        (
            "In {b} weeks that is {a} * {b} = {x} dollars.",
            "With the start it is {x} + {c} = {y} dollars.",
            "With the gift it is {y} + {d} = {z} dollars.",
        ),
    ),
)
"""All stories."""
