"""One rule for a pair that is asked about in both orders, whoever is asked: an expert, a judge or a person.

Who answers differently when the two replies change places follows the place, not the replies. So a verdict counts
where both orders give it, and every other pair of readable verdicts is a tie. An order whose answer cannot be read
leaves the pair without a verdict; an order that was never asked leaves the other's verdict alone to count.
"""

from __future__ import annotations

from typing import Literal, TypeVar

S = TypeVar("S", bound=str)

NOT_ASKED: Literal["not asked"] = "not asked"
"""Stands for an order in which the pair was never shown, as people mostly see one order only."""


def settled(first: S | None, second: S | None) -> S | Literal["tie"] | None:
    """The verdict on a pair.

    Args:
        first: What won in the one order: a side, ``tie``, none where the answer could not be read, or `NOT_ASKED`.
        second: What won in the other.
    """
    if NOT_ASKED in (first, second):
        return second if first == NOT_ASKED else first
    if first is None or second is None:
        return None
    return first if first == second else "tie"


def flips(first: str | None, second: str | None) -> bool:
    """Whether the two orders named different sides, neither of them a tie: the verdict followed the place."""
    return first != second and not {first, second} & {None, "tie", NOT_ASKED}
