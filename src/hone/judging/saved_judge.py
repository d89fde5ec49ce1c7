"""A judge of one's own as a folder holds it: numbers, words and names, and nothing that runs.

A folder may come from somebody else: each value is checked when it is read, and what does not fit together is
refused in one line. The file says what was fitted (`FittedCriterion`), which prompted judges it asks (`PromptedPart`)
and, where it looks for similar replies, the rated replies with what people said of them.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError, model_validator

from hone.domain.base import Frozen, digest, first_problem
from hone.domain.settings import Judging, ModelSettings, Sampling
from hone.domain.task import Brief, Reply
from hone.errors import FileFormatError, PromptError
from hone.files import read_whole, reason, write_whole
from hone.judging.form import Wording
from hone.judging.signals import FORM
from hone.models.spec import embeds
from hone.prompts import Prompts
from hone.prompts.library import checked_prompt
from hone.stats import Level
from hone.stats.logistic import LevelModel, directions_of
from hone.weights.content import OWN_JUDGE

Floats = npt.NDArray[np.float64]
Signal = Literal["votes", "form", "similar replies", "embeddings", "words"]
"""What a judge of one's own may read: prompted judges' votes, the form of the texts, ratings of similar replies,
what a model on this machine makes of the reply, and words and pairs of words."""
SIGNALS: tuple[Signal, ...] = ("votes", "form", "similar replies", "embeddings", "words")
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
Spread = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e9)]
_HEX = r"^[0-9a-f]{16}$"
_LARGEST = 64_000_000
"""Bytes of a file that is still read."""


def prompts_asked(wording: Wording, judging: Judging) -> tuple[str, ...]:
    """The prompts that a prompted part is asked with."""
    return ("system", "repair", wording, *(("commit",) if judging.commit_first else ()))


class PromptedPart(Frozen):
    """One prompted judge under one wording, whose votes are read: all that its answers depend on."""

    name: str = Field(min_length=1, max_length=400)
    """Names its votes."""
    model: ModelSettings
    files: str = Field(default="", pattern=r"^([0-9a-f]{16})?$")
    """What the model's files hold, where it has some: another model would vote otherwise."""
    judging: Judging
    sampling: Sampling
    wording: Wording
    prompts: dict[str, str]
    """By name, the texts of all prompts that it is asked with."""

    @model_validator(mode="after")
    def _asks(self) -> Self:
        names = prompts_asked(self.wording, self.judging)
        if set(self.prompts) != set(names):
            raise ValueError(f"{self.name}: it needs the prompts {', '.join(names)}, and no other")
        if self.model.model.startswith("own:"):
            raise ValueError(f"{self.name}: a judge of one's own cannot ask another")
        self.read_prompts()
        return self

    def read_prompts(self) -> Prompts:
        """Its prompts, checked.

        Raises:
            ValueError: One names an unknown field, or lacks one.
        """
        try:
            return {name: checked_prompt(name, text, "the judge's folder") for name, text in self.prompts.items()}
        except PromptError as error:
            raise ValueError(str(error)) from error


class EmbeddingPart(Frozen):
    """The model on this machine whose embeddings are read."""

    model: ModelSettings
    files: str = Field(default="", pattern=r"^([0-9a-f]{16})?$")
    """What its files hold: another model would make other numbers."""
    size: int = Field(ge=1, le=1_000_000)
    """How many numbers it makes of a reply."""

    @model_validator(mode="after")
    def _is_here(self) -> Self:
        if not embeds(self.model.model) or (self.model.model != "smollm2" and not self.files):
            raise ValueError(f"{self.model.model}: no model of known files, which alone are read for embeddings")
        return self


class RatedBefore(Frozen):
    """What people said of one reply that the judge was fitted to, as figures."""

    reply: int = Field(ge=0)
    """Its place among the known replies."""
    apart: tuple[Finite, ...]
    """How far each figure lies from the mean over all."""


class FittedCriterion(Frozen):
    """The regression of one criterion."""

    criterion: str = Field(min_length=1, max_length=200)
    level: Level
    levels: tuple[Finite, ...] = Field(min_length=2, max_length=1_000)
    """Lowest first."""
    signals: tuple[Signal, ...] = Field(min_length=1)
    missing: bool = False
    """Whether the share of votes that are missing is a feature."""
    centres: tuple[Finite, ...]
    """The mean of each feature over the replies that it was fitted to."""
    spreads: tuple[Spread, ...]
    """By what each is divided."""
    weights: tuple[tuple[Finite, ...], ...]
    """Shape (features, directions)."""
    intercepts: tuple[Finite, ...]
    rated: tuple[RatedBefore, ...] = ()
    """Where similar replies are looked for, those there are."""
    words: tuple[str, ...] = ()
    """Where words are read, those that count, pairs among them."""
    rarities: tuple[Finite, ...] = ()
    """By how much each counts for more where it is rarer; see `rarity`."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if any(first >= second for first, second in zip(self.levels, self.levels[1:], strict=False)):
            raise ValueError(f"{self.criterion}: the levels do not rise")
        if len(set(self.signals)) < len(self.signals):
            raise ValueError(f"{self.criterion}: a signal stands twice")
        sizes = {len(self.centres), len(self.spreads), len(self.weights)}
        ways = directions_of(len(self.levels), ordered=self.ordered).shape[1]
        if len(sizes) > 1 or {len(row) for row in self.weights} != {ways} or len(self.intercepts) != len(self.levels):
            raise ValueError(f"{self.criterion}: its weights are not of one size")
        if ("similar replies" in self.signals) != bool(self.rated):
            raise ValueError(f"{self.criterion}: similar replies are a signal just where rated replies are kept")
        if ("words" in self.signals) != bool(self.words):
            raise ValueError(f"{self.criterion}: words are a signal just where words are kept")
        if len(self.words) != len(self.rarities) or len(set(self.words)) < len(self.words):
            raise ValueError(f"{self.criterion}: the words and their rarities do not fit together")
        if len({len(one.apart) for one in self.rated}) > 1:
            raise ValueError(f"{self.criterion}: the rated replies have figures of different sizes")
        return self

    @property
    def ordered(self) -> bool:
        """Whether the levels have an order."""
        return self.level != "nominal"

    def size(self, parts: int, embedding: int = 0) -> int:
        """How many features its signals make, with so many prompted parts and numbers of an embedding."""
        each = 1 if self.ordered or len(self.levels) == 2 else len(self.levels)
        spread = each == 1
        votes = len(self.levels) - 1 + parts * each + spread + self.missing
        near = 2 * len(self.rated[0].apart) if self.rated else 0
        sizes: dict[Signal, int] = {
            "votes": votes,
            "form": len(FORM),
            "similar replies": near,
            "embeddings": embedding,
            "words": len(self.words),
        }
        return sum(sizes[signal] for signal in self.signals)

    @cached_property
    def model(self) -> LevelModel:
        """The regression."""
        directions = directions_of(len(self.levels), ordered=self.ordered)
        return LevelModel(np.array(self.weights), np.array(self.intercepts), directions)

    def probabilities(self, features: Floats) -> Floats:
        """The probability of each level, shape (replies, levels), from features as they were made."""
        centres, spreads = self._scaling
        return self.model.probabilities((features - centres) / spreads)

    @cached_property
    def _scaling(self) -> tuple[Floats, Floats]:
        return np.array(self.centres), np.array(self.spreads)


class KnownReply(Frozen):
    """A rated reply among which similar ones are looked for."""

    digest: str = Field(pattern=_HEX)
    """Names it: a reply is never compared with itself."""
    request: str = Field(pattern=_HEX)
    """The digest of its request: only replies to the same one are compared."""
    text: str


class SavedJudge(Frozen):
    """The whole of a judge of one's own."""

    format: Literal[1]
    rubric: str = Field(pattern=_HEX)
    """The digest of the criteria that it scores, rules apart."""
    subject: str = Field(min_length=1, max_length=80)
    brief: Brief = Brief()
    """What the writers of the replies were told, as the prompted parts were."""
    parts: tuple[PromptedPart, ...] = ()
    embedding: EmbeddingPart | None = None
    criteria: tuple[FittedCriterion, ...] = Field(min_length=1)
    replies: tuple[KnownReply, ...] = ()
    fitted_to: tuple[Annotated[str, Field(pattern=_HEX)], ...] = ()
    """The digests of all replies that it was fitted to, see `text_digest`: what it says of them shows nothing."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, many in (("criterion", [one.criterion for one in self.criteria]), ("part", self._names)):
            if len(set(many)) < len(many):
                raise ValueError(f"a {name} stands twice")
        for one in self.criteria:
            if one.size(len(self.parts), self.embedding.size if self.embedding else 0) != len(one.centres):
                raise ValueError(f"{one.criterion}: {len(one.centres)} weights do not fit its signals")
            if any(rated.reply >= len(self.replies) for rated in one.rated):
                raise ValueError(f"{one.criterion}: a rated reply is named that is not kept")
            if "votes" in one.signals and not self.parts:
                raise ValueError(f"{one.criterion}: votes are a signal, and nobody is asked for any")
            if "embeddings" in one.signals and self.embedding is None:
                raise ValueError(f"{one.criterion}: embeddings are a signal, and no model is named that makes them")
        return self

    @property
    def _names(self) -> list[str]:
        return [part.name for part in self.parts]

    @property
    def asks(self) -> bool:
        """Whether any criterion rests on votes."""
        return any("votes" in one.signals for one in self.criteria)

    @property
    def embeds(self) -> bool:
        """Whether any criterion rests on embeddings."""
        return any("embeddings" in one.signals for one in self.criteria)


def text_digest(reply: Reply) -> str:
    """Names what is read of a reply, under whatever id it stands: its request and its text."""
    return digest([reply.prompt.strip(), reply.text.strip()])


def write_judge(folder: Path, judge: SavedJudge) -> None:
    """Write a judge's file into its folder, whole or not at all.

    Raises:
        ProjectError: It cannot be written.
    """
    write_whole(folder / OWN_JUDGE, judge.model_dump_json() + "\n")


def read_judge(folder: Path) -> SavedJudge:
    """The judge that a folder holds.

    Raises:
        FileFormatError: There is none, or it is damaged; the message says where.
    """
    path = folder / OWN_JUDGE
    try:
        return SavedJudge.model_validate_json(read_whole(path, _LARGEST))
    except OSError as error:
        made = "a judge of one's own is made by `hone judge tune`"
        raise FileFormatError(path, f"cannot be read ({reason(error)}); {made}") from error
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        where = f"{place}: " if place else ""
        # Names in the file are somebody else's: none may begin a line of its own.
        problem = " ".join(f"{where}{first_problem(error)}".split())
        raise FileFormatError(path, f"no judge of one's own: {problem}") from error
