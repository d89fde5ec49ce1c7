"""What people said: ratings and verdicts out of files, as the arrays that figures are computed from.

    read_ratings    long-form ratings, or verdicts on pairs, of people and judges
    compare_judges  two judges or rubric versions on the same items, Holm over criteria
    joint_counts    how often each score of a judge met each score of the people
    estimate, _gap  the mean over a large labelled set, corrected with what people rated

A row that cannot be read stops the reading with its file and line; nothing is dropped in silence.
"""

from hone.feedback.collected import Collected
from hone.feedback.comparing import Compared, Comparison, compare_judges
from hone.feedback.estimating import Corrected, Estimates, Sources, estimate, estimate_gap
from hone.feedback.joint import Joint, joint_counts
from hone.feedback.ratings import Reading, read_ratings

__all__ = [
    "Collected",
    "Compared",
    "Comparison",
    "Corrected",
    "Estimates",
    "Joint",
    "Reading",
    "Sources",
    "compare_judges",
    "estimate",
    "estimate_gap",
    "joint_counts",
    "read_ratings",
]
