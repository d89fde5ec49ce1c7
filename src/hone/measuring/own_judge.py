"""A judge of one's own from people's ratings, and whether it may be used: measured on what it has not seen.

It stacks the votes of prompted judges with the form of the texts, and with what people said of similar replies to the
same request, where these help on held-out replies. Whatever it scores here, it saw nothing of: neither the reply nor,
held out by group, question or writer, anything of these. It is refused unless it beats what takes no judgement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hone.judging.saved_judge import SIGNALS, FittedCriterion, Signal
from hone.judging.signals import ReplyText
from hone.measuring.collected import Collected
from hone.measuring.learning import LearningCurve, learning_curve
from hone.measuring.rated_replies import (
    HeldOut,
    RatedReplies,
    ReplyFeatures,
    bag_of_words,
    length_alone,
    rated_replies,
    writer_alone,
)
from hone.stats import BootstrapOptions, Figure, PairedDifference, Ratings, agreement_figures, paired_agreement
from hone.stats.calibration import Calibration, calibration
from hone.stats.nested import FeatureRecipe, OutOfFold, nested
from hone.stats.workers import one_thread

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
LEAST_RATED = 50
"""Rated replies of a criterion under which no judge is made."""
_MOST_WRITERS = 20
"""Up to so many writers each is held out by itself."""
WORDS, LENGTH, WRITER, MAJORITY, PRESENT = (
    "bag of words",
    "length only",
    "writer only",
    "most frequent score",
    "the present judge, all votes",
)
_VOTE = "vote: "
"""What the name of one vote of the present judge begins with."""


@dataclass(frozen=True)
class OwnJudgeRule:
    """How a judge of one's own is measured, and when it is accepted."""

    margin: float = 0.1
    """How far below the present judge, or below itself on writers that it knows, still counts as being as good."""
    folds: int = 5
    options: BootstrapOptions = field(default_factory=lambda: BootstrapOptions(resamples=2_000))
    signals: tuple[Signal, ...] = SIGNALS
    """What may be read."""
    curve: int = 5
    """How often replies are drawn for each point of the learning curve; 0 for none."""


@dataclass(frozen=True)
class HeldOutFigures:
    """A judge of one's own, on units of one kind that it saw nothing of, and what stands beside it."""

    units: int
    own: Figure
    """Its agreement with the people's consensus."""
    beside: Mapping[str, PairedDifference]
    """What else scores the same replies, by name: the judge of one's own first, the other second."""
    calibration: Calibration
    """Of the probability of the higher of two levels, or else of the level that it thinks likeliest."""
    signals: Mapping[str, int]
    """Which signals were chosen, and in how many folds."""
    scores: Floats
    """What it says of each reply, shape (replies,)."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        beside = {
            name: {"figure": one.second.as_dict(), "own_minus_it": one.difference.as_dict()}
            for name, one in self.beside.items()
        }
        calibrated = self.calibration.as_dict()
        figures = {"units": self.units, "own": self.own.as_dict(), "beside": beside}
        return figures | {"calibration": calibrated, "signals": dict(self.signals)}


@dataclass(frozen=True)
class OwnJudge:
    """What came of one criterion."""

    rated: int
    """How many replies at least one person rated."""
    problem: str = ""
    """Why no judge was made."""
    statistic: str = ""
    held_out: Mapping[HeldOut, HeldOutFigures] = field(default_factory=dict)
    ceiling: Figure | None = None
    """The mean over people of each one's agreement with the others' consensus."""
    people: Mapping[str, Figure] = field(default_factory=dict)
    """The same by person."""
    unseen: HeldOut = "reply"
    """What is held out where it counts."""
    accepted: bool = False
    words: str = ""
    """Whether it may be used, and why."""
    for_new_writers: bool = False
    """Whether it was shown to be as good on writers that it has not seen."""
    new_writers: str = ""
    """The same in words."""
    fitted: FittedCriterion | None = None
    """Where it may be used, what was fitted to all rated replies."""
    curve: LearningCurve | None = None
    """How it grows with what it learns from, on what is held out where it counts."""
    items: tuple[str, ...] = ()
    """These replies' items, in the order in which `fitted` counts them."""

    def as_dict(self) -> dict[str, Any]:
        """As JSON writes it."""
        found: dict[str, Any] = {"rated": self.rated, "accepted": self.accepted}
        if self.problem:
            return found | {"problem": self.problem}
        return found | {
            "words": self.words,
            "for_new_writers": self.for_new_writers,
            "new_writers": self.new_writers,
            "statistic": self.statistic,
            "unseen": self.unseen,
            "held_out": {by: one.as_dict() for by, one in self.held_out.items()},
            "ceiling": None if self.ceiling is None else self.ceiling.as_dict(),
            "people": {name: figure.as_dict() for name, figure in self.people.items()},
            "curve": None if self.curve is None else self.curve.as_dict(),
        }


def own_judges(
    collected: Collected,
    texts: Mapping[str, ReplyText],
    rule: OwnJudgeRule | None = None,
    embeddings: Mapping[str, Floats] | None = None,
) -> dict[str, OwnJudge]:
    """Make a judge of one's own for each criterion, and measure it by nested cross-validation.

    Intervals are of drawing other replies (or groups, questions) and not of drawing other ratings to learn from.

    Args:
        collected: People's ratings, with the votes of the present judge beside them, a column a wording and run.
        texts: By item, the texts of the replies.
        rule: How it is measured.
        embeddings: By item, what a model makes of the reply; of every item with texts, or none at all.

    Returns:
        By criterion. With several, each interval is so wide that those of all criteria hold together (Bonferroni).
    """
    rule = rule or OwnJudgeRule()
    rows = {name: _rated_rows(collected.ratings, name) for name in collected.ratings.criteria}
    many = sum(len(one) >= LEAST_RATED for one in rows.values())
    options = replace(rule.options, confidence=1 - (1 - rule.options.confidence) / max(1, many))
    with one_thread():
        return {
            name: _own_judge(collected, texts, name, one, replace(rule, options=options), embeddings)
            for name, one in rows.items()
        }


def _rated_rows(ratings: Ratings, criterion: str) -> Integers:
    return np.flatnonzero((~np.isnan(np.asarray(ratings.people[criterion], dtype=np.float64))).any(axis=1))


def _own_judge(
    collected: Collected,
    texts: Mapping[str, ReplyText],
    criterion: str,
    rows: Integers,
    rule: OwnJudgeRule,
    embeddings: Mapping[str, Floats] | None,
) -> OwnJudge:
    count = len(rows)
    if count < LEAST_RATED:
        return OwnJudge(
            count, f"{count:,} replies were rated; a judge of your own is made from {LEAST_RATED} or more"
        )
    read = rows[[collected.items[row] in texts for row in rows.tolist()]]
    if len(read) < LEAST_RATED:
        why = "without them it cannot be compared with a bag of words"
        return OwnJudge(count, f"of {count:,} rated replies only {len(read):,} have their texts; {why}")
    rated = rated_replies(collected, texts, criterion, read, embeddings)
    if not len(rated.scale.levels):
        return OwnJudge(count, "its scores are measurements; a judge of your own gives levels")
    if len(np.unique(rated.shares.targets.argmax(axis=1))) < 2:
        return OwnJudge(count, "people give nearly every reply one score; there is nothing to learn")
    found = _measured(rated, count, rule)
    units = rated.units()[found.unseen]
    if rule.curve:
        seed = rule.options.seed
        curve = learning_curve(rated, units, signals=rule.signals, draws=rule.curve, seed=seed)
        found = replace(found, curve=curve)
    if not found.accepted:
        return found
    items = tuple(collected.items[row] for row in read.tolist())
    fitted = ReplyFeatures(rated, rule.signals).fitted(criterion, units, rule.options.seed)
    return replace(found, fitted=fitted, items=items)


def _measured(rated: RatedReplies, count: int, rule: OwnJudgeRule) -> OwnJudge:
    units = rated.units()
    candidates = ReplyFeatures(rated, rule.signals).candidates()
    others = {WORDS: bag_of_words(rated.texts), LENGTH: length_alone(rated.texts)}
    if "writer" in units:
        others[WRITER] = writer_alone(units["writer"])
    held_out: dict[HeldOut, HeldOutFigures] = {}
    for by, unit in units.items():
        same = next((other for other in held_out if _same_parts(units[other], unit)), None)
        held_out[by] = held_out[same] if same else _held_out(rated, candidates, others, by, rule)
    unseen: HeldOut = "group" if "group" in units else "question" if "question" in units else "reply"
    levels = rated.scale.levels.tolist()
    people = Ratings({"": rated.people}, rated.raters, rated.scale.level, clusters=rated.clusters, levels=levels)
    agreed = agreement_figures(people, rule.options).criteria[""]
    name = rated.scale.headline
    accepted, words = decision(held_out[unseen], unseen, rule.margin)
    for_new, new_writers = _for_new_writers(rated, held_out, rule)
    by_person = {person: figures[name] for person, figures in agreed.ceiling_by_person.items()}
    return OwnJudge(
        count, "", name, held_out, agreed.ceiling[name], by_person, unseen, accepted, words, for_new, new_writers
    )


def _same_parts(one: Integers, other: Integers) -> bool:
    """Whether two kinds of units hold the same replies together, as where each question is a group."""
    both = len(np.unique(np.stack([one, other]), axis=1)[0])
    return both == int(one.max()) + 1 and both == int(other.max()) + 1


def _held_out(
    rated: RatedReplies,
    candidates: Mapping[str, FeatureRecipe],
    others: Mapping[str, FeatureRecipe],
    by: HeldOut,
    rule: OwnJudgeRule,
) -> HeldOutFigures:
    """The judge of one's own and all that stands beside it, with units of one kind held out."""
    units, seed = rated.units()[by], rule.options.seed
    count = int(units.max()) + 1
    folds = count if by == "writer" and count <= _MOST_WRITERS else rule.folds

    def learnt(recipes: Sequence[FeatureRecipe]) -> OutOfFold:
        return nested(recipes, rated.shares, units, folds=folds, seed=seed)

    found = learnt(list(candidates.values()))
    own = rated.scores(found.probabilities)
    scores = {name: rated.scores(learnt([recipe]).probabilities) for name, recipe in others.items()}
    scores[MAJORITY] = rated.majority()
    if rated.judges:
        scores[PRESENT] = rated.present()
        scores |= {f"{_VOTE}{name}": rated.votes[:, at] for at, name in enumerate(rated.judges)}
    clusters = _clusters(rated, by, units)
    beside = {name: _compared(rated, own, one, clusters, rule) for name, one in scores.items()}
    names = list(candidates)
    chosen = [names[one.recipe] for one in found.chosen]
    signals = {name: chosen.count(name) for name in names if name in chosen}
    calibrated = _calibration(rated, found.probabilities, clusters, rule)
    return HeldOutFigures(count, beside[MAJORITY].first, beside, calibrated, signals, own)


def _clusters(rated: RatedReplies, by: HeldOut, units: Integers) -> Sequence[object] | None:
    """What is resampled together: the groups that the file names; else the questions, where these are held out.

    Writers are too few to resample: an interval with writers held out is of other replies by these writers.
    """
    return units.tolist() if by == "question" and rated.clusters is None else rated.clusters


def _compared(
    rated: RatedReplies, own: Floats, other: Floats, clusters: Sequence[object] | None, rule: OwnJudgeRule
) -> PairedDifference:
    return paired_agreement(own, other, rated.people, rated.scale.level, None, clusters, rule.options)


def _calibration(
    rated: RatedReplies, probabilities: Floats, clusters: Sequence[object] | None, rule: OwnJudgeRule
) -> Calibration:
    """Of two levels the higher one's probability, else the likeliest one's; where people are tied nothing counts."""
    targets = rated.shares.targets
    clear = np.flatnonzero((targets == targets.max(axis=1, keepdims=True)).sum(axis=1) == 1)
    said, people = probabilities[clear], targets[clear].argmax(axis=1)
    named = np.ones(len(clear), dtype=np.int64) if said.shape[1] == 2 else said.argmax(axis=1)
    group = None if clusters is None else np.unique([str(name) for name in clusters], return_inverse=True)[1][clear]
    outcomes = (people == named).astype(np.float64)
    chances = said[np.arange(len(clear)), named]
    return calibration(chances, outcomes, group, rule.options.confidence, rule.options.seed)


def decision(figures: HeldOutFigures, unseen: HeldOut, margin: float) -> tuple[bool, str]:
    """Whether a judge of one's own may be used, and why: it beats the words and is as good as the present judge.

    Of the present judge's votes, and all of them together, it is compared with what agrees best with people.

    Args:
        figures: With units held out where it counts.
        unseen: What these are.
        margin: How far below the present judge still counts as being as good.
    """
    where = {"reply": "replies that it has not seen"}.get(unseen, f"{unseen}s that it has not seen")
    words = figures.beside[WORDS].difference
    if words.low is None or words.low <= 0:
        return False, f"do not use it: on {where} it is not shown to be better than a bag of words"
    present = [name for name in figures.beside if name == PRESENT or name.startswith(_VOTE)]
    if not present:
        return True, f"on {where} it is better than a bag of words; there is no present judge to compare it with"
    # The strongest of the present judge's votes and of all together: people would not use a weaker one.
    gap = figures.beside[max(present, key=lambda name: _value(figures.beside[name].second))].difference
    if gap.low is None or gap.low <= -margin:
        return False, f"do not use it: on {where} it is not shown to be as good as the present judge"
    if gap.low > 0:
        return True, f"on {where} it is better than a bag of words, and better than the present judge"
    # No votes are spared where it is made of them.
    needs = ", whose votes it needs" if any(name.startswith("votes") for name in figures.signals) else ""
    as_good = f"as good as (not worse by {margin:g} or more) the present judge{needs}"
    return True, f"on {where} it is better than a bag of words, and {as_good}"


def _for_new_writers(
    rated: RatedReplies, held_out: Mapping[HeldOut, HeldOutFigures], rule: OwnJudgeRule
) -> tuple[bool, str]:
    """Whether it is as good where the writer is new as where it knows the writer."""
    if "writer" not in held_out:
        return False, "whether it may be used for new writers was not measured: the ratings name no two writers"
    new, known = held_out["writer"], held_out["reply"]
    gap = _compared(rated, new.scores, known.scores, rated.clusters, rule).difference
    words = new.beside[WORDS].difference
    fell = gap.low is None or gap.low <= -rule.margin
    if fell or new.own.low is None or new.own.low <= 0 or words.low is None or words.low <= 0:
        figures = f"{_short(known.own)} with known writers, {_short(new.own)} with each new one"
        what = (
            "it is not shown to be as good there"
            if fell
            else "it is not shown to be better than a bag of words there"
        )
        return False, f"do not use it for new writers: {what} ({figures})"
    return True, f"with each writer left out it is as good ({_short(new.own)}, {new.units} writers)"


def _value(figure: Figure) -> float:
    return -np.inf if figure.value is None else figure.value


def _short(figure: Figure) -> str:
    return "no figure" if figure.value is None else f"{figure.value:.2f}"
