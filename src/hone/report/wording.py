"""Figures in words, the same in terminal, page and picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from hone.domain.rubric import Rubric
from hone.domain.rule import RULES
from hone.measuring import PairAccuracies
from hone.report.terminal import clean
from hone.stats import FEW_ITEMS, Agreement, CriterionAgreement, Figure, JudgeAgreement, PairAccuracy
from hone.stats.figure import CORRELATIONS

STATISTICS = {
    "percent_agreement": "same score",
    "fleiss_kappa": "Fleiss' kappa",
    "krippendorff_alpha": "Krippendorff's alpha",
    "gwet_ac1": "Gwet's AC1",
    "gwet_ac2": "Gwet's AC2",
    "icc_2_1": "ICC(2,1)",
    "icc_2_k": "ICC(2,k)",
    "accuracy": "same score",
    "cohen_kappa": "Cohen's kappa",
    "linear_kappa": "linear kappa",
    "weighted_kappa": "weighted kappa",
    "pearson": "Pearson's r",
    "spearman": "Spearman's rho",
    "kendall_tau": "Kendall's tau",
    "mean_error": "mean error",
}
"""What each statistic is called for people."""
SHARES = frozenset({"percent_agreement", "accuracy"})
"""Statistics that are read as percentages."""
BASELINES = {"majority_class": "always the commonest score", "length_only": "the longer the better"}
"""What needs no judge, for people."""
PAIR_BASELINES = {
    "first_shown": "always the first shown",
    "second_shown": "always the second shown",
    "commonest_verdict": "always the commonest verdict",
    "longer_reply": "always the longer reply",
}
"""What needs no judge of pairs, for people."""
PAIR_COLUMNS = ("on pairs that people rated", "pairs", "single verdicts right", "consistent and right", "unusable")
OFF_SCALE = "some scores are not on the people's scale"
"""The reason that a judge's kappas and accuracy are undefined; its mean error then compares unlike things."""
OUTCOMES = {"better": "pass", "as good": "pass", "other scores": "fail", "worse": "fail"}
"""How a page colours a verdict; others leave it open."""
CEILING = "a person (the ceiling)"
"""Who the judges are held against."""
_LISTED = 6
"""So many names of one tier are written out."""
TOGETHER = "all criteria (their mean)"
"""What stands for every criterion at once."""
HEADLINES = {"nominal": "cohen_kappa", "ordinal": "weighted_kappa", "interval": "pearson"}
"""What agreement is read by where no judge's verdict names it."""


def with_interval(figure: Figure, statistic: str = "", *, interval: bool = True) -> str:
    """A figure with its interval: "0.71 (0.66 to 0.76)", "94% (92% to 95%)"; a dash where it is undefined."""
    if figure.value is None:
        return "–"
    form = "{:.0%}" if statistic in SHARES else "{:+.2f}" if statistic in ("gap", "mean_error") else "{:.2f}"
    value = form.format(figure.value)
    if not interval or figure.low is None or figure.high is None:
        return value
    return f"{value} ({form.format(figure.low)} to {form.format(figure.high)})"


def headline(criterion: CriterionAgreement, level: str) -> str:
    """The statistic that the criterion's verdicts read."""
    for judge in criterion.judges.values():
        return judge.verdict.statistic
    name = HEADLINES[level]
    usable = name in criterion.ceiling and criterion.ceiling[name].value is not None
    return name if usable or level == "nominal" else "pearson"


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """Somebody's agreement with the people's consensus, as every table and picture of it shows."""

    who: str
    figures: Mapping[str, Figure]
    kind: Literal["person", "judge", "baseline"]
    judge: JudgeAgreement | None = None

    @property
    def says(self) -> bool:
        """Whether there is anything to show: a judge scored something, a baseline can be computed."""
        return (
            self.judge.items > 0
            if self.judge
            else self.kind == "person" or self.figures["accuracy"].value is not None
        )

    @property
    def verdict(self) -> str:
        """A judge's verdict up to its figures; empty for others."""
        return verdict_in_short(self.judge) if self.judge else ""

    @property
    def leans(self) -> str:
        """Whether a judge is lenient; empty for others."""
        return leaning(self.judge) if self.judge else ""

    @property
    def colour(self) -> str:
        """How a page colours the verdict."""
        return OUTCOMES.get(self.judge.verdict.outcome, "unsure") if self.judge else ""


def agreement_rows(one: CriterionAgreement) -> list[AgreementRow]:
    """The ceiling, then every judge, then what needs no judge."""
    judges = [AgreementRow(name, judge.consensus, "judge", judge) for name, judge in one.judges.items()]
    others = [AgreementRow(BASELINES.get(name, name), found, "baseline") for name, found in one.baselines.items()]
    return [AgreementRow(CEILING, one.ceiling, "person"), *judges, *others]


def pair_rows(pairs: PairAccuracies) -> list[tuple[str, ...]]:
    """Judges of pairs and what needs no judge, on one footing: the cells of `PAIR_COLUMNS`."""
    judges: list[tuple[str, ...]] = [
        (clean(name), *_pair_cells(one.accuracy), f"{one.unusable:,} of {one.asked:,}")
        for name, one in pairs.judges.items()
    ]
    others = [(PAIR_BASELINES[name], *_pair_cells(one), "") for name, one in pairs.baselines.items()]
    return [*judges, *others]


def _pair_cells(one: PairAccuracy) -> tuple[str, str, str]:
    return f"{max(one.single.n, one.consistent.n):,}", percent_cell(one.single), percent_cell(one.consistent)


def pairs_in_words(pairs: PairAccuracies) -> str:
    """How the two figures are to be read."""
    unusable = "count as wrong" if pairs.unusable_wrong else "are left out"
    return (
        "Single verdicts: how often one verdict is right, averaged over the orders in which a pair was shown. "
        "Consistent and right: both orders give the same verdict, and it is people's. "
        f"Verdicts that cannot be used {unusable}."
    )


def verdict_in_short(judge: JudgeAgreement) -> str:
    """The verdict up to its figures: "worse than a person"."""
    return judge.verdict.words.partition(":")[0].replace(" to within the margin", ", within the margin")


def verdict_in_plain_words(judge: JudgeAgreement) -> str:
    """The same for who has not read what a ceiling is."""
    alone = judge.verdict.outcome == "no ceiling"
    return "not known yet: it takes two people who rate the same" if alone else verdict_in_short(judge)


def leaning(judge: JudgeAgreement) -> str:
    """Whether the judge scores higher or lower than people, where the interval knows it."""
    error = judge.consensus["mean_error"]
    if error.value is None or judge.consensus["accuracy"].reason == OFF_SCALE:
        return "–"
    if error.low is None or error.high is None or error.low <= 0 <= error.high:
        return "not shown"
    return f"{'lenient' if error.value > 0 else 'strict'} {error.value:+.2f}"


def by_whom(criterion: str, rubric: Rubric) -> str:
    """A criterion's name, and that a rule scored it where no judge did."""
    return f"{criterion} (by a rule)" if rubric.scorer(criterion, "") == RULES else criterion


def strictness(who: str, error: Figure, confidence: float = 0.95) -> str:
    """Whether somebody scores lower or higher than the others, as far as the interval supports it.

    Args:
        who: The person.
        error: The mean of the person's scores less the others' consensus of the same replies, in points of the scale.
        confidence: Of its interval.
    """
    who, items = clean(who), f"{error.n:,} {'reply' if error.n == 1 else 'replies'}"
    if error.value is None:
        return f"{who}: cannot be known ({error.reason or 'nobody else rated the same replies'})"
    if error.low is None and error.reason and not error.few:
        return f"{who}: {error.value:+.2f} on average, on {items}; it has no interval ({error.reason})"
    if error.low is None or error.high is None or error.few:
        return f"{who}: too few to say ({error.value:+.2f} on average, on {items})"
    figures = f"{interval_name(confidence)} {error.low:+.2f} to {error.high:+.2f}, on {items}"
    if error.low <= 0 <= error.high:
        return f"{who}: not shown to be stricter or milder ({error.value:+.2f} on average, {figures})"
    words = "stricter" if error.value < 0 else "milder"
    side = "lower" if error.value < 0 else "higher"
    return f"{who}: {words} than the others, {abs(error.value):.2f} {side} on average ({figures})"


def people_in_words(criterion: CriterionAgreement) -> str:
    """How well people agree, in one sentence."""
    if len(criterion.raters) < 2:
        who = f"one person ({clean(criterion.raters[0])})" if criterion.raters else "nobody"
        return f"{who} rated: how well people agree cannot be known, nor how well a person does"
    same, alpha = (criterion.people.together[name] for name in ("percent_agreement", "krippendorff_alpha"))
    words = f"{len(criterion.raters)} people"
    if same.value is not None:
        words += f" gave the same score in {with_interval(same, 'percent_agreement')} of pairs"
    if alpha.value is not None:
        words += f"; Krippendorff's alpha {with_interval(alpha)}"
    elif alpha.reason:
        words += f"; no Krippendorff's alpha: {alpha.reason}"
    if criterion.ties:
        items = "item" if criterion.ties == 1 else "items"
        words += f"; on {criterion.ties:,} {items} they are tied, which counts in equal parts"
    return words


def warnings(criterion: CriterionAgreement) -> list[str]:
    """What must stand beside figures that rest on too little."""
    found = []
    if criterion.items < FEW_ITEMS:
        found.append(f"only {criterion.items} items: these figures say next to nothing")
    for name, judge in criterion.judges.items():
        if 0 < judge.items < FEW_ITEMS <= criterion.items:
            found.append(f"{clean(name)} scored only {judge.items} of the items: its figures say next to nothing")
        if judge.consensus["accuracy"].reason == OFF_SCALE:
            found.append(f"{clean(name)}: {OFF_SCALE}, so that it has no kappa; correlations hold")
        if judge.verdict.outcome == "other scores":
            apart = with_interval(judge.consensus["mean_error"], "mean_error")
            found.append(f"{clean(name)} orders as people do, but its scores are not theirs: mean difference {apart}")
    return found


def interval_name(confidence: float) -> str:
    """What an interval is called by its confidence: "95% interval"."""
    return f"{confidence * 100:g}% interval"


def partly_scored(agreement: Agreement) -> list[str]:
    """Which judges' means over the criteria leave some out, because they scored only the others."""
    criteria = agreement.criteria
    found = []
    for judge in agreement.overall.judges:
        scored = [name for name, one in criteria.items() if one.judges[judge].items]
        if 0 < len(scored) < len(criteria):
            found.append(f"{clean(judge)} scored only {_listed(scored)}: its mean is over that alone")
    return found


def tiers_in_words(criterion: CriterionAgreement) -> str:
    """Which judges are told apart, in place of a ranking; empty where there is one judge."""
    tiers = criterion.tiers
    count = sum(map(len, tiers))
    if count < 2:
        return ""
    best = clean(tiers[0][0])
    read = next(judge.verdict.statistic for judge in criterion.judges.values())
    blind = (
        ""
        if read not in CORRELATIONS
        else f". They are compared by {STATISTICS[read]}, which does not see their level"
    )
    if len(tiers) == 1:
        chance = f"{best} has the best figure of {count}, which may be chance"
        return f"the {count} judges are not told apart; {chance}{blind}"
    listed = "; ".join(f"{place}. {_listed(tier)}" for place, tier in enumerate(tiers, 1))
    first = f"; {best} is the best of {count}, by chance or not" if len(tiers[0]) > 1 else ""
    return f"{count} judges in tiers: {listed}. Those of one tier are not told apart from its first{first}{blind}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(clean(name) for name in names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED:,} more"


def intervals_in_words(agreement: Agreement) -> str:
    """What the intervals beside figures and verdicts hold."""
    words = f"In brackets: {interval_name(agreement.confidence)}s."
    counts = [judge.verdict.comparisons for one in agreement.criteria.values() for judge in one.judges.values()]
    if max(counts, default=1) > 1:
        words += f" Those below verdicts hold together, for all {max(counts):,} differences that are shown."
    return words


def percent_cell(figure: Figure) -> str:
    """A share with its interval: "34.0% (27.8% to 40.8%)"; why, where there is none."""
    return _figured(figure, "{:.1%}".format)


def percent_points(figure: Figure) -> str:
    """A difference of shares in percentage points: "+32.0 (+25.1 to +38.9)"; why, where there is none."""
    return _figured(figure, lambda value: f"{100 * value:+.1f}")


def amount(figure: Figure, digits: int = 2) -> str:
    """A number with its interval; why, where there is none."""
    return _figured(figure, lambda value: f"{value:.{digits}f}")


def _figured(figure: Figure, said: Callable[[float], str]) -> str:
    if figure.value is None:
        return figure.reason or "–"
    if figure.low is None or figure.high is None:
        return f"{said(figure.value)} ({figure.reason})" if figure.reason else said(figure.value)
    return f"{said(figure.value)} ({said(figure.low)} to {said(figure.high)})"
