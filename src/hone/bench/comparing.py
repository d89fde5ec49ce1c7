"""What several models' marks say about them: shares with intervals, and differences pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import Field

from hone.bench.running import AnswerSpeed, Result
from hone.domain.base import Frozen
from hone.stats import Figure, McNemar, mcnemar, paired_shares, wilson

MARGIN = 0.02
"""How much worse, as a share, still counts as not worse: two problems in a hundred. It is less than a person
would notice, and about the least that a test set of GSM8K's size (1,319) can resolve; on
a smaller one a model must gain to pass."""

Reading = Literal["flexible", "strict"]


class ComparisonChoices(Frozen):
    """How the marks of a run were compared last: no answer rests on it, so that it is no part of the run's config."""

    confidence: float = Field(default=0.95, ge=0.5, le=0.999)
    """How often an interval is to hold the truth."""
    reading: Reading = "flexible"
    """Which marks the comparisons count."""
    margin: float = Field(default=MARGIN, ge=0, le=1)
    """How much worse, as a share, still counts as not worse."""
    models: tuple[str, ...] = ()
    """In the order in which they were named: the first is the base. A run's config knows no order."""


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One model on all problems."""

    model: str
    flexible: Figure
    strict: Figure
    cut: Figure
    """The share of answers that reached the length limit."""
    tokens: float
    """Mean tokens of an answer."""
    speed: AnswerSpeed | None
    unread: int
    """Answers without anything that could be one."""
    failed: int
    """Problems that did not fit into the model's context."""


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """A model against the first one, on the same problems."""

    base: str
    model: str
    reading: Reading
    difference: Figure
    """The share of the model minus that of the base."""
    test: McNemar
    gained: tuple[str, ...]
    """Problems that only this model gets right."""
    lost: tuple[str, ...]
    """Problems that only the base gets right."""

    def not_worse(self, margin: float = MARGIN) -> bool:
        """Whether the interval of the difference lies above minus the margin."""
        return self.difference.low is not None and self.difference.low > -margin


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All that a benchmark found."""

    scores: tuple[ModelScore, ...]
    comparisons: tuple[ModelComparison, ...]
    confidence: float = 0.95
    """How often an interval holds the truth."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON writes it."""
        return {
            "models": [
                {
                    "model": one.model,
                    "accuracy": one.flexible.as_dict(),
                    "strict": one.strict.as_dict(),
                    "cut": one.cut.as_dict(),
                    "tokens": one.tokens,
                    "unread": one.unread,
                    "failed": one.failed,
                    "tokens_per_second": one.speed.tokens_per_second if one.speed else None,
                }
                for one in self.scores
            ],
            "comparisons": [
                {
                    "base": one.base,
                    "model": one.model,
                    "reading": one.reading,
                    "difference": one.difference.as_dict(),
                    "mcnemar": asdict(one.test),
                    "gained": list(one.gained),
                    "lost": list(one.lost),
                }
                for one in self.comparisons
            ],
        }


def compare_models(
    results: Sequence[Result],
    models: Sequence[str],
    speeds: Mapping[str, AnswerSpeed] | None = None,
    *,
    reading: Reading = "flexible",
    confidence: float = 0.95,
) -> BenchReport:
    """The report on the results of one or more models.

    Args:
        results: Every model's on the same problems, in any order.
        models: Their specs; the first is the base of every comparison.
        speeds: How fast each model was.
        reading: Which marks the comparisons count.
        confidence: How often an interval is to hold the truth.

    Raises:
        StatsError: The models did not answer the same problems.
    """
    by_model: dict[str, list[Result]] = {model: [] for model in models}
    for result in results:
        by_model[result.model].append(result)
    known = speeds or {}
    scores = tuple(_score(model, own, known.get(model), confidence) for model, own in by_model.items())
    (_, base), *others = by_model.items()
    return BenchReport(scores, tuple(_against(base, own, reading, confidence) for _, own in others), confidence)


def _score(model: str, results: Sequence[Result], speed: AnswerSpeed | None, confidence: float) -> ModelScore:
    count = len(results)
    return ModelScore(
        model=model,
        flexible=wilson(sum(one.right for one in results), count, confidence),
        strict=wilson(sum(one.strict for one in results), count, confidence),
        cut=wilson(sum(one.cut for one in results), count, confidence),
        tokens=sum(one.tokens for one in results) / count,
        speed=speed,
        unread=sum(one.read is None for one in results),
        failed=sum(one.problem is not None for one in results),
    )


def _against(base: Sequence[Result], other: Sequence[Result], reading: Reading, confidence: float) -> ModelComparison:
    before = {one.item: _right(one, reading) for one in base}
    after = {one.item: _right(one, reading) for one in other}
    items = [item for item in before if item in after]
    first, second = [float(before[item]) for item in items], [float(after[item]) for item in items]
    return ModelComparison(
        base=base[0].model,
        model=other[0].model,
        reading=reading,
        difference=paired_shares(second, first, confidence),
        test=mcnemar(second, first),
        gained=tuple(item for item in items if after[item] and not before[item]),
        lost=tuple(item for item in items if before[item] and not after[item]),
    )


def _right(result: Result, reading: Reading) -> bool:
    return result.strict if reading == "strict" else result.right
