"""From resampled statistics to results: which figure goes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from hone.stats.alternative import AlternativeTest
from hone.stats.arrays import Floats
from hone.stats.bootstrap import Draws, Key, figure_of
from hone.stats.comparison import NAMES
from hone.stats.criterion import MOST_PAIRED_RATERS, PAIR_NAMES, Where
from hone.stats.figure import Figure, undefined
from hone.stats.orders import NEARNESS
from hone.stats.pooled import PERSON_NAMES
from hone.stats.results import CriterionAgreement, Figures, JudgeAgreement, PeopleAgreement
from hone.stats.simultaneous import Tiers, joint_confidence, tiers_of, widened
from hone.stats.verdict import JudgeVerdict, VerdictGrounds, VerdictRule, verdict_of

PEOPLE_NAMES = (
    "percent_agreement",
    "fleiss_kappa",
    "krippendorff_alpha",
    "gwet_ac1",
    "gwet_ac2",
    "icc_2_1",
    "icc_2_k",
)
BASELINES = ("majority_class", "length_only")


@dataclass(frozen=True)
class JudgeFrame:
    """What is known of a judge before its figures."""

    items: int
    test: AlternativeTest | None
    confusion: Floats | None


@dataclass(frozen=True)
class Frame:
    """What is known of a criterion (or of all) before its figures."""

    name: str
    raters: tuple[str, ...]
    items: int
    levels: tuple[float, ...]
    ties: int
    statistic: str
    judges: Mapping[str, JudgeFrame]


@dataclass(frozen=True)
class Together:
    """What is known of all frames that are shown beside each other."""

    confidence: float
    """The confidence at which each gap's interval is taken, so that all hold together."""
    comparisons: int
    """How many gaps that is."""
    tiers: Mapping[str, Tiers] = field(default_factory=dict)
    """By criterion, which judges are told apart."""


def gaps_together(draws: Draws, frames: Sequence[tuple[str, Sequence[str]]]) -> Together:
    """The confidence at which each gap is taken, and how many there are, by criterion and judges.

    Where nearness is looked at, a judge is called good only if two gaps say so. Such a claim is false only where one
    of the two is beyond the margin, so that each family of gaps is widened by itself, and the wider one stands for
    both (R. L. Berger, Technometrics 24 (1982), 295-300, for one judge).
    """
    families = []
    for figure in ("gap", NEARNESS):
        keys: list[Key] = [((name, "gap", judge), figure) for name, judges in frames for judge in judges]
        families.append([key for key in keys if key in draws.columns and np.isfinite(draws.value(key))])
    return Together(max(joint_confidence(draws, family) for family in families), len(families[0]))


def together(frames: Sequence[Frame], draws: Draws) -> Together:
    """What holds for all frames at once."""
    beside = gaps_together(draws, [(frame.name, tuple(frame.judges)) for frame in frames])
    shown: dict[str, dict[str, Key]] = {
        frame.name: {judge: ((frame.name, "judge", judge), frame.statistic) for judge in _comparable(frame, frames)}
        for frame in frames
    }
    return replace(beside, tiers=tiers_of(draws, shown))


def _comparable(frame: Frame, frames: Sequence[Frame]) -> list[str]:
    """The judges of a frame that may stand in one order: over several criteria, those that scored the same ones."""
    parts = [other for other in frames if other is not frame]
    if frame.name or not parts:
        return list(frame.judges)
    scored = {judge: frozenset(one.name for one in parts if one.judges[judge].items) for judge in frame.judges}
    most = max(scored.values(), key=len, default=frozenset())
    return [judge for judge, criteria in scored.items() if criteria == most]


def assemble(frame: Frame, draws: Draws, rule: VerdictRule, beside: Together) -> CriterionAgreement:
    """Take every figure of a frame from the draws."""
    name, raters = frame.name, frame.raters
    judges = {judge: _judge(frame, judge, known, draws, rule, beside) for judge, known in frame.judges.items()}
    baselines = [kind for kind in BASELINES if ((name, "baseline", kind), NAMES[0]) in draws.columns]
    return CriterionAgreement(
        items=frame.items,
        raters=raters,
        levels=frame.levels,
        ties=frame.ties,
        people=_people(draws, name, raters),
        ceiling=_figures(draws, (name, "ceiling"), NAMES),
        ceiling_by_person={
            rater: _figures(draws, (name, "ceiling", rater), PERSON_NAMES if _crowd(raters) else NAMES)
            for rater in raters
        },
        judges=judges,
        confidence=draws.confidence,
        tiers=beside.tiers.get(name, ()),
        baselines={kind: _figures(draws, (name, "baseline", kind), NAMES) for kind in baselines},
    )


def _judge(
    frame: Frame, judge: str, known: JudgeFrame, draws: Draws, rule: VerdictRule, beside: Together
) -> JudgeAgreement:
    apart = () if _crowd(frame.raters) else frame.raters
    return JudgeAgreement(
        items=known.items,
        consensus=_figures(draws, (frame.name, "judge", judge), NAMES),
        people={rater: _figures(draws, (frame.name, "judge", judge, rater), NAMES) for rater in apart},
        verdict=verdict_from_draws(frame, judge, draws, rule, beside, known.test),
        confusion=known.confusion,
    )


def verdict_from_draws(
    frame: Frame,
    judge: str,
    draws: Draws,
    rule: VerdictRule,
    beside: Together,
    test: AlternativeTest | None = None,
) -> JudgeVerdict:
    """The one rule by which a judge is called as good as a person, whoever asks.

    Args:
        frame: What is known of the criterion; its name, raters and statistic are read.
        judge: Whose verdict.
        draws: The gaps, people's and the judge's own agreement.
        rule: What counts as being as good.
        beside: What else is shown.
        test: The alternative annotator test, where it was run.
    """
    name = frame.name
    gap, nearness = (
        widened(_figure(draws, (name, "gap", judge), figure), draws, beside.confidence)
        for figure in ("gap", NEARNESS)
    )
    person = _figure(draws, (name, "ceiling"), frame.statistic)
    if person.low is not None and gap.high is not None:  # no figure passes 1, so no gap what a person leaves below it
        gap = replace(gap, high=min(gap.high, max(1 - person.low, gap.value or 0.0)))
    grounds = VerdictGrounds(
        person=person,
        judge=_figure(draws, (name, "judge", judge), frame.statistic),
        nearness=None if nearness.value is None else nearness,
        difference=_figure(draws, (name, "judge", judge), "mean_error"),
    )
    return verdict_of(gap, frame.statistic, len(frame.raters), test, rule, beside.comparisons, grounds)


def _people(draws: Draws, criterion: str, raters: Sequence[str]) -> PeopleAgreement:
    together = _figures(draws, (criterion, "people"), PEOPLE_NAMES)
    pairs = [] if _crowd(raters) else [f"{one}|{other}" for one, other in combinations(raters, 2)]
    by_pair = {name: {pair: _figure(draws, (criterion, "pair", pair), name) for pair in pairs} for name in PAIR_NAMES}
    return PeopleAgreement(together, by_pair)


def _crowd(raters: Sequence[str]) -> bool:
    """Whether so many people rated that the figures of each two, and of a judge with each, are left out."""
    return len(raters) > MOST_PAIRED_RATERS


def _figures(draws: Draws, place: Where, names: Sequence[str]) -> Figures:
    return {name: _figure(draws, place, name) for name in names}


def _figure(draws: Draws, place: Where, name: str) -> Figure:
    return figure_of(draws, (place, name)) if (place, name) in draws.columns else undefined(0, "no shared criterion")
