"""What is said of a tune claims no more than the problems show."""

from __future__ import annotations

from typing import Any

import pytest

from hone.report.tuning import tuning_did_not_pay


def told(value: float | None, kept: str = "base") -> str:
    result: dict[str, Any] = {"kept": kept, "prompt": "boxed", "difference": {"value": value}}
    return tuning_did_not_pay(result)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing was learnt in the time"),
        (-0.02, "the base is as good as anything that was learnt"),
        (0.0, "the base is as good as anything that was learnt"),
        (0.01, "may be worse than the base by more than 2 points, as far as these problems tell"),
    ],
)
def test_why_the_base_is_kept(value: float | None, words: str) -> None:
    assert words in told(value)
    assert told(value).endswith("Keep the base, ask it under the prompt boxed, and export it with this prompt.")


def test_something_was_learnt_and_no_time_was_left_to_decide() -> None:
    result: dict[str, Any] = {"kept": "base", "prompt": "boxed", "difference": {"value": None}, "arms": [{}]}
    assert "no time was left to show that it is better" in tuning_did_not_pay(result)


def test_nothing_is_said_where_what_was_learnt_is_handed_over() -> None:
    assert not told(0.1, "tuned")
    assert not tuning_did_not_pay({"scale": 1.0})
    assert "as good as anything" in tuning_did_not_pay({"kept": "base", "prompt": "solve"})
