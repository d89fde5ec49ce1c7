"""Duplicates between training and testing: word for word, nearly so, or the same story with other numbers."""

from __future__ import annotations

import pytest

from hone.problems import Problem, leaks, without_leaks

STORY = "On a cold morning the old baker puts 12 loaves on each of the 5 shelves behind the counter of the shop."


def problems(*questions: str) -> list[Problem]:
    return [Problem(str(place), question, "1") for place, question in enumerate(questions)]


def kinds(train: str, test: str) -> list[str]:
    return [leak.kind for leak in leaks(problems(train), problems(test))]


def test_the_same_words_are_exact_whatever_their_case_and_marks() -> None:
    assert kinds(STORY, STORY.upper().replace(".", "!")) == ["exact"]


def test_most_words_and_the_same_numbers_are_near() -> None:
    assert kinds(STORY, STORY + " How many loaves are there?") == ["near"]
    assert kinds("Hello there. " + STORY, STORY.replace("old ", "")) == ["near"]


def test_the_same_story_with_other_numbers_is_alike() -> None:
    told = (
        "Every Sunday the gardener waters the long row of young trees by the river, {} litres for each of {} trees."
    )
    assert kinds(told.format(12, 5), told.format(14, 5)) == ["alike"]
    assert kinds(told.format(12, 5), told.format(12, 5) + " Why?") == ["near"]


def test_other_words_are_nothing() -> None:
    assert kinds(STORY, "A train with 12 wagons passes 5 stations on its way from the north to the south.") == []
    assert kinds("Short one", "Short two") == []


def test_every_duplicate_is_taken_out_and_nothing_else() -> None:
    train = problems(STORY, STORY.lower(), "Hello there. " + STORY, "Another one.")
    kept, found = without_leaks(train, problems(STORY))
    assert [problem.id for problem in kept] == ["3"]
    assert {leak.train for leak in found} == {"0", "1", "2"}


@pytest.mark.data
def test_gsm8k_gives_no_test_problem_away(gsm8k: tuple[list[Problem], list[Problem]]) -> None:
    found = leaks(*gsm8k)
    assert [(leak.kind, leak.test) for leak in found] == [("alike", "603")]
