"""How unsure a judge is of a reply, as one figure: what decides which replies people rate next, and by what chance.

The best chance for a mean is in proportion to the size of the judge's error that is to be expected (T. Zrnic and E.
J. Candes, Active Statistical Inference, ICML 2024): of several criteria, the root of their mean squared error.
"""

from __future__ import annotations

import math

from hone.domain.evidence import Judgement, Score
from hone.domain.rubric import Rubric


def uncertainty(judgement: Judgement, rubric: Rubric) -> float | None:
    """From 0 (sure) to 1 (no score at all); none where the judge told neither probabilities nor several votes.

    Args:
        judgement: What the judge said.
        rubric: By what; criteria that a rule scores do not count.
    """
    if judgement.unscored is not None:
        return 1.0
    missed = [_missed(score, rubric.scale.span) for score in judgement.scores]
    known = [one for one in missed if one is not None]
    return math.sqrt(sum(known) / len(known)) if known else None


def _missed(score: Score, span: float) -> float | None:
    """How likely the level is wrong; of votes, the mean squared distance of two of them, in the scale's length."""
    if score.probability is not None:
        return min(max(1 - score.probability, 0.0), 1.0)
    return None if score.spread is None else min(2 * (score.spread / span) ** 2, 1.0)
