"""Criteria as words: in prompts, brought into form from a model's wording, and compared with one another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from hone.domain.rubric import Criterion

NAME_SCHEMA: dict[str, Any] = {"type": "string", "pattern": r"^Be [A-Z][a-z-]{2,15}( (and )?[A-Z][a-z-]{2,15}){0,2}$"}
"""The form of a name, for models."""
SENTENCE_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 12, "maxLength": 240}
"""The form of a sentence, for models."""

_WORD = re.compile(r"[^\W\d_]+")
_ENDINGS = (
    "ation ability ically iness ical ally able ible ness ment ings ity ive ion ing ful ous ed ly al es er e s y"
)
_SUFFIXES = tuple(sorted(_ENDINGS.split(), key=len, reverse=True))
_STOP = frozenset(
    """a an and are as at be been by can do does each every for from has have if in into is it its may more most must
    not of on one or reply should so such than that the their them then there they this to what when which who will
    with you your""".split()
)


def bullets(criteria: Iterable[Criterion]) -> str:
    """The criteria as a list, the way they stand in prompts."""
    return "\n".join(f"- {criterion.name}: {criterion.sentence}" for criterion in criteria)


def worded(name: object, sentence: object) -> Criterion | None:
    """A criterion from a model's wording, brought into the form "Be Adjective: one sentence".

    Args:
        name: What the model calls it; quotation marks, a final colon and a missing "Be" are mended.
        sentence: What it says.

    Returns:
        The criterion, or none where the wording holds no name or no sentence, or they are no text.
    """
    if not isinstance(name, str) or not isinstance(sentence, str):
        return None
    words = re.sub(r"[^\w'’&,\- ]+", " ", name).split()
    if words and words[0].lower() == "be":
        words = words[1:]
    if not words:
        return None
    small = {"and", "or", "of", "for", "in", "to", "with", "the"}
    title = " ".join(word if word.lower() in small else word[:1].upper() + word[1:] for word in words[:5])
    text = " ".join(sentence.split()).strip(' "')
    if text and text[-1] not in ".!?…":
        text += "."
    try:
        return Criterion(name=f"Be {title.rstrip(',-&')}", sentence=text)
    except ValidationError:
        return None


def stems(text: str) -> frozenset[str]:
    """The content words of a text, without their commonest English endings."""
    return frozenset(_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP)


def likeness(left: Criterion, right: Criterion) -> float:
    """How far two criteria say the same, from 0 to 1.

    The overlap coefficient (Szymkiewicz–Simpson) of their stems, names and sentences weighted alike; two equal names
    are 1.
    """
    if left.name.lower() == right.name.lower():
        return 1.0
    names = _overlap(stems(left.name), stems(right.name))
    return max(names, (names + _overlap(stems(left.sentence), stems(right.sentence))) / 2)


def names_match(left: str, right: str) -> bool:
    """Whether two names share a content word: "Be Specific" and "Be More Specific" do."""
    return bool(stems(left) & stems(right))


def _overlap(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / min(len(left), len(right)) if left and right else 0.0


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word
