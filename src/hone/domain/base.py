"""What every piece of domain data shares: frozen, strict about its keys, and known by a digest of its content."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

Number = Annotated[float, AfterValidator(lambda value: value + 0.0)]
"""A number whose zero has no sign: -0.0 equals 0.0, so it must not give another digest."""


class Frozen(BaseModel):
    """Data that cannot change once it is made, and that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=True)


class PlacedError(ValueError):
    """A rule over the whole of a model is broken at one place within it.

    Args:
        problem: What is wrong.
        place: The keys and positions that lead there.
    """

    def __init__(self, problem: str, *place: int | str) -> None:
        super().__init__(problem)
        self.place = place


def first_problem(error: ValidationError) -> str:
    """What is wrong with the first value that does not fit, in our own words where a rule of ours refused it."""
    return str(error.errors()[0]["msg"]).removeprefix("Value error, ")


def digest(value: Any) -> str:
    """The content hash of a JSON-serialisable value: the first 16 hex digits of SHA-256 over canonical JSON.

    Sixteen digits (64 bits) keep names readable; in a project of a million entries the chance of one collision is
    about 3e-8 (birthday bound, n²/2⁶⁵).
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
