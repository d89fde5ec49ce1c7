"""What `agree` returns: figures by criterion, judge and person, in the shape that `hone agree --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hone.stats.alpha import Level
from hone.stats.arrays import Floats
from hone.stats.figure import Figure
from hone.stats.simultaneous import Tiers
from hone.stats.verdict import JudgeVerdict

Figures = Mapping[str, Figure]
"""Figures by the name of the statistic."""


@dataclass(frozen=True)
class PeopleAgreement:
    """How well people agree with each other."""

    together: Figures
    """Percent agreement, Fleiss' kappa, Krippendorff's alpha, Gwet's AC1 and AC2, ICC(2,1) and ICC(2,k)."""
    pairs: Mapping[str, Figures]
    """Kappas (plain, linear, quadratic) by statistic, then by `r1|r2`."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return _figures_data(self.together) | {name: _figures_data(figures) for name, figures in self.pairs.items()}


@dataclass(frozen=True)
class JudgeAgreement:
    """How well one judge agrees with people."""

    items: int
    """How many items the judge and at least one person scored."""
    consensus: Figures
    people: Mapping[str, Figures]
    """By person."""
    verdict: JudgeVerdict
    confusion: Floats | None = None
    """Counts: the judge's level (rows) against the consensus (columns), ties in part; none without levels."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        nearness = self.verdict.nearness
        near = {} if nearness is None else {"nearness_gap": nearness.as_dict()}
        return near | {
            "items": self.items,
            "consensus": _figures_data(self.consensus),
            "people": {rater: _figures_data(figures) for rater, figures in self.people.items()},
            "verdict": self.verdict.words,
            "outcome": self.verdict.outcome,
            "gap": self.verdict.gap.as_dict(),
            "comparisons": self.verdict.comparisons,
            "more_items": self.verdict.more_items,
            "alternative_annotator_test": _alternative(self.verdict),
            "confusion": None if self.confusion is None else self.confusion.tolist(),
        }


@dataclass(frozen=True)
class CriterionAgreement:
    """All figures of one criterion, or of all criteria together."""

    items: int
    """How many items at least one person rated."""
    raters: tuple[str, ...]
    levels: tuple[float, ...]
    """The levels, lowest first; empty when scores are measurements, and for all criteria together."""
    ties: int
    """On how many items the consensus is tied between levels; each counts in equal parts for its levels."""
    people: PeopleAgreement
    ceiling: Figures
    """The mean over people of each one's agreement with the others' consensus."""
    ceiling_by_person: Mapping[str, Figures]
    judges: Mapping[str, JudgeAgreement]
    baselines: Mapping[str, Figures]
    """`majority_class`, and `length_only` where lengths are known: what needs no judgement at all."""
    confidence: float = 0.95
    """How often an interval of such a figure holds the truth."""
    tiers: Tiers = ()
    """The judges by what agreement is read by, best first: those of one tier are not told apart from its first."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        return {
            "items": self.items,
            "raters": list(self.raters),
            "levels": list(self.levels),
            "ties": self.ties,
            "people": self.people.as_dict(),
            "ceiling": _figures_data(self.ceiling),
            "ceiling_by_person": {rater: _figures_data(figures) for rater, figures in self.ceiling_by_person.items()},
            "judges": {name: judge.as_dict() for name, judge in self.judges.items()},
            "baselines": {name: _figures_data(figures) for name, figures in self.baselines.items()},
            "confidence": self.confidence,
            "tiers": [list(tier) for tier in self.tiers],
        }


@dataclass(frozen=True)
class Agreement:
    """All figures of all criteria."""

    level: Level
    criteria: Mapping[str, CriterionAgreement]
    overall: CriterionAgreement
    """Each figure's mean over the criteria where it is defined, resampled together."""

    @property
    def confidence(self) -> float:
        """How often an interval of these figures holds the truth."""
        return self.overall.confidence

    def as_dict(self) -> dict[str, Any]:
        """As `hone agree --json` prints it."""
        criteria = {name: criterion.as_dict() for name, criterion in self.criteria.items()}
        return {
            "level": self.level,
            "criteria": criteria,
            "overall": self.overall.as_dict(),
        }


def _figures_data(figures: Figures) -> dict[str, Any]:
    """Figures as JSON writes them."""
    return {name: figure.as_dict() for name, figure in figures.items()}


def _alternative(verdict: JudgeVerdict) -> dict[str, Any] | None:
    test = verdict.alternative
    if test is None:
        return None
    return {
        "winning_rate": test.winning_rate,
        "advantage_probability": test.advantage,
        "epsilon": test.epsilon,
        "passed": test.passed,
        "people": len(test.people),
    }
