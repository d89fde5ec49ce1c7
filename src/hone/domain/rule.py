"""A rule: what a criterion asks for, where a computer can look by itself. It is scored without a model."""

from __future__ import annotations

import re
import warnings
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from hone.domain.base import Frozen

RULES = "rules"
"""Who scored what a rule scored: the name that stands where a judge's would."""
MOST_PATTERN = 1_000
"""Characters of a regular expression."""


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_several)]
"""One text, or several."""


class Rule(Frozen):
    """What must hold of a reply's text; of several checks all. In rubric.yaml: ``rule: {max_words: 60}``."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    max_words: int | None = Field(default=None, ge=1)
    """At most so many words: what stands between spaces and holds a letter or a digit."""
    min_words: int | None = Field(default=None, ge=1)
    """At least so many words."""
    contains: Texts = ()
    """A text, or several, each of which stands in the reply; capitals do not matter."""
    not_contains: Texts = ()
    """A text, or several, none of which stands in the reply; capitals do not matter."""
    regex: str | None = Field(default=None, min_length=1, max_length=MOST_PATTERN)
    """A regular expression of Python that matches somewhere in the reply. It has one second for each."""
    is_json: bool = Field(default=False, alias="json")
    """Whether the whole reply must be JSON."""
    reading_age: float | None = Field(default=None, ge=6, le=25)
    """English texts: readable at this age, by the Flesch-Kincaid grade (Kincaid et al. 1975) plus 5."""

    @field_validator("regex")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what later versions of Python will read otherwise
                re.compile(pattern or "")
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"not a regular expression ({error})") from error
        return pattern

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.words:
            raise ValueError("a rule without a check; write one such as `max_words: 60`")
        if self.min_words and self.max_words and self.min_words > self.max_words:
            raise ValueError("no reply has at least `min_words` and at most `max_words` words")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """The checks as people read them."""
        found = [
            f"at most {self.max_words} words" if self.max_words else "",
            f"at least {self.min_words} words" if self.min_words else "",
            *(f"contains “{text}”" for text in self.contains),
            *(f"does not contain “{text}”" for text in self.not_contains),
            f"matches {self.regex}" if self.regex else "",
            "is JSON" if self.is_json else "",
            f"reading age at most {self.reading_age:g}" if self.reading_age else "",
        ]
        return tuple(text for text in found if text)
