"""Practice in arithmetic, drawn from worked answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hone.problems import read_answer
from hone.problems.checking import false_equations
from hone.problems.drills import drills, sums_of

WORKED = [
    "He has 3*4=<<3*4=12>>12 apples.\nHalf of them are 12/2=<<12/2=6>>6.\n#### 6",
    "It costs 20*.15=$<<20*.15=3>>3, so $<<20-3=17>>17 are left, of (2+3)*4=<<(2+3)*4=20>>20.\n#### 17",
]


def test_what_stands_in_the_marks_is_drawn_from() -> None:
    assert len(sums_of(WORKED)) == 5
    assert sums_of(["No marks. #### 4", "<<x+2=5>> <<7=7>>"]) == []
    assert list(drills(["no marks"], 3)) == []


@given(seed=st.integers(0, 10_000), lines=st.integers(1, 12))
def test_every_sum_is_right_and_asked_in_its_order(seed: int, lines: int) -> None:
    (one,) = drills(WORKED, 1, lines=lines, seed=seed)
    asked, worked = one.question.splitlines()[1:], one.solution.splitlines()
    assert len(asked) == len(worked) == lines
    assert all(line.startswith(f"{sum_} = ") for sum_, line in zip(asked, worked, strict=True))
    assert not false_equations(one.reply)
    answer = read_answer(one.reply)
    assert answer.strict
    assert answer.value == read_answer(f"#### {worked[-1].rpartition('= ')[2]}").value


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    first = list(drills(WORKED, 20, seed=1))
    assert first == list(drills(WORKED, 20, seed=1))
    assert {one.question for one in first}.isdisjoint(one.question for one in drills(WORKED, 20, seed=2))
    assert len({one.id for one in first}) == 20
