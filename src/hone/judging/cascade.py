"""Two judges in a row: what the first is unsure of goes to the second, criterion by criterion.

How sure the first is of a criterion is the probability of its likeliest level: what its engine tells, or the share of
its votes. At or above the threshold that level stands; below it the second judge is asked, in the way in which it
judges alone, so that answers of either that are in the journal count for any threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hone.domain.evidence import Judgement, Score
from hone.domain.settings import Judging
from hone.domain.task import Brief, Reply
from hone.errors import RubricError
from hone.jobs import Caller
from hone.judging.judge import Judge
from hone.judging.weakness import JudgeSigns
from hone.models import Model
from hone.spelling import option
from hone.stats.certainty import HAIR


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeJudge(Judge):
    """A judge that asks another where it is unsure.

    Args:
        first: The first judge, whose models, rubric and forms this one has.
        then: The second judge, of the same rubric.
        below: The certainty below which the second is asked.

    Raises:
        RubricError: Nothing tells how sure the first judge is.
    """

    first: Judge
    then: Judge
    below: float

    def __post_init__(self) -> None:
        """See that the first judge tells how sure it is."""
        object.__setattr__(self, "_pattern", None)
        object.__setattr__(self, "_digest", self.rubric.digest)
        object.__setattr__(self, "_forms", self.first.forms)
        if not self.first.tells_shares:
            raise RubricError(
                "the first judge does not tell how sure it is: ask it for probabilities "
                f"({option('mode', 'expected')}) or for several votes ({option('samples', 5)})"
            )

    @property
    def spec(self) -> str:
        """Both judges and the threshold, as they stand in judgements."""
        return f"{self.first.spec} then {self.then.spec} below {self.below:g}"

    @property
    def calls(self) -> int:
        """How many calls one reply takes that the first judge decides alone, repairs apart."""
        return self.first.calls

    @property
    def compares(self) -> bool:
        """Whether the first can be asked which of two replies is better."""
        return self.first.compares

    def signs(self) -> JudgeSigns:
        """An empty count of the signs that the first is weak."""
        return self.first.signs()

    @property
    def asked_models(self) -> tuple[Model, ...]:
        """The models of both."""
        return (*self.models, *self.then.models)

    @property
    def most_calls(self) -> int:
        """Calls of a reply of which the second judge is asked everything."""
        return self.calls + self.then.calls

    def told(self, brief: Brief | None) -> CascadeJudge:
        """The same judges, who know of another brief of the writer; none changes nothing."""
        if brief is None:
            return self
        return replace(self, brief=brief, first=self.first.told(brief), then=self.then.told(brief))

    async def score(self, reply: Reply, caller: Caller, *, again: int = 0, planted: bool = False) -> Judgement:
        """Score one reply; the second judge is asked where the first is unsure, or has given no readable verdict.

        Raises:
            UnavailableError: A model cannot answer at all.
        """
        first = await self.first.score(reply, caller, again=again, planted=planted)
        if first.unscored is not None and first.raw is None:
            return first  # an empty reply, or a call that failed: the next run asks the first again
        sure, unsure = self._divided(first)
        if not unsure:
            return self._of_both(first, sure, ())
        second = await self._second(unsure).score(reply, caller, again=again, planted=planted)
        if second.unscored is not None:
            return self.unscored(reply, f"the second judge: {second.unscored}", raw=second.raw)
        scores = [score for score in second.scores if score.criterion in unsure]
        certainty = {score.criterion: score.likeliest[1] for score in first.scores if score.likeliest}
        named = [
            score.model_copy(update={"judge": second.judge, "certainty": certainty.get(score.criterion)})
            for score in scores
        ]
        return self._of_both(first, sure, named, second.note)

    def _divided(self, first: Judgement) -> tuple[list[Score], list[str]]:
        """What the first judge decides alone, and the criteria that the second is asked about."""
        by_rule = {one.name for one in self.rubric.criteria if one.rule is not None}
        values = self.rubric.scale.values
        sure: list[Score] = []
        for score in first.scores:
            if score.criterion in by_rule:
                sure.append(score)
            elif score.likeliest and score.likeliest[1] >= self.below - HAIR:
                place, certainty = score.likeliest
                sure.append(score.model_copy(update={"value": values[place], "certainty": certainty}))
        decided = {score.criterion for score in sure}
        return sure, [name for name in self.rubric.names if name not in decided]

    def _second(self, unsure: Sequence[str]) -> Judge:
        """The second judge of these criteria: of each by itself where that is how it judges, else of the rubric."""
        if not self.then.by_criterion:
            return self.then
        kept = tuple(one for one in self.rubric.criteria if one.name in unsure)
        return replace(self.then, rubric=self.rubric.with_criteria(kept))

    def _of_both(
        self, first: Judgement, sure: Sequence[Score], asked: Sequence[Score], note: str | None = None
    ) -> Judgement:
        """The judgement that both come to, in the rubric's order."""
        by_name = {score.criterion: score for score in (*sure, *asked)}
        unread = None if first.unscored is None else f"the first judge gave no verdict ({first.unscored})"
        notes = dict.fromkeys(one for one in (unread, first.note, note) if one)  # both may say the same
        return first.model_copy(
            update={
                "judge": self.spec,
                "scores": tuple(by_name[name] for name in self.rubric.names),
                "unscored": None,
                "raw": None,
                "mode": "verdict",
                "note": "; ".join(notes) or None,
                "votes": max(1, first.votes),
            }
        )


def cascade_of(first: Judge, second: Judge, below: float) -> CascadeJudge:
    """Two judges in a row.

    Args:
        first: Judges everything.
        second: Is asked what the first is unsure of; once, for the level that it chooses.
        below: The certainty of the first, from 0 to 1, below which the second is asked.

    Raises:
        RubricError: Nothing tells how sure the first judge is.
    """
    return CascadeJudge(
        first.models,
        first.rubric,
        first.subject,
        first.judging,
        first.setup,
        first.brief,
        first=first,
        then=second,
        below=below,
    )


def second_judging(first: Judging) -> Judging:
    """How the second judge judges: as the first, but once, and for the level that it chooses."""
    return first.model_copy(update={"mode": "verdict", "samples": 1, "pattern": None})
