from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hone.measuring.own_judge import MAJORITY, PRESENT, WORDS, WRITER, OwnJudge, OwnJudgeRule, decision, own_judges
from hone.stats import BootstrapOptions, Figure, PairedDifference

from .planted import Planted, votes_and_texts, writers_alone

RULE = OwnJudgeRule(options=BootstrapOptions(resamples=300), curve=0)


def made(planted: Planted, rule: OwnJudgeRule = RULE) -> OwnJudge:
    return own_judges(planted.collected, planted.texts, rule)["Be Right"]


@pytest.fixture(scope="module")
def stacked() -> OwnJudge:
    return made(votes_and_texts())


def test_votes_and_texts_together_beat_either_and_are_accepted(stacked: OwnJudge) -> None:
    assert stacked.accepted
    assert "better than a bag of words, and better than the present judge" in stacked.words
    assert stacked.unseen == "group"
    unseen = stacked.held_out["group"]
    for name in (PRESENT, WORDS, MAJORITY, "vote: wording 1"):
        low = unseen.beside[name].difference.low
        assert low is not None, name
        assert low > 0, name
    alone = made(votes_and_texts().without_votes()).held_out["group"]
    assert unseen.own.value is not None
    assert alone.own.value is not None
    assert unseen.own.value > alone.own.value + 0.1
    assert sum(unseen.signals.values()) == 5
    assert "votes" not in unseen.signals, "votes alone are never the best"


def test_every_kind_of_unit_is_held_out_with_all_that_stands_beside_it(stacked: OwnJudge) -> None:
    assert {by: one.units for by, one in stacked.held_out.items()} == {
        "reply": 300,
        "group": 30,
        "question": 30,
        "writer": 4,
    }
    for one in stacked.held_out.values():
        assert {WORDS, "length only", WRITER, MAJORITY, PRESENT, "vote: wording 2"} <= set(one.beside)
        assert one.calibration.ece < 0.12
    assert set(stacked.people) == {"Ann", "Ben", "Cid"}
    assert stacked.ceiling is not None
    assert stacked.ceiling.value is not None
    assert stacked.ceiling.value > 0.6


def test_it_may_be_used_for_new_writers_where_leaving_one_out_changes_nothing(stacked: OwnJudge) -> None:
    assert stacked.for_new_writers, stacked.new_writers
    assert "with each writer left out it is as good" in stacked.new_writers


def test_shuffled_ratings_are_refused() -> None:
    found = made(votes_and_texts().shuffled())
    assert not found.accepted
    assert found.words.startswith("do not use it")
    assert "not shown to be better than a bag of words" in found.words


def test_a_set_in_which_only_the_writer_tells_is_refused_for_new_writers() -> None:
    found = made(writers_alone())
    known, new = found.held_out["reply"].own.value, found.held_out["writer"].own.value
    assert known is not None
    assert known > 0.5, "it has learnt the writers"
    assert new is not None
    assert new < 0.2
    assert not found.for_new_writers
    assert found.new_writers.startswith("do not use it for new writers")


def beside(**lows: tuple[float, float | None]) -> dict[str, PairedDifference]:
    """Each one's figure, and the lower end of what the judge of one's own is above it."""
    names = {"words": WORDS, "present": PRESENT, "vote": "vote: wording 1"}
    none = Figure(0.5, 0.4, 0.6, 100)
    return {
        names[name]: PairedDifference(
            "cohen_kappa",
            none,
            Figure(value, None, None, 100),
            Figure(0.1, low, None if low is None else 0.5, 100),
            None,
            100,
        )
        for name, (value, low) in lows.items()
    }


def test_the_strongest_of_the_present_judges_votes_counts(stacked: OwnJudge) -> None:
    figures = stacked.held_out["group"]
    weaker = beside(words=(0.1, 0.2), present=(0.4, 0.05), vote=(0.6, -0.3))
    assert decision(replace(figures, beside=weaker), "group", 0.1) == (
        False,
        "do not use it: on groups that it has not seen it is not shown to be as good as the present judge",
    )
    better = beside(words=(0.1, 0.2), present=(0.6, 0.05), vote=(0.4, -0.3))
    assert decision(replace(figures, beside=better), "group", 0.1)[0]
    near = beside(words=(0.1, 0.2), present=(0.6, -0.05))
    assert (
        "as good as (not worse by 0.1 or more) the present judge"
        in decision(replace(figures, beside=near), "reply", 0.1)[1]
    )
    assert decision(replace(figures, beside=near), "reply", 0.1)[1].endswith("whose votes it needs")
    free = replace(figures, beside=near, signals={"form": 5})
    assert decision(free, "reply", 0.1)[1].endswith("the present judge")
    alone = beside(words=(0.1, 0.2))
    assert "no present judge" in decision(replace(figures, beside=alone), "reply", 0.1)[1]
    unknown = beside(words=(0.1, None), present=(0.6, 0.05))
    assert not decision(replace(figures, beside=unknown), "question", 0.1)[0], "too few groups give no interval"


def test_what_is_worse_than_the_present_judge_is_refused() -> None:
    planted = votes_and_texts()
    ratings = planted.collected.ratings
    knows = np.where(np.random.default_rng(1).random(300) < 0.97, np.asarray(ratings.people["Be Right"])[:, 0], 0.5)
    seldom = np.where(np.arange(300) % 10 == 0, np.round(knows), np.nan)[:, None]
    rare = replace(ratings, judges={"Be Right": seldom}, judge_names=("seldom",))
    found = made(replace(planted, collected=replace(planted.collected, ratings=rare)), replace(RULE, margin=0.01))
    assert not found.accepted
    assert "not shown to be as good as the present judge" in found.words


def test_under_fifty_ratings_it_says_that_it_will_not() -> None:
    found = made(votes_and_texts().first(49))
    assert not found.accepted
    assert found.problem == "49 replies were rated; a judge of your own is made from 50 or more"
    assert found.as_dict() == {"rated": 49, "accepted": False, "problem": found.problem}


def test_replies_without_texts_and_one_score_for_all_are_said() -> None:
    planted = votes_and_texts(80, 8)
    few = own_judges(planted.collected, dict(list(planted.texts.items())[:20]), RULE)["Be Right"]
    assert "only 20 have their texts" in few.problem
    ratings = planted.collected.ratings
    same = replace(ratings, people={"Be Right": np.ones((80, 3))})
    none = own_judges(replace(planted.collected, ratings=same), planted.texts, RULE)["Be Right"]
    assert "nothing to learn" in none.problem
    drawn = {"Be Right": np.random.default_rng(0).random((80, 3))}
    numbers = replace(ratings, people=drawn, level="interval", judges=None, judge_names=())
    measured = own_judges(replace(planted.collected, ratings=numbers), planted.texts, RULE)["Be Right"]
    assert "measurements" in measured.problem


def test_with_two_criteria_each_interval_is_wider() -> None:
    planted = votes_and_texts(150, 15)
    ratings = planted.collected.ratings
    twice = replace(
        ratings,
        people=dict.fromkeys("ab", ratings.people["Be Right"]),
        judges=dict.fromkeys("ab", (ratings.judges or {})["Be Right"]),
    )
    both = own_judges(replace(planted.collected, ratings=twice), planted.texts, RULE)
    one = own_judges(planted.collected, planted.texts, RULE)["Be Right"].held_out["group"].own
    two = both["a"].held_out["group"].own
    assert two.value == pytest.approx(one.value)
    assert two.half_width is not None
    assert one.half_width is not None
    assert two.half_width > one.half_width


def test_five_ordered_levels_and_labels_without_an_order_are_learnt() -> None:
    planted = votes_and_texts(150, 15)
    ratings = planted.collected.ratings
    total = np.asarray(ratings.people["Be Right"]).sum(axis=1)
    levels = np.stack([total, np.clip(total + np.random.default_rng(0).integers(-1, 2, 150), 0, 3)], axis=1)
    for level in ("ordinal", "nominal", "interval"):
        one = replace(ratings, people={"Be Right": levels}, raters=("Ann", "Ben"), level=level)
        found = own_judges(replace(planted.collected, ratings=one), planted.texts, RULE)["Be Right"]
        value = found.held_out["group"].own.value
        assert value is not None
        assert value > 0.2, level
