"""Which rows people should look at: those without a score, and a draw of the others with known chances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from hone.domain.evidence import Judgement, Score
from hone.domain.rubric import Rubric
from hone.judging.rows_for_people import Routing, RowsForPeople

RUBRIC = Rubric.model_validate({"criteria": ["Be Clear: x"], "scale": "0..1"})


def judged(probability: float | None, *, spread: float | None = None) -> Judgement:
    score = Score(criterion="Be Clear", value=1, reason="r", probability=probability, spread=spread)
    return Judgement(item="i", judge="j", rubric=RUBRIC.digest, scores=(score,))


UNSCORED = Judgement(item="i", judge="j", rubric=RUBRIC.digest, unscored="no JSON")


def weights(judgements: Sequence[Judgement], routing: Routing) -> list[float | None]:
    rows = RowsForPeople(routing, RUBRIC)
    for judgement in judgements:
        rows.add(judgement)
    weight = rows.weights()
    return [weight(place) for place in range(len(judgements))]


def test_every_row_without_a_score_is_chosen_and_stands_for_itself() -> None:
    assert weights([UNSCORED, judged(0.9), UNSCORED], Routing(share=0)) == [1.0, None, 1.0]
    assert weights([], Routing()) == []


def test_as_many_are_drawn_as_are_uncertain_and_a_share_of_the_others() -> None:
    judgements = [judged(0.5 if n < 30 else 0.95) for n in range(230)]
    assert sum(one is not None for one in weights(judgements, Routing(share=0.05))) == 30 + 10
    assert sum(one is not None for one in weights(judgements, Routing(share=1))) == 230
    assert sum(one is not None for one in weights([judged(None)] * 7, Routing())) == 1, "each row has a chance"


def test_the_draw_follows_the_rule_and_weights_are_1_over_the_chance() -> None:
    judgements = [judged(0.5 if n < 40 else 0.995) for n in range(400)]
    found = [weights(judgements, Routing(share=0, seed=seed)) for seed in range(300)]
    chosen = np.array([[one is not None for one in row] for row in found])
    unsure, sure = chosen[:, :40].mean(), chosen[:, 40:].mean()
    root = np.sqrt([0.5, 0.005])
    expected = 40 * (0.5 / 400 + 0.5 * root / (40 * root[0] + 360 * root[1]))
    assert [unsure, sure] == pytest.approx(expected, abs=0.02)
    assert {round(one, 6) for row in found for one in row if one} == {round(1 / one, 6) for one in expected}
    totals = [sum(one or 0 for one in row) for row in found]
    assert np.mean(totals) == pytest.approx(400, rel=0.02)


def test_the_reason_names_what_is_uncertain() -> None:
    routing = Routing()
    assert routing.reason(judged(0.41)) == "Be Clear: probability 0.41"
    assert routing.reason(judged(None, spread=0.6)) == "Be Clear: spread 0.60"
    assert routing.reason(judged(0.9)) == "random"
    assert routing.reason(UNSCORED) == "unscored: no JSON"
