"""A loop is told from an honest answer, however alike the lines of that are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.domain.looping import (
    STUCK_LEAST,
    STUCK_LONGEST,
    STUCK_TIMES,
    ends_in_repeats,
    has_looped,
    is_stuck,
    is_stuck_text,
)

WORDS = ["so", "it", "is", "the", "sum", "of", "apples", "and", "pears"]
SAME_LINES = 5
"""A table or a list may say the same so often, and go on."""


def repeats(tokens: list[int], times: int, least: int) -> bool:
    """The definition, word for word."""
    return any(
        all(tokens[-place] == tokens[-place - period] for place in range(1, run - period + 1))
        for period in range(1, len(tokens) + 1)
        if (run := max(times * period, least)) <= len(tokens)
    )


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(2, 5), st.integers(4, 30))
def test_repeats_are_found_as_they_are_defined(tokens: list[int], times: int, least: int) -> None:
    assert ends_in_repeats(tokens, times, least) is repeats(tokens, times, least)


@given(
    st.lists(st.integers(0, 9), max_size=50),
    st.lists(st.integers(0, 9), min_size=1, max_size=STUCK_LONGEST),
    st.integers(0, 200),
)
def test_one_piece_again_and_again_is_a_loop_wherever_it_is_torn(
    start: list[int], piece: list[int], torn: int
) -> None:
    whole = max(STUCK_TIMES * len(piece), STUCK_LEAST)
    tokens = [*start, *(piece * whole)[: whole + torn % len(piece)]]
    assert is_stuck(tokens)
    assert not is_stuck([*tokens, 10]), "it went on with something else"


@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=8, unique=True),
    st.sampled_from(["{words} {day}: {day} + {step} = {sum}\n", "| {day} | {words} | {sum} |\n", "{day}. {words}\n"]),
    st.integers(1, 9),
    st.integers(1, 200),
)
def test_lines_that_differ_in_their_numbers_are_no_loop(words: list[str], line: str, step: int, count: int) -> None:
    text = "".join(
        line.format(words=" ".join(words), day=day, step=step, sum=day + step) for day in range(1, count + 1)
    )
    assert not is_stuck([ord(letter) for letter in text])
    assert not is_stuck_text(text)
    assert not has_looped(text)


@given(st.lists(st.sampled_from(WORDS), min_size=3, max_size=20), st.integers(1, SAME_LINES))
def test_the_same_line_a_few_times_is_no_loop(words: list[str], times: int) -> None:
    words = [f"{word}{place}" for place, word in enumerate(words)]  # a line does not repeat itself
    text = "The table:\n" + (" | ".join(words) + "\n") * times
    assert not is_stuck([ord(letter) for letter in text])
    assert not is_stuck_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "|" + "---|" * 20 + "\n",
        "1 / 3 = 0." + "3" * 80,
        "Total: " + "." * 90 + " 12",
        "".join(f"{place} + {place} = {2 * place}\n" for place in range(1, 11)),
        "1 + 1 = 2\n" * 9,
        "| 0 | 0 | 0 | 0 |\n" * 5,
    ],
)
def test_rules_digits_and_rows_of_an_honest_answer_are_no_loop(text: str) -> None:
    assert not is_stuck([ord(letter) for letter in text])
    assert not is_stuck_text(text)


def test_a_text_without_tokens_is_given_up_later_than_one_that_reached_its_limit() -> None:
    line = "He has 3 x 4 = 12 apples. "
    assert has_looped(line * 9)
    assert not is_stuck_text(line * 9)
    assert is_stuck_text("So. " + line * 20 + line[:9])
