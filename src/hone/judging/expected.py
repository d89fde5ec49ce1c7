"""The probability of each level, from the log-probabilities at the place where a verdict states its score.

The weighing is that of G-Eval (Liu et al. 2023, section 2): the sum over levels of value times probability, here with
the probabilities of the levels brought to a sum of 1. An engine that enforces a schema may report probabilities from
before the enforcement, so mass on anything but a level is left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from hone.domain.rubric import Scale
from hone.models import TokenLogprob
from hone.models.thinking import answer_of

_ALONE = 0.99
"""The least probability of a token that is told without alternatives: below it, they are unknown, not absent."""
_SCORE = re.compile(r'(?<!\\)"score"\s*:\s*(?=[-+"\d])')


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
    if tokens is None:
        return None
    offset = _offset(text, tokens)
    if offset is None:
        return None
    begin = max(text.rfind(answer_of(text)), 0)  # a draft in the thoughts before the answer states scores, too
    starts = [match.end() + (text[match.end()] == '"') for match in _SCORE.finditer(text, begin)]
    if len(starts) != places:
        return None
    if any(start < offset[0] for start in starts):
        return None
    found = [_at(start - offset[0], offset[1], scale) for start in starts]
    return None if any(one is None for one in found) else [one for one in found if one is not None]


def expected(probabilities: Mapping[float, float]) -> float:
    """The mean level, weighed by probability."""
    return math.fsum(value * share for value, share in probabilities.items())


def _offset(text: str, tokens: Sequence[TokenLogprob]) -> tuple[int, Sequence[TokenLogprob]] | None:
    """From where on tokens are those of the text, and these tokens; none where they never are.

    An engine that enforces a schema may tell, in place of a token that it forced, the one that it would have taken.
    Such tokens stand at the beginning and the end, where a model would have put its JSON between marks of its own.
    """
    whole = text.rstrip()
    for first in range(len(tokens)):
        rest = "".join(token.token for token in tokens[first:])
        if rest.startswith(whole):
            return 0, tokens[first:]
        if whole.endswith(rest.rstrip()) and len(rest) <= len(text):
            return len(whole) - len(rest.rstrip()), tokens[first:]
    return None


def _at(start: int, tokens: Sequence[TokenLogprob], scale: Scale) -> Mapping[float, float] | None:
    """The probabilities of the levels where a score starts, or none where they cannot be told apart."""
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
    names = {f"{value:g}": value for value in scale.values}
    mass: dict[float, float] = dict.fromkeys(scale.values, 0.0)
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
    return name.startswith(rest) or (rest.startswith(name) and not behind[:1].isdigit() and behind[:1] != ".")
