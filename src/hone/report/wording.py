"""Figures in words, the same in terminal, page and picture."""

from __future__ import annotations

from hone.report.terminal import clean
from hone.stats import CriterionAgreement, Figure, JudgeAgreement

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
OFF_SCALE = "some scores are not on the people's scale"
"""The reason that a judge's kappas and accuracy are undefined; its mean error then compares unlike things."""
OUTCOMES = {"better": "pass", "as good": "pass", "worse": "fail"}
"""How a page colours a verdict; others leave it open."""
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


def verdict_in_short(judge: JudgeAgreement) -> str:
    """The verdict up to its figures: "worse than a person"."""
    return judge.verdict.words.partition(":")[0].replace(" to within the margin", ", within the margin")


def leaning(judge: JudgeAgreement) -> str:
    """Whether the judge scores higher or lower than people, where the interval knows it."""
    error = judge.consensus["mean_error"]
    if error.value is None or judge.consensus["accuracy"].reason == OFF_SCALE:
        return "–"
    if error.low is None or error.high is None or error.low <= 0 <= error.high:
        return "neither"
    return f"{'lenient' if error.value > 0 else 'strict'} {error.value:+.2f}"


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
    if criterion.items < 10:
        found.append(f"only {criterion.items} items: these figures say next to nothing")
    for name, judge in criterion.judges.items():
        if 0 < judge.items < 10 <= criterion.items:
            found.append(f"{clean(name)} scored only {judge.items} of the items: its figures say next to nothing")
        if judge.consensus["accuracy"].reason == OFF_SCALE:
            found.append(f"{clean(name)}: {OFF_SCALE}, so that it has no kappa; correlations hold")
    return found
