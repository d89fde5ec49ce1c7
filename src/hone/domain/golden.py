"""Golden replies: replies with the levels that a judge must give them; they test a rubric as unit tests do code."""

from __future__ import annotations

import math
import re
from typing import Any, Self

from pydantic import Field, model_validator

from hone.domain.base import Frozen, Number, PlacedError
from hone.domain.rubric import Rubric, Scale, plain_number
from hone.domain.task import Identifier, Reply

_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<exact>{_NUMBER})",
        rf"at least (?P<low>{_NUMBER})",
        rf"at most (?P<high>{_NUMBER})",
        rf"(?P<low>{_NUMBER}) to (?P<high>{_NUMBER})",
    )
)


class ExpectedLevel(Frozen):
    """The level that a reply must get, or a range: in YAML ``1``, ``at least 0``, ``at most 0``, ``0 to 1``."""

    low: Number | None = None
    """The lowest level that fits; none where every level up to `high` does."""
    high: Number | None = None
    """The highest level that fits; none where every level from `low` on does."""

    @model_validator(mode="before")
    @classmethod
    def _as_said(cls, data: Any) -> Any:
        if isinstance(data, dict | ExpectedLevel):
            return data
        said = data if isinstance(data, str) else f"{data}" if isinstance(data, int | float) else ""
        text = " ".join(said.split())
        found = (
            None if isinstance(data, bool) else next((one for form in _FORMS if (one := form.fullmatch(text))), None)
        )
        if found is None:
            raise ValueError(f"{data!r} is no level; write one of the scale, or at least 0, at most 0, 0 to 1")
        ends = found.groupdict()
        exact = ends.get("exact")
        return {"low": ends.get("low", exact), "high": ends.get("high", exact)}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a range has an end: write at least 0, at most 0, or 0 to 1")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.low:g} to {self.high:g} holds no level; write the lower one first")
        return self

    def __str__(self) -> str:
        """As a person writes it."""
        if self.low is None or self.high is None:
            return f"at most {self.high:g}" if self.low is None else f"at least {self.low:g}"
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"

    @property
    def written(self) -> float | int | str:
        """As it stands in YAML: one level as a number, a range as text."""
        return plain_number(self.low) if self.low is not None and self.low == self.high else str(self)

    def holds(self, score: float, scale: Scale) -> bool:
        """Whether a score fits: the level nearest to it does; where it lies half-way between two, both must.

        Args:
            score: A level's value, or a mean of votes that lies between two levels.
            scale: The levels there are.
        """
        distance = min(abs(value - score) for value in scale.values)
        nearest = [value for value in scale.values if abs(value - score) <= distance + 1e-9]
        low, high = self._ends
        return all(low <= value <= high for value in nearest)

    def check(self, scale: Scale) -> None:
        """See that it can be asked for on a scale.

        Raises:
            ValueError: An end is not on it, or every level fits, so that nothing would be tested.
        """
        levels = ", ".join(f"{value:g}" for value in scale.values)
        for end in (self.low, self.high):
            if end is not None and end not in scale.values:
                raise ValueError(f"{end:g} is not on the scale ({levels})")
        low, high = self._ends
        if all(low <= value <= high for value in scale.values):
            raise ValueError(
                f"every level of the scale ({levels}) fits, so nothing is tested; write a narrower range"
            )

    @property
    def _ends(self) -> tuple[float, float]:
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high


class GoldenReply(Frozen):
    """A reply with the levels that a judge must give it."""

    id: Identifier = Field(min_length=1, max_length=200)
    """Names the golden reply; unique within the file."""
    item: Identifier | None = Field(default=None, max_length=200)
    """The id of the item that the reply is to, where it is not the golden reply's own."""
    prompt: str = Field(min_length=1)
    """The request."""
    reply: str = Field(min_length=1)
    """The reply that is judged."""
    reference: str | None = None
    """A good answer, where the judge is shown one."""
    levels: dict[str, ExpectedLevel] = Field(min_length=1)
    """By the criterion's name, the level that it must get, or a range: `1`, `at least 0`, `at most 0`, `0 to 1`."""
    note: str = ""
    """Why, in a person's words; it is shown where the reply fails."""
    people: int | None = Field(default=None, ge=2)
    """At least so many people gave each of the levels; none where somebody wrote them here."""

    @property
    def as_reply(self) -> Reply:
        """The reply as a judge is asked about it."""
        return Reply(
            item=self.item or self.id, prompt=self.prompt, text=self.reply, model="", reference=self.reference
        )

    @property
    def texts(self) -> tuple[str, str]:
        """What makes two golden replies the same: request and reply."""
        return self.prompt, self.reply


class GoldenReplies(Frozen):
    """The whole of rubric-tests.yaml."""

    replies: tuple[GoldenReply, ...]
    """The golden replies, each with a `- ` before it."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids: set[str] = set()
        texts: dict[tuple[str, str], str] = {}
        for index, golden in enumerate(self.replies):
            if golden.id in ids:
                raise PlacedError(
                    f"the id {golden.id!r} stands twice; give each a name of its own", "replies", index, "id"
                )
            if golden.texts in texts:
                same = (
                    f"request and reply are those of {texts[golden.texts]!r}; put all levels of a reply in one place"
                )
                raise PlacedError(same, "replies", index)
            ids.add(golden.id)
            texts[golden.texts] = golden.id
        return self

    def check(self, rubric: Rubric) -> None:
        """See that a rubric has every criterion and level that is expected.

        Raises:
            PlacedError: It does not; the error knows the place.
        """
        for index, golden in enumerate(self.replies):
            for name, expected in golden.levels.items():
                place = ("replies", index, "levels", name)
                if name not in rubric.names:
                    there = ", ".join(rubric.names) or "none"
                    raise PlacedError(f"the rubric that is tested has no criterion {name!r}; it has: {there}", *place)
                try:
                    expected.check(rubric.scale)
                except ValueError as error:
                    raise PlacedError(str(error), *place) from error
