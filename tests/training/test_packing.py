"""Rows of several examples."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hone.examples.tokens import Encoded
from hone.training.packing import IGNORED, pack, row_of

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def _example(place: int, length: int) -> Encoded:
    return Encoded(tuple(range(place * 100, place * 100 + length)), tuple(k % 2 == 0 for k in range(length)))


@given(LENGTHS, st.integers(0, 5))
def test_every_example_stands_whole_in_exactly_one_row_that_is_not_overfull(lengths: list[int], seed: int) -> None:
    examples = [_example(place, length) for place, length in enumerate(lengths)]
    rows = pack(examples, 40, seed=seed)
    found = []
    for row in rows:
        assert len(row.ids) <= 40
        starts = [place for place, position in enumerate(row.positions) if position == 0]
        found += [tuple(row.ids[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)]
    assert sorted(found) == sorted(example.ids for example in examples)
    assert pack(examples, 40, seed=seed) == rows


@given(LENGTHS)
def test_rows_are_at_most_what_best_fit_promises(lengths: list[int]) -> None:
    rows = pack([_example(place, length) for place, length in enumerate(lengths)], 40, seed=0)
    assert (
        len(rows) <= 11 / 9 * (sum(lengths) / 40 + 1) + 1 or len(rows) <= sum(length > 20 for length in lengths) + 1
    )


def test_the_first_token_of_an_example_is_never_learnt() -> None:
    row = row_of([Encoded((1, 2), (True, True)), Encoded((3, 4), (True, True))])
    assert row.labels == [IGNORED, 2, IGNORED, 4]
    assert row.positions == [0, 1, 0, 1]
    assert row.learnt == 2
