"""The built-in word problems: repeatable, worked out right, and split by their numbers."""

from __future__ import annotations

import re

import pytest

from hone.errors import ProjectError
from hone.problems import Problem, gold_number, leaks, read_answer, sums
from hone.problems.stories import STORIES

_EQUATION = re.compile(r"(\d+(?: [-+*/] \d+)+) = (\d+)")


def test_the_same_seed_gives_the_same_problems_and_another_gives_others() -> None:
    assert sums(50) == sums(50)
    assert sums(100)[:50] == sums(50)
    assert {one.question for one in sums(50)} != {one.question for one in sums(50, seed=1)}


def test_every_equation_holds_and_leads_to_the_answer() -> None:
    equations = 0
    for problem in sums(1000) + sums(300, "test"):
        found = _EQUATION.findall(problem.solution)
        assert 2 <= len(problem.solution.splitlines()) <= 4
        for left, right in found:
            assert eval(left) == int(right), problem  # noqa: S307 - digits and signs only
        assert found[-1][1] == problem.answer == gold_number(problem.answer) == read_answer(problem.reply).value
        assert int(problem.answer) >= 0
        equations += len(found)
    assert equations > 2600


def test_every_story_is_told_in_every_wording() -> None:
    told = sums(1000)
    assert {problem.group for problem in told} == {story.name for story in STORIES}
    for story in STORIES:
        starts = {re.split(r"\{", wording)[0] for wording in story.wordings}
        assert len(story.wordings) >= 2, story.name
        assert all(any(one.question.startswith(start) for one in told if one.group == story.name) for start in starts)


def test_no_story_has_the_same_numbers_in_both_splits() -> None:
    def sum_of(problem: Problem) -> tuple[str | None, tuple[str, ...]]:
        return problem.group, tuple(sorted(re.findall(r"\d+", problem.question)))

    train, test = sums(4000), sums(1000, "test", seed=3)
    assert not {sum_of(one) for one in train} & {sum_of(one) for one in test}
    assert {leak.kind for leak in leaks(train, test)} <= {"alike"}


def test_questions_are_all_different() -> None:
    assert len({one.question for one in sums(3000)}) == 3000


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(ProjectError, match="there are not 1000000 different problems"):
        sums(1_000_000)
