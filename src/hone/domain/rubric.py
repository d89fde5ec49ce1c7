"""The rubric: criteria, a scale and scored examples; and its frozen versions.

In YAML a criterion is written the way a person says it, ``- Be Detailed: The plan names …``; a mapping with ``name``,
``sentence`` and ``anchors`` says the same and leaves room for level anchors of its own, and for a ``rule``.
"""

from __future__ import annotations

import math
import re
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from hone.domain.base import Frozen, Number, PlacedError, digest
from hone.domain.language import LEADS, has_lead
from hone.domain.rule import RULES, Rule
from hone.text import visible

MIN_CRITERIA, MAX_CRITERIA = 2, 7
"""How many criteria a finalised rubric may have: one is no rubric, and more than seven tire people and judges."""

_NAME = re.compile(rf"(?:{'|'.join(LEADS)}) [^\W\d_][\w\u200c\u200d'’-]*( [\w\u200c\u200d'’&,-]+){{0,4}}")


class Level(Frozen):
    """One step of a scale."""

    value: Number
    """The number that a score is recorded as."""
    label: str = Field(min_length=1, max_length=60)
    """Its name: "meets"."""
    anchor: str = Field(min_length=1)
    """What earns it."""

    @field_validator("value")
    @classmethod
    def _finite(cls, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError("a level's value is a finite number")
        return value


class Scale(Frozen):
    """Ordered levels, worst first. In YAML: ``-1..1``, ``0..1``, ``1..5``, or ``levels:`` of one's own."""

    levels: tuple[Level, ...] = Field(min_length=2, max_length=11)

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, data: Any) -> Any:
        if isinstance(data, str):
            if data not in _SCALES:
                raise ValueError(f"unknown scale {data!r}; write one of {', '.join(_SCALES)}, or your own `levels:`")
            return {"levels": _SCALES[data]}
        return {"levels": data} if isinstance(data, list) else data

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        values = [level.value for level in self.levels]
        if values != sorted(set(values)):
            raise ValueError("levels stand worst first, each with a higher value than the one before")
        labels = [level.label.lower() for level in self.levels]
        if len(set(labels)) < len(labels):
            raise ValueError("two levels have the same label")
        return self

    @property
    def name(self) -> str | None:
        """The built-in name, such as ``-1..1``, or none for a scale of one's own."""
        dumped = [level.model_dump() for level in self.levels]
        return next((name for name, levels in _SCALES.items() if levels == dumped), None)

    @property
    def values(self) -> tuple[float, ...]:
        """The values, worst first."""
        return tuple(level.value for level in self.levels)

    @property
    def span(self) -> float:
        """How far the best level lies above the worst."""
        return self.levels[-1].value - self.levels[0].value

    def nearest(self, score: float) -> float:
        """The value of the level nearest to a score; where a mean of votes lies halfway, the lower one."""
        return min(self.values, key=lambda value: abs(value - score))

    def level(self, value: float) -> Level:
        """The level that has this value.

        Raises:
            KeyError: No level has it.
        """
        for level in self.levels:
            if level.value == value:
                return level
        raise KeyError(value)


def _level(value: float, label: str, anchor: str) -> dict[str, Any]:
    return {"value": float(value), "label": label, "anchor": anchor}


_SCALES: dict[str, list[dict[str, Any]]] = {
    "-1..1": [
        _level(-1, "does not meet", "The reply works against the criterion, or gives no sign of it."),
        _level(0, "neutral", "The reply meets the criterion in part, or only in general words."),
        _level(1, "meets", "The reply meets the criterion clearly, with words that can be pointed at."),
    ],
    "1..5": [
        _level(1, "very poor", "Nothing in the reply meets the criterion."),
        _level(2, "poor", "One or two places touch the criterion; most of the reply does not."),
        _level(3, "fair", "About half of the reply meets the criterion."),
        _level(4, "good", "The reply meets the criterion with a small gap."),
        _level(5, "excellent", "The whole reply meets the criterion; nothing is left to mend."),
    ],
    "0..1": [
        _level(0, "no", "The reply does not meet the criterion."),
        _level(1, "yes", "The reply meets the criterion."),
    ],
}


class Anchor(Frozen):
    """What earns one level of one criterion, where the scale's general words are too general."""

    value: Number
    text: str = Field(min_length=1)


class Criterion(Frozen):
    """One thing that a good reply does."""

    name: str = Field(max_length=60)
    """A short name led by an adjective: "Be Hierarchical", or the same in a language of `language`: "Sei Konkret"."""
    sentence: str = Field(min_length=1, max_length=1000)
    """One sentence that says what the name asks for."""
    anchors: tuple[Anchor, ...] = ()
    """What earns each level of this criterion; the scale's own anchors hold for levels that are not named."""
    rule: Rule | None = Field(default=None, exclude_if=lambda rule: rule is None)
    """What is scored without a model: the highest level where it holds, else the lowest."""

    @model_validator(mode="before")
    @classmethod
    def _as_said(cls, data: Any) -> Any:
        if isinstance(data, str):
            name, colon, sentence = data.partition(":")
            if not colon:
                raise ValueError(f"{data!r} has no sentence; write 'Be Adjective: one sentence'")
            return {"name": name, "sentence": sentence}
        if isinstance(data, dict):
            said = next((key for key in data if key not in cls.model_fields), None)
            if said is not None and (len(data) == 1 or has_lead(str(said))) and "name" not in data:
                rest = {key: value for key, value in data.items() if key != said}
                return {"name": said, "sentence": data[said], **rest}
        return data

    @field_validator("name")
    @classmethod
    def _form(cls, name: str) -> str:
        name = visible(name)
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a criterion name; write 'Be' and an adjective, as in 'Be Detailed: …'")
        return name

    @field_validator("anchors", mode="before")
    @classmethod
    def _anchor_mapping(cls, data: Any) -> Any:
        return [{"value": key, "text": text} for key, text in data.items()] if isinstance(data, dict) else data

    def anchor(self, level: Level) -> str:
        """What earns this level: the criterion's own words, else the scale's."""
        return next((anchor.text for anchor in self.anchors if anchor.value == level.value), level.anchor)


class ScoredExample(Frozen):
    """A reply with scores, shown to judges so that they use the scale as people do."""

    prompt: str = Field(min_length=1)
    """The request."""
    reply: str = Field(min_length=1)
    """The reply that was scored."""
    scores: dict[str, Number] = Field(min_length=1)
    """One value a criterion, by the criterion's name."""
    reasons: dict[str, str] = Field(default_factory=dict)
    """Why, by the criterion's name."""


class Rubric(Frozen):
    """Criteria, the scale they are scored on, and scored examples."""

    criteria: tuple[Criterion, ...] = ()
    """What a good reply does: two to seven."""
    scale: Scale = Scale.model_validate("-1..1")
    """`-1..1`, `0..1`, `1..5`, or `levels:` of one's own, worst first."""
    examples: tuple[ScoredExample, ...] = ()
    """Replies with a person's scores, which show judges how the scale is used."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [criterion.name for criterion in self.criteria]
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name.lower() in seen:
                raise PlacedError(f"two criteria are called {name!r}; give each a name of its own", "criteria", index)
            seen.add(name.lower())
        for index, example in enumerate(self.examples):
            for name, value in example.scores.items():
                _check_score(name, value, names, self.scale, "examples", index, "scores", name)
            for name in example.reasons:
                if name not in example.scores:
                    raise PlacedError(f"{name!r} has no score there", "examples", index, "reasons", name)
        for index, criterion in enumerate(self.criteria):
            place = ("criteria", index, "anchors")
            for anchor in criterion.anchors:
                _check_score(criterion.name, anchor.value, names, self.scale, *place)
            if len({anchor.value for anchor in criterion.anchors}) < len(criterion.anchors):
                raise PlacedError("two anchors for one level", *place)
        return self

    @property
    def digest(self) -> str:
        """The hash that names this content."""
        return digest(self.model_dump(mode="json"))

    @property
    def names(self) -> tuple[str, ...]:
        """The criteria's names, in order."""
        return tuple(criterion.name for criterion in self.criteria)

    @property
    def judged(self) -> Rubric:
        """The same with the criteria that a model must judge: all but rules; the rubric itself where it has none."""
        if all(criterion.rule is None for criterion in self.criteria):
            return self
        return self.with_criteria(tuple(criterion for criterion in self.criteria if criterion.rule is None))

    def scorer(self, criterion: str, judge: str) -> str:
        """Who scored a criterion: the judge, or `RULES` where it is one, for which no judge may take credit."""
        return RULES if any(one.name == criterion and one.rule is not None for one in self.criteria) else judge

    @property
    def is_rules_alone(self) -> bool:
        """Whether every criterion is a rule, so that no model judges; a rubric without criteria is none."""
        return bool(self.criteria) and all(criterion.rule is not None for criterion in self.criteria)

    def with_criteria(self, criteria: tuple[Criterion, ...]) -> Rubric:
        """The same rubric with these criteria; examples keep the scores of criteria that remain word for word.

        A reworded criterion asks for something else, so scores that were given for the old words are dropped.
        """
        names = {criterion.name for criterion in criteria if criterion in self.criteria}
        examples = []
        for example in self.examples:
            scores = {name: value for name, value in example.scores.items() if name in names}
            reasons = {name: text for name, text in example.reasons.items() if name in names}
            if scores:
                examples.append(example.model_copy(update={"scores": scores, "reasons": reasons}))
        return Rubric(criteria=criteria, scale=self.scale, examples=tuple(examples))


def plain_number(value: float) -> float | int:
    """Whole numbers without a point, as people write them."""
    return int(value) if value == int(value) else value


def _check_score(name: str, value: float, names: list[str], scale: Scale, *place: int | str) -> None:
    if name not in names:
        raise PlacedError(f"no criterion is called {name!r}; there are {', '.join(names) or 'none'}", *place)
    if value not in scale.values:
        levels = ", ".join(f"{level:g}" for level in scale.values)
        raise PlacedError(f"{value:g} is not on the scale ({levels})", *place)
