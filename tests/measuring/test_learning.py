"""What more ratings would be worth, where that is known."""

from __future__ import annotations

import numpy as np
import pytest

from hone.measuring.learning import CurvePoint, LearningCurve, _drawn_on, learning_curve
from hone.measuring.rated_replies import rated_replies

from .planted import votes_and_texts


def test_more_to_learn_from_makes_a_better_judge_and_the_curve_is_drawn_on() -> None:
    planted = votes_and_texts(300, 30)
    rated = rated_replies(planted.collected, planted.texts, "Be Right", np.arange(300))
    found = learning_curve(rated, rated.units()["question"], draws=3)
    assert [one.ratings for one in found.points] == [50, 100, 200]
    values = [one.value for one in found.points]
    assert values[0] < values[2]
    assert found.gain is not None
    assert found.at_twice is not None
    assert -0.01 < found.gain[0] <= found.gain[1] < 0.1
    assert found.at_twice[0] <= found.at_twice[1] <= 1
    assert "no interval of that is known" in found.words
    assert found.as_dict()["points"][0]["ratings"] == 50


def test_with_few_ratings_it_is_said_not_to_be_known() -> None:
    planted = votes_and_texts(80, 8)
    rated = rated_replies(planted.collected, planted.texts, "Be Right", np.arange(80))
    found = learning_curve(rated, rated.units()["reply"], draws=2)
    assert [one.ratings for one in found.points] == [50]
    assert found.gain is None
    assert "is not known: the curve is drawn on from 250 rated replies or more" in found.words


def test_a_curve_of_a_known_form_is_drawn_on_to_where_it_goes() -> None:
    points = [CurvePoint(size, 0.9 - 2 / size, 0.01) for size in (50, 100, 200, 400)]
    gain, twice = _drawn_on(points, 400, 1.0)
    assert gain == pytest.approx(2 / 400 - 2 / 450)
    assert twice == pytest.approx(0.9 - 2 / 800)


def test_a_curve_that_does_not_rise_promises_nothing() -> None:
    points = tuple(CurvePoint(size, 0.5, 0.0) for size in (50, 100, 200))
    flat = LearningCurve(250, points, 5, (-0.002, -0.001), (0.5, 0.5))
    assert flat.words == "more rated replies are not seen to help: the curve does not rise up to 200"
