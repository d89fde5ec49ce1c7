"""What comes of refining a rubric: who differs, what was proposed, what the gate said; as a run keeps it."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from hone.domain.base import Frozen
from hone.domain.rubric import Rubric
from hone.stats.figure import Figure
from hone.stats.refining import Change

Way = Literal["prequential", "sealed"]
"""How it is tested: block after block, or on a third that nobody looks at."""
ProposalKind = Literal["present", "wording", "split", "joined", "examples", "mixed"]


class SplitPeople(Frozen):
    """A criterion on which people fall into two camps."""

    criterion: str
    first: tuple[str, ...]
    """Raters of the larger camp."""
    second: tuple[str, ...]
    gap: float
    """How much further apart raters of different camps are than those of one, as a share of the scale."""
    p_value: float
    items: tuple[str, ...]
    """Items on which the camps lie furthest apart."""


class Difference(Frozen):
    """How far judge and people differ on one criterion, before anything is changed."""

    criterion: str
    rated: int
    """Replies that people rated and the judge scored."""
    differ: int
    """Of those, on how many the judge's score is not the people's."""
    higher: int
    """Of those, on how many the judge's is the higher one."""
    people_split: SplitPeople | None = None


class Proposal(Frozen):
    """A rubric that is tried in place of the one in use."""

    id: str
    """``p0`` is the rubric in use; then ``p1``, ``p2``, …"""
    kind: ProposalKind
    rubric: Rubric
    reasons: dict[str, str] = Field(default_factory=dict)
    """By changed criterion of the rubric in use, what the expert says is wrong with its words."""
    scored_by: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By criterion of the rubric in use, the criteria of this one whose lowest score is its score; those that are not
    named here keep their name."""
    made_from: int = 0
    """Rated replies that had been looked at when it was made."""


class RefinedCase(Frozen):
    """One rated reply that a change mends or breaks; never one that the gate tested it on alone."""

    item: str
    criterion: str
    people: float
    before: float
    after: float
    request: str = ""
    text: str = ""
    """Of the reply."""

    @property
    def mended(self) -> bool:
        """Whether the new score is nearer to the people's."""
        return abs(self.after - self.people) < abs(self.before - self.people)


class CriterionChange(Frozen):
    """One criterion's agreement with people, new minus present, on the replies that were tested."""

    criterion: str
    difference: Figure
    """With an interval of 95%."""
    fell: bool
    """Whether it fell by more than the margin, or is shown to be worse."""


class GateAnswer(Frozen):
    """What the gate said of a change."""

    verdict: Change
    """Of a sealed set, `better` or `not shown`: whether it may be offered, and nothing else."""
    opening: int
    """How often these ratings have decided, this time counted in."""
    significance: float
    """One-sided."""
    tested: int
    """Replies that it was tested on."""
    difference: Figure | None
    """Of all refined criteria together, new minus present; none of a sealed set, which answers with one bit."""
    changes: tuple[CriterionChange, ...] = ()
    """By criterion; none of a sealed set."""
    fell: tuple[str, ...] = ()
    """Criteria that fell by more than the margin."""
    further: int | None = None
    """About how many more ratings would show a gain of this size four times of five."""

    @property
    def passed(self) -> bool:
        """Whether the change may be offered."""
        return self.verdict == "better" and not self.fell


class Refinement(Frozen):
    """All that came of one run."""

    rubric: Rubric
    """The rubric in use."""
    judge: str
    expert: str | None
    """None where it was not asked."""
    way: Way
    items: int
    """Rated replies."""
    people: int
    margin: float
    power: dict[str, dict[str, float]] = Field(default_factory=dict)
    """By way and gain in kappa, how often such a gain would be shown."""
    differences: tuple[Difference, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    chosen: tuple[str, ...] = ()
    """Which proposal was tested, block by block; of a sealed set, the one."""
    gate: GateAnswer | None = None
    """None where nothing was tested, and no opening spent; `untested` says why."""
    untested: str = ""
    offered: str = "p0"
    """The proposal that may be taken over, chosen on all that may be looked at; ``p0`` where there is none."""
    cases: tuple[RefinedCase, ...] = ()
    """What the offered rubric mends and breaks, of replies that it was developed on."""
    unscored: int = 0
    """Judgements that could not be read."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        known = {one.id for one in self.proposals}
        if self.offered not in known and (self.proposals or self.offered != "p0"):
            raise ValueError(f"{self.offered!r} is offered, but there is no such proposal")
        for one in self.proposals:
            parts = [one.scored_by.get(name, (name,)) for name in self.rubric.names]
            if not all(parts) or not {name for names in parts for name in names} <= set(one.rubric.names):
                raise ValueError(f"{one.id} does not say which of its criteria score each one of the rubric in use")
            if one.rubric.scale != self.rubric.scale:
                raise ValueError(f"{one.id} has another scale than the rubric in use")
        return self

    @property
    def passed(self) -> bool:
        """Whether a rubric is offered."""
        return self.gate is not None and self.gate.passed and self.offered != "p0"

    @property
    def proposal(self) -> Proposal:
        """The offered one."""
        return next(one for one in self.proposals if one.id == self.offered)

    def as_dict(self) -> dict[str, Any]:
        """As `hone rubric refine --json` prints it."""
        return {"passed": self.passed, **self.model_dump(mode="json")}
