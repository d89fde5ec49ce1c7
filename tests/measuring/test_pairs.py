from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hone.errors import FileFormatError
from hone.measuring import Reading, read_ratings

Written = Callable[..., Path]
HEAD = "item,rater,order,winner,kind"
NAN = float("nan")


def test_a_verdict_that_flips_is_a_tie(written: Written) -> None:
    lines = ("1,r,AB,A,", "1,r,BA,A,", "2,r,AB,A,", "2,r,BA,B,", "3,r,BA,B,", "4,r,AB,,", "5,j,AB,tie,judge")
    found = read_ratings(written(HEAD, *lines))
    np.testing.assert_array_equal(found.ratings.people["preference"], [[-1], [0], [1], [NAN], [NAN]])
    assert found.ratings.level == "nominal"
    assert found.labels == {-1.0: "A", 0.0: "tie", 1.0: "B"}
    one = found.positions["r"]
    assert (one.pairs, one.both_orders, one.flips, one.decided, one.first) == (3, 2, 1, 5, 4)
    assert "r: 1 of 2 pairs flipped with the order (each a tie), and 80% of the verdicts fell on" in found.notes()[-1]


def test_an_order_that_was_asked_and_not_read_leaves_no_verdict_as_with_a_judge(written: Written) -> None:
    lines = ("1,r,AB,A,", "1,r,BA,,", "2,r,AB,A,", "3,r,AB,tie,", "3,r,BA,B,")
    found = read_ratings(written(HEAD, *lines))
    np.testing.assert_array_equal(found.ratings.people["preference"], [[NAN], [-1], [0]])
    one = found.positions["r"]
    assert (one.pairs, one.both_orders, one.flips) == (3, 1, 0), "a tie beside a side is a tie, and no flip"


def test_the_last_verdict_of_an_order_wins(written: Written) -> None:
    found = read_ratings(written(HEAD, "1,r,AB,A,", "1,r,ab,B,"), Reading("ordinal"))
    np.testing.assert_array_equal(found.ratings.people["preference"], [[1]])
    assert found.duplicates == 1
    assert found.ratings.level == "ordinal"


@pytest.mark.parametrize(
    ("line", "message"),
    [("1,r,AC,A,", "order 'AC' is not known; write AB or BA"), ("1,r,AB,C,", "winner 'C' is not known; write A or")],
)
def test_what_is_no_verdict_is_named_with_its_line(written: Written, line: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=rf"ratings.csv:3: {message}"):
        read_ratings(written(HEAD, "0,r,AB,A,", line))
