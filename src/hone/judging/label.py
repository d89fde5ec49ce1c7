"""Labels a data set: every row scored or unscored with its reason, in the order of the rows, however many there are.

Rows stream through: what is in memory is what is under way. A row that cannot be scored costs nothing but itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hone.domain.evidence import Judgement
from hone.domain.rubric import Rubric
from hone.domain.rule import RULES
from hone.domain.task import Reply
from hone.jobs import Budget, Caller, CallTally
from hone.judging.judge import Judge
from hone.judging.weakness import JudgeSigns

Row = Mapping[str, Any]
CUT = "replies that were cut at their length limit: they are scored as they stand"
DECIDED_BY, CERTAINTY = " decided by", " certainty"
"""What the headings end with of the columns that a cascade has more: who scored, and how sure the first judge was."""
MAPPED = " as people"
"""What the heading of a column ends with that holds the score that people are expected to give."""
OWN_JUDGE = " judge"
"""What the heading of a column ends with that says who scored one criterion, where the column `judge` does not."""
_REASONS = 40
"""Different reasons that are counted one by one; models find ever new ways to be unreadable."""


@dataclass(frozen=True, slots=True)
class RowToLabel:
    """One row of a data set on its way to a judge."""

    row: Row
    """The row as it was read."""
    item: str
    reply: Reply | None
    """What is scored; none where the row has nothing to score."""
    problem: str = ""
    """Why there is nothing to score."""
    known: Judgement | None = None
    """What a finished run of the same said of it. It counts where the journal does not hold the answers any more."""


class _Scored(NamedTuple):
    """A row with what the judge said of it."""

    entry: RowToLabel
    judgement: Judgement


@dataclass(slots=True)
class LabelReport:
    """What came of a data set."""

    tally: CallTally
    scored: int = 0
    unscored: Counter[str] = field(default_factory=Counter)
    """How many rows have no score, by reason."""
    noted: Counter[str] = field(default_factory=Counter)
    """What the reader should know of rows that have scores."""
    unanswered: int = 0
    """How many of those have something to score: the judge gave no readable answer, or was not asked."""
    alone: Counter[str] = field(default_factory=Counter)
    """In a cascade, how many scores of each criterion the first judge decided alone."""
    asked: Counter[str] = field(default_factory=Counter)
    """And how many the second judge gave."""
    signs: JudgeSigns | None = None
    """Signs in the scores that the judge is weak."""
    stopped: str | None = None
    """Why calls were no longer sent, where a budget was used up."""

    def add(self, entry: RowToLabel, judgement: Judgement) -> None:
        """Count one row."""
        if judgement.unscored is None:
            self.scored += 1
            if entry.reply is not None and entry.reply.cut:
                _count(self.noted, CUT)
        else:
            self.unanswered += entry.reply is not None
            _count(self.unscored, judgement.unscored)
        for score in judgement.scores:
            if score.judge is not None:
                self.asked[score.criterion] += 1
            elif score.certainty is not None:
                self.alone[score.criterion] += 1
        if self.signs is not None:
            self.signs.add(judgement)
        if judgement.note:
            _count(self.noted, judgement.note)


def label_rows(
    entries: Iterable[RowToLabel],
    judge: Judge,
    sink: Callable[[RowToLabel, Judgement], object],
    *,
    budget: Budget | None = None,
    total: int | None = None,
) -> LabelReport:
    """Score every row.

    Args:
        entries: The rows, read as they are needed.
        judge: Who scores, by what; its setup holds journal and progress.
        sink: Takes every row with its judgement, in the order of the rows.
        budget: What may be spent. Rows beyond it are unscored, and the report says that it stopped.
        total: How many rows there are, where that is known.

    Returns:
        What came of it.

    Raises:
        UnavailableError: The judge cannot answer at all.
        RunError: The journal cannot be written.
    """
    caller = Caller(judge.setup.journal, budget, total)
    report = LabelReport(caller.tally, signs=judge.signs())

    async def score(entry: RowToLabel) -> _Scored:
        if entry.reply is None:
            return _Scored(entry, judge.unscored(entry.item, entry.problem))
        if entry.known is None:
            return _Scored(entry, await judge.score(entry.reply, caller))
        reader = Caller(judge.setup.journal, Budget(calls=0))
        read = await judge.score(entry.reply, reader)  # as this version reads what was answered
        if reader.tally.unsent == 0:
            caller.tally.reused += reader.tally.reused
            return _Scored(entry, read)
        caller.tally.reused += 1
        return _Scored(entry, entry.known.model_copy(update={"item": entry.item}))

    def take(done: _Scored) -> None:
        report.add(done.entry, done.judgement)
        sink(done.entry, done.judgement)

    judge.run(entries, score, take, caller)
    report.stopped = (budget or Budget()).spent(caller.tally)
    return report


def labelled(entry: RowToLabel, judgement: Judgement, rubric: Rubric, *, cascade: bool = False) -> dict[str, Any]:
    """The row with one column a criterion, one for its reason, and where the scores come from.

    The column `judge` holds for all criteria but those that are rules, which say so in a column of their own.

    Args:
        entry: The row.
        judgement: What was said of it.
        rubric: By what.
        cascade: Whether there are two judges, so that each score says whose it is.
    """
    scores = {score.criterion: score for score in judgement.scores}
    row = dict(entry.row)
    for name in rubric.names:
        score = scores.get(name)
        row[name] = score.value if score else None
        row[f"{name} reason"] = (score.reason or None) if score else None
        row[f"{name} probability"] = score.probability if score else None
        row[f"{name} spread"] = score.spread if score else None
        if cascade and rubric.scorer(name, "") != RULES:
            by = "second judge" if score and score.judge else "first judge"
            row[f"{name}{DECIDED_BY}"] = by if score else None
            row[f"{name}{CERTAINTY}"] = score.certainty if score else None
        if rubric.scorer(name, judgement.judge) == RULES:
            row[f"{name}{OWN_JUDGE}"] = RULES
    return row | {
        "unscored": judgement.unscored,
        "judge": judgement.judge,
        "rubric": judgement.rubric,
        "mode": judgement.mode,
        "votes": judgement.votes,
        "note": judgement.note,
    }


def label_columns(rubric: Rubric, *, cascade: bool = False) -> dict[str, type]:
    """The columns that labelling adds, and their types; two more a criterion that is not a rule, of a cascade."""
    columns: dict[str, type] = {}
    for name in rubric.names:
        columns |= {name: float, f"{name} reason": str, f"{name} probability": float, f"{name} spread": float}
        if rubric.scorer(name, "") == RULES:
            columns |= {f"{name}{OWN_JUDGE}": str}
        elif cascade:
            columns |= {f"{name}{DECIDED_BY}": str, f"{name}{CERTAINTY}": float}
    return columns | {"unscored": str, "judge": str, "rubric": str, "mode": str, "votes": int, "note": str}


def _count(counter: Counter[str], reason: str) -> None:
    """Count a reason, without the places and quotes in it that differ from row to row."""
    short = reason.split(" (", maxsplit=1)[0][:160]
    counter[short if short in counter or len(counter) < _REASONS else "other reasons"] += 1
