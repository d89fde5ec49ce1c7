"""The verdict in words: is this judge better than, as good as, or worse than a person, or can nobody say yet?

It rests on the *gap*: on the same items, held against the same consensus of the others, how much better does the
judge agree than the person who was left out? The gap is averaged over people and resampled as one figure, so that its
interval knows that both sides saw the same items. An interval above 0 is better than a person; one that stays above
minus the margin is as good as one (non-inferior), each with 30 items or more; one below 0 that reaches past the
margin is worse; every other is not shown to be as good. Where the gap is one of correlations, which are 1 also for a
judge who scores everything 45 points too high, the same is asked of the nearness of scores, which is not; a judge who
clears the one and is shown to fall short in the other has other scores than people. The two are an intersection-union
test: a judge is called good where both say so, each at the one confidence. Nothing else decides: the alternative
annotator test is a second opinion, told beside the verdict by its name, and never changes it. Its allowance is for
cost, not for quality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from hone.errors import StatsError
from hone.stats.alternative import EPSILON, AlternativeTest
from hone.stats.figure import FEW_ITEMS, Figure
from hone.stats.power import items_for_half_width

Outcome = Literal["better", "as good", "other scores", "worse", "not shown", "no ceiling"]
LEAST_ITEMS = 30
"""Fewer items never show a judge as good as a person, or better: where it happens to differ from people on none of
so few, an interval from resamples says too little of what the next items bring. Of subsets of 20 answers of khan_saq
12 to 14% called judges as good that are 0.14 below a person; of 30 answers 3 to 6%
(`benchmarks/verdict_errors.py`)."""
NO_OVERLAP = "no two people rated the same item"
"""The reason for a gap without a value where nobody can be held against anybody."""
_MOST_ITEMS = 100_000
"""More items than this are never advised: whoever needs so many learns that it cannot be shown."""
_FAR = -10
"""A nearness below this is of scores on another scale, and nobody asks how far below."""
_NAMES = {"cohen_kappa": "Cohen's kappa", "weighted_kappa": "weighted kappa", "pearson": "Pearson's correlation"}


@dataclass(frozen=True)
class VerdictRule:
    """What counts as being as good as a person."""

    margin: float = 0.1
    """A judge is as good as a person when its gap is known to be above minus this much: a difference in agreement
    that does not matter, in the unit of the statistic."""
    epsilon: float = EPSILON
    """The allowance of the alternative annotator test."""

    def __post_init__(self) -> None:
        """Refuse a margin that can never be met.

        Raises:
            StatsError: The margin is not above 0, or epsilon is outside 0 to 1.
        """
        if not self.margin > 0 or not 0 <= self.epsilon <= 1:
            raise StatsError("the margin must be above 0, and epsilon lie between 0 and 1")


@dataclass(frozen=True)
class JudgeVerdict:
    """What can be said of a judge, and what it rests on."""

    outcome: Outcome
    words: str
    statistic: str
    gap: Figure
    """The judge's agreement minus a person's, on the same items."""
    more_items: int | None = None
    """About how many more items would show it, or that it is worse, if the gap stays as it is; only where neither is
    shown."""
    alternative: AlternativeTest | None = None
    comparisons: int = 1
    """How many gaps are shown together: their intervals hold together, and each is wider than alone."""
    nearness: Figure | None = None
    """The judge's nearness minus a person's, where that was looked at."""


@dataclass(frozen=True)
class VerdictGrounds:
    """What a verdict rests on beside the gap; what is not known is not looked at."""

    person: Figure | None = None
    """How well a person agrees with the others; where that may be chance alone, there is nothing to be as good as."""
    judge: Figure | None = None
    """How well the judge agrees with people; one that may do so by chance alone is as good as nobody."""
    nearness: Figure | None = None
    """The judge's nearness to the others minus a person's, where the gap alone does not say whose scores they are."""
    difference: Figure | None = None
    """The judge's mean score minus people's, in points of the scale."""


def verdict_of(
    gap: Figure,
    statistic: str,
    people: int,
    alternative: AlternativeTest | None,
    rule: VerdictRule,
    comparisons: int = 1,
    grounds: VerdictGrounds | None = None,
) -> JudgeVerdict:
    """Put the gap into words.

    Args:
        gap: The judge's agreement minus a person's.
        statistic: What agreement is measured by.
        people: How many people rated.
        alternative: The alternative annotator test, where it could be run.
        rule: What counts as being as good.
        comparisons: How many gaps are shown together.
        grounds: What else it rests on.
    """
    if people < 2:
        words = "no ceiling: it takes at least 2 people to know how well a person does"
        return JudgeVerdict("no ceiling", words, statistic, gap)
    if gap.reason == NO_OVERLAP:
        words = f"no ceiling ({NO_OVERLAP}): let two people rate the same items, to know how well a person does"
        return JudgeVerdict("no ceiling", words, statistic, gap)
    grounds = grounds or VerdictGrounds()
    outcome = _decided(gap, grounds.nearness, rule)
    why, more = _by_chance(outcome, grounds), None
    if why:
        outcome = "not shown"
    elif outcome == "not shown" and not gap.few:
        more, why = _more_of(gap, grounds.nearness, rule)
    words = _words(outcome, gap, _measured(gap, statistic, grounds), why, alternative, comparisons)
    if outcome in _GOOD and rule.margin != VerdictRule.margin:
        words = words.replace(":", f" (margin {rule.margin:g}):", 1)
    return JudgeVerdict(outcome, words, statistic, gap, more, alternative, comparisons, grounds.nearness)


_GOOD = frozenset({"better", "as good"})
_ORDER_ONLY = "it orders as people do, but its scores are not shown to be theirs"
_NOT_THEIRS = "its scores are not theirs"
_PEOPLE_BY_CHANCE = "people are not shown to agree beyond chance, so there is nothing to be as good as"
_JUDGE_BY_CHANCE = "it is not shown to agree with people beyond chance"


def _decided(gap: Figure, nearness: Figure | None, rule: VerdictRule) -> Outcome:
    """The outcome: of two gaps that must both clear the margin, the lower claim."""
    outcome = _outcome(gap, rule)
    if outcome not in _GOOD or nearness is None:
        return outcome
    scores = _outcome(nearness, rule)
    if scores == "worse":
        return "other scores"
    return outcome if scores == "better" else scores


def _more_of(gap: Figure, nearness: Figure | None, rule: VerdictRule) -> tuple[int | None, str]:
    """About how many more items would show it, or that it is worse; and what is not shown, in words."""
    if nearness is not None and _outcome(nearness, rule) == "worse":
        return None, _NOT_THEIRS
    parts = [gap] if nearness is None else [gap, nearness]
    below = [one for one in parts if one.value is not None and one.value <= -rule.margin]
    counts = [_more(one, rule.margin) for one in (below[:1] or [one for one in parts if not _clear(one, rule)])]
    more = None if None in counts else max((count for count in counts if count is not None), default=None)
    shows = "it" if not below else "that it is worse" if below[0] is gap else "that its scores are not theirs"
    told = [_ORDER_ONLY] if _clear(gap, rule) and nearness is not None else []
    return more, "; ".join([*told, *([_more_in_words(more, shows)] if more else [])])


def _clear(gap: Figure, rule: VerdictRule) -> bool:
    return _outcome(gap, rule) in _GOOD


def _by_chance(outcome: Outcome, grounds: VerdictGrounds) -> str:
    """Why nothing good can be said, where people, or the judge, may agree by chance alone; else empty."""
    if outcome in {*_GOOD, "other scores", "not shown"} and _may_be_chance(grounds.person):
        return _PEOPLE_BY_CHANCE
    return _JUDGE_BY_CHANCE if outcome in {*_GOOD, "other scores"} and _may_be_chance(grounds.judge) else ""


def _may_be_chance(agreement: Figure | None) -> bool:
    """Whether an agreement has an interval, and that holds 0: no more than chance, or no relation at all."""
    return agreement is not None and agreement.low is not None and agreement.low <= 0


def _outcome(gap: Figure, rule: VerdictRule) -> Outcome:
    if gap.low is None or gap.high is None or gap.few:
        return "not shown"
    if gap.low >= -rule.margin and gap.n < LEAST_ITEMS:
        return "not shown"
    if gap.low > 0:
        return "better"
    if gap.low >= -rule.margin:
        return "as good"
    return "worse" if gap.high < 0 else "not shown"


def _more(gap: Figure, margin: float) -> int | None:
    """Items until the interval of a gap like this one clears the margin, or lies below 0; at least a figure's worth.

    An interval narrows with the square root of the number of items; one that rests on what was not seen, as no item
    differs from another, in step with the number itself. None where no number of items that anybody rates would show
    it (the gap is where the margin ends), or where it is not the number of items that is lacking.
    """
    if gap.value is None or gap.low is None:
        return None
    if gap.low >= -margin:
        return LEAST_ITEMS - gap.n
    if gap.method == "unseen" and gap.value > -margin:
        return max(math.ceil(gap.n * (gap.value - gap.low) / (gap.value + margin)), LEAST_ITEMS) - gap.n
    room = gap.value + margin if gap.value > -margin else -gap.value
    needed = items_for_half_width(gap, room) if room > 0.01 * margin else None
    if needed is None or needed > _MOST_ITEMS:
        return None
    least = LEAST_ITEMS if gap.value > -margin else FEW_ITEMS
    return max(needed, least, gap.n + 1) - gap.n


def _words(
    outcome: Outcome, gap: Figure, measured: str, more: str, alternative: AlternativeTest | None, comparisons: int
) -> str:
    heads = {
        "better": "better than a person",
        "as good": "as good as a person",
        "other scores": "orders as people do, but its scores are not theirs",
        "worse": "worse than a person",
        "not shown": "not shown to be as good as a person",
    }
    head = heads.get(outcome, outcome)
    if outcome == "as good" and gap.high is not None and gap.high < 0:
        head += " to within the margin"
    if gap.value is None:
        head = f"cannot be said ({gap.reason})"
    elif outcome == "not shown" and more:
        head += f" ({more})"
    if comparisons > 1 and gap.low is not None:
        measured += f", an interval that holds together with those of all {comparisons:,} differences shown"
    if alternative is None or not alternative.trusted:
        return f"{head}: {measured}"
    says = "passes" if alternative.passed else "does not pass"
    rate = f"winning rate {alternative.winning_rate:.2f}, allowance {alternative.epsilon:g}"
    return f"{head}: {measured}; as a second opinion, it {says} the alternative annotator test ({rate})"


def _rounded(count: int) -> int:
    """Two digits are as many as such a number holds."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return -(-count // unit) * unit


def _more_in_words(count: int, shows: str) -> str:
    about = _rounded(count)
    what = "item" if about == 1 else "items"
    return f"about {about:,} more {what} would show {shows}, if the difference stays as it is"


def _measured(gap: Figure, statistic: str, grounds: VerdictGrounds) -> str:
    """The figures that decided, and in points of the scale what a correlation does not know."""
    name = _NAMES.get(statistic, statistic)
    if gap.value is None:
        return f"its {name} cannot be held against a person's"
    found = f"its {name} differs from a person's by {_signed(gap)}"
    if grounds.nearness is not None:
        far = grounds.nearness.value is not None and grounds.nearness.value < _FAR
        found += (
            f", its nearness to the others' scores by {f'less than {_FAR}' if far else _signed(grounds.nearness)}"
        )
        if grounds.difference is not None and grounds.difference.value is not None:
            found += f", and its mean score from people's by {_signed(grounds.difference)}"
    return found


def _signed(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:+.2f}" + (f" ({figure.reason})" if figure.reason else "")
    return f"{figure.value:+.2f} ({figure.low:+.2f} to {figure.high:+.2f})"
