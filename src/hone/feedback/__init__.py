"""What people said: kept in the store, and as the arrays that figures are computed from.

    store           ratings, choices, decisions and their history, in SQLite or PostgreSQL
    exchange        files in and out of the store
    read_ratings    long-form ratings, or verdicts on pairs, of people and judges
    compare_judges  two judges or rubric versions on the same items, Holm over criteria
    joint_counts    how often each score of a judge met each score of the people
    estimate, _gap  the mean over a large labelled set, corrected with what people rated
    stop_rule       how many more ratings an interval of a given width takes

A row that cannot be read stops the reading with its file and line; nothing is dropped in silence. Every name below is
loaded when it is first used, so that the store's pages do not wait for the statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hone.lazily import lazy

if TYPE_CHECKING:
    from hone.feedback.collected import Collected as Collected
    from hone.feedback.comparing import Compared as Compared
    from hone.feedback.comparing import Comparison as Comparison
    from hone.feedback.comparing import compare_judges as compare_judges
    from hone.feedback.estimating import Corrected as Corrected
    from hone.feedback.estimating import Estimates as Estimates
    from hone.feedback.estimating import Sources as Sources
    from hone.feedback.estimating import estimate as estimate
    from hone.feedback.estimating import estimate_gap as estimate_gap
    from hone.feedback.joint import Joint as Joint
    from hone.feedback.joint import joint_counts as joint_counts
    from hone.feedback.ratings import Reading as Reading
    from hone.feedback.ratings import read_ratings as read_ratings
    from hone.feedback.stopping import Stopping as Stopping
    from hone.feedback.stopping import stop_rule as stop_rule

_HOMES = {
    "Collected": "hone.feedback.collected",
    "Compared": "hone.feedback.comparing",
    "Comparison": "hone.feedback.comparing",
    "Corrected": "hone.feedback.estimating",
    "Estimates": "hone.feedback.estimating",
    "Joint": "hone.feedback.joint",
    "Reading": "hone.feedback.ratings",
    "Sources": "hone.feedback.estimating",
    "Stopping": "hone.feedback.stopping",
    "compare_judges": "hone.feedback.comparing",
    "estimate": "hone.feedback.estimating",
    "estimate_gap": "hone.feedback.estimating",
    "joint_counts": "hone.feedback.joint",
    "read_ratings": "hone.feedback.ratings",
    "stop_rule": "hone.feedback.stopping",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES)
