"""Golden replies beside what a judge gave them: what passed, what failed, and how little a pass shows.

Passing is no measure of a judge. Of n replies that were drawn at random and passed, the share that would fail among
all of that kind is at most the upper limit of Clopper and Pearson for 0 of n, about 3 / n (`stats.deciding_alone`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hone.domain.evidence import Judgement
from hone.domain.golden import ExpectedLevel, GoldenReply
from hone.domain.rubric import Rubric, Scale
from hone.stats.deciding_alone import wrong_at_most

CONFIDENCE = 0.95
"""How often the share that may fail is truly smaller than what is said."""


@dataclass(frozen=True, slots=True)
class LevelCheck:
    """One criterion of one golden reply: what it must get, and what it got."""

    golden: str
    """The golden reply's id."""
    criterion: str
    expected: ExpectedLevel
    got: float | None
    """The judge's score; none where the reply is unscored."""
    reason: str
    """The judge's reason, or why the reply is unscored."""
    passed: bool
    note: str = ""
    """What a person wrote beside the golden reply."""

    def __str__(self) -> str:
        """The check on one line, as a test runner shows it."""
        got = "unscored" if self.got is None else f"got {self.got:g}"
        return f"{self.golden}, {self.criterion}: expected {self.expected}, {got}: {self.reason}"


@dataclass(frozen=True)
class GoldenOutcome:
    """What came of all golden replies under one rubric and one judge."""

    checks: tuple[LevelCheck, ...]
    """In the order of the file."""
    rubric: str
    """The rubric's digest."""
    scale: Scale
    judge: str
    """The judge's spec."""
    run: str
    """The name of the run that keeps the judgements."""
    fitted: tuple[str, ...] = ()
    """Golden replies whose ratings are among those that a judge of one's own was fitted to."""

    @property
    def failures(self) -> tuple[LevelCheck, ...]:
        """The checks that did not pass, those of unscored replies among them."""
        return tuple(check for check in self.checks if not check.passed)

    @cached_property
    def replies(self) -> tuple[str, ...]:
        """The golden replies, by id."""
        return tuple(dict.fromkeys(check.golden for check in self.checks))

    @cached_property
    def unscored(self) -> tuple[str, ...]:
        """The golden replies to which the judge gave no score."""
        return tuple(dict.fromkeys(check.golden for check in self.checks if check.got is None))

    @cached_property
    def failed(self) -> tuple[str, ...]:
        """The golden replies that have scores, and one that does not fit or more."""
        return tuple(dict.fromkeys(one.golden for one in self.failures if one.got is not None))

    @property
    def passed(self) -> bool:
        """Whether every golden reply got every level that it must get."""
        return not self.failures

    @property
    def may_fail(self) -> float:
        """The exact upper limit (95%) of the share that would fail among others, were these drawn at random."""
        return wrong_at_most(len(self.failed) + len(self.unscored), len(self.replies), 1 - CONFIDENCE)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as `--json` prints it."""
        return {
            "run": self.run,
            "rubric": self.rubric,
            "judge": self.judge,
            "replies": len(self.replies),
            "passed": len(self.replies) - len(self.failed) - len(self.unscored),
            "failed": list(self.failed),
            "unscored": list(self.unscored),
            "fitted": list(self.fitted),
            "may_fail": {"at_most": self.may_fail, "confidence": CONFIDENCE},
            "checks": [
                {
                    "golden": check.golden,
                    "criterion": check.criterion,
                    "expected": check.expected.written,
                    "got": check.got,
                    "passed": check.passed,
                    "reason": check.reason,
                    "note": check.note,
                }
                for check in self.checks
            ],
        }


def golden_outcome(
    replies: Sequence[GoldenReply], judgements: Sequence[Judgement], rubric: Rubric, *, judge: str, run: str
) -> GoldenOutcome:
    """Every expected level beside what the judge gave.

    Args:
        replies: The golden replies; at least one.
        judgements: One a golden reply, in the same order.
        rubric: What was judged by.
        judge: Who judged.
        run: The name of the run that keeps the judgements.
    """
    checks = [
        check
        for golden, judgement in zip(replies, judgements, strict=True)
        for check in _checks(golden, judgement, rubric.scale)
    ]
    fitted = tuple(one.id for one, judgement in zip(replies, judgements, strict=True) if judgement.fitted)
    return GoldenOutcome(tuple(checks), rubric.digest, rubric.scale, judge, run, fitted)


def _checks(golden: GoldenReply, judgement: Judgement, scale: Scale) -> list[LevelCheck]:
    scores = {score.criterion: score for score in judgement.scores}
    found = []
    for name, expected in golden.levels.items():
        score = scores.get(name)
        if score is None:
            got, why, passed = None, judgement.unscored or "the judge gave no score", False
        else:
            got, why, passed = score.value, score.reason, expected.holds(score.value, scale)
        found.append(LevelCheck(golden.id, name, expected, got, why, passed, golden.note))
    return found
