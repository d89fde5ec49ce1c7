from __future__ import annotations

import pytest

from hone.errors import StatsError
from hone.stats import AlternativeTest, Figure, VerdictRule
from hone.stats.alternative import AgainstPerson
from hone.stats.verdict import VerdictGrounds, verdict_of


def gap(low: float, high: float, n: int = 100) -> Figure:
    return Figure((low + high) / 2, low, high, n, method="bca")


def alternative(passed: bool, people: int = 3) -> AlternativeTest:
    person = AgainstPerson("x", 100, 0.9, 0.8, 0.01, 0.02, passed)
    return AlternativeTest(float(passed), 0.9, 0.15, passed, (person,) * people)


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.01, 0.2, "better"),
        (-0.08, 0.04, "as good"),
        (-0.09, 0.5, "as good"),
        (-0.09, -0.01, "as good"),
        (-0.2, -0.01, "worse"),
        (-0.2, 0.1, "not shown"),
    ],
)
def test_the_interval_of_the_gap_decides(low: float, high: float, outcome: str) -> None:
    assert verdict_of(gap(low, high), "cohen_kappa", 3, None, VerdictRule()).outcome == outcome


def test_the_alternative_annotator_test_is_a_second_opinion_and_never_decides() -> None:
    for passed in (True, False):
        found = verdict_of(gap(-0.2, 0.1), "cohen_kappa", 3, alternative(passed), VerdictRule())
        assert found.outcome == "not shown"
        says = "passes" if passed else "does not pass"
        assert f"as a second opinion, it {says} the alternative annotator test" in found.words
    assert (
        "second opinion" not in verdict_of(gap(-0.2, 0.1), "x", 3, alternative(True, people=2), VerdictRule()).words
    )


def test_how_many_more_items_it_takes_follows_from_where_the_gap_is() -> None:
    near = verdict_of(gap(-0.28, 0.12), "cohen_kappa", 3, None, VerdictRule(margin=0.1))
    assert near.more_items == pytest.approx(9_900, abs=2), (
        "0.02 of room: a tenth of the half width of 100 items takes 100 times as many"
    )
    far = verdict_of(gap(-0.5, 0.1), "cohen_kappa", 3, None, VerdictRule(margin=0.1))
    assert far.more_items == 125, "at -0.2 it takes as many as show that it is worse"
    said = "(about 130 more items would show that it is worse, if the difference stays as it is)"
    assert said in far.words, "more items must not promise a pass"
    assert "more items would show it, if the difference stays as it is)" in near.words
    edge = verdict_of(gap(-0.2, 0.0), "cohen_kappa", 3, None, VerdictRule(margin=0.1))
    assert edge.more_items == 1, "at the margin itself, a half width of 0.1 already shows worse"
    assert "about 1 more item would show that it is worse, if the difference stays as it is" in edge.words


def test_the_alternative_annotator_test_does_not_excuse_a_clear_gap() -> None:
    found = verdict_of(gap(-0.2, -0.05), "cohen_kappa", 3, alternative(True), VerdictRule())
    assert found.outcome == "worse"
    assert "passes the alternative annotator test" in found.words


def test_how_many_more_items_follows_the_square_of_the_width() -> None:
    found = verdict_of(gap(-0.2, 0.2), "cohen_kappa", 3, None, VerdictRule(margin=0.1))
    assert found.more_items == 300
    assert "about 300 more items" in found.words


def test_nine_items_are_too_few_whatever_the_interval() -> None:
    assert verdict_of(gap(0.1, 0.2, n=9), "pearson", 3, None, VerdictRule()).outcome == "not shown"


def test_fewer_than_thirty_items_never_show_a_judge_as_good_but_may_show_it_worse() -> None:
    for low, high in ((0.01, 0.2), (-0.05, 0.1)):
        few = verdict_of(gap(low, high, n=29), "cohen_kappa", 3, None, VerdictRule())
        assert (few.outcome, few.more_items) == ("not shown", 1)
        assert verdict_of(gap(low, high, n=30), "cohen_kappa", 3, None, VerdictRule()).outcome in (
            "better",
            "as good",
        )
    assert verdict_of(gap(-0.5, -0.2, n=20), "cohen_kappa", 3, None, VerdictRule()).outcome == "worse"


def test_one_person_is_no_ceiling() -> None:
    found = verdict_of(Figure(None, None, None, 0, "fewer than 2 raters"), "pearson", 1, None, VerdictRule())
    assert found.outcome == "no ceiling"
    assert "at least 2 people" in found.words


def test_an_undefined_gap_gives_its_reason() -> None:
    found = verdict_of(Figure(None, None, None, 50, "one level only"), "cohen_kappa", 3, None, VerdictRule())
    assert found.outcome == "not shown"
    assert "one level only" in found.words


@pytest.mark.parametrize(("margin", "epsilon"), [(0.0, 0.1), (0.1, 1.5)])
def test_rules_that_cannot_be_met_are_refused(margin: float, epsilon: float) -> None:
    with pytest.raises(StatsError):
        VerdictRule(margin, epsilon)


def _figure(value: float, low: float) -> Figure:
    return Figure(value, low, value + 0.1, 300)


def test_where_people_agree_by_chance_there_is_nothing_to_be_as_good_as() -> None:
    found = verdict_of(
        gap(-0.05, 0.1),
        "cohen_kappa",
        2,
        None,
        VerdictRule(),
        1,
        VerdictGrounds(_figure(0.0, -0.05), _figure(0.0, -0.05)),
    )
    assert found.outcome == "not shown"
    assert found.more_items is None
    assert "people are not shown to agree beyond chance" in found.words


def test_a_judge_that_may_agree_by_chance_alone_is_as_good_as_nobody() -> None:
    found = verdict_of(
        gap(-0.05, 0.1),
        "cohen_kappa",
        2,
        None,
        VerdictRule(),
        1,
        VerdictGrounds(_figure(0.1, 0.02), _figure(0.08, -0.01)),
    )
    assert found.outcome == "not shown"
    assert "it is not shown to agree with people beyond chance" in found.words


def test_a_margin_of_ones_own_is_said() -> None:
    told = verdict_of(gap(-0.5, 0.1), "cohen_kappa", 3, None, VerdictRule(margin=1)).words
    assert told.startswith("as good as a person (margin 1): ")
    usual = verdict_of(gap(-0.05, 0.1), "cohen_kappa", 3, None, VerdictRule()).words
    assert usual.startswith("as good as a person: ")
