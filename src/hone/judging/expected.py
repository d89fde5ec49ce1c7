"""The probability of each level, from the log-probabilities at the place where a verdict states its score.

The weighing is that of G-Eval (Liu et al. 2023, section 2): the sum over levels of value times probability, here with
the probabilities of the levels brought to a sum of 1. An engine that enforces a schema may report probabilities from
before the enforcement, so mass on anything but a level is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from hone.domain.rubric import Scale
from hone.models import TokenLogprob
from hone.models.thinking import answer_of

_ALONE = 0.99
"""The least probability of a token that is told without alternatives: below it, they are unknown, not absent."""
_KEYS = {name: re.compile(rf'(?<!\\)"{name}"\s*:\s*(?=[-+"\d])') for name in ("score", "answer")}
"""Where an answer's value begins, by the key that it stands under."""
_Key = TypeVar("_Key")


def level_probabilities(
    text: str, tokens: Sequence[TokenLogprob] | None, scale: Scale, places: int
) -> list[Mapping[float, float]] | None:
    """The probabilities of the levels at each score of a verdict.

    Args:
        text: The verdict.
        tokens: Its tokens with the likeliest alternatives at each place.
        scale: The levels.
        places: How many scores the verdict has.

    Returns:
        One mapping from level values to probabilities (sum 1) a score, in the order of the text; none where the
        tokens are not told, are not those of the text, have no alternatives beside them though they are not certain,
        or leave open which level they begin.
    """
    return named_probabilities(text, tokens, {f"{value:g}": value for value in scale.values}, places, "score")


def named_probabilities(
    text: str, tokens: Sequence[TokenLogprob] | None, names: Mapping[str, _Key], places: int, key: str
) -> list[Mapping[_Key, float]] | None:
    """The probabilities of values at each place where an answer states one.

    Args:
        text: The answer.
        tokens: Its tokens with the likeliest alternatives at each place.
        names: The values by how they are written.
        places: How many values the answer has.
        key: What they stand under: ``score`` or ``answer``.

    Returns:
        As `level_probabilities`.
    """
    text = text.strip()
    told = _told(text, tokens or ())
    if told is None:
        return None
    begin = max(text.rfind(answer_of(text)), 0)  # a draft in the thoughts before the answer states scores, too
    starts = [match.end() + (text[match.end()] == '"') for match in _KEYS[key].finditer(text, begin)]
    if len(starts) != places:
        return None
    if any(start + told.shift < 0 for start in starts):
        return None
    found = [_at(start + told.shift, told.tokens, names) for start in starts]
    return None if any(one is None for one in found) else [one for one in found if one is not None]


def expected(probabilities: Mapping[float, float]) -> float:
    """The mean level, weighed by probability."""
    return math.fsum(value * share for value, share in probabilities.items())


@dataclass(frozen=True, slots=True)
class _Told:
    """The tokens that tell a text."""

    shift: int
    """What to add to a place in the text for the same place in the tokens' texts."""
    tokens: Sequence[TokenLogprob]


def _told(text: str, tokens: Sequence[TokenLogprob]) -> _Told | None:
    """Where the tokens that an engine told are those of a text; none where they are not, or may be at two places.

    An engine takes a code fence off a text and tells its tokens. One that enforces a schema may tell, in place of a
    token that it forced, the one that it would have taken: at the beginning or the end, where a model would have put
    its JSON between marks of its own.
    """
    written = "".join(token.token for token in tokens)
    if not text:
        return None
    if (count := written.count(text)) > 0:
        return _Told(written.find(text), tokens) if count == 1 else None
    for first in range(1, len(tokens)):
        rest = "".join(token.token for token in tokens[first:]).rstrip()
        if rest and text.endswith(rest):
            return _Told(len(rest) - len(text), tokens[first:])
    return None


def _at(start: int, tokens: Sequence[TokenLogprob], names: Mapping[str, _Key]) -> Mapping[_Key, float] | None:
    """The probabilities of the values where one starts, or none where they cannot be told apart."""
    end = 0
    for token in tokens:
        begin, end = end, end + len(token.token)
        if end > start:
            break
    else:
        return None
    if not token.top or (len(token.top) == 1 and math.exp(token.top[0][1]) < _ALONE):
        return None
    lead = token.token[: start - begin]
    mass: dict[_Key, float] = dict.fromkeys(names.values(), 0.0)
    for text, logprob in token.top:
        if not text.startswith(lead):
            continue
        rest = text[len(lead) :].lstrip()
        # An alternative stands for a level when it is the level's first characters, or goes on behind them.
        fitting = [value for name, value in names.items() if rest and _begins(name, rest)]
        if len(fitting) == 1:
            mass[fitting[0]] += math.exp(logprob)
        elif len(fitting) > 1:
            return None
    total = math.fsum(mass.values())
    return {value: share / total for value, share in mass.items()} if total > 0 else None


def _begins(name: str, rest: str) -> bool:
    behind = rest[len(name) :]
    return name.startswith(rest) or (rest.startswith(name) and not behind[:1].isalnum() and behind[:1] != ".")
