"""What hone.yaml holds: the task, the models that play each part, and where people's feedback is kept."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from hone.domain.base import Frozen
from hone.domain.language import LanguageCode
from hone.domain.task import Task

Precision = Literal["auto", "bf16", "fp32"]
"""The type of a model's weights while it runs."""


def compiled(pattern: str | None) -> str | None:
    """A regular expression, or none.

    Raises:
        ValueError: It does not compile.
    """
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(f"not a regular expression ({error})") from error
    return pattern


class Sampling(Frozen):
    """How a model is sampled. All of it is part of a call's key in the journal."""

    temperature: float = Field(default=0.0, ge=0, le=2)
    """0 always takes the likeliest token."""
    max_tokens: int = Field(default=512, ge=1, le=1_000_000)
    """The longest answer, in tokens; a longer one is cut, and said to be."""
    seed: int | None = Field(default=0, ge=0, lt=2**32)
    """Fixes the draws where the engine can; none leaves them to it."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Sample from the smallest set of tokens with this probability."""
    break_loops: bool = False
    """Embedded models: make it ever less likely to repeat the words just written; small ones fall into loops."""


class ModelSettings(Frozen):
    """A model and how to use it. In YAML the spec alone says the same as ``model: SPEC``."""

    model: str = Field(min_length=1)
    """The model spec: `smollm2`, `gguf:FILE`, `openai:MODEL`, `http://HOST:PORT/v1#MODEL`, …; a judge also
    `systemone:http://HOST:PORT/v1#MODEL`."""
    temperature: float | None = Field(default=None, ge=0, le=2)
    """0 always takes the likeliest token; each step has its own default."""
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    """The longest answer, in tokens; each step has its own default."""
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    """Fixes the draws where the engine can."""
    top_p: float | None = Field(default=None, gt=0, le=1)
    """Sample from the smallest set of tokens with this probability."""
    context: int | None = Field(default=None, ge=256)
    """Embedded models: the longest prompt and answer together, in tokens."""
    concurrency: int | None = Field(default=None, ge=1, le=4096)
    """How many calls are under way at once."""
    precision: Precision = "auto"
    """`hf:` models: `bf16`, `fp32`, or what the device multiplies fastest."""

    @model_validator(mode="before")
    @classmethod
    def _spec_alone(cls, data: Any) -> Any:
        return {"model": data} if isinstance(data, str) else data

    def sampling(self, default: Sampling) -> Sampling:
        """The default of a step, changed where these settings say so."""
        names = self._sampled()
        return default.model_copy(
            update={name: value for name in names if (value := getattr(self, name)) is not None}
        )

    @property
    def engine(self) -> dict[str, Any]:
        """What an engine is started with, as plain data: all but sampling, which belongs to each call."""
        return self.model_dump(mode="json", exclude=self._sampled())

    @property
    def identity(self) -> dict[str, Any]:
        """What answers depend on besides sampling, as plain data; a field at its default is left out."""
        return self.model_dump(mode="json", exclude={*self._sampled(), "concurrency"}, exclude_defaults=True)

    @classmethod
    def _sampled(cls) -> set[str]:
        return set(cls.model_fields) & set(Sampling.model_fields)


class Judging(Frozen):
    """How a judge scores. In hone.yaml under ``judging:``."""

    per_criterion: bool = False
    """One call a criterion, in place of one for all: slower, and no criterion colours another."""
    mode: Literal["verdict", "expected"] = "verdict"
    """``verdict`` is the level that the judge chose; ``expected`` weighs all levels by their probability."""
    samples: int = Field(default=1, ge=1, le=64)
    """How often each judge is asked; beyond 1, sampled with a seed of its own each time."""
    vote: Literal["mean", "median", "majority"] = "mean"
    """How samples, and the models of a panel, become one score."""
    examples: int = Field(default=6, ge=0, le=64)
    """The most scored examples that are shown, balanced over the levels."""
    commit_first: bool = Field(default=False, exclude_if=lambda first: not first)
    """The judge answers each request itself before it sees a reply to it, and sees its answer beside the reply."""
    pattern: str | None = None
    """A regular expression with one group a criterion, for judges whose texts are not JSON; its last match counts."""

    _compiles = field_validator("pattern")(compiled)


class ModelRoles(Frozen):
    """Which model plays which part."""

    writer: ModelSettings = ModelSettings(model="smollm2")
    """Writes the replies."""
    expert: ModelSettings = ModelSettings(model="smollm2")
    """Compares replies and advises on criteria."""
    judge: ModelSettings = ModelSettings(model="smollm2")
    """Scores replies."""


class Settings(Frozen):
    """The whole of hone.yaml."""

    task: Task
    """What the model is asked to do, for whom."""
    models: ModelRoles = ModelRoles()
    """Which model plays which part."""
    judging: Judging = Judging()
    """How the judge scores."""
    language: LanguageCode | None = None
    """Models write in it, and raters' pages speak it where they can; left out, pages follow the browser."""
    database: str = "feedback.db"
    """A file in the project, or an SQLAlchemy URL."""
