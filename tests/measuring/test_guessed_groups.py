from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hone.measuring import read_ratings
from hone.measuring.guessed_groups import guessed_groups

Written = Callable[..., Path]


@pytest.mark.parametrize(
    ("items", "beginnings"),
    [
        ([f"P{pupil:02}/Q{question}" for pupil in range(12) for question in range(4)], 12),
        ([f"HINT-{place}" for place in range(10)] + [f"TASK-{place}" for place in range(10)], 2),
        ([f"essay {text}.{part}" for text in range(5) for part in range(3)], 5),
    ],
)
def test_ids_that_begin_alike_are_asked_about(items: list[str], beginnings: int) -> None:
    found = guessed_groups(items)
    assert found is not None
    assert f"{beginnings} beginnings" in found
    assert "belong together" in found


@pytest.mark.parametrize(
    "items",
    [
        [str(place) for place in range(50)],
        [f"item-{place}" for place in range(50)],
        [f"quadratics-grade-{place}" for place in range(5)] + ["fractions", "proofs", "shapes"],
        [f"text{place}-1" for place in range(50)],
        [],
    ],
)
def test_other_ids_are_left_in_peace(items: list[str]) -> None:
    assert guessed_groups(items) is None


def test_a_guess_is_said_and_never_used(written: Written) -> None:
    head = "item,criterion,rater,score"
    rows = [f"P{pupil}/Q{question},c,ann,1" for pupil in range(6) for question in range(3)]
    found = read_ratings(written(head, *rows))
    assert found.ratings.clusters is None
    assert any("'P0' in 'P0/Q0'" in line for line in found.notes())
    grouped = read_ratings(written(f"{head},group", *(f"{row},{row[:2]}" for row in rows)))
    assert not any("beginnings" in line for line in grouped.notes())
