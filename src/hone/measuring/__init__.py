"""Measures a judge by what people said.

    join            the one join of ratings with judgements, by the reply that both are about
    read_ratings    long-form ratings, or verdicts on pairs, of people and judges
    compare_judges  two judges or rubric versions on the same items, Holm over criteria
    pair_accuracies how often verdicts on pairs are right, beside what takes no judgement
    joint_counts    how often each score of a judge met each score of the people
    estimate, _gap  the mean over a large labelled set, corrected with what people rated
    cascade         two judges in a row: what each threshold would have done
    own_judge       a judge of one's own: learnt from ratings, measured on what it has not seen
    stop_rule       how many more ratings an interval of a given width takes

A row that cannot be read stops the reading with its file and line; nothing is dropped in silence. Every name below is
loaded when it is first used, so that the store's pages do not wait for the statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hone.lazily import lazy

if TYPE_CHECKING:
    from hone.measuring.collected import Collected as Collected
    from hone.measuring.comparing import CriterionDifference as CriterionDifference
    from hone.measuring.comparing import JudgeComparison as JudgeComparison
    from hone.measuring.comparing import compare_judges as compare_judges
    from hone.measuring.estimating import Corrected as Corrected
    from hone.measuring.estimating import Estimates as Estimates
    from hone.measuring.estimating import Sources as Sources
    from hone.measuring.estimating import corrected_means as corrected_means
    from hone.measuring.estimating import estimate_gap as estimate_gap
    from hone.measuring.joint import Joint as Joint
    from hone.measuring.joint import joint_counts as joint_counts
    from hone.measuring.judged import is_labelled as is_labelled
    from hone.measuring.judged import read_judged as read_judged
    from hone.measuring.judged import read_with_judged as read_with_judged
    from hone.measuring.judged import with_judged as with_judged
    from hone.measuring.judges_of_pairs import PairAccuracies as PairAccuracies
    from hone.measuring.judges_of_pairs import pair_accuracies as pair_accuracies
    from hone.measuring.ratings import Reading as Reading
    from hone.measuring.ratings import read_ratings as read_ratings
    from hone.measuring.stopping import Stopping as Stopping
    from hone.measuring.stopping import stop_rule as stop_rule

_HOMES = {
    "Collected": "hone.measuring.collected",
    "CriterionDifference": "hone.measuring.comparing",
    "JudgeComparison": "hone.measuring.comparing",
    "Corrected": "hone.measuring.estimating",
    "Estimates": "hone.measuring.estimating",
    "Joint": "hone.measuring.joint",
    "PairAccuracies": "hone.measuring.judges_of_pairs",
    "Reading": "hone.measuring.ratings",
    "Sources": "hone.measuring.estimating",
    "Stopping": "hone.measuring.stopping",
    "compare_judges": "hone.measuring.comparing",
    "corrected_means": "hone.measuring.estimating",
    "estimate_gap": "hone.measuring.estimating",
    "is_labelled": "hone.measuring.judged",
    "joint_counts": "hone.measuring.joint",
    "pair_accuracies": "hone.measuring.judges_of_pairs",
    "read_judged": "hone.measuring.judged",
    "read_with_judged": "hone.measuring.judged",
    "read_ratings": "hone.measuring.ratings",
    "stop_rule": "hone.measuring.stopping",
    "with_judged": "hone.measuring.judged",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES)
