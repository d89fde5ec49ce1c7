"""Criteria as words: in prompts, brought into form from a model's wording, and compared with one another."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from hone.domain.language import ENGLISH, LEADS, Language
from hone.domain.rubric import Criterion

SENTENCE_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 12, "maxLength": 240}
"""The form of a sentence, for models."""

SAME = 0.75
"""How alike two criteria are when they count as one; see `likeness`."""
_NEARLY = 0.9
_REWORDED = 0.7
"""How alike two sentences are when one is the other in other words; see `sentence_likeness`."""
_WORD = re.compile(r"[^\W\d_]+")
_ENDINGS = (
    "ation ability ically iness ical ally able ible ness ment ings ity ive ion ing ful ous ed ly al es er e s y"
)
_SUFFIXES = tuple(sorted(_ENDINGS.split(), key=len, reverse=True))
_STOP = frozenset(
    """a an and are as at be been by can do does each every for from has have if in into is it its may more most must
    not of on one or reply should so such than that the their them then there they this to what when which who will
    with you your""".split()
) | frozenset(lead.lower() for lead in LEADS)
_DENIALS = frozenset("no not never none nothing without avoid avoids avoiding lack lacks omits".split())
_TURNED = frozenset(
    """disorganised disorganized disrespectful impolite imprecise inaccurate incomplete incorrect inexact unclear
    uncertain unexplained unfair unfriendly unhelpful unjustified unkind unnamed unproven unrealistic unreliable
    unstated unsupported untrue""".split()
)
"""Words that are another with a prefix of denial; the prefix alone would take "understands" for one."""
_PREFIX = re.compile("^(?:dis|un|in|im)")


def name_schema(language: Language = ENGLISH) -> dict[str, Any]:
    """The form of a name in a language, for models."""
    if language == ENGLISH:
        return {"type": "string", "pattern": r"^Be [A-Z][a-z-]{2,15}( (and )?[A-Z][a-z-]{2,15}){0,2}$"}
    word = "[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ-]{2,20}"
    return {"type": "string", "pattern": f"^{language.lead} {word}( {word}){{0,2}}$"}


def criterion_schema(language: Language = ENGLISH) -> dict[str, Any]:
    """The form of a criterion's name and sentence, for models."""
    return {"name": name_schema(language), "sentence": SENTENCE_SCHEMA}


def bullets(criteria: Iterable[Criterion]) -> str:
    """The criteria as a list, the way they stand in prompts."""
    return "\n".join(f"- {criterion.name}: {criterion.sentence}" for criterion in criteria)


def worded(name: object, sentence: object) -> Criterion | None:
    """A criterion from a model's wording, brought into the form "Be Adjective: one sentence".

    Args:
        name: What the model calls it; quotation marks, a final colon and a missing "Be" are mended. The word for "Be"
            in another language stays.
        sentence: What it says.

    Returns:
        The criterion, or none where the wording holds no name or no sentence, or they are no text.
    """
    if not isinstance(name, str) or not isinstance(sentence, str):
        return None
    words = re.sub(r"[^\w'’&,\- ]+", " ", name).split()
    lead = next((lead for lead in LEADS if words and words[0].lower() == lead.lower()), None)
    words = words[1:] if lead else words
    if not words:
        return None
    small = {"and", "or", "of", "for", "in", "to", "with", "the"}
    title = " ".join(word if word.lower() in small else word[:1].upper() + word[1:] for word in words[:5])
    text = " ".join(sentence.split()).strip(' "')
    if text and text[-1] not in ".!?…":
        text += "."
    try:
        return Criterion(name=f"{lead or ENGLISH.lead} {title.rstrip(',-&')}", sentence=text)
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


def says_the_same(left: Criterion, right: Criterion) -> bool:
    """Whether two criteria count as one: by `likeness`, or because one sentence says or denies the other."""
    return (
        likeness(left, right) >= SAME
        or reworded(left.sentence, right.sentence)
        or negated(left.sentence, right.sentence)
    )


def reworded(left: str, right: str) -> bool:
    """Whether two sentences have nearly the same content words: seven tenths or more of all that stand in either.

    Jaccard's coefficient of their stems. Sentences that differ in one telling word of many are found, too, so this is
    something to look at.
    """
    return _shared(stems(left), stems(right)) >= _REWORDED


def negated(left: str, right: str) -> bool:
    """Whether one sentence denies, in nearly the same words, what the other says.

    Nothing is a denial of itself: one has a word of denial ("not", "never", "without", "avoids") or a word with a
    prefix ("unclear" for "clear"), and the other has not.
    """
    first, second = _plain(left), _plain(right)
    return first[1] != second[1] and _shared(first[0], second[0]) >= _REWORDED


def _shared(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second) if first and second else 0.0


def _plain(text: str) -> tuple[frozenset[str], bool]:
    """The stems of a sentence without its denials, and whether it has an odd number of them."""
    words = _WORD.findall(text.lower().replace("n't", " not").replace("n’t", " not"))
    denials = [word for word in words if word in _DENIALS]
    kept = [word for word in words if word not in _DENIALS and word not in _STOP]
    turned = [word for word in kept if word in _TURNED]
    stripped = [_PREFIX.sub("", word) if word in _TURNED else word for word in kept]
    return frozenset(map(_stem, stripped)), (len(denials) + len(turned)) % 2 == 1


def repeats(text: str, criterion: Criterion) -> bool:
    """Whether a text says little but a criterion's own words: they are three quarters of its content words."""
    said = stems(text) - _ABOUT
    own = stems(criterion.name) | stems(criterion.sentence)
    return bool(said) and len(said & own) / len(said) >= SAME


def alike(left: str, right: str) -> bool:
    """Whether two texts are the same but for a word in ten (difflib's ratio of their words)."""
    first, second = (re.findall(r"\w+", text.lower()) for text in (left, right))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio() >= _NEARLY


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


_ABOUT = frozenset(map(_stem, "criteria criterion ensures important measure needed ensure matter".split()))
"""What reasons say whatever they are about."""
