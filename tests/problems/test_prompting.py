"""One builder makes what is taught and what is asked."""

from __future__ import annotations

import pytest

from hone.errors import ProjectError
from hone.problems import Problem, choose_shots, prompting, sums


def test_what_is_asked_is_what_was_taught_up_to_the_reply() -> None:
    train, problem = sums(40), sums(1, "test")[0]
    for count in (0, 2, 8):
        way = prompting(choose_shots(train, count))
        asked, taught = way.ask(problem.question), way.teach(problem.question, problem.reply)
        assert taught[:-1] == asked
        assert (taught[-1].role, taught[-1].content) == ("assistant", problem.reply)
        assert [turn.role for turn in asked] == ["system", *["user", "assistant"] * count, "user"]
        assert asked[-1].content == problem.question


def test_two_shots_are_the_first_two_of_eight_whatever_the_order_of_the_data() -> None:
    train = sums(60)
    eight = choose_shots(train, 8)
    assert choose_shots(train, 2) == eight[:2]
    assert choose_shots(train[::-1], 8) == eight
    assert choose_shots(train, 8, seed=1) != eight


def test_the_digest_changes_with_anything_that_is_sent() -> None:
    shots = choose_shots(sums(20), 2)
    digests = {
        way.digest for way in (prompting(), prompting(shots), prompting(shots[:1]), prompting(system="Solve."))
    }
    assert len(digests) == 4
    assert prompting(shots).digest == prompting(shots).digest


def test_no_system_message_is_sent_where_none_is_wanted() -> None:
    assert [turn.role for turn in prompting(system="").ask("Why?")] == ["user"]


def test_too_few_problems_for_the_shots_are_refused() -> None:
    with pytest.raises(ProjectError, match="2 shots need so many training problems with a solution; there are 0"):
        choose_shots([Problem("1", "a", "1")] * 5, 2)


def test_a_problem_with_long_choices_is_no_shot() -> None:
    short = Problem("1", "Which?", "A", "It is the first.", choices=("one", "two"))
    long = Problem("2", "Which?", "A", "It is the first.", choices=("one " * 80, "two " * 80))
    assert choose_shots([long, short], 1) == (short,)
    with pytest.raises(ProjectError, match="there are 1"):
        choose_shots([long, short], 2)
