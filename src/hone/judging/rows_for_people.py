"""Which rows of a labelling people should look at: those without a score, and a draw of the others.

The draw follows the one rule (`stats/item_draw`), which needs to know how unsure the judge is of every row; so rows
are chosen once all are scored. What is kept of a row until then is one number.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.judging.uncertainty import uncertainty

_UNSCORED = -1.0


@dataclass(frozen=True)
class Routing:
    """How many rows people should look at: as many as are uncertain, and a share of the others.

    Args:
        probability: A score whose probability is below this is uncertain.
        spread: A score whose votes spread wider than this is uncertain.
        share: How much of the rest is added, from 0 to 1.
        seed: Fixes the draw.
    """

    probability: float = 0.6
    spread: float = 0.5
    share: float = 0.05
    seed: int = 0

    def doubt(self, judgement: Judgement) -> str | None:
        """Why a scored row is uncertain; none where it is not."""
        for score in judgement.scores:
            if score.probability is not None and score.probability < self.probability:
                return f"{score.criterion}: probability {score.probability:.2f}"
            if score.spread is not None and score.spread > self.spread:
                return f"{score.criterion}: spread {score.spread:.2f}"
        return None

    def reason(self, judgement: Judgement) -> str:
        """What is said of a row that people should look at."""
        if judgement.unscored is not None:
            return f"unscored: {judgement.unscored}"
        return self.doubt(judgement) or "random"


class RowsForPeople:
    """Collects how unsure the judge is of each row, and then draws.

    Args:
        routing: How many rows are drawn.
        rubric: What is scored.
    """

    def __init__(self, routing: Routing, rubric: Rubric) -> None:
        self._routing, self._rubric = routing, rubric
        self._unsure = array("d")
        self._doubted = 0

    def add(self, judgement: Judgement) -> None:
        """Take the next row in."""
        if judgement.unscored is not None:
            self._unsure.append(_UNSCORED)
            return
        found = uncertainty(judgement, self._rubric)
        self._unsure.append(math.nan if found is None else found)
        self._doubted += self._routing.doubt(judgement) is not None

    def weights(self) -> Callable[[int], float | None]:
        """Draw; gives from a row's place its weight, 1 / its chance to be chosen, or none where it was not chosen.

        The weight of a row without a score is 1: all such rows are chosen. Estimates over the chosen rows that use
        the weights stand for all rows (D. G. Horvitz and D. J. Thompson, JASA 47 (1952), 663-685).
        """
        import numpy as np  # noqa: PLC0415 - most labellings write no rows for people

        from hone.stats.item_draw import draw_chances, draw_items  # noqa: PLC0415 - as above

        unsure = np.frombuffer(self._unsure, dtype=np.float64) if self._unsure else np.empty(0)
        weights = np.where(unsure == _UNSCORED, 1.0, np.nan)
        scored = np.flatnonzero(unsure != _UNSCORED)
        wanted = self._doubted + math.ceil(self._routing.share * (len(scored) - self._doubted))
        if wanted:
            chances = draw_chances(unsure[scored], wanted)
            places = draw_items(chances, np.random.default_rng(self._routing.seed))
            weights[scored[places]] = 1 / chances[places]

        def weight(place: int) -> float | None:
            return None if np.isnan(weights[place]) else float(weights[place])

        return weight
