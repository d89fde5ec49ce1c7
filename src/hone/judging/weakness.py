"""Signs in a judge's own scores that it is weak: to be seen before anybody trusts them, and without asking anything.

Each sign is a count of what was written down, and is said as a count: what it means is for a person to find out. Rows
stream through; what is kept is a few numbers, and the digests of the first reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.spelling import option

LEAST = 5
"""Rows below which nothing is said: a few replies may well deserve the same."""
_NEARLY = 0.9
"""The share of rows with one level on all criteria from which a judge is said to have one opinion."""
_OFTEN = 0.25
"""The share of reasons that stand elsewhere, word for word, from which it is said."""
_KEPT = 100_000
"""Reasons that are remembered."""


@dataclass(slots=True)
class JudgeSigns:
    """Counts over the judgements of one labelling.

    Args:
        rubric: What was judged by; its scored examples are what a judge may have copied from.
        per_criterion: Whether each criterion was a call of its own.
        pattern: Whether the reason is the whole text of the judge, so that it is the same for all criteria.
    """

    rubric: Rubric
    per_criterion: bool = False
    pattern: bool = False
    rows: int = 0
    """Rows with scores."""
    level: int = 0
    """Rows with the same level on all criteria."""
    reasons: int = 0
    copied: int = 0
    """Reasons that are those of a scored example, word for word."""
    repeated: int = 0
    """Reasons that stood before, word for word: in an earlier row, or on another criterion of the same one."""
    _first: tuple[float, ...] | None = None
    _alike: int = 0
    _seen: set[int] = field(default_factory=set)
    _shown: frozenset[str] = field(init=False)
    _judged: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        rubric = self.rubric
        self._judged = frozenset(rubric.names if rubric.is_rules_alone else rubric.judged.names)
        self._shown = frozenset(
            _plain(reason) for example in self.rubric.examples for reason in example.reasons.values()
        )

    def add(self, judgement: Judgement) -> None:
        """Count one judgement; one without scores tells nothing."""
        # What a rule scored, and says of it in the same words each time, tells nothing of the judge beside it.
        scores = [score for score in judgement.scores if score.criterion in self._judged]
        if not scores:
            return
        values = tuple(score.value for score in scores)
        self.rows += 1
        self.level += len(set(values)) == 1
        self._first = self._first or values
        self._alike += values == self._first
        # A judge that was asked for none gives no reasons.
        reasons = [_plain(score.reason) for score in scores if score.reason]
        for reason in dict.fromkeys(reasons) if self.pattern else reasons:
            self.reasons += 1
            self.copied += reason in self._shown
            known = hash(reason)
            self.repeated += known in self._seen
            if len(self._seen) < _KEPT:
                self._seen.add(known)

    def warnings(self) -> list[str]:
        """What to know before these scores are trusted; empty where nothing was seen, or too few rows were."""
        if self.rows < LEAST:
            return []
        found = []
        if self._alike == self.rows:
            found.append(f"all {self.rows:,} rows have the same scores: by them no reply can be told from another.")
        elif len(self._judged) > 1 and self.level >= _NEARLY * self.rows:
            remedy = (
                "try another judge"
                if self.per_criterion
                else f"try {option('per_criterion', True)}, or another judge"
            )
            found.append(
                f"{self.level:,} of {self.rows:,} rows have the same level on all {len(self._judged)} "
                f"criteria: the judge may have one opinion of a reply, not one a criterion; {remedy}."
            )
        if self.copied:
            found.append(
                f"{self.copied:,} of {self.reasons:,} reasons are those of a scored example, word for word: the "
                "judge copied them."
            )
        if self.repeated and self.repeated >= _OFTEN * self.reasons:
            found.append(
                f"{self.repeated:,} of {self.reasons:,} reasons stood before, word for word, for another reply or "
                "criterion: they say little of the one beside them."
            )
        return found


def signs_of(judgements: Iterable[Judgement], rubric: Rubric, *, per_criterion: bool = False) -> JudgeSigns:
    """The counts over judgements that are there already."""
    signs = JudgeSigns(rubric, per_criterion)
    for judgement in judgements:
        signs.add(judgement)
    return signs


def _plain(reason: str) -> str:
    return " ".join(reason.split()).strip(" .").lower()
