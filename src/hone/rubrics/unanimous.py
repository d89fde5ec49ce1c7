"""Which ratings all people agree on, and some of them to make golden replies from, spread over criteria and levels.

A golden reply that was made so is people's ratings once more. It is no new rating, and a judge that was changed until
it passes is no longer independent of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hone.domain.base import digest
from hone.people.store.values import RatingRow

_PEOPLE = 2
"""Fewer agree with nobody."""
CriterionLevel = tuple[str, float]
"""A criterion and a level."""


@dataclass(frozen=True, slots=True)
class AgreedReply:
    """The criteria of one reply to which everybody gave the same level."""

    subject: str
    """The reply's id in the store."""
    levels: Mapping[str, float]
    """By criterion."""
    people: int
    """At least so many people gave each of them."""

    @property
    def cells(self) -> frozenset[CriterionLevel]:
        """What it shows of which criterion."""
        return frozenset(self.levels.items())


@dataclass
class UnanimousRatings:
    """How many ratings there are, and on which of them all people agree."""

    ratings: int = 0
    """Scores that people gave."""
    rated: int = 0
    """Criteria of replies that somebody scored."""
    shared: int = 0
    """Those that two people or more scored."""
    unanimous: int = 0
    """And of those, the ones to which all of them gave the same level."""
    replies: list[AgreedReply] = field(default_factory=list)


def unanimous_ratings(rows: Iterable[RatingRow], names: Iterable[str]) -> UnanimousRatings:
    """What people agree on.

    Args:
        rows: Current ratings; those of judges do not count.
        names: The criteria that a judge scores.
    """
    given: dict[str, dict[str, dict[str, float]]] = {name: {} for name in names}
    found = UnanimousRatings()
    for row in rows:
        if row.kind == "human" and row.criterion in given:
            given[row.criterion].setdefault(row.subject, {})[row.rater] = row.score
    agreed: dict[str, dict[str, tuple[float, int]]] = {}
    for criterion, subjects in given.items():
        for subject, scores in subjects.items():
            found.ratings += len(scores)
            found.rated += 1
            found.shared += len(scores) >= _PEOPLE
            if len(scores) >= _PEOPLE and len(set(scores.values())) == 1:
                found.unanimous += 1
                agreed.setdefault(subject, {})[criterion] = (next(iter(scores.values())), len(scores))
    for subject, levels in sorted(agreed.items()):
        people = min(count for _, count in levels.values())
        found.replies.append(AgreedReply(subject, {name: level for name, (level, _) in levels.items()}, people))
    return found


def spread_over_levels(
    replies: Iterable[AgreedReply], count: int, there: Mapping[CriterionLevel, int] | None = None
) -> list[AgreedReply]:
    """So many replies that every level of every criterion is shown about as often, as far as there are some.

    The next reply is always one that shows the level shown least; among those, one whose levels were shown least
    altogether. Ties fall by the hash of the reply's id, so that neither order nor wording decides.

    Args:
        replies: Those to choose from.
        count: How many at most.
        there: How often each level of each criterion is shown already.
    """
    left = sorted(replies, key=lambda one: digest(one.subject))
    shown: Counter[CriterionLevel] = Counter(there or {})
    chosen: list[AgreedReply] = []
    while left and len(chosen) < count:
        rarest = min(shown[cell] for one in left for cell in one.cells)
        best = max(
            (one for one in left if any(shown[cell] == rarest for cell in one.cells)),
            key=lambda one: sum(1 / (1 + shown[cell]) for cell in one.cells),
        )
        left.remove(best)
        chosen.append(best)
        shown.update(best.cells)
    return chosen
