"""What several models' marks say about them: shares with intervals, and differences pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pydantic import Field

from hone.bench.choosing import tried_prompts
from hone.bench.running import AnswerSpeed, Result
from hone.domain.base import Frozen
from hone.problems import TriedPrompt
from hone.stats import Figure, McNemar, mcnemar, paired_shares, wilson
from hone.stats.share_difference import MARGIN, above_margin

BASE_CUT_AT_MOST = 0.02
"""The share of the base's answers that may be cut before nothing can be said of a model beside it."""

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
    """The share of answers that reached the last length limit without an end."""
    tokens: float
    """Mean tokens of an answer."""
    speed: AnswerSpeed | None
    unread: int
    """Answers without anything that could be one."""
    failed: int
    """Problems that did not fit into the model's context."""
    looped: int = 0
    """Answers that fell into a loop, and count as wrong."""
    prompt: str = ""
    """What the prompt is called that it was tested under."""
    tried: tuple[TriedPrompt, ...] = ()
    """The prompts among which that one was chosen, the best first; empty where none was."""


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
    base_cut: float = 0.0
    """The share of the base's answers that were cut: what they would have said is not known."""
    prompts: tuple[str, str] = ("", "")
    """What the base and the model were asked under."""
    unequal: bool = False
    """Whether the model's best prompt was sought, and the base's could not be."""

    def not_worse(self, margin: float = MARGIN) -> bool:
        """Whether the interval of the difference lies above minus the margin, and the base was let speak."""
        return above_margin(self.difference, margin) and not self.base_unheard

    @property
    def base_unheard(self) -> str:
        """Why nothing can be said beside this base; empty where something can."""
        if self.unequal:
            return "the best prompt was sought for the model and not for the base, which did not answer the problems"
        if self.base_cut <= BASE_CUT_AT_MOST:
            return ""
        return (
            f"{self.base_cut:.0%} of the base's answers were cut at the length limit, and at most "
            f"{BASE_CUT_AT_MOST:.0%} may be"
        )


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All that a benchmark found."""

    scores: tuple[ModelScore, ...]
    comparisons: tuple[ModelComparison, ...]
    confidence: float = 0.95
    """How often an interval holds the truth."""
    same_prompt: tuple[ModelComparison, ...] = ()
    """Models against the base under one prompt, the model's best one, where that is not the base's best one."""
    choosing: int = 0
    """Answers that were asked for to choose the prompts."""

    @property
    def prompts_sought(self) -> bool:
        """Whether every model's best prompt was sought."""
        return all(one.tried for one in self.scores)

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
                    "looped": one.looped,
                    "prompt": one.prompt,
                    "prompts": [asdict(tried) for tried in one.tried],
                    "tokens_per_second": one.speed.tokens_per_second if one.speed else None,
                }
                for one in self.scores
            ],
            "comparisons": [_as_dict(one) for one in self.comparisons],
            "same_prompt": [_as_dict(one) for one in self.same_prompt],
            "choosing": self.choosing,
        }


def _as_dict(one: ModelComparison) -> dict[str, Any]:
    return {
        "base": one.base,
        "model": one.model,
        "prompts": list(one.prompts),
        "reading": one.reading,
        "difference": one.difference.as_dict(),
        "base_cut": one.base_cut,
        "mcnemar": asdict(one.test),
        "gained": list(one.gained),
        "lost": list(one.lost),
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
    known = speeds or {}
    tried = {model: tuple(tried_prompts(results, model, strict=reading == "strict")) for model in models}
    answers: dict[str, dict[str, list[Result]]] = {model: {} for model in models}
    for one in results:
        if one.part == "test":
            answers[one.model].setdefault(one.prompt, []).append(one)
    best = {model: _best_prompt(tried[model], answers[model]) for model in models}
    best[models[0]] = _base_prompt(answers[models[0]], best[models[0]], reading)
    scores = tuple(
        _score(model, answers[model][best[model]], known.get(model), confidence, tried[model]) for model in models
    )
    first, *others = models
    base = answers[first][best[first]]
    same = [model for model in others if best[model] != best[first] and best[model] in answers[first]]
    return BenchReport(
        scores,
        tuple(
            replace(
                _against(base, answers[model][best[model]], reading, confidence),
                unequal=bool(tried[model]) and not tried[first],
            )
            for model in others
        ),
        confidence,
        tuple(
            _against(answers[first][best[model]], answers[model][best[model]], reading, confidence) for model in same
        ),
        sum(one.part == "choosing" for one in results),
    )


def _best_prompt(tried: Sequence[TriedPrompt], answers: Mapping[str, object]) -> str:
    """The prompt that was chosen, or else the first that was asked under."""
    return next((one.prompt for one in tried if one.prompt in answers), next(iter(answers)))


def _base_prompt(answers: Mapping[str, Sequence[Result]], chosen: str, reading: Reading) -> str:
    """The prompt under which the base counts: of all that it was tested under, the best one in the test.

    It favours the base, so that no model is called as good beside one that was asked badly by chance. These are the
    prompts that cannot be told from its best one, and those under which the other models do best.
    """
    return max([chosen, *answers], key=lambda name: sum(_right(one, reading) for one in answers[name]))


def _score(
    model: str,
    results: Sequence[Result],
    speed: AnswerSpeed | None,
    confidence: float,
    tried: tuple[TriedPrompt, ...],
) -> ModelScore:
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
        looped=sum(one.looped for one in results),
        prompt=results[0].prompt,
        tried=tried,
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
        base_cut=sum(one.cut for one in base) / len(base),
        prompts=(base[0].prompt, other[0].prompt),
    )


def _right(result: Result, reading: Reading) -> bool:
    return result.strict if reading == "strict" else result.right
