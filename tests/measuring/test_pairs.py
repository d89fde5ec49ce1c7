from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hone.errors import FileFormatError
from hone.measuring import Reading, pair_accuracies, read_ratings

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


def _judged(written: Written, *more: str, head: str = HEAD) -> Path:
    """Four pairs that B wins: the judge is right twice, follows the place twice, and one pair is not read."""
    gold = [f"{n},gold,AB,B," for n in range(5)]
    judge = [f"{n},J,{order},{'B' if n < 2 else order[0]},judge" for n in range(4) for order in ("AB", "BA")]
    return written(head, *gold, *judge, "4,J,AB,B,judge", "4,J,BA,,judge", *more)


def test_single_verdicts_and_consistent_ones_stand_beside_what_takes_no_judgement(written: Written) -> None:
    found = pair_accuracies(read_ratings(_judged(written)))
    assert found is not None
    one = found.judges["J"]
    assert one.accuracy.single.value == pytest.approx((2 * 1 + 2 * 0.5 + 1) / 5)
    assert (one.accuracy.consistent.value, one.accuracy.consistent.n) == (0.5, 4)
    assert (one.asked, one.unusable) == (10, 1)
    first, common = found.baselines["first_shown"], found.baselines["commonest_verdict"]
    assert (first.single.value, first.consistent.value) == (0.5, 0.0)
    assert (common.single.value, common.consistent.value) == (1.0, 1.0)
    assert common.single.low is not None
    assert common.single.low < 0.6, "five of five leave room"


def test_verdicts_that_cannot_be_used_count_as_wrong_on_request_and_their_number_is_always_said(
    written: Written,
) -> None:
    collected = read_ratings(_judged(written))
    found = pair_accuracies(collected, unusable_wrong=True)
    assert found is not None
    assert found.judges["J"].accuracy.single.value == pytest.approx((2 + 1 + 0.5) / 5)
    assert (found.judges["J"].accuracy.consistent.value, found.judges["J"].accuracy.consistent.n) == (0.4, 5)
    assert "J: 1 of 10 verdicts cannot be used" in collected.notes()


def test_people_who_are_tied_make_each_verdict_right_in_part(written: Written) -> None:
    rows = ("0,r,AB,A,", "0,s,AB,B,", "0,J,AB,A,judge", "0,J,BA,A,judge")
    found = pair_accuracies(read_ratings(written(HEAD, *rows)))
    assert found is not None
    assert found.judges["J"].accuracy.single.value == 0.5


def test_the_longer_reply_is_a_baseline_where_lengths_are_known(written: Written) -> None:
    rows = [f"{n},{who},AB,{'AB'[n % 2]},{kind},{9 - n},5" for n in range(8)
            for who, kind in (("r", ""), ("J", "judge"))]  # fmt: skip
    found = pair_accuracies(read_ratings(written(f"{HEAD},length_a,length_b", *rows)))
    assert found is not None
    assert set(found.baselines) == {"first_shown", "second_shown", "commonest_verdict", "longer_reply"}
    assert found.baselines["longer_reply"].single.value == pytest.approx(4 / 8)


def test_pairs_of_one_group_are_resampled_together(written: Written) -> None:
    rows = [f"{n},{who},AB,A,{kind},g{n % 3}" for n in range(30) for who, kind in (("r", ""), ("J", "judge"))]
    collected = read_ratings(written(f"{HEAD},group", *rows))
    found = pair_accuracies(collected)
    assert found is not None
    assert found.judges["J"].accuracy.single.low is None
    assert "3 groups" in str(found.judges["J"].accuracy.single.reason)
