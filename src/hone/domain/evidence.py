"""What experts, people and judges said: comparisons, advice, decisions, judgements, and the versions they led to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from hone.domain.base import Frozen, PlacedError
from hone.domain.orders import flips, settled
from hone.domain.rubric import Criterion, Rubric
from hone.domain.task import Identifier, Name

Side = Literal["without", "with"]
"""Which reply of a pair: written under the task alone, or under task and rubric."""


Place = Literal["first", "second", "tie"] | None
"""What won, by its place in the prompt."""


class Quote(Frozen):
    """Words that an expert says stand in a reply."""

    text: str
    side: Side
    found: bool
    """Whether they do stand there, white space and case apart: experts misquote."""


class Measure(Frozen):
    """One thing that an expert judged a pair by."""

    name: str
    better: Side | Literal["tie"]
    quotes: tuple[Quote, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether a quote of it stands in the reply that it is said to stand in; without one it decides nothing."""
        return any(quote.found for quote in self.quotes)


class Verdict(Frozen):
    """What the expert said of a pair in one order."""

    first: Side
    """Which reply was shown first. The expert is not told."""
    winner: Side | Literal["tie"] | None
    """None where the answer could not be read; `unread` then says why."""
    reason: str = ""
    measures: tuple[Measure, ...] = ()
    unread: str | None = None
    raw: str | None = None
    """The expert's own text where it could not be read."""


class PairReply(Frozen):
    """One of the two replies of a comparison."""

    text: str
    model: str
    cut: bool = False
    """Whether it ended because it reached its length limit."""


class Comparison(Frozen):
    """An expert's verdict on a pair of replies to one item, asked blind and in both orders."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: str
    """The item's id; advice refers to it."""
    without: PairReply
    with_: PairReply = Field(alias="with")
    verdicts: tuple[Verdict, Verdict]

    @property
    def winner(self) -> Side | Literal["tie"] | None:
        """The side that won in both orders; a tie where they differ; none where an order could not be read."""
        return settled(*(verdict.winner for verdict in self.verdicts))

    @property
    def flipped(self) -> bool:
        """Whether the two orders named different winners, neither of them a tie."""
        return flips(*(verdict.winner for verdict in self.verdicts))

    @property
    def found_quotes(self) -> dict[Quote, str]:
        """The quotes that stand in the replies, each once, with the name of the measure that it was given for."""
        return {
            quote: measure.name
            for verdict in self.verdicts
            for measure in verdict.measures
            for quote in measure.quotes
            if quote.found
        }


Action = Literal["keep", "modify", "add", "remove"]


class Advice(Frozen):
    """What the expert advises on one criterion."""

    id: str
    """``a1``, ``a2``, …; a file of decisions refers to it."""
    action: Action
    criterion: str | None
    """The criterion it is about; none for `add`."""
    proposal: Criterion | None
    """The new wording, for `modify` and `add`."""
    reason: str
    comparisons: tuple[str, ...] = ()
    """The comparisons that it rests on."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.action == "add") != (self.criterion is None):
            raise ValueError("advice names a criterion, unless it adds one")
        if (self.action in {"add", "modify"}) != (self.proposal is not None):
            raise ValueError("advice to add or modify carries the wording, other advice does not")
        return self


class Decision(Frozen):
    """What a person did with a piece of advice."""

    advice: Advice
    action: Literal["accept", "edit", "reject"]
    wording: Criterion | None = None
    """The person's own wording, for `edit`."""
    note: str = ""
    by: Name
    at: datetime
    before: str
    """The digest of the rubric that was decided on."""
    after: str
    """The digest of the rubric that came of it, once all decisions of the sitting were applied."""

    @model_validator(mode="after")
    def _worded(self) -> Self:
        if (self.action == "edit") != (self.wording is not None):
            raise ValueError("an edit carries the wording, other decisions do not")
        return self


class VersionRef(Frozen):
    """Names a version."""

    version: int
    hash: str


class RubricVersion(Frozen):
    """A frozen rubric, its parent, and the decisions that led from the one to the other."""

    version: int = Field(ge=0)
    """0 is the rubric as it was before the first decision; 1 is the first finalised one."""
    hash: str
    parent: VersionRef | None
    created: datetime
    by: Name
    note: str = ""
    decisions: tuple[Decision, ...] = ()
    rubric: Rubric

    @model_validator(mode="after")
    def _intact(self) -> Self:
        if self.rubric.digest != self.hash:
            raise PlacedError(
                f"the content has the hash {self.rubric.digest}, not {self.hash}: a frozen version was edited; "
                "restore it, or change rubric.yaml and finalise a new version",
                "hash",
            )
        return self


class Score(Frozen):
    """One criterion's score within a judgement."""

    criterion: str
    value: float
    """The level's value; between levels where votes were averaged or levels weighed."""
    reason: str
    probability: float | None = None
    """How sure the judge was of the level that it chose, from 0 to 1, where the engine tells."""
    spread: float | None = None
    """The standard deviation of the votes (divisor n), where there were several."""
    shares: tuple[float, ...] | None = Field(default=None, exclude_if=lambda shares: shares is None)
    """How likely each level of the scale is, worst first, with the sum 1: by the judge's probabilities, else by the
    shares of its votes. None where it voted once and told no probabilities."""
    certainty: float | None = Field(default=None, exclude_if=lambda certainty: certainty is None)
    """In a cascade, how sure the first judge was: the greatest of its shares."""
    judge: str | None = Field(default=None, exclude_if=lambda judge: judge is None)
    """Who scored it, where that is the second judge of a cascade."""

    @property
    def likeliest(self) -> tuple[int, float] | None:
        """The place of the likeliest level on the scale, of several the lowest, and its share; or none."""
        return (self.shares.index(max(self.shares)), max(self.shares)) if self.shares else None


FITTED_TO = "people's ratings of this reply are among those that the judge was fitted to"
"""The note of a judgement by a judge of one's own that shows nothing of how good the judge is."""


class Judgement(Frozen):
    """A judge's scores for one reply: all criteria of the rubric, or *unscored* with the reason."""

    item: Identifier
    reply: str | None = None
    """The digest of the reply that was judged; none in results of version 0.1."""
    judge: str
    """The judge's model spec."""
    rubric: str
    """The rubric's digest."""
    mode: Literal["verdict", "expected"] = "verdict"
    """How scores were read; ``verdict`` also where ``expected`` could not be had, which `note` then says."""
    votes: int = 1
    """How many readable verdicts the scores rest on."""
    scores: tuple[Score, ...] = ()
    unscored: str | None = None
    """Why there are no scores."""
    raw: str | None = None
    """The judge's own text, kept where it could not be read."""
    note: str | None = None
    """What the reader should know: votes that could not be read, probabilities that were not told."""

    @property
    def fitted(self) -> bool:
        """Whether the judge was fitted to people's ratings of this very reply."""
        return self.note is not None and FITTED_TO in self.note

    @model_validator(mode="after")
    def _either(self) -> Self:
        if bool(self.scores) == (self.unscored is not None):
            raise ValueError("a judgement has scores, or the reason why it has none")
        return self


_AB: dict[str, Literal["A", "B", "tie"]] = {"first": "A", "second": "B", "tie": "tie"}
_BA: dict[str, Literal["A", "B", "tie"]] = {"first": "B", "second": "A", "tie": "tie"}


class Preference(Frozen):
    """Which of two replies, A and B, a judge holds for better under a rubric; asked in both orders."""

    item: Identifier
    judge: str
    rubric: str
    """The rubric's digest."""
    orders: tuple[Place, Place]
    """What won when A stood first, and when B stood first; none where the answer could not be read."""
    reasons: tuple[str, str] = ("", "")
    unread: str | None = None

    @property
    def winner(self) -> Literal["A", "B", "tie"] | None:
        """The reply that won in both orders; a tie where they differ; none where an order could not be read."""
        return settled(*self._sides)

    @property
    def flipped(self) -> bool:
        """Whether the same place won in both orders, so that the verdict followed the order."""
        return flips(*self._sides)

    @property
    def _sides(self) -> tuple[Literal["A", "B", "tie"] | None, Literal["A", "B", "tie"] | None]:
        """What won in each order, as the reply and not as its place."""
        first, second = self.orders
        return (None if first is None else _AB[first]), (None if second is None else _BA[second])
