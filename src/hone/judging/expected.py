"""The probability of each level, from the log-probabilities at the place where a verdict states its score.

The weighing is that of G-Eval (Liu et al. 2023, section 2): the sum over levels of value times probability, here with
the probabilities of the levels brought to a sum of 1. An engine that enforces a schema may report probabilities from
before the enforcement, so mass on anything but a level is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
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
    written = "".join(token.token for token in tokens or ())
    offset = written.find(text.strip())  # engines take a code fence off the text, and tell its tokens
    if not text.strip() or offset < 0 or written.count(text.strip()) > 1:
        return None
    text = text.strip()
    begin = max(text.rfind(answer_of(text)), 0)  # a draft in the thoughts before the answer states scores, too
    starts = [offset + match.end() + (text[match.end()] == '"') for match in _KEYS[key].finditer(text, begin)]
    if len(starts) != places:
        return None
    found = [_at(start, tokens or (), names) for start in starts]
    return None if any(one is None for one in found) else [one for one in found if one is not None]


def expected(probabilities: Mapping[float, float]) -> float:
    """The mean level, weighed by probability."""
    return math.fsum(value * share for value, share in probabilities.items())


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
