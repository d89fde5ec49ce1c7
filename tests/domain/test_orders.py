"""One rule for what two orders come to."""

from __future__ import annotations

import pytest

from hone.domain.evidence import Place, Preference
from hone.domain.orders import NOT_ASKED, flips, settled


@pytest.mark.parametrize(
    ("first", "second", "verdict", "flipped"),
    [
        ("A", "A", "A", False),
        ("A", "B", "tie", True),
        ("A", "tie", "tie", False),
        ("tie", "tie", "tie", False),
        ("A", None, None, False),
        (None, None, None, False),
        ("B", NOT_ASKED, "B", False),
        (NOT_ASKED, None, None, False),
    ],
)
def test_a_verdict_counts_where_both_orders_give_it(
    first: str | None, second: str | None, verdict: str | None, flipped: bool
) -> None:
    assert (settled(first, second), flips(first, second)) == (verdict, flipped)
    assert (settled(second, first), flips(second, first)) == (verdict, flipped)


@pytest.mark.parametrize(
    ("orders", "winner", "flipped"),
    [
        (("first", "second"), "A", False),
        (("second", "first"), "B", False),
        (("first", "first"), "tie", True),
        (("first", "tie"), "tie", False),
        (("first", None), None, False),
    ],
)
def test_a_preference_follows_it(orders: tuple[Place, Place], winner: str | None, flipped: bool) -> None:
    one = Preference(item="i", judge="j", rubric="r", orders=orders)
    assert (one.winner, one.flipped) == (winner, flipped)
