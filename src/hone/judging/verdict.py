"""Reads what a judge wrote. A text that is not a whole verdict is refused, never mended into a score."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Literal

from hone.domain.evidence import Score
from hone.domain.rubric import Rubric, Scale
from hone.errors import VerdictError
from hone.judging.formulas import with_formulas
from hone.models import Completion
from hone.models.thinking import answer_of

_LONGEST = 200_000
"""Characters of a text that is still read: no verdict is longer, and a pattern over more might never end."""
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?")
_PLACES: tuple[Literal["first", "second", "tie"], ...] = ("first", "second", "tie")
_STATED = re.compile(
    r"(?:\b(?:score|grade|rating)(?: is|:| ?=)\s*"
    r"|\b(?:giv\w+|gave|get\w*|got|deserv\w+|earn\w*|assign\w*|award\w*|receiv\w+|merit\w*)(?: \w+){0,3}? a"
    r" (?:score|grade|rating) of\s+)"
    r"(?P<value>[+-]?\d+(?:\.\d+)?)(?![\d.]*\s*(?:/|out of|of \d|to \d|points|%|[-–]\d|,\d|e\d))"
    r"(?!\W{0,2}\s*(?:only |just )?(?:if|when|where|unless|for|needs?|requires?|means|would|could)\b)",
    re.IGNORECASE,
)
"""Where a reason says of the reply which score it has; what a level would take is no such place."""
_SUPPOSED = re.compile(
    r"\b(?:would|could|might|may|should|can|cannot|not|never|n't|if|to|than|unlike|that|which|of)\W+(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
"""Words before such a place that say that the reply does not have it."""
_OBJECT = re.compile(r'\{\s*"(?:[^"\\]|\\.)*+"\s*:', re.DOTALL)
"""How a JSON object with a key begins; every other brace is a word."""
_EMPTY = re.compile(r"\s*(?:```\w*\s*)?\{\s*\}\s*(?:```\s*)?")
_DIGIT = re.compile(r"\d")


def closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object that has all of these keys, in this order, and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_object(text: str) -> dict[str, Any]:
    r"""The JSON object that a text holds, with or without words, formulas or a code fence around it.

    What a reasoning model thought before its answer is left out. Formulas in the object are read as they were meant:
    ``\frac`` in a text is a fraction, though JSON would read a form feed.

    Raises:
        VerdictError: There is none, there are several, it is cut, it repeats a key, or it holds NaN.
    """
    if len(text) > _LONGEST:
        raise VerdictError(f"an answer of {len(text)} characters is not a verdict")
    answer = answer_of(text)
    if "\\" in answer:
        answer = with_formulas(answer)
    if _EMPTY.fullmatch(answer):
        return {}
    found, place = None, 0
    while (place := answer.find("{", place)) >= 0:
        if not _OBJECT.match(answer, place):  # braces of a formula, such as \frac{1}{2}
            place += 1
            continue
        if found is not None:
            raise VerdictError("several JSON objects in the answer")
        found, place = _decoded(answer, place)
    if found is None:
        raise VerdictError(_nothing(text, answer))
    if "\\u" in answer and not _encodable(found):
        raise VerdictError("half a character in the answer")
    return found


def _decoded(text: str, place: int) -> tuple[dict[str, Any], int]:
    try:
        return _DECODER.raw_decode(text, place)
    except ValueError as error:
        raise VerdictError(f"the JSON does not parse ({error})") from error
    except RecursionError as error:
        raise VerdictError("the JSON is nested too deeply") from error


def _nothing(text: str, answer: str) -> str:
    if text.strip() and not answer.strip():
        return "the model's thoughts do not end in an answer"
    return "the JSON does not parse" if answer.lstrip().startswith("{") else "no JSON object in the answer"


def read_verdict(text: str, rubric: Rubric, *, reasons: bool = True) -> tuple[Score, ...]:
    """The scores that a verdict states, one a criterion, in the rubric's order.

    Args:
        text: The judge's text: JSON ``{"Be …": {"reason": "…", "score": 1}, …}``.
        rubric: What was judged by.
        reasons: Whether each score must have a reason; one that was not asked for is kept where there is one.

    Raises:
        VerdictError: A criterion is missing, repeated or invented, a reason is empty or names another score, or a
            score is off the scale.
    """
    data = read_object(text)
    names = rubric.names
    if tuple(data) != names:
        if missing := [name for name in names if name not in data]:
            raise VerdictError(f"no score for {missing[0]!r}")
        if invented := [name for name in data if name not in names]:
            raise VerdictError(f"a score for {invented[0][:60]!r}, which is not a criterion")
    return tuple(_score(name, data[name], rubric.scale, reasons=reasons) for name in names)


def read_pattern(text: str, rubric: Rubric, pattern: re.Pattern[str]) -> tuple[Score, ...]:
    """The scores of a text that is not JSON: the groups of the pattern's last match, in the rubric's order.

    Args:
        text: The judge's text, which is the reason of every score as well.
        rubric: What was judged by.
        pattern: A regular expression with one group a criterion.

    Raises:
        VerdictError: It does not match, has another number of groups, or a group is off the scale.
    """
    if pattern.groups != len(rubric.criteria):
        raise VerdictError(f"the pattern has {pattern.groups} groups for {len(rubric.criteria)} criteria")
    if len(text) > _LONGEST:
        raise VerdictError(f"an answer of {len(text)} characters is not a verdict")
    text = answer_of(text)
    match = None
    for match in pattern.finditer(text):  # noqa: B007 - the last one counts
        pass
    if match is None:
        raise VerdictError("the pattern does not match the answer")
    reason = text[: match.start()].strip() or text.strip()
    return tuple(
        Score(criterion=name, value=read_level(value, rubric.scale), reason=reason)
        for name, value in zip(rubric.names, match.groups(), strict=True)
    )


def read_level(value: Any, scale: Scale) -> float:
    """The value of the level that a number, or a level's label, names.

    Raises:
        VerdictError: It names none.
    """
    if isinstance(value, str):
        text = value.strip()
        for level in scale.levels:
            if text.lower() == level.label.lower():
                return level.value
        if not _NUMBER.fullmatch(text):
            raise VerdictError(f"{text[:40]!r} is not a level of the scale")
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise VerdictError(f"{str(value)[:40]} is not a level of the scale")
    for level in scale.levels:
        if level.value == value:
            return level.value
    raise VerdictError(f"{value:g} is not on the scale")


def cut_problem(completion: Completion, part: str) -> str:
    """Why an answer that was cut at its length limit holds no verdict, and what to do.

    Args:
        completion: The answer.
        part: Whose `max_tokens` to raise: ``judge`` or ``expert``.
    """
    remedy = f"cut at its length limit; raise `max_tokens` of the {part}"
    if completion.answer.strip():
        return remedy
    return f"{remedy} (it was still reasoning: such a model needs thousands of tokens before its answer)"


def read_winner(value: Any) -> Literal["first", "second", "tie"]:
    """Which of two replies a verdict names, by its place.

    Raises:
        VerdictError: It names none.
    """
    for place in _PLACES:
        if isinstance(value, str) and value.strip().lower() == place:
            return place
    raise VerdictError(f"{str(value)[:40]!r} is not a verdict; write first, second or tie")


def _score(name: str, data: Any, scale: Scale, *, reasons: bool) -> Score:
    if not reasons and isinstance(data, dict) and data.keys() == {"score"}:
        return Score(criterion=name, value=read_level(data["score"], scale), reason="")
    if not isinstance(data, dict) or data.keys() != {"reason", "score"}:
        raise VerdictError(f"{name!r} lacks its reason or its score, or has more than these")
    reason = data["reason"]
    if not isinstance(reason, str) or not reason.strip():
        raise VerdictError(f"{name!r} has a score without a reason")
    value = read_level(data["score"], scale)
    plain = reason.replace("*", "")
    for stated in _STATED.finditer(plain) if _DIGIT.search(plain) else ():
        if _SUPPOSED.search(plain[max(0, stated.start() - 40) : stated.start()]):
            continue
        if float(stated["value"]) in scale.values and float(stated["value"]) != value:
            raise VerdictError(f"{name!r} has the score {value:g}, but its reason says {stated['value']}")
    return Score(criterion=name, value=value, reason=reason)


def _encodable(data: Any) -> bool:
    """Whether no text holds half of a surrogate pair, which JSON can spell and no file can hold."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _pairs_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise VerdictError(f"{twice[:60]!r} stands twice")
    return data


def _no_constant(name: str) -> Any:
    raise VerdictError(f"{name} is not a number")


def _whole(text: str) -> int:
    """A whole number; one of thousands of digits is refused before Python converts it."""
    if len(text) > 20:
        raise VerdictError("a number of too many digits")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs_once, parse_constant=_no_constant, parse_int=_whole, strict=False
)
"""Line breaks within a text are taken: models write them, and they can mean one thing only."""
