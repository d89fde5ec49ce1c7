"""How unsure a judge is of a reply."""

from __future__ import annotations

import pytest

from hone.domain.evidence import Judgement, Score
from hone.domain.rubric import Rubric
from hone.judging.uncertainty import uncertainty

RUBRIC = Rubric.model_validate({"criteria": ["Be Clear: x", "Be Kind: y"], "scale": "1..5"})


def said(*scores: dict[str, float]) -> Judgement:
    made = [
        Score(criterion=name, value=3, reason="r", **score) for name, score in zip(RUBRIC.names, scores, strict=False)
    ]
    return Judgement(item="i", judge="j", rubric=RUBRIC.digest, scores=tuple(made))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (({"probability": 1.0}, {"probability": 1.0}), 0.0),
        (({"probability": 0.5}, {"probability": 0.9}), 0.3**0.5),
        (({"probability": 0.75}, {}), 0.5),
        (({"spread": 2.0},), 0.5**0.5),  # votes half for the lowest level and half for the highest
        (({"spread": 0.0},), 0.0),
        (({"probability": 0.5, "spread": 0.0},), 0.5**0.5),
        (({}, {}), None),
    ],
)
def test_it_is_the_root_of_the_mean_error_to_be_expected(
    scores: tuple[dict[str, float], ...], expected: float | None
) -> None:
    found = uncertainty(said(*scores), RUBRIC)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_a_reply_without_a_score_is_as_unsure_as_can_be() -> None:
    judgement = Judgement(item="i", judge="j", rubric=RUBRIC.digest, unscored="no JSON")
    assert uncertainty(judgement, RUBRIC) == 1
