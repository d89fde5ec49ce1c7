"""What a cascade of two judges would do at each threshold, replayed over scores that are there: nobody is asked.

The first judge decides alone what it is sure enough of, and the second the rest. Of each threshold: how much the
first decides, how often that is wrong, with an exact bound, how well both together agree with people, and the cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.domain.evidence import Judgement
from hone.measuring.collected import Collected
from hone.stats import Figure, Ratings, wilson
from hone.stats.consensus import consensus
from hone.stats.deciding_alone import AloneBound, alone_bounds, lowest_that_holds, reaches
from hone.stats.levels import level_block, membership_of
from hone.stats.scale import ScoreScale, scale_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
USUAL = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Thresholds of probabilities where no others are named."""
GROUPED = "items of one group are not independent, so no exact bound can be stated"
WEIGHTED = "these replies were drawn with unequal chances, so no exact bound can be stated"


@dataclass(frozen=True)
class SureScores:
    """One judge's scores of one criterion, and how sure it is."""

    levels: Floats
    """The likeliest level of each item, NaN where it said nothing; shape (items,)."""
    certainty: Floats
    """Its probability or its share of the votes, from 0 to 1; shape (items,)."""
    votes: int = 0
    """How many votes a share is of; 0 for probabilities."""


@dataclass(frozen=True)
class CascadeRule:
    """What is to be shown of a threshold, and which thresholds are tried."""

    wrong: float = 0.1
    """The share of wrong ones that is to be borne, of what the first judge decides alone."""
    confidence: float = 0.95
    below: tuple[float, ...] = ()
    """The thresholds; by default the shares that so many votes can have, or `USUAL`."""
    cost: tuple[float, float] | None = None
    """What one reply costs by the first judge, and one by the second."""


@dataclass(frozen=True)
class CascadeThreshold:
    """What comes of one threshold."""

    below: float
    share: Figure
    """The share that the first judge decides alone."""
    wrong: Figure
    """Of these, the share that it has wrong, by the people's consensus, with a plain interval."""
    bound: AloneBound | None
    """The exact bound, all thresholds and criteria together; none where items are not independent."""
    accuracy: Figure
    """How often the two together give the people's consensus."""
    kappa: float | None
    """Their kappa with it: Cohen's, or with squared weights on an ordered scale of more than two levels."""
    cost: float | None = None
    """What a thousand replies cost, where that was told."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        bound = None if self.bound is None else {"at_most": self.bound.bound, "holds": self.bound.holds}
        return {
            "below": self.below,
            "decided_alone": self.share.as_dict(),
            "wrong_alone": self.wrong.as_dict(),
            "bound": bound,
            "accuracy": self.accuracy.as_dict(),
            "kappa": self.kappa,
            "cost_per_1000": self.cost,
        }


@dataclass(frozen=True)
class CriterionCascade:
    """What comes of one criterion."""

    items: int
    """Replies with a consensus of people and a score of both judges."""
    tied: int = 0
    """Replies left out because people are tied."""
    unjudged: int = 0
    """Replies left out because a judge has no score of them."""
    problem: str = ""
    """Why nothing can be said."""
    unbounded: str = ""
    """Why no bound is stated."""
    thresholds: tuple[CascadeThreshold, ...] = ()
    """Highest first."""
    first: tuple[Figure, float | None] | None = None
    """Accuracy and kappa of the first judge alone."""
    second: tuple[Figure, float | None] | None = None
    """The same of the second."""

    @property
    def lowest(self) -> float | None:
        """The lowest threshold whose bound holds; none where none does."""
        return lowest_that_holds([one.bound for one in self.thresholds if one.bound is not None])

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        found: dict[str, Any] = {"items": self.items, "tied": self.tied, "unjudged": self.unjudged}
        if self.problem:
            return found | {"problem": self.problem}
        alone = {"first": self.first, "second": self.second}
        judges = {name: {"accuracy": one[0].as_dict(), "kappa": one[1]} for name, one in alone.items() if one}
        thresholds = [one.as_dict() for one in self.thresholds]
        return found | judges | {"unbounded": self.unbounded, "lowest": self.lowest, "thresholds": thresholds}


@dataclass(frozen=True)
class _Replay:
    """What both judges and people said of the items that all have, as places among the levels."""

    first: Integers
    second: Integers
    people: Floats
    """Membership of the consensus, one 1 a row; shape (items, levels)."""
    certainty: Floats
    scale: ScoreScale

    def figures(self, codes: Integers) -> tuple[Figure, float | None]:
        """Accuracy and kappa of scores with the people's consensus."""
        right = int(self.people[np.arange(len(codes)), codes].sum())
        name = "weighted_kappa" if self.scale.level != "nominal" and len(self.scale.levels) > 2 else "cohen_kappa"
        given = membership_of(codes, len(self.scale.levels))
        ones = np.ones(len(codes), dtype=np.int64)
        block = level_block(given, self.people, self.scale.positions, ones, (name,))
        kappa = float(block.finish(block.moments.sum(axis=0, keepdims=True))[0, 0])
        return wilson(right, len(codes)), kappa if np.isfinite(kappa) else None


def replayed(
    collected: Collected,
    first: Mapping[str, SureScores],
    second: Mapping[str, SureScores],
    rule: CascadeRule | None = None,
) -> dict[str, CriterionCascade]:
    """What a cascade would do, by criterion.

    Args:
        collected: People's ratings.
        first: By criterion, the scores of the first judge, in the order of the ratings' items.
        second: The same of the second; how sure it is does not matter.
        rule: What is to be shown.

    Returns:
        By criterion that both judges scored. All bounds hold together, over criteria too, with the rule's confidence.
    """
    rule = rule or CascadeRule()
    names = [name for name in collected.ratings.criteria if name in first and name in second]
    part = 1 - (1 - rule.confidence) / max(1, len(names))
    return {name: _criterion(collected, name, first[name], second[name], rule, part) for name in names}


def _criterion(
    collected: Collected, name: str, first: SureScores, second: SureScores, rule: CascadeRule, confidence: float
) -> CriterionCascade:
    ratings = collected.ratings
    people = np.asarray(ratings.people[name], dtype=np.float64)
    both = np.column_stack([first.levels, second.levels])
    scale = scale_of(people, both, ratings.level, ratings.levels)
    if not len(scale.levels):
        return CriterionCascade(0, problem="its scores are measurements and not levels, so none is right or wrong")
    found = consensus(people, scale.codes(people), scale.levels, ratings.level)
    rated = found.membership.sum(axis=1) > 0
    codes = scale.codes(both)
    judged = (codes >= 0).all(axis=1)
    kept = np.flatnonzero(rated & ~found.tied & judged)
    tied, unjudged = int((rated & found.tied).sum()), int((rated & ~found.tied & ~judged).sum())
    if not len(kept):
        return CriterionCascade(0, tied, unjudged, "no reply has a score of people and of both judges")
    replay = _Replay(codes[kept, 0], codes[kept, 1], found.membership[kept], first.certainty[kept], scale)
    unbounded = GROUPED if _grouped(ratings, kept) else WEIGHTED if _weighted(collected, kept) else ""
    grid = _grid(first, rule, len(scale.levels))
    return CriterionCascade(
        len(kept),
        tied,
        unjudged,
        unbounded=unbounded,
        thresholds=_thresholds(replay, grid, rule, None if unbounded else confidence),
        first=replay.figures(replay.first),
        second=replay.figures(replay.second),
    )


def _thresholds(
    replay: _Replay, grid: Sequence[float], rule: CascadeRule, confidence: float | None
) -> tuple[CascadeThreshold, ...]:
    wrong = replay.people[np.arange(len(replay.first)), replay.first] == 0
    bounds: Sequence[AloneBound | None] = [None] * len(grid)
    if confidence is not None:
        bounds = alone_bounds(replay.certainty, wrong, grid, at_most=rule.wrong, confidence=confidence)
    return tuple(_threshold(replay, wrong, below, bound, rule) for below, bound in zip(grid, bounds, strict=True))


def _threshold(
    replay: _Replay, wrong: Booleans, below: float, bound: AloneBound | None, rule: CascadeRule
) -> CascadeThreshold:
    sure, count = reaches(replay.certainty, below), len(wrong)
    alone = int(sure.sum())
    accuracy, kappa = replay.figures(np.where(sure, replay.first, replay.second))
    cost = None if rule.cost is None else 1000 * (rule.cost[0] + rule.cost[1] * (count - alone) / count)
    share, false = wilson(alone, count), wilson(int((sure & wrong).sum()), alone)
    return CascadeThreshold(below, share, false, bound, accuracy, kappa, cost)


def _grid(first: SureScores, rule: CascadeRule, levels: int) -> tuple[float, ...]:
    """The thresholds, highest first: named, or known before anybody looks at what people said."""
    if rule.below:
        return tuple(sorted(set(rule.below), reverse=True))
    if not first.votes:
        return tuple(sorted(USUAL, reverse=True))
    least = -(-first.votes // levels)  # the likeliest of so many levels has this many votes at least
    return tuple(votes / first.votes for votes in range(first.votes, least - 1, -1))


def _grouped(ratings: Ratings, kept: Integers) -> bool:
    """Whether several of these items belong to one group."""
    if ratings.clusters is None:
        return False
    groups = [ratings.clusters[place] for place in kept.tolist()]
    return len(set(groups)) < len(groups)


def _weighted(collected: Collected, kept: Integers) -> bool:
    """Whether these items stand for unequally many: the rest may be wrong more often, or less, than they are."""
    return collected.weights is not None and len(np.unique(collected.weights[kept])) > 1


def scores_by_votes(collected: Collected, names: Sequence[str]) -> dict[str, SureScores]:
    """A judge whose votes stand in the ratings as raters of their own: by criterion, the level with most of them.

    Args:
        collected: The ratings.
        names: The raters of kind `judge` that are its votes; one is a judge that is always sure.
    """
    ratings = collected.ratings
    places = [list(ratings.judge_names).index(name) for name in names]
    found = {}
    for criterion, scores in (ratings.judges or {}).items():
        votes = np.asarray(scores, dtype=np.float64)[:, places]
        if not np.isnan(votes).all():
            found[criterion] = _most_votes(votes)
    return found


def _most_votes(votes: Floats) -> SureScores:
    """The level with most votes, of several the lowest, and its share. Votes on no level of their own count, too."""
    levels = np.unique(votes[~np.isnan(votes)])
    counts = (votes[:, :, None] == levels).sum(axis=1)
    given = counts.sum(axis=1)
    heard = given > 0
    likeliest = np.where(heard, levels[counts.argmax(axis=1)], np.nan)
    shares = np.divide(counts.max(axis=1), given, out=np.zeros(len(votes)), where=heard)
    return SureScores(likeliest, shares, votes.shape[1])


def scores_of_judgements(
    collected: Collected, judgements: Mapping[str, Judgement], levels: Sequence[float]
) -> dict[str, SureScores]:
    """A judge whose judgements are kept: by criterion, its likeliest level and how sure it was.

    Args:
        collected: The ratings.
        judgements: By item.
        levels: The values of the scale, lowest first.

    Returns:
        A judge that voted once and told no probabilities is sure of nothing, as in a cascade itself.
    """
    found: dict[str, SureScores] = {}
    for criterion in collected.ratings.criteria:
        level, certainty = np.full(len(collected.items), np.nan), np.zeros(len(collected.items))
        for place, item in enumerate(collected.items):
            scores = judgements[item].scores if item in judgements else ()
            score = next((one for one in scores if one.criterion == criterion), None)
            if score is None:
                continue
            if score.likeliest and len(score.shares or ()) == len(levels):
                likeliest, certainty[place] = score.likeliest
                level[place] = levels[likeliest]
            elif score.value in levels:
                level[place] = score.value
        if not np.isnan(level).all():
            found[criterion] = SureScores(level, certainty)
    return found


@dataclass(frozen=True)
class CascadeReplay:
    """What a cascade of two judges would do."""

    first: str
    second: str
    rule: CascadeRule
    criteria: Mapping[str, CriterionCascade]
    notes: tuple[str, ...] = field(default=())

    @property
    def lowest(self) -> float | None:
        """The lowest threshold at which the bounds of all criteria hold; none where that of one does not."""
        found = [one.lowest for one in self.criteria.values()]
        known = [one for one in found if one is not None]
        return max(known) if known and len(known) == len(found) else None

    def as_dict(self) -> dict[str, Any]:
        """As `hone judge cascade --json` prints it."""
        criteria = {name: one.as_dict() for name, one in self.criteria.items()}
        rule = {"wrong": self.rule.wrong, "confidence": self.rule.confidence}
        return {"first": self.first, "second": self.second} | rule | {"lowest": self.lowest, "criteria": criteria}
