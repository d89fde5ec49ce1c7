"""What goes into the store and what comes out of it: frozen values, without SQLAlchemy.

What a rater is given (`Subject`, `Pair`) never says who wrote a reply or what others said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["rater", "owner", "judge"]
"""A judge is a model whose scores are kept beside people's; it is never invited and never handed a reply."""
Side = Literal["left", "right", "tie"]
State = Literal["open", "done", "skipped"]


@dataclass(frozen=True, slots=True)
class Rater:
    """Who rates."""

    id: str
    """Made from the name, in any case, so that one person is not entered twice."""
    name: str
    role: Role
    active: bool = True
    epoch: str = field(default="", compare=False, repr=False)
    """What a session must carry; it changes when all sessions of the rater end."""


@dataclass(frozen=True, slots=True)
class NewSubject:
    """A reply to put up for rating. The same reply to the same item is one subject, whoever wrote it."""

    item: str
    prompt: str
    reply: str
    writer: str = ""
    """The model spec. Kept for results; no rater is ever given it."""
    group: str | None = None


@dataclass(frozen=True, slots=True)
class NewPair:
    """Two replies to one item, to be compared."""

    item: str
    prompt: str
    a: str
    b: str
    a_writer: str = ""
    b_writer: str = ""
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A reply as a rater is given it."""

    id: str
    item: str
    prompt: str
    reply: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two replies as a rater is given them: sides drawn at random, the same again on every visit."""

    id: str
    item: str
    prompt: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a save."""

    complete: bool
    """Whether every criterion of the rubric has a score now."""
    repeated: bool = False
    """Whether this request id had been saved before, so that nothing was done."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rater said of one reply."""

    subject: Subject
    state: State
    scores: Mapping[str, float]
    """By criterion's name, where the criterion reads as it did when it was rated."""
    stale: Mapping[str, float] = field(default_factory=dict)
    """Scores by criterion's name whose wording or scale has changed since."""
    note: str = ""
    reason: str = ""
    """Why it was skipped."""
    at: datetime | None = None
    """The last save."""


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """What one rater said of one pair."""

    pair: Pair
    state: State
    side: Side | None
    note: str = ""
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rating is: of one rater, or of all."""

    subjects: int
    """Replies that are up for rating; where some were drawn, those."""
    done: int
    """Ratings completed: this rater's, or all people's."""
    skipped: int
    left: int
    """For one rater: replies still to be had. For all: completed ratings still wanted, `per_item` a reply."""
    seconds: float | None
    """The median time from being handed a reply to its last score; none before there is one."""

    @property
    def seconds_left(self) -> float | None:
        """What is left at that pace; none before there is one."""
        return None if self.seconds is None else self.seconds * self.left


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of the history. Entries are added, never altered."""

    save: int
    """Numbers the save; one save may change several values."""
    at: datetime
    by: str
    kind: str
    """`rate`, `skip`, `choose`, `undo`, `decide`, `adjudicate`, `import`, …"""
    place: str
    """What was changed: `ratings`, `notes`, `assignments`, `choices`, `decisions`, `adjudications`, `raters`."""
    about: str
    """The subject's, pair's, advice's or rater's id."""
    criterion: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One rating in long form."""

    item: str
    """The item's id; ``ITEM/SUBJECT`` where an item has several replies, which `group` then keeps together."""
    criterion: str
    rater: str
    score: float
    kind: Literal["human", "judge"]
    group: str | None
    time: datetime
    subject: str
    rubric: str
    """The digest of the rubric it was given under."""
    stale: bool
    """Whether the rubric that was asked for no longer has the criterion in these words and on this scale."""
    weight: float | None = None
    """How many replies this one stands for, where people were given those that were drawn; none elsewhere."""


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """One verdict on a pair in long form."""

    item: str
    rater: str
    order: Literal["AB", "BA"]
    winner: Literal["A", "B", "tie"]
    kind: Literal["human", "judge"]
    group: str | None
    time: datetime
    pair: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One criterion of one reply on which people differ."""

    subject: Subject
    criterion: str
    scores: Mapping[str, float]
    """By rater's name."""
    spread: float
    """The highest score less the lowest."""
    adjudicated: float | None = None
    by: str = ""
    reason: str = ""
